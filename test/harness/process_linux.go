package harness

import (
	"os/exec"
	"syscall"
)

// endWithUs lets the kernel end a process together with the thread that starts
// it, so that it does not outlive a test that was killed. Call it after
// ownGroup.
func endWithUs(command *exec.Cmd) {
	command.SysProcAttr.Pdeathsig = syscall.SIGTERM
}
