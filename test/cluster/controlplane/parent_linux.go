package controlplane

import "syscall"

// endWithParent makes the kernel kill the child when its parent ends, however
// that happens.
func endWithParent(attributes *syscall.SysProcAttr) {
	attributes.Pdeathsig = syscall.SIGKILL
}
