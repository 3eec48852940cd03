package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const project = "../.."

var (
	here   = platform{"linux", runtime.GOARCH}
	source = origin{version: "v1.2.3", revision: "0123456789abcdef0123456789abcdef01234567", time: time.Unix(1700000000, 0).UTC()}
)

// copyOf copies what the image is made of elsewhere, as .dockerignore lets it
// through: without repository, and without tests.
func copyOf(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	ignore, err := os.ReadFile(filepath.Join(project, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(ignore)) {
		name, included := strings.CutPrefix(strings.TrimSpace(line), "!")
		if !included {
			continue
		}
		if out, err := exec.Command("cp", "-r", filepath.Join(project, name), filepath.Join(folder, name)).CombinedOutput(); err != nil {
			t.Fatalf("cp: %v: %s", err, out)
		}
	}
	return folder
}

func buildHere(t *testing.T, folder string) *image {
	t.Helper()
	built, err := build(t.Context(), folder, source, []platform{here})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func digest(t *testing.T, index v1.ImageIndex) string {
	t.Helper()
	d, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestTwoBuildsGiveOneDigest(t *testing.T) {
	one := digest(t, buildHere(t, project).index)
	t.Setenv("GOFLAGS", "-ldflags=-v")
	t.Setenv("GOAMD64", "v3")
	if two := digest(t, buildHere(t, copyOf(t)).index); one != two {
		t.Errorf("another folder and other settings of Go give %s instead of %s", two, one)
	}
}

// TestDockerfile runs the command of the Dockerfile on what Docker would be
// given.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(project, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var command string
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RUN "); ok && strings.Contains(line, "go build") {
			command = rest
		}
	}
	folder, binary := copyOf(t), filepath.Join(t.TempDir(), "bowline")
	command = strings.Replace(strings.TrimSpace(command), " -o /bowline ", " -o "+binary+" ", 1)
	shell := exec.Command("sh", "-c", command)
	shell.Dir = folder
	shell.Env = append(os.Environ(), "TARGETOS="+here.system, "TARGETARCH="+here.architecture, "VERSION="+source.version, "GOFLAGS=")
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	docker, err := os.ReadFile(binary)
	if err != nil {
		t.Fatalf("the Dockerfile builds no /bowline: %v", err)
	}
	if !bytes.Equal(docker, fileOf(t, imageOf(t, buildHere(t, project).index), "bowline")) {
		t.Errorf("the Dockerfile's command gives another binary: %s", command)
	}
	for _, line := range []string{"USER " + nobody + "\n", "ENTRYPOINT [\"/" + binaryPath + "\"]\n"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the Dockerfile has no line %q", line)
		}
	}
}

func imageOf(t *testing.T, index v1.ImageIndex) v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 || manifest.Manifests[0].Platform.String() != here.String() {
		t.Fatalf("want one image, for %s: %+v", here, manifest.Manifests)
	}
	one, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// files returns what an image holds: modes by name.
func files(t *testing.T, one v1.Image, content func(string, io.Reader)) map[string]int64 {
	t.Helper()
	layers, err := one.Layers()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	for _, l := range layers {
		in, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for r := tar.NewReader(in); ; {
			header, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if header.Uid != 0 || !header.ModTime.Equal(source.time) {
				t.Errorf("%s is of user %d and from %s", header.Name, header.Uid, header.ModTime)
			}
			found[header.Name] = header.Mode
			content(header.Name, r)
		}
	}
	return found
}

func fileOf(t *testing.T, one v1.Image, want string) []byte {
	t.Helper()
	var out []byte
	files(t, one, func(name string, in io.Reader) {
		if name != want {
			return
		}
		var err error
		if out, err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	})
	if out == nil {
		t.Fatalf("the image holds no %s", want)
	}
	return out
}

func TestImage(t *testing.T) {
	one := imageOf(t, buildHere(t, project).index)
	config, err := one.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != "65532:65532" || !slices.Equal(config.Config.Entrypoint, []string{"/bowline"}) || config.Architecture != runtime.GOARCH {
		t.Errorf("the image runs %v as %s on %s", config.Config.Entrypoint, config.Config.User, config.Architecture)
	}
	for key, want := range map[string]string{"version": "v1.2.3", "revision": source.revision, "created": "2023-11-14T22:13:20Z", "licenses": "Apache-2.0"} {
		if got := config.Config.Labels["org.opencontainers.image."+key]; got != want {
			t.Errorf("label %s is %q instead of %q", key, got, want)
		}
	}
	const most = 80 << 20
	size := 0
	found := files(t, one, func(_ string, in io.Reader) {
		n, err := io.Copy(io.Discard, in)
		if err != nil {
			t.Error(err)
		}
		size += int(n)
	})
	want := map[string]int64{"bowline": 0o755, "etc/": 0o755, "etc/ssl/": 0o755, "etc/ssl/certs/": 0o755, "etc/ssl/certs/ca-certificates.crt": 0o644}
	for name, mode := range want {
		if found[name] != mode {
			t.Errorf("%s has mode %o instead of %o", name, found[name], mode)
		}
	}
	if len(found) != len(want) {
		t.Errorf("the image holds %v", found)
	}
	if size > most {
		t.Errorf("the image has %d bytes, more than %d", size, most)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(fileOf(t, one, authoritiesPath)) {
		t.Error("the image trusts no authority")
	}
	program := filepath.Join(t.TempDir(), "bowline")
	if err := os.WriteFile(program, fileOf(t, one, binaryPath), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil || string(out) != "bowline v1.2.3\n" {
		t.Errorf("the operator tells %q: %v", out, err)
	}
	if out, _ := exec.Command("ldd", program).CombinedOutput(); !strings.Contains(string(out), "not a dynamic executable") {
		t.Errorf("the operator needs libraries: %s", out)
	}
}

func TestWhatIsInside(t *testing.T) {
	built := buildHere(t, project)
	info, err := buildinfo.Read(bytes.NewReader(fileOf(t, imageOf(t, built.index), binaryPath)))
	if err != nil {
		t.Fatal(err)
	}
	var got document
	if err := json.Unmarshal(built.boms[0].document, &got); err != nil {
		t.Fatal(err)
	}
	if got.Format != "CycloneDX" || got.SpecVersion != "1.6" || got.Version != 1 || got.Metadata.Component.Version != "v1.2.3" {
		t.Errorf("it starts with %+v", got)
	}
	byRef := map[string]component{}
	for _, c := range got.Components {
		if _, twice := byRef[c.Ref]; twice {
			t.Errorf("%s is there twice", c.Ref)
		}
		byRef[c.Ref] = c
	}
	for _, m := range info.Deps {
		c := byRef[purl(m.Path, m.Version)]
		if c.Name != m.Path || c.Version != m.Version || len(c.Properties) != 1 || c.Properties[0] != (property{"go:sum", m.Sum}) {
			t.Errorf("%s %s is missing or wrong: %+v", m.Path, m.Version, c)
		}
	}
	const more = 2 // Go's library, and the certificates
	if len(got.Components) != len(info.Deps)+more {
		t.Errorf("%d components for %d modules", len(got.Components), len(info.Deps))
	}
	for _, path := range []string{"std", "golang.org/x/crypto/x509roots/fallback", "sigs.k8s.io/controller-runtime"} {
		if !slices.ContainsFunc(got.Components, func(c component) bool { return c.Name == path && c.Version != "" }) {
			t.Errorf("%s is missing", path)
		}
	}
	if incompatible := purl("github.com/docker/cli", "v29.7.2+incompatible"); incompatible != "pkg:golang/github.com/docker/cli@v29.7.2%2Bincompatible" {
		t.Errorf("purl is %s", incompatible)
	}
}

func TestWriteAndPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	o := options{push: strings.TrimPrefix(server.URL, "http://") + "/bowline:dev", plainHTTP: true}
	reference, err := o.reference()
	if err != nil {
		t.Fatal(err)
	}
	built, folder := buildHere(t, project), t.TempDir()
	for range 2 { // the second replaces the first
		if err := built.write(folder, o.push); err != nil {
			t.Fatal(err)
		}
	}
	if err := push(t.Context(), reference, built.index); err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Index(reference)
	if err != nil {
		t.Fatal(err)
	}
	want := digest(t, built.index)
	if got := digest(t, pulled); got != want {
		t.Errorf("the registry has %s instead of %s", got, want)
	}
	unpacked := t.TempDir()
	if out, err := exec.Command("tar", "-xf", filepath.Join(folder, "image.tar"), "-C", unpacked).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	for _, path := range []string{filepath.Join(folder, "image"), unpacked} {
		index, err := layout.ImageIndexFromPath(path)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			t.Fatal(err)
		}
		if len(manifest.Manifests) != 1 || manifest.Manifests[0].Digest.String() != want || manifest.Manifests[0].Annotations["io.containerd.image.name"] != o.push {
			t.Errorf("%s holds %+v instead of %s", path, manifest.Manifests, want)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "sbom-"+runtime.GOARCH+".cdx.json")); err != nil {
		t.Error(err)
	}
}

func TestWrongFlags(t *testing.T) {
	for _, test := range []struct {
		o    options
		want string
	}{
		{options{plainHTTP: true, platforms: "linux/amd64"}, "--plain-http: it says how to push, and nothing is pushed without --push"},
		{options{push: "a b", platforms: "linux/amd64"}, "--push=a b: it is an image's name, such as registry.example/bowline:dev: "},
		{options{push: "r.example/x@sha256:" + strings.Repeat("0", 64), platforms: "linux/amd64"}, "the digest is what comes out: push by a tag, such as r.example/x:dev"},
		{options{platforms: "linux/amd64,darwin/arm64"}, "--platforms=linux/amd64,darwin/arm64: each is linux/ and an architecture, such as linux/amd64"},
		{options{platforms: "linux/amd64", source: "/"}, "which version this is: git describe: "},
		{options{platforms: "linux/amd64", source: "/", version: "v1"}, "when this was committed: git rev-parse: "},
	} {
		if err := run(t.Context(), test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v instead of %s", test.o, err, test.want)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if _, err := originOf(t.Context(), project, "v1"); err == nil || err.Error() != "SOURCE_DATE_EPOCH=yesterday: it is a number of seconds since 1970" {
		t.Error(err)
	}
}
