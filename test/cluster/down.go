package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
)

// downTimeout is more than a cluster takes to end when every one of its
// programs uses up its time of grace.
const downTimeout = time.Minute

// down ends the cluster in a folder and returns when nothing of it remains. It
// is content when there is none.
func down(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("down", flag.ContinueOnError)
	dir := flags.String("dir", detachedDir(), "the cluster's folder")
	if err := parse(flags, args); err != nil {
		return err
	}
	record, running, err := controlplane.Find(*dir)
	switch {
	case err != nil:
		return err
	case running && record == nil:
		return fmt.Errorf("the cluster in %s is just starting or ending: try again in a moment", *dir)
	case !running:
		return removeRemains(*dir)
	}

	if err := syscall.Kill(record.Supervisor, syscall.SIGTERM); err != nil {
		return fmt.Errorf("ask process %d to end the cluster in %s: %w", record.Supervisor, *dir, err)
	}
	ctx, cancel := context.WithTimeout(ctx, downTimeout)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, running, err := controlplane.Find(*dir); err != nil || !running {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("the cluster in %s has not ended; its processes: %v", *dir, record.PIDs)
		}
	}
}

// removeRemains clears the folder of a cluster whose supervisor was killed; its
// processes ended with it.
func removeRemains(dir string) error {
	_, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(os.Stderr, "no cluster in %s\n", dir)
		return nil
	case err != nil:
		return fmt.Errorf("look for a cluster: %w", err)
	}
	return controlplane.Remove(dir)
}
