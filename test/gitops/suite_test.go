package gitops_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/bowline-dev/bowline/test/harness"
)

// update writes the testdata of Argo CD's health check anew.
var update = flag.Bool("update", false, "write the testdata in config/gitops/argocd anew")

var (
	root    string
	cluster *harness.Cluster
	api     client.WithWatch
	record  *history
	tools   = map[string]string{} // where the commands are, by name
	home    string                // of the tools, so that no cache or preference of the person who tests matters
)

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	// Scenes wait more than they work.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	code, err := play(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// play runs the tests on a cluster of their own.
func play(m *testing.M) (code int, err error) {
	ctx := context.Background()
	if root, err = harness.Root(); err != nil {
		return 1, err
	}
	if home, err = os.MkdirTemp("", "bowline-gitops-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(home)
	if err := buildAll(ctx); err != nil {
		return 1, err
	}
	if cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Log: os.Stderr}); err != nil {
		return 1, err
	}
	defer func() { err = orElse(err, cluster.Stop()) }()
	if err := cluster.InstallCRDs(ctx); err != nil {
		return 1, err
	}
	if api, err = cluster.Client(); err != nil {
		return 1, err
	}
	if record, err = startRecord(ctx); err != nil {
		return 1, err
	}
	defer record.stop()
	operatorLog, err := os.CreateTemp("", "bowline-gitops-*.log")
	if err != nil {
		return 1, err
	}
	operator, err := harness.StartOperator(ctx, harness.OperatorOptions{Kubeconfig: cluster.Kubeconfig, Log: operatorLog})
	if err != nil {
		return 1, err
	}
	defer func() { err = orElse(err, operator.Stop()) }()
	if code = m.Run(); code != 0 {
		fmt.Fprintln(os.Stderr, "the operator's log:", operatorLog.Name())
		return code, nil
	}
	return 0, os.Remove(operatorLog.Name())
}

func orElse(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// buildAll builds the operator and the tools.
func buildAll(ctx context.Context) error {
	if _, err := harness.BuildOperator(ctx, os.Stderr); err != nil {
		return err
	}
	for name, folder := range map[string]string{
		"flux": "test/gitops/flux", "argo": "test/gitops/argo", "lua": "test/gitops/lua", "conformance": "test/integration/conformance",
	} {
		binary, err := harness.Build(ctx, folder, "bowline-"+name, os.Stderr)
		if err != nil {
			return err
		}
		tools[name] = binary
	}
	helm, err := harness.BuildHelm(ctx, os.Stderr)
	tools["helm"] = helm
	return err
}

// TestGitOps plays all scenes, and then asks all tools about all that was seen.
func TestGitOps(t *testing.T) {
	t.Run("scenes", func(t *testing.T) {
		for name, play := range scenes {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(openScene(t))
			})
		}
	})
	t.Run("every version of every App", everyVersion)
}

// scenes are what is played, by name.
var scenes = map[string]func(*scene){
	"Flux":                               livesUnderFlux,
	"Argo CD, client-side":               func(s *scene) { livesUnderArgo(s, false) },
	"Argo CD, server-side":               func(s *scene) { livesUnderArgo(s, true) },
	"Argo CD tracks by label":            func(s *scene) { isTracked(s, trackingLabel) },
	"Argo CD tracks by annotation":       func(s *scene) { isTracked(s, trackingAnnotation) },
	"actions of Argo CD":                 takesActions,
	"Helm":                               livesUnderHelm,
	"Helm, the first Release fails":      failsUnderHelm,
	"kubectl":                            livesUnderKubectl,
	"kubectl autoscale":                  isAutoscaled,
	"a missing Secret":                   waitsForASecret,
	"what is healthy and stops to serve": stopsToServe,
	"pinned":                             isPinned,
	"the samples":                        samplesAreValid,
}
