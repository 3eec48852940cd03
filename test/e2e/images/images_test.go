package images

import (
	"archive/tar"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

func pack(t *testing.T, version string) v1.Image {
	t.Helper()
	image, err := Pack([]byte("program"), "amd64", version)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func digest(t *testing.T, image v1.Image) string {
	t.Helper()
	hash, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

func TestAnImageHoldsTheProgramAndItsVersion(t *testing.T) {
	image := pack(t, "1")
	content := mutate.Extract(image)
	defer content.Close()
	files := tar.NewReader(content)
	header, err := files.Next()
	if err != nil {
		t.Fatal(err)
	}
	program, err := io.ReadAll(files)
	if err != nil || header.Name != "app" || header.Mode != 0o755 || string(program) != "program" {
		t.Errorf("got %s with mode %o and %q, error %v", header.Name, header.Mode, program, err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Config; got.User != "65532:65532" || got.Entrypoint[0] != "/app" || got.Env[0] != "VERSION=1" {
		t.Errorf("got %+v", got)
	}
	if digest(t, image) != digest(t, pack(t, "1")) {
		t.Error("the same program and version are two images")
	}
	if digest(t, image) == digest(t, pack(t, "2")) {
		t.Error("two versions are the same image")
	}
}

// guarded is a registry that asks who calls.
func guarded(t *testing.T) Registry {
	t.Helper()
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "puller" || password != "canary" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		images.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return Registry{Address: strings.TrimPrefix(server.URL, "https://"), Username: "puller", Password: "canary", CAFile: file}
}

func TestPush(t *testing.T) {
	plain := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(plain.Close)
	for name, r := range map[string]Registry{"plain": {Address: strings.TrimPrefix(plain.URL, "http://")}, "guarded": guarded(t)} {
		image := pack(t, "1")
		reference, err := r.Push(t.Context(), image, "app:1")
		if err != nil || reference != r.Address+"/app:1" {
			t.Errorf("%s: got %s and error %v", name, reference, err)
			continue
		}
		got, err := r.Pull(t.Context(), "app:1")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if digest(t, got) != digest(t, image) {
			t.Errorf("%s: pulled another image than was pushed", name)
		}
	}
}

func TestPushIsRefused(t *testing.T) {
	r := guarded(t)
	r.Password = "wrong"
	if _, err := r.Push(t.Context(), pack(t, "1"), "app:1"); err == nil || !strings.HasPrefix(err.Error(), "push app:1: ") || !strings.Contains(err.Error(), "401 Unauthorized") {
		t.Errorf("got error %v", err)
	}
	if _, err := r.Push(t.Context(), pack(t, "1"), "App:1"); err == nil || !strings.Contains(err.Error(), "repository can only contain the characters") {
		t.Errorf("got error %v", err)
	}
	r.CAFile = filepath.Join(t.TempDir(), "none")
	if err := os.WriteFile(r.CAFile, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Push(t.Context(), pack(t, "1"), "app:1"); err == nil || err.Error() != "push app:1: "+r.CAFile+" holds no certificate" {
		t.Errorf("got error %v", err)
	}
}
