package main

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/bowline-dev/bowline/test/harness"
)

// services are the addresses of all Services.
const services = "10.96.0.0/16"

// route leads this machine to the cluster's Services, by way of a node. The
// route goes with the cluster.
func route(ctx context.Context, cluster *harness.Cluster) error {
	if len(cluster.Nodes) == 0 {
		return fmt.Errorf("the cluster in %s has no real node", cluster.Dir)
	}
	out, err := exec.CommandContext(ctx, "ip", "route", "replace", services, "via", cluster.Nodes[0].Address).CombinedOutput()
	if err != nil {
		return fmt.Errorf("route %s to the cluster: %w: %s", services, err, out)
	}
	return nil
}
