package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/bowline-dev/bowline/test/harness"
)

// PushOperator builds the operator's image, as it is shipped, and pushes it
// under each of the tags. Each is an image with another digest: a label tells
// its tag. It returns the references, in the order of the tags.
func PushOperator(ctx context.Context, r harness.Registry, log io.Writer, tags ...string) ([]string, error) {
	folder, err := os.MkdirTemp("", "bowline-image-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if err := buildOperator(ctx, folder, log); err != nil {
		return nil, fmt.Errorf("build the operator's image: %w", err)
	}
	built, err := imageIn(filepath.Join(folder, "image"))
	if err != nil {
		return nil, fmt.Errorf("read the operator's image: %w", err)
	}
	var references []string
	for _, tag := range tags {
		labeled, err := withLabel(built, "bowline.dev/tag", tag)
		if err != nil {
			return nil, err
		}
		reference, err := Push(ctx, r, labeled, "bowline:"+tag)
		if err != nil {
			return nil, err
		}
		references = append(references, reference)
	}
	return references, nil
}

func buildOperator(ctx context.Context, folder string, log io.Writer) error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "run", "-C", "build/image", ".",
		"--source=../..", "--output="+folder, "--platforms=linux/"+runtime.GOARCH)
	command.Dir = root
	command.Stdout, command.Stderr = log, log
	return command.Run()
}

// imageIn returns the image in an OCI layout that holds an index of one image.
func imageIn(folder string) (v1.Image, error) {
	outer, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		return nil, err
	}
	names, err := outer.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(names.Manifests) != 1 {
		return nil, fmt.Errorf("%s holds %d indexes, not one", folder, len(names.Manifests))
	}
	index, err := outer.ImageIndex(names.Manifests[0].Digest)
	if err != nil {
		return nil, err
	}
	platforms, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(platforms.Manifests) == 0 {
		return nil, errors.New("it is for no platform")
	}
	return index.Image(platforms.Manifests[0].Digest)
}

func withLabel(image v1.Image, name, value string) (v1.Image, error) {
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := *file.Config.DeepCopy()
	if config.Labels == nil {
		config.Labels = map[string]string{}
	}
	config.Labels[name] = value
	return mutate.Config(image, config)
}
