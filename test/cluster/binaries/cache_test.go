package binaries

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEnsureLeavesNothingOfAFailedBuild(t *testing.T) {
	root := t.TempDir()
	cache := Cache{Root: root}
	_, err := cache.Ensure(t.Context(), ControlPlane(Module{
		GoMod: []byte("module x\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes v1.37.2\n"),
	}))
	if err == nil || !strings.Contains(err.Error(), "go build go.etcd.io/etcd/server/v3") {
		t.Fatalf("a module without etcd: got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(root, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if filepath.Ext(path) != ".lock" {
			t.Errorf("left behind: %s", path)
		}
	}
}

func TestRemoveAbandonedKeepsOtherBuilds(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"aaaa.build-1", "aaaa.build-2", "bbbb.build-1", "aaaa"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	removeAbandoned(filepath.Join(root, "aaaa"))
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "aaaa bbbb.build-1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDefaultRootObeysTheEnvironment(t *testing.T) {
	t.Setenv(CacheVariable, "/var/tmp/programs")
	root, err := DefaultRoot()
	if err != nil || root != "/var/tmp/programs" {
		t.Errorf("got %q, %v", root, err)
	}
}
