//go:build !linux

package realnode

import (
	"errors"
	"syscall"
)

var errLinux = errors.New("real nodes need Linux")

// Isolate does nothing here.
func Isolate(*syscall.SysProcAttr) {}

// Init fails here.
func Init(string) error { return errLinux }

// Child fails here.
func Child(int, string) (int, error) { return 0, errLinux }
