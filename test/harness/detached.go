package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Detached starts a cluster that goes on when this process has ended, until
// `go run -C test/cluster . down`. It is not ended by Stop.
func Detached(ctx context.Context, o ClusterOptions) (*Cluster, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	binary, err := build(ctx, filepath.Join(root, "test", "cluster"), "bowline-cluster", o.Log)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, binary, append(o.args(), "--json", "--detach")...)
	command.Dir = filepath.Join(root, "test", "cluster")
	command.Stderr = o.Log
	line, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("start the cluster: %w", err)
	}
	c := &Cluster{}
	if err := json.Unmarshal(line, c); err != nil {
		return nil, fmt.Errorf("read what the cluster said: %w", err)
	}
	return c, nil
}
