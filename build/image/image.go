package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// nobody is the user that images without users run as; the Dockerfile and the
	// Deployment name it too.
	nobody     = "65532:65532"
	binaryPath = "bowline"
)

// image is the operator's image for some platforms.
type image struct {
	index v1.ImageIndex
	boms  []bom
}

// build builds the operator's image.
func build(ctx context.Context, source string, from origin, platforms []platform) (*image, error) {
	trusted, err := layer(from.time, authoritiesPath, 0o644, authorities())
	if err != nil {
		return nil, err
	}
	built := &image{index: mutate.IndexMediaType(empty.Index, types.OCIImageIndex)}
	err = binaries(ctx, source, from.version, platforms, func(p platform, file string) error {
		program, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		contents, err := bomOf(program, from, p)
		if err != nil {
			return err
		}
		operator, err := layer(from.time, binaryPath, 0o755, program)
		if err != nil {
			return err
		}
		one, err := of(from, p, trusted, operator)
		if err != nil {
			return err
		}
		built.boms = append(built.boms, contents)
		built.index = mutate.AppendManifests(built.index, mutate.IndexAddendum{
			Add: one, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.system, Architecture: p.architecture}},
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	built.index = mutate.Annotations(built.index, labels(from)).(v1.ImageIndex)
	return built, nil
}

// of puts layers together to the image for one platform.
func of(from origin, p platform, layers ...v1.Layer) (v1.Image, error) {
	config := &v1.ConfigFile{
		OS:           p.system,
		Architecture: p.architecture,
		Created:      v1.Time{Time: from.time},
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User:       nobody,
			Entrypoint: []string{"/" + binaryPath},
			WorkingDir: "/",
			Labels:     labels(from),
		},
	}
	one := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	one, err := mutate.ConfigFile(one, config)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		history := v1.History{Created: v1.Time{Time: from.time}, CreatedBy: "build/image"}
		if one, err = mutate.Append(one, mutate.Addendum{Layer: l, History: history, MediaType: types.OCILayer}); err != nil {
			return nil, err
		}
	}
	return one, nil
}

func labels(from origin) map[string]string {
	out := map[string]string{
		"org.opencontainers.image.title":       "bowline",
		"org.opencontainers.image.description": "Kubernetes operator that runs an application from one object and takes failed releases back as a whole",
		"org.opencontainers.image.source":      "https://github.com/bowline-dev/bowline",
		"org.opencontainers.image.licenses":    "Apache-2.0",
		"org.opencontainers.image.version":     from.version,
		"org.opencontainers.image.created":     from.time.Format(time.RFC3339),
	}
	if from.revision != "" {
		out["org.opencontainers.image.revision"] = from.revision
	}
	return out
}

// layer holds one file, of root, and the folders above it.
func layer(when time.Time, file string, mode int64, content []byte) (v1.Layer, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	var folders []string
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		folders = append([]string{dir + "/"}, folders...)
	}
	for _, dir := range folders {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755, ModTime: when, Format: tar.FormatPAX}); err != nil {
			return nil, err
		}
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: file, Size: int64(len(content)), Mode: mode, ModTime: when, Format: tar.FormatPAX}); err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	made, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
	if err != nil {
		return nil, fmt.Errorf("make the layer with /%s: %w", file, err)
	}
	return made, nil
}
