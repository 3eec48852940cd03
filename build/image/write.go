package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// write writes the image into a folder, as OCI layout (image) and as a tar file
// of that (image.tar), and what each binary is made of (sbom-amd64.cdx.json).
// What an earlier build left there goes.
func (i *image) write(folder, called string) error {
	for _, b := range i.boms {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "sbom-"+b.platform.architecture+".cdx.json"), b.document, 0o644); err != nil {
			return err
		}
	}
	to := filepath.Join(folder, "image")
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	written, err := layout.Write(to, empty.Index)
	if err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	// By these annotations containerd and others know the image's name.
	names := map[string]string{}
	if called != "" {
		names["io.containerd.image.name"], names["org.opencontainers.image.ref.name"] = called, called
	}
	if err := written.AppendIndex(i.index, layout.WithAnnotations(names)); err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	return pack(to, to+".tar")
}

// pack writes a folder as a tar file, in the order of names and without times.
func pack(folder, to string) (err error) {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	root := os.DirFS(folder)
	err = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return add(w, root, path)
	})
	return errors.Join(err, w.Close())
}

func add(w *tar.Writer, root fs.FS, path string) error {
	file, err := root.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path, Size: info.Size(), Mode: 0o644}); err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}

// push pushes the image, with the credentials that docker login stored.
func push(ctx context.Context, to name.Reference, index v1.ImageIndex) error {
	if err := remote.WriteIndex(to, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("push %s: %w: a registry without TLS needs --plain-http", to, err)
	}
	return nil
}
