package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// exitUsage is the exit code for a call or a switch that makes no sense. No
// switch asks for it by default, so that it is not taken for a wanted crash.
const exitUsage = 64

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	journal := newJournal(os.Stdout, time.Now)
	command := "serve"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	var code int
	var err error
	switch command {
	case "serve":
		code, err = serve(ctx, os.Environ(), journal)
	case "client":
		err = runClient(ctx, args, journal)
	default:
		code, err = exitUsage, fmt.Errorf("there is no command %q: use serve, which is also what is done without one, or client", command)
	}
	if err != nil {
		journal.say("failed", "error", err.Error())
		fmt.Fprintln(os.Stderr, "app:", err)
		code = max(code, 1)
	}
	return code
}
