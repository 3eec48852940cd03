//go:build !windows

package harness

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup keeps a Ctrl-C at the terminal from ending a process before we do.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// interrupt does to a process in a group of its own, and to its children, what
// Ctrl-C does.
func interrupt(command *exec.Cmd) error {
	return syscall.Kill(-command.Process.Pid, syscall.SIGINT)
}

// lock waits for the lock that a file stands for. Its holder releases it by
// calling what is returned, or by ending.
func lock(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
