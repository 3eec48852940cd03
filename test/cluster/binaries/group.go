package binaries

import (
	"os/exec"
	"syscall"
	"time"
)

// endWithItsChildren makes a canceled command take its compilers with it: they
// form one process group, which is out of the terminal's reach, so that Ctrl-C
// is answered by us alone.
func endWithItsChildren(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error {
		return syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	command.WaitDelay = 5 * time.Second
}
