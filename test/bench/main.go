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
	keys := flag.Int("config-keys", 2, "how many literals each App has, and how many keys each of its Secrets")
	secrets := flag.Int("secrets", 0, "how many Secrets of its own each App refers to; they are created beforehand")
	parallel := flag.Int("parallel", 8, "how many requests the client has under way at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, options{apps: *n, shape: shape{keys: *keys, secrets: *secrets}, parallel: *parallel}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // stop only restores signal handlers
	}
}

// check refuses what cannot be measured. The API admits at most 32 Secrets and
// 256 literals in an App.
func (o options) check() error {
	if o.apps < 2 || o.parallel < 1 {
		return errors.New("-n is at least 2 and -parallel at least 1")
	}
	if o.shape.keys < 1 || o.shape.keys > mostKeys || o.shape.secrets < 0 || o.shape.secrets > mostSecrets {
		return fmt.Errorf("-config-keys is from 1 to %d and -secrets from 0 to %d", mostKeys, mostSecrets)
	}
	return nil
}

func run(ctx context.Context, o options) error {
	if err := o.check(); err != nil {
		return err
	}
	root, err := harness.Root()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, ".bench")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	o.folder = folder
	m, err := measure(ctx, o)
	if err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(folder, "latest.json"), m.figures); err != nil {
		return err
	}
	rows := table(m.figures, o.shape)
	fmt.Print(m.describe(), "\n", formatTable(rows))
	return broken(rows)
}
