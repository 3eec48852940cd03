// Command demo plays the story of one App on a real control plane with
// simulated nodes, and checks everything it tells. The operator runs as a
// process of its own, as people run it.
//
// KEEP=1 leaves cluster and operator running at the end, until Ctrl-C.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// exitInterrupted is what a shell says of a command that Ctrl-C ended.
const exitInterrupted = 130

var errInterrupted = errors.New("interrupted")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := run(ctx, newPrinter(os.Stdout), os.Getenv("KEEP") != "")
	switch {
	case err == nil:
	case errors.Is(err, errInterrupted):
		os.Exit(exitInterrupted)
	default:
		os.Exit(1) // it has been told
	}
}

// run sets the stage, plays the story and clears the stage. It has told of the
// error it returns.
func run(ctx context.Context, out *printer, keep bool) error {
	out.headline("Bowline: one App, and what happens to it")
	st, err := setStage(ctx, out)
	var took time.Duration
	if err == nil {
		took, err = play(st.watch(ctx), newStory(st, out))
	}
	if err == nil {
		err = st.noLeaks(ctx, out)
	}
	switch {
	case ctx.Err() != nil:
		out.line("\nInterrupted. Ending the operator and the cluster.")
		err = errInterrupted
	case err != nil:
		st.logKept = true
		out.failure("this does not hold", err)
		out.lastLines(st.logFile)
	}
	if keep && st.operator != nil && ctx.Err() == nil {
		keepUp(ctx, out, st, err == nil)
	}
	if failed := st.clear(); failed != nil {
		out.failure("clearing up", failed)
		return errors.Join(err, failed)
	}
	if err == nil && !keep {
		out.line("\nAll of it held, in %.0f seconds. Cluster and operator have ended.", took.Seconds())
		out.line("DEMO OK")
	}
	return err
}

// keepUp tells how to use the cluster, and returns at Ctrl-C.
func keepUp(ctx context.Context, out *printer, st *stage, held bool) {
	if held {
		out.line("\nDEMO OK")
	}
	out.line("\nThe cluster and the operator keep running. In another shell, in this folder:\n")
	out.line("  export KUBECONFIG=%s", st.cluster.Kubeconfig)
	out.line("  export PATH=%s:$PATH", st.cluster.Assets)
	out.line("  kubectl apply -f %s", manifest("shop"))
	out.line("\nThe operator writes to %s. Ctrl-C here ends both.", st.logFile)
	<-ctx.Done()
}
