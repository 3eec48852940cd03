// Command kubectl-bowline is the kubectl plugin for Bowline: kubectl bowline.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	err := command.Run(ctx, os.Args, streams)
	stop()
	if message := command.Message(err); message != "" {
		fmt.Fprintln(os.Stderr, "error: "+message)
	}
	os.Exit(command.ExitCode(err))
}
