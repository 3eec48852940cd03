package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bowline-dev/bowline/test/harness"
)

const (
	// Namespace is where the operator runs.
	Namespace = "bowline-system"
	// Name is the operator's Deployment, and its ServiceAccount.
	Name = "bowline-controller-manager"
	// shipped is the image that config/default names.
	shipped = "ghcr.io/bowline-dev/bowline:latest"

	rolledOut = "--timeout=120s"
)

// Kustomize does what make deploy does: it applies config/default with another
// image, and waits until the operator is ready.
func Kustomize(ctx context.Context, c *harness.Cluster, image string) error {
	manifests, err := render(ctx, c, image)
	if err != nil {
		return err
	}
	if err := withFile(manifests, func(file string) error {
		_, err := c.Kubectl(ctx, "apply", "--server-side", "-f", file)
		return err
	}); err != nil {
		return fmt.Errorf("apply config/default: %w", err)
	}
	return Ready(ctx, c)
}

// Ready waits until the operator's Deployment is rolled out.
func Ready(ctx context.Context, c *harness.Cluster) error {
	_, err := c.Kubectl(ctx, "rollout", "status", "deployment/"+Name, "--namespace="+Namespace, rolledOut)
	return err
}

// RemoveKustomize removes what config/default made, but for the CRDs: with them
// every App would go.
func RemoveKustomize(ctx context.Context, c *harness.Cluster) error {
	manifests, err := render(ctx, c, shipped)
	if err != nil {
		return err
	}
	var kept []string
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		if !strings.Contains(document, "\nkind: CustomResourceDefinition\n") {
			kept = append(kept, document)
		}
	}
	if err := withFile(strings.Join(kept, "\n---\n"), func(file string) error {
		_, err := c.Kubectl(ctx, "delete", "--ignore-not-found", "-f", file)
		return err
	}); err != nil {
		return fmt.Errorf("remove the operator: %w", err)
	}
	return nil
}

// render returns config/default with another image.
func render(ctx context.Context, c *harness.Cluster, image string) (string, error) {
	root, err := harness.Root()
	if err != nil {
		return "", err
	}
	manifests, err := c.Kubectl(ctx, "kustomize", filepath.Join(root, "config", "default"))
	if err != nil {
		return "", err
	}
	if !strings.Contains(manifests, shipped) {
		return "", errors.New("config/default does not name the image " + shipped)
	}
	return strings.ReplaceAll(manifests, shipped, image), nil
}

// withFile hands a file with a text to use.
func withFile(text string, use func(file string) error) error {
	file, err := os.CreateTemp("", "bowline-*.yaml")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := file.WriteString(text); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return use(file.Name())
}
