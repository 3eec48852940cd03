package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	put(t, root, "cache", map[string]string{"type": "redis", "host": "cache.example"})
	put(t, root, "orders-db", map[string]string{
		"type": "postgresql", "host": "::1", "port": "5432", "database": "orders", "username": "shop", "password": "p@ss/1\n", "uri": "postgres://as-it-is",
	})
	for way, want := range map[string]string{
		"files":     "postgres://shop:p%40ss%2F1@[::1]:5432/orders",
		"uri":       "postgres://as-it-is",
		"variables": "",
	} {
		if got, err := find(way, root); got != want || err != nil {
			t.Errorf("%s: got %s, %v; want %s", way, got, err, want)
		}
	}
}

func TestFindSaysWhatIsMissing(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	put(t, one, "cache", map[string]string{"type": "redis"})
	put(t, two, "a", map[string]string{"type": "postgresql"})
	put(t, two, "b", map[string]string{"type": "postgresql"})
	for _, c := range []struct{ way, root, want string }{
		{"files", "", "SERVICE_BINDING_ROOT is not set: bind the workload to a service"},
		{"uri", one, "0 bindings in " + one + " have the type postgresql: bind the workload to one service of this type"},
		{"uri", two, "2 bindings in " + two + " have the type postgresql: bind the workload to one service of this type"},
	} {
		if _, err := find(c.way, c.root); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// put makes a binding as a kubelet does: its files are links.
func put(t *testing.T, root, name string, entries map[string]string) {
	t.Helper()
	folder := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Join(folder, "..data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for key, value := range entries {
		if err := os.WriteFile(filepath.Join(folder, "..data", key), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", key), filepath.Join(folder, key)); err != nil {
			t.Fatal(err)
		}
	}
}
