// Package install_test installs Bowline as docs/install.md says, by the very
// commands that stand there, and removes it again: on a real control plane, with
// kubectl, make and Helm. Pods are simulated, so beside those that a Deployment
// makes the operator runs as a process, with the account and the arguments that
// were installed.
package install_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

const (
	project = "../../.."
	chart   = project + "/charts/bowline"

	soon    = 30 * time.Second
	rollout = 90 * time.Second
)

var (
	cluster *harness.Cluster
	api     client.WithWatch // with an administrator's rights
	helm    string
	binary  string // of the operator
)

func TestInstall(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Install")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	helm, err = harness.BuildHelm(ctx, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	binary, err = harness.BuildOperator(ctx, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Audit: true, Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())
})

// run runs a line of a shell in the project's folder, with kubectl and helm at
// hand and this cluster as the current one, and returns what it printed.
func run(ctx context.Context, line string) (string, error) {
	command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", line)
	command.Dir = project
	command.Env = append(os.Environ(),
		"PATH="+strings.Join([]string{filepath.Dir(helm), cluster.Assets, os.Getenv("PATH")}, ":"),
		"KUBECONFIG="+cluster.Kubeconfig, "HELM_CONFIG_HOME="+filepath.Join(cluster.Dir, "helm"), "HELM_CACHE_HOME="+filepath.Join(cluster.Dir, "helm"),
		"MAKEFLAGS=", "MFLAGS=", "MAKELEVEL=0") // as if no make had started the tests
	out, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", line, err, out)
	}
	return string(out), err
}

func must(ctx context.Context, line string) string {
	GinkgoHelper()
	out, err := run(ctx, line)
	Expect(err).NotTo(HaveOccurred())
	return out
}
