package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Detach starts a cluster with real nodes that goes on when this process has
// ended, until `go run -C test/cluster . down`. Stop does not end it.
func Detach(ctx context.Context, realNodes int, log io.Writer) (*Cluster, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	binary, err := build(ctx, filepath.Join(root, "test", "cluster"), "bowline-cluster", log)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, binary, "up", "--json", "--detach", "--nodes=real:"+strconv.Itoa(realNodes))
	command.Dir = filepath.Join(root, "test", "cluster")
	command.Stderr = log
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
