package images

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/bowline-dev/bowline/test/harness"
)

// Push pushes an image to a registry under a name such as app:1, and returns the
// reference by which a node can pull it.
func Push(ctx context.Context, r harness.Registry, image v1.Image, as string) (string, error) {
	reference := r.Address + "/" + as
	tag, err := name.NewTag(reference, name.StrictValidation, name.Insecure)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	options := []remote.Option{remote.WithContext(ctx)}
	if r.Username != "" {
		options = append(options, remote.WithAuth(&authn.Basic{Username: r.Username, Password: r.Password}))
	}
	if err := remote.Write(tag, image, options...); err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	return reference, nil
}
