//go:build !linux

package controlplane

import "syscall"

// endWithParent does nothing here: only Linux ties a child to its parent.
func endWithParent(*syscall.SysProcAttr) {}
