package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

// stage is what the story is played on.
type stage struct {
	cluster  *harness.Cluster
	operator *harness.Operator
	client   client.WithWatch
	vault    *harness.Vault
	metrics  string // the address of the operator's metrics
	// folder holds what this run writes. It goes at the end, unless the log in
	// it is still of use.
	folder  string
	logFile string
	log     *os.File
	logKept bool
}

const nodes = 3

// setStage starts the cluster and the operator. The stage is there, to be
// cleared, also when that fails.
func setStage(ctx context.Context, out *printer) (*stage, error) {
	st := &stage{}
	if err := st.makeFolder(); err != nil {
		return st, err
	}
	steps := []struct {
		doing, done string
		do          func(context.Context, *printer) error
	}{
		{"starting a cluster, which is built on first use", fmt.Sprintf("a Kubernetes control plane and %d simulated nodes run", nodes), st.startCluster},
		{"installing config/crd", "the kinds App and Release are there", st.install},
		{"building and starting the operator", "the operator runs, a process like any other", st.startOperator},
	}
	out.startClock()
	for _, step := range steps {
		out.doing(step.doing)
		if err := step.do(ctx, out); err != nil {
			return st, err
		}
		out.held("%s", step.done)
	}
	return st, nil
}

// makeFolder makes a folder of its own for each run, in the project.
func (st *stage) makeFolder() error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil { // so that commands are shown as a person would type them
		return err
	}
	if err := os.MkdirAll(".demo", 0o755); err != nil {
		return err
	}
	if st.folder, err = os.MkdirTemp(".demo", "run-"); err != nil {
		return err
	}
	st.logFile = filepath.Join(st.folder, "operator.log")
	if st.log, err = os.Create(st.logFile); err != nil {
		return err
	}
	return os.Setenv("KUBECACHEDIR", filepath.Join(root, st.folder, "kubectl"))
}

func (st *stage) startCluster(ctx context.Context, out *printer) (err error) {
	st.cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Nodes: nodes, Log: out.progress()})
	return err
}

func (st *stage) install(ctx context.Context, _ *printer) error {
	if err := st.cluster.InstallCRDs(ctx); err != nil {
		return err
	}
	var err error
	if st.client, err = st.cluster.Client(); err != nil {
		return err
	}
	st.vault, err = harness.OpenVault(ctx, st.client, token)
	return err
}

func (st *stage) startOperator(ctx context.Context, out *printer) error {
	if _, err := harness.BuildOperator(ctx, out.progress()); err != nil {
		return err
	}
	var err error
	if st.metrics, err = harness.FreeAddress(ctx); err != nil {
		return err
	}
	kubeconfig, err := st.cluster.InstallAccount(ctx, "config/default")
	if err != nil {
		return err
	}
	st.operator, err = harness.StartOperator(ctx, harness.OperatorOptions{
		Kubeconfig: kubeconfig,
		Args:       []string{"--zap-encoder=console", harness.LogLevel, "--metrics-bind-address=" + st.metrics, "--metrics-secure=false"},
		Log:        st.log,
	})
	return err
}

// watch returns a context that ends with the operator, saying so.
func (st *stage) watch(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-st.operator.Ended():
			cancel(fmt.Errorf("expected the operator to run, but it ended: %w", st.operator.Err()))
		case <-ctx.Done():
			cancel(nil)
		}
	}()
	return ctx
}

// noLeaks checks that what the story's Secret has held is in nothing but
// Secrets.
func (st *stage) noLeaks(ctx context.Context, out *printer) error {
	config, err := st.cluster.Config()
	if err != nil {
		return err
	}
	searched, err := st.vault.Leaks(ctx, config, harness.Places{Files: []string{st.logFile}, Metrics: []string{st.metrics}})
	if err != nil {
		return err
	}
	if len(searched.Found) > 0 {
		return &unmet{want: "nothing of a Secret outside Secrets", saw: fmt.Sprint(searched.Found)}
	}
	out.line("")
	out.held("what the Secret held is nowhere else: not in %d objects of any kind, the operator's log or its metrics", searched.Objects)
	return nil
}

// clear ends everything and removes what was written.
func (st *stage) clear() error {
	var errs []error
	if st.operator != nil {
		errs = append(errs, st.operator.Stop())
	}
	if st.vault != nil {
		st.vault.Close()
	}
	if st.cluster != nil {
		errs = append(errs, st.cluster.Stop())
	}
	if st.log != nil {
		errs = append(errs, st.log.Close())
	}
	if st.folder != "" {
		errs = append(errs, os.RemoveAll(filepath.Join(st.folder, "kubectl")))
	}
	if st.folder != "" && !st.logKept {
		errs = append(errs, os.RemoveAll(st.folder))
		_ = os.Remove(filepath.Dir(st.folder)) // unless another run uses it
	}
	return errors.Join(errs...)
}
