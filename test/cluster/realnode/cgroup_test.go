package realnode

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemoveFolders(t *testing.T) {
	root := filepath.Join(t.TempDir(), "bowline-201")
	if err := os.MkdirAll(filepath.Join(root, "node-1", "kubepods", "pod"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is gone is fine
		if err := removeFolders(root); err != nil || exists(root) {
			t.Errorf("it is still there: %v", err)
		}
	}
}

func TestANewCgroupMayUseWhatItsParentMay(t *testing.T) {
	parent, child := t.TempDir(), t.TempDir()
	if err := write(map[string]string{filepath.Join(parent, "cpuset.cpus"): "0-1\n"}); err != nil {
		t.Fatal(err)
	}
	if err := inherit(parent, child); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(child, "cpuset.cpus")); err != nil || string(got) != "0-1\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestACgroupV2LetsItsChildrenHaveItsControllers(t *testing.T) {
	parent := t.TempDir()
	if err := write(map[string]string{filepath.Join(parent, "cgroup.controllers"): "memory\n"}); err != nil {
		t.Fatal(err)
	}
	if err := delegate(parent); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(parent, "cgroup.subtree_control")); err != nil || string(got) != "+memory" {
		t.Errorf("got %q, %v", got, err)
	}
}
