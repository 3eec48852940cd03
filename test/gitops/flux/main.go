// Command flux does to an App what Flux's kustomize-controller does to
// everything that it finds in Git, by the libraries that the controller is
// made of.
//
//	flux apply FILE             apply the objects in FILE, and print what was done to each
//	flux diff FILE              print what applying FILE would do, and the fields it would change
//	flux wait [-timeout D] FILE wait until all objects in FILE are ready, or one has failed
//	flux health FILE            judge one App from each line of standard input by the
//	                            healthCheckExprs of the Kustomization in FILE
//
// The cluster is that of $KUBECONFIG.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "flux:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("apply, diff, wait or health?")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	timeout := flags.Duration("timeout", time.Minute, "how long to wait")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("%s: one file is expected, %d are given", args[0], flags.NArg())
	}
	file := flags.Arg(0)
	if args[0] == "health" {
		return health(ctx, file, in, out)
	}
	m, err := connect()
	if err != nil {
		return err
	}
	switch args[0] {
	case "apply":
		return m.apply(ctx, file, out)
	case "diff":
		return m.diff(ctx, file, out)
	case "wait":
		return m.wait(ctx, file, *timeout)
	}
	return fmt.Errorf("%s: no such command: apply, diff, wait or health", args[0])
}
