package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// caughtUp waits until the audit log, which is written a little later, holds
// everything that has happened so far: until it shows a request that is made
// now, by a user agent that nobody else has. A watch is logged when it ends, and
// the server finds out about that on its own time, hence the second at first.
func caughtUp(ctx context.Context, config *rest.Config, log string) error {
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	info, err := os.Stat(log)
	if err != nil {
		return err
	}
	config = rest.CopyConfig(config)
	config.UserAgent = "bench-marker/" + strconv.FormatInt(time.Now().UnixNano(), 10)
	marker, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	if _, err := marker.ServerVersion(); err != nil {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return holds(log, info.Size(), config.UserAgent)
	})
	if err != nil {
		return fmt.Errorf("wait for the audit log: %w", err)
	}
	return nil
}

// holds tells whether a file holds a text, from an offset on.
func holds(file string, offset int64, text string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.NewSectionReader(f, offset, 1<<30))
	return bytes.Contains(content, []byte(text)), err
}
