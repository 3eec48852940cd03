package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/bowline-dev/bowline/test/cluster/controlplane"
	"github.com/bowline-dev/bowline/test/cluster/realnode"
)

// temporaryFolder is how the names of folders begin that were not given one.
const temporaryFolder = "bowline-cluster-"

// upFlags are the flags of `up`.
type upFlags struct {
	options          controlplane.Options
	json             bool
	untilStdinCloses bool
	detach           bool
	session          bool
}

func parseUp(args []string) (upFlags, error) {
	f := upFlags{options: controlplane.DefaultOptions()}
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	n := nodes{count: f.options.Nodes}
	flags.Var(&n, "nodes", "number of simulated nodes; \"real\" or \"real:N\": real nodes, two or N, on a Linux machine as root")
	flags.StringVar(&f.options.Dir, "dir", "", "the cluster's folder, new or empty; it is removed at the end (default a temporary one)")
	flags.BoolVar(&f.options.Audit, "audit", false, "write an audit log with one line for each request")
	flags.BoolVar(&f.options.Bench, "bench", false, "lift limits that get in the way of a load test")
	flags.StringVar(&f.options.ServiceRange, "service-range", f.options.ServiceRange, "network of the ClusterIPs")
	flags.BoolVar(&f.json, "json", false, "when ready, print one line of JSON that describes the cluster")
	flags.BoolVar(&f.untilStdinCloses, "until-stdin-closes", false, "end when standard input is closed, as it is when the parent ends")
	flags.BoolVar(&f.detach, "detach", false, "return when the cluster is healthy; `down` ends it")
	flags.BoolVar(&f.session, "session", false, "outlive the parent; used by --detach")
	if err := parse(flags, args); err != nil {
		return f, err
	}
	if f.options.Nodes = n.count; n.real {
		f.options.Nodes, f.options.RealNodes = 0, n.count
		if n.count == 0 {
			return f, errors.New("real:0 nodes: choose one or more")
		}
	}
	if f.detach && f.untilStdinCloses {
		return f, errors.New("--detach and --until-stdin-closes contradict each other: choose one")
	}
	return f, nil
}

// up runs a cluster until a signal, the end of the parent or, if asked for, the
// end of standard input.
func up(ctx context.Context, args []string) error {
	f, err := parseUp(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if f.untilStdinCloses {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
	}
	if !f.session && !f.detach {
		endWithParent()
	}

	if err := prepare(ctx, &f.options); err != nil {
		return err
	}
	if f.detach {
		return detach(ctx, f)
	}
	if f.options.Dir == "" {
		if f.options.Dir, err = os.MkdirTemp("", temporaryFolder); err != nil {
			return err
		}
		defer os.RemoveAll(f.options.Dir)
	}
	return serve(ctx, f)
}

// prepare builds the programs. For real nodes it sees to it first that they can
// be here, and that nothing is left of others whose supervisor was killed.
func prepare(ctx context.Context, options *controlplane.Options) error {
	if options.RealNodes > 0 {
		if err := realnode.Check(); err != nil {
			return err
		}
		if err := removeKilled(os.TempDir()); err != nil {
			return err
		}
		var err error
		if options.KubeletBinaries, options.NodeBinaries, err = ensureNodeBinaries(ctx); err != nil {
			return err
		}
	}
	var err error
	options.Binaries, err = ensureBinaries(ctx)
	return err
}

// removeKilled removes what clusters in temporary folders left that had no chance
// to: nobody would look for them there.
func removeKilled(temporary string) error {
	folders, err := filepath.Glob(filepath.Join(temporary, temporaryFolder+"*"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !realnode.Here(folder) {
			continue
		}
		if _, running, err := controlplane.Find(folder); err != nil || running {
			continue // it is somebody else's, then
		}
		if err := controlplane.Remove(folder); err != nil {
			return err
		}
	}
	return nil
}

// serve starts the cluster, says that it is ready and ends it when ctx ends.
func serve(ctx context.Context, f upFlags) error {
	begin := time.Now()
	cluster, err := controlplane.Start(ctx, f.options)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("stopped before the cluster was ready")
		}
		return err
	}
	record := cluster.Record()
	if err := announce(os.Stdout, record, f.json); err != nil {
		return errors.Join(err, cluster.Stop())
	}
	if !f.json {
		fmt.Fprintf(os.Stderr, "ready after %.1f s with %d nodes; Ctrl-C ends it\n", time.Since(begin).Seconds(), f.options.Nodes+f.options.RealNodes)
	}
	err = cluster.Wait(ctx)
	return errors.Join(err, cluster.Stop())
}

// announce prints what a shell or, with asJSON, a program needs to use the
// cluster, on one line.
func announce(out io.Writer, record controlplane.Record, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(record)
	}
	_, err := fmt.Fprintf(out, "export KUBECONFIG=%s\n", record.Kubeconfig)
	return err
}

// detachedDir is the folder of a detached cluster that was given none.
func detachedDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("bowline-cluster-of-%d", os.Getuid()))
}
