package harness

import (
	"context"
	"io"
	"path/filepath"
)

// BuildHelm builds Helm, in the version of test/helm, and returns the binary's
// path.
func BuildHelm(ctx context.Context, log io.Writer) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	return buildPackage(ctx, filepath.Join(root, "test", "helm"), "helm.sh/helm/v4/cmd/helm", "helm", log)
}
