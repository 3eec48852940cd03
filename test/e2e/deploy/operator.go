package deploy

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/bowline-dev/bowline/test/harness"
)

// Deployment is the operator's name in harness.OperatorNamespace.
const Deployment = "bowline-controller-manager"

// waiting bounds each wait for the operator's pods.
const waiting = "--timeout=120s"

// Push builds the operator's image and pushes it to a registry without TLS, and
// returns its name there. Images of different versions are different images.
func Push(ctx context.Context, r harness.Registry, version string, log io.Writer) (string, error) {
	folder, err := os.MkdirTemp("", "bowline-image-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	root, err := harness.Root()
	if err != nil {
		return "", err
	}
	name := r.Address + "/bowline:" + version
	command := exec.CommandContext(ctx, "go", "run", "-C", "build/image", ".",
		"--output="+folder, "--push="+name, "--plain-http", "--platforms=linux/"+runtime.GOARCH, "--version="+version)
	command.Dir, command.Stdout, command.Stderr = root, log, log
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("build and push %s: %w", name, err)
	}
	return name, nil
}

// Way is a way to install the operator.
type Way string

const (
	// ByKubectl is config/default.
	ByKubectl Way = "kubectl"
	// ByHelm is charts/bowline.
	ByHelm Way = "helm"
)

// Install installs the operator, or another image of it, and waits until all its
// pods are ready.
func (w Way) Install(ctx context.Context, c *harness.Cluster, image string) error {
	switch w {
	case ByKubectl:
		if err := run(ctx, c, "make deploy IMAGE="+image); err != nil {
			return err
		}
		return Ready(ctx, c)
	case ByHelm:
		repository, tag := image[:strings.LastIndex(image, ":")], image[strings.LastIndex(image, ":")+1:]
		return run(ctx, c, "helm upgrade --install bowline charts/bowline --namespace="+harness.OperatorNamespace+" --create-namespace --take-ownership --force-conflicts"+
			" --set=image.repository="+repository+" --set=image.tag="+tag+" --wait "+waiting)
	}
	return fmt.Errorf("install the operator by %q: use %s or %s", w, ByKubectl, ByHelm)
}

// Remove removes what Install made, but for the CRDs: with them every App would
// go.
func (w Way) Remove(ctx context.Context, c *harness.Cluster) error {
	line := "make undeploy"
	if w == ByHelm {
		line = "helm uninstall bowline --namespace=" + harness.OperatorNamespace + " --wait " + waiting
	}
	if err := run(ctx, c, line); err != nil {
		return err
	}
	// Either may be done before the pods are.
	return run(ctx, c, "kubectl --namespace="+harness.OperatorNamespace+" wait --for=delete pod --selector=app.kubernetes.io/component=controller-manager "+waiting)
}

// Ready waits until all pods of the operator are ready, and of one image.
func Ready(ctx context.Context, c *harness.Cluster) error {
	return run(ctx, c, "kubectl --namespace="+harness.OperatorNamespace+" rollout status deployment/"+Deployment+" "+waiting)
}

// run runs a line of a shell in the project's folder, with kubectl and helm at
// hand and the cluster as the current one.
func run(ctx context.Context, c *harness.Cluster, line string) error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	path := c.Assets
	if strings.HasPrefix(line, "helm ") {
		helm, err := harness.BuildHelm(ctx, io.Discard)
		if err != nil {
			return err
		}
		path += ":" + filepath.Dir(helm)
	}
	command := exec.CommandContext(ctx, "bash", "-c", line)
	command.Dir = root
	helms := filepath.Join(c.Dir, "helm")
	command.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"), "KUBECONFIG="+c.Kubeconfig,
		"HELM_CONFIG_HOME="+helms, "HELM_CACHE_HOME="+helms, "MAKEFLAGS=", "MFLAGS=")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, out)
	}
	return nil
}
