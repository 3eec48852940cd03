package realnode

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const cgroupMount = "/sys/fs/cgroup"

// hierarchies are the roots of all cgroup hierarchies: one on a machine with
// cgroup v2, one for each controller with v1.
func hierarchies() ([]string, error) {
	mounts, err := mountPoints()
	if err != nil {
		return nil, err
	}
	var roots []string
	for _, m := range mounts {
		if m.kind == "cgroup" || m.kind == "cgroup2" {
			roots = append(roots, m.point)
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("no cgroups are mounted at %s: real nodes need them", cgroupMount)
	}
	return roots, nil
}

// makeCgroup makes a cgroup in every hierarchy and lets it use what its parents
// may use.
func makeCgroup(path string) error {
	roots, err := hierarchies()
	if err != nil {
		return err
	}
	for _, root := range roots {
		folder := root
		for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
			parent := folder
			folder = filepath.Join(folder, name)
			if err := delegate(parent); err != nil {
				return err
			}
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
			if err := inherit(parent, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// delegate lets the children of a cgroup v2 have all its controllers.
func delegate(parent string) error {
	controllers, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers"))
	if errors.Is(err, fs.ErrNotExist) { // cgroup v1
		return nil
	}
	if err != nil {
		return err
	}
	for controller := range strings.FieldsSeq(string(controllers)) {
		if err := os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+"+controller), 0o600); err != nil {
			return fmt.Errorf("let cgroups below %s have the controller %s: %w", parent, controller, err)
		}
	}
	return nil
}

// inherit copies what a new cgroup v1 of the cpuset hierarchy does not inherit.
func inherit(parent, child string) error {
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(parent, name))
		if errors.Is(err, fs.ErrNotExist) || exists(filepath.Join(parent, "cgroup.controllers")) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(child, name), value, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// removeCgroup removes a cgroup with all below it from every hierarchy. The
// kernel may still be busy with processes that have just ended.
func removeCgroup(path string) error {
	roots, err := hierarchies()
	if err != nil {
		return err
	}
	for _, root := range roots {
		if err := removeTree(filepath.Join(root, path)); err != nil {
			return err
		}
	}
	return nil
}

func removeTree(root string) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	for {
		err := removeFolders(root)
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-deadline.C:
			return err
		}
	}
}

// removeFolders removes the folders of a cgroup, the deepest first; its files are
// not there to be removed.
func removeFolders(root string) error {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeFolders(filepath.Join(root, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(root); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
