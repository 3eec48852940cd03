package controlplane

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/bowline-dev/bowline/test/cluster/realnode"
)

// claim makes dir the folder of one running cluster: it creates it, or clears
// what a killed cluster left there. The lock ends with this process, so who can
// take it knows that no cluster runs in dir.
func claim(dir string) (lock *os.File, err error) {
	l := layout(dir)
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case len(entries) > 0 && !exists(l.lock()):
		return nil, fmt.Errorf("%s has files that are not of a cluster, and a cluster's folder is removed at its end: choose a new or an empty folder", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, held, err := takeLock(l, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if held {
		return nil, fmt.Errorf("a cluster runs in %s: end it with `down --dir %s`, or choose another folder", dir, dir)
	}
	if err := empty(l); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("clear what an earlier cluster left: %w", err)
	}
	return lock, nil
}

// takeLock takes the lock of the cluster in l's folder, or reports that a
// running cluster holds it.
func takeLock(l layout, flags int) (lock *os.File, held bool, err error) {
	lock, err = os.OpenFile(l.lock(), os.O_RDWR|flags, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return lock, false, nil
	}
	_ = lock.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, true, nil
	}
	return nil, false, fmt.Errorf("lock %s: %w", l.lock(), err)
}

// empty removes everything in a cluster's folder but its lock, after what real
// nodes have left elsewhere.
func empty(l layout) error {
	if err := realnode.Clean(string(l)); err != nil {
		return err
	}
	entries, err := os.ReadDir(string(l))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := l.path(entry.Name())
		if path == l.lock() {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a cluster's folder, the lock last: while it is there and held,
// the cluster is not gone.
func remove(l layout, lock *os.File) error {
	defer lock.Close()
	if err := empty(l); err != nil {
		return err
	}
	return os.RemoveAll(string(l))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Remove removes the folder of a cluster that no longer runs, and no other.
func Remove(dir string) error {
	lock, err := claim(dir)
	if err != nil {
		return err
	}
	return remove(layout(dir), lock)
}
