package controlplane

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/bowline-dev/bowline/test/cluster/realnode"
)

// grace is how long a child may take to end by itself.
const grace = 15 * time.Second

// child is a started program.
type child struct {
	name string
	log  string
	pid  int
	// ended is closed when the program has ended and been waited for; err is
	// valid from then on.
	ended chan struct{}
	err   error
	cmd   *exec.Cmd
}

// startChild starts a component in a process group of its own, so that a Ctrl-C
// of the terminal reaches us alone and the order of the end stays ours.
//
// The kernel's "end when the parent ends" counts the thread that started the
// child as its parent, so one locked thread starts the child and waits for it.
func startChild(bin string, c component, l layout) (*child, error) {
	log, err := os.Create(l.log(c.name))
	if err != nil {
		return nil, err
	}
	program, args := filepath.Join(bin, c.name), c.args
	if c.program != "" {
		program = c.program
	}
	if c.namespace != "" {
		program, args = realnode.Enter(c.namespace, program, args)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = string(l)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + string(l), "TMPDIR=" + string(l)}, c.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(cmd.SysProcAttr)
	if c.namespace != "" {
		realnode.Isolate(cmd.SysProcAttr)
	}

	result := &child{name: c.name, log: log.Name(), ended: make(chan struct{}), cmd: cmd}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		result.err = cmd.Wait()
		close(result.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	result.pid = cmd.Process.Pid
	return result, nil
}

// stop asks the child to end, waits, and after a time of grace insists.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.ended:
		return
	case <-timer.C:
	}
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// died reports, with the end of its log, that the child is no longer there.
func (c *child) died() error {
	select {
	case <-c.ended:
	default:
		return nil
	}
	reason := "with exit code 0"
	if c.err != nil {
		reason = fmt.Sprintf("(%v)", c.err)
	}
	return fmt.Errorf("%s ended by itself %s; the end of its log:\n%s", c.name, reason, logTail(c.log))
}

// logTail returns the last lines of a log file.
func logTail(path string) string {
	const lines = 15
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}
