package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bowline-dev/bowline/test/harness"
)

// release is the Helm release's name.
const release = "bowline"

// Helm installs the chart with another image, and waits until the operator is
// ready. CRDs that are there already become the chart's.
func Helm(ctx context.Context, c *harness.Cluster, image string) error {
	repository, tag, found := cutTag(image)
	if !found {
		return fmt.Errorf("install the chart: the image %s has no tag", image)
	}
	root, err := harness.Root()
	if err != nil {
		return err
	}
	return helm(ctx, c, "upgrade", "--install", release, filepath.Join(root, "charts", "bowline"),
		"--namespace="+Namespace, "--create-namespace", "--take-ownership", "--wait", rolledOut,
		"--set=image.repository="+repository, "--set=image.tag="+tag)
}

// RemoveHelm uninstalls the chart.
func RemoveHelm(ctx context.Context, c *harness.Cluster) error {
	return helm(ctx, c, "uninstall", release, "--namespace="+Namespace, "--wait", rolledOut)
}

// cutTag cuts a reference around the colon before its tag.
func cutTag(image string) (repository, tag string, found bool) {
	i := strings.LastIndex(image, ":")
	if i < strings.LastIndex(image, "/") || i < 0 {
		return image, "", false
	}
	return image[:i], image[i+1:], true
}

// helm builds and runs Helm.
func helm(ctx context.Context, c *harness.Cluster, args ...string) error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	binary := filepath.Join(root, "bin", "helm")
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(root, "test", "helm"), "-o", binary, "helm.sh/helm/v4/cmd/helm")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build Helm: %w: %s", err, out)
	}
	folder, err := os.MkdirTemp("", "bowline-helm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig, "HELM_CACHE_HOME="+folder, "HELM_CONFIG_HOME="+folder, "HELM_DATA_HOME="+folder)
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("helm %v: %w: %s", args, err, out)
	}
	return err
}
