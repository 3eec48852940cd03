package images

import (
	"archive/tar"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/bowline-dev/bowline/test/harness"
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
func guarded(t *testing.T) harness.Registry {
	t.Helper()
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "puller" || password != "canary" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		images.ServeHTTP(w, r)
	}))
}

func serve(t *testing.T, handler http.Handler) harness.Registry {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return harness.Registry{Address: strings.TrimPrefix(server.URL, "http://")}
}

func TestPush(t *testing.T) {
	open := serve(t, registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	closed := guarded(t)
	closed.Username, closed.Password = "puller", "canary"
	for kind, r := range map[string]harness.Registry{"open": open, "guarded": closed} {
		image := pack(t, "1")
		reference, err := Push(t.Context(), r, image, "app:1")
		if err != nil || reference != r.Address+"/app:1" {
			t.Errorf("%s: got %s and error %v", kind, reference, err)
			continue
		}
		tag, err := name.NewTag(reference)
		if err != nil {
			t.Fatal(err)
		}
		got, err := remote.Head(tag, remote.WithAuth(&authn.Basic{Username: r.Username, Password: r.Password}))
		if err != nil || got.Digest.String() != digest(t, image) {
			t.Errorf("%s: got %v and error %v, want %s", kind, got, err, digest(t, image))
		}
	}
}

func TestPushIsRefused(t *testing.T) {
	r := guarded(t)
	if _, err := Push(t.Context(), r, pack(t, "1"), "app:1"); err == nil || !strings.HasPrefix(err.Error(), "push app:1: ") || !strings.Contains(err.Error(), "401 Unauthorized") {
		t.Errorf("got error %v", err)
	}
	if _, err := Push(t.Context(), r, pack(t, "1"), "App:1"); err == nil || !strings.Contains(err.Error(), "repository can only contain the characters") {
		t.Errorf("got error %v", err)
	}
}
