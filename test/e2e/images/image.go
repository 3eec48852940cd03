package images

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// Program is where the application is in its image.
	Program = "/app"
	// nobody is the user it runs as.
	nobody = "65532:65532"
)

// WrongFormat is a file that no kernel can execute.
var WrongFormat = []byte("\x00this is no program\n")

// Pack makes an image of one program. The version is in the program's
// environment, so that images of different versions differ.
func Pack(program []byte, architecture, version string) (v1.Image, error) {
	layer, err := layerOf(Program, program)
	if err != nil {
		return nil, fmt.Errorf("pack version %s: %w", version, err)
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{
		OS:           "linux",
		Architecture: architecture,
		RootFS:       v1.RootFS{Type: "layers"},
		Config:       v1.Config{User: nobody, Entrypoint: []string{Program}, WorkingDir: "/", Env: []string{"VERSION=" + version}},
	})
	if err != nil {
		return nil, fmt.Errorf("pack version %s: %w", version, err)
	}
	image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: types.OCILayer})
	if err != nil {
		return nil, fmt.Errorf("pack version %s: %w", version, err)
	}
	return image, nil
}

// layerOf makes a layer of one file that everybody may execute.
func layerOf(path string, content []byte) (v1.Layer, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	header := &tar.Header{Typeflag: tar.TypeReg, Name: path[1:], Mode: 0o755, Size: int64(len(content)), ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
	return tarball.LayerFromOpener(opener, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}
