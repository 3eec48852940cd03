// Package images makes container images of one layer from programs that are
// linked statically, without a container engine. The same program gives the same
// image, byte by byte.
package images

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// FromProgram returns an image with nothing but the program at path, which it
// runs.
func FromProgram(path string) (v1.Image, error) {
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("make an image: %w", err)
	}
	name := filepath.Base(path)
	files, err := archive(name, program)
	if err != nil {
		return nil, fmt.Errorf("make an image of %s: %w", path, err)
	}
	layer, err := tarball.LayerFromOpener(
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil },
		tarball.WithCompressionLevel(gzip.BestSpeed),
		tarball.WithCompressedCaching,
	)
	if err != nil {
		return nil, fmt.Errorf("make an image of %s: %w", path, err)
	}
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		OS:           "linux",
		Architecture: runtime.GOARCH,
		Config:       v1.Config{Entrypoint: []string{"/" + name}},
	})
	if err != nil {
		return nil, fmt.Errorf("make an image of %s: %w", path, err)
	}
	return mutate.AppendLayers(image, layer)
}

// archive returns a tar archive with one executable, which has no time, so that
// the same program makes the same archive.
func archive(name string, program []byte) ([]byte, error) {
	var files bytes.Buffer
	writer := tar.NewWriter(&files)
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(program))}
	if err := writer.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := writer.Write(program); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return files.Bytes(), nil
}
