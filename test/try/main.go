package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/bowline-dev/bowline/test/e2e/deploy"
	"github.com/bowline-dev/bowline/test/e2e/images"
	"github.com/bowline-dev/bowline/test/harness"
)

// folder holds the App to apply.
const folder = ".try"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "try:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, progress io.Writer) error {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return errors.New("real nodes need root on Linux: run it as root, or try `make demo`, which needs neither")
	}
	root, err := harness.Root()
	if err != nil {
		return err
	}
	began := time.Now()
	fmt.Fprintln(progress, "starting a cluster with real nodes, whose programs are built on first use")
	cluster, err := harness.Detach(ctx, nodes, progress)
	if err != nil {
		return err
	}
	manifest := filepath.Join(root, folder, "shop.yaml")
	if err := furnish(ctx, cluster, manifest, progress); err != nil {
		return fmt.Errorf("%w\nThe cluster runs; `make cluster-down` ends it", err)
	}
	fmt.Fprintf(progress, "ready after %.0f s. Try:\n\n%s\n", time.Since(began).Seconds(), next(manifest))
	_, err = fmt.Fprintf(out, "export KUBECONFIG=%s PATH=%s:$PATH\n", cluster.Kubeconfig, cluster.Assets)
	return err
}

// nodes is how many there are: enough for pods to be on different ones.
const nodes = 2

// furnish brings the operator and an App's images into the cluster.
func furnish(ctx context.Context, cluster *harness.Cluster, manifest string, progress io.Writer) error {
	public := cluster.Registries.Public
	fmt.Fprintln(progress, "building the operator's image and that of an App")
	app, err := images.PushApp(ctx, public, harness.Registry{}, progress)
	if err != nil {
		return err
	}
	operator, err := deploy.Push(ctx, public, "dev", progress)
	if err != nil {
		return err
	}
	fmt.Fprintln(progress, "applying config/default")
	if err := deploy.ByKubectl.Install(ctx, cluster, operator); err != nil {
		return err
	}
	if err := route(ctx, cluster); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(manifest), 0o755); err != nil {
		return err
	}
	return os.WriteFile(manifest, []byte(shop(app)), 0o644)
}
