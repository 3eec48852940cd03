// Command bench measures what the operator costs: N Apps on a real control
// plane with simulated nodes, in the same run as the same objects without an
// operator. It prints a table, keeps the figures in .bench/latest.json, and the
// operator's requests and log beside them.
//
// A budget that is missed is said in the table. Only a broken promise, or a run
// that could not be finished, makes the command fail. It needs Linux, for /proc.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/bowline-dev/bowline/test/harness"
)

func main() {
	n := flag.Int("n", 200, "how many Apps")
	parallel := flag.Int("parallel", 8, "how many requests the client has under way at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *n, *parallel); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // stop only restores signal handlers
	}
}

func run(ctx context.Context, n, parallel int) error {
	if n < 2 || parallel < 1 {
		return errors.New("-n is at least 2 and -parallel at least 1")
	}
	root, err := harness.Root()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, ".bench")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	m, err := measure(ctx, options{apps: n, parallel: parallel, folder: folder})
	if err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(folder, "latest.json"), m.figures); err != nil {
		return err
	}
	rows := table(m.figures, children)
	fmt.Print(m.describe(), "\n", formatTable(rows))
	return broken(rows)
}
