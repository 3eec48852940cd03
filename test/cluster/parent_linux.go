package main

import (
	"os"
	"runtime"
	"syscall"
)

// The request below belongs to a thread; the main goroutine stays on the first.
func init() { runtime.LockOSThread() }

// endWithParent asks the kernel for SIGTERM when the parent ends, so that a
// cluster does not outlive a `go run` or a test that was killed.
func endWithParent() {
	parent := os.Getppid()
	_, _, failed := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
	if failed != 0 || os.Getppid() != parent { // it ended in between
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}
}
