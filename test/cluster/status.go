package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
)

// status says whether a cluster runs in a folder. Its error, and so its exit
// code, says that none does.
func status(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("status", flag.ContinueOnError)
	dir := flags.String("dir", detachedDir(), "the cluster's folder")
	if err := parse(flags, args); err != nil {
		return err
	}
	record, running, err := controlplane.Find(*dir)
	switch {
	case err != nil:
		return err
	case !running:
		return fmt.Errorf("no cluster runs in %s", *dir)
	case record == nil:
		return fmt.Errorf("the cluster in %s is just starting or ending", *dir)
	}
	fmt.Printf("a cluster runs in %s\nexport KUBECONFIG=%s\n", *dir, record.Kubeconfig)
	fmt.Printf("  %-24s %d\n", "supervisor", record.Supervisor)
	for _, name := range slices.Sorted(maps.Keys(record.PIDs)) {
		fmt.Printf("  %-24s %d\n", name, record.PIDs[name])
	}
	return nil
}
