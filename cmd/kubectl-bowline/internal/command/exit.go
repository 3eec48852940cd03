package command

import (
	"errors"
	"fmt"
)

// Exit codes.
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitTimeout     = 2
	ExitError       = 3
	exitInterrupted = 130 // what a shell says of a command that Ctrl-C ended
)

const exitCodesText = `Exit codes:
  0    done; with status: the rollout is out and healthy
  1    status: the rollout failed, was taken back or is paused; wait --for=release=N: it failed or was overtaken; lint, render, init: the manifest has problems
  2    status, wait: --timeout passed; status --watch=false: the rollout goes on
  3    the command could not be carried out: no such App, no cluster, a flag that does not exist
  130  Ctrl-C`

// exitError ends the program with a code of its own. It has been told of
// already where it has no message.
type exitError struct {
	code    int
	message string
}

func (e *exitError) Error() string { return e.message }

// errInterrupted is the end by Ctrl-C, of which nothing need be said.
var errInterrupted = errors.New("interrupted")

// ended is an exit code for what has been told.
func ended(code int) error { return &exitError{code: code} }

func timedOut(format string, args ...any) error {
	return &exitError{code: ExitTimeout, message: fmt.Sprintf(format, args...)}
}

// ExitCode is the exit code that an error stands for.
func ExitCode(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	}
	return ExitError
}

// Message is what there is to say about an error.
func Message(err error) string {
	if err == nil || errors.Is(err, errInterrupted) {
		return ""
	}
	return err.Error()
}
