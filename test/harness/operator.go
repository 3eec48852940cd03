package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Operator is the operator as a process.
type Operator struct {
	command *exec.Cmd
	ended   chan struct{}
	err     error // how it ended
}

// OperatorOptions says how to start the operator.
type OperatorOptions struct {
	Kubeconfig string
	Binary     string    // as BuildOperator returned it; empty: it is built first
	Args       []string  // besides those that keep it from serving ports
	Log        io.Writer // gets what it prints
}

// stopTimeout is how long a process may take to end when asked to.
const stopTimeout = 20 * time.Second

// BuildOperator builds the operator's binary and returns its path.
func BuildOperator(ctx context.Context, log io.Writer) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	return build(ctx, root, "bowline", log)
}

// Build builds the command in a folder of the project, such as test/demo, and
// returns the binary's path.
func Build(ctx context.Context, folder, name string, log io.Writer) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	return build(ctx, filepath.Join(root, filepath.FromSlash(folder)), name, log)
}

// StartOperator starts the operator. It ends with Stop or Kill, or, on Linux,
// when this process ends.
func StartOperator(ctx context.Context, o OperatorOptions) (*Operator, error) {
	binary := o.Binary
	if binary == "" {
		var err error
		if binary, err = BuildOperator(ctx, o.Log); err != nil {
			return nil, err
		}
	}
	args := append([]string{"--metrics-bind-address=0", "--health-probe-bind-address=0", "--kubeconfig=" + o.Kubeconfig}, o.Args...)
	op := &Operator{command: exec.Command(binary, args...), ended: make(chan struct{})} //nolint:noctx // it outlives ctx and ends with Stop
	op.command.Stdout, op.command.Stderr = o.Log, o.Log
	ownGroup(op.command)
	endWithUs(op.command)
	started := make(chan error)
	go op.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the operator: %w", err)
	}
	return op, nil
}

// run starts the operator and waits for its end, on a thread of its own: the
// kernel ends the operator when the thread that started it ends, see endWithUs.
func (o *Operator) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := o.command.Start()
	started <- err
	if err == nil {
		o.err = o.command.Wait()
		close(o.ended)
	}
}

// PID returns the operator's process ID.
func (o *Operator) PID() int { return o.command.Process.Pid }

// Ended is closed when the operator has ended, for whatever reason.
func (o *Operator) Ended() <-chan struct{} { return o.ended }

// Err returns how the operator ended, once it has.
func (o *Operator) Err() error { return o.err }

// Kill ends the operator with SIGKILL and waits until it is gone.
func (o *Operator) Kill() error {
	err := o.command.Process.Kill()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the operator: %w", err)
	}
	<-o.ended
	return nil
}

// Stop asks the operator to end and waits until it has.
func (o *Operator) Stop() error {
	if err := o.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the operator: %w", err)
	}
	select {
	case <-o.ended:
		return nil
	case <-time.After(stopTimeout):
		return errors.Join(fmt.Errorf("the operator did not end within %s of SIGTERM", stopTimeout), o.Kill())
	}
}

// build builds the command in a folder of the project.
func build(ctx context.Context, dir, name string, log io.Writer) (string, error) {
	return buildPackage(ctx, dir, ".", name, log)
}

// buildPackage builds a package, with the versions of the module in a folder,
// into the project's folder bin. What is up to date is not built again, and of
// several processes one builds at a time.
func buildPackage(ctx context.Context, dir, pkg, name string, log io.Writer) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(root, "bin")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	unlock, err := lock(filepath.Join(folder, ".lock"))
	if err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	defer unlock()
	binary := filepath.Join(folder, name)
	command := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg)
	command.Dir = dir
	command.Stdout, command.Stderr = log, log
	// An interrupted build leaves its compilers running and its files behind,
	// so it gets a group and a folder of its own.
	temporary, err := os.MkdirTemp("", "bowline-build-")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	defer os.RemoveAll(temporary)
	command.Env = append(os.Environ(), "GOTMPDIR="+temporary)
	ownGroup(command)
	command.Cancel = func() error { return interrupt(command) }
	command.WaitDelay = stopTimeout
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	return binary, nil
}
