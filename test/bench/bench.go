package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/bowline-dev/bowline/test/harness"
)

// idleTime is how long nothing changes while idle requests are counted.
const idleTime = time.Minute

// options say what to measure.
type options struct {
	apps     int
	shape    shape
	parallel int
	folder   string
}

// bench is a run under way.
type bench struct {
	options
	cluster *harness.Cluster
	config  *rest.Config
	client  client.WithWatch

	kubeconfig string // of the operator's account

	log    *os.File // what the operator prints
	result measurement
}

// spans are the times whose requests are counted.
type spans struct{ create, idle, restart span }

// measure does the whole run on a cluster of its own.
func measure(ctx context.Context, o options) (_ *measurement, err error) {
	b := &bench{options: o}
	b.result.apps, b.result.shape, b.result.loadBefore = o.apps, o.shape, load()
	b.result.figures.ConfigKeys, b.result.figures.Secrets = o.shape.keys, o.shape.secrets
	log, err := os.Create(filepath.Join(o.folder, "operator.log"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	b.log = log
	if _, err := harness.BuildOperator(ctx, os.Stderr); err != nil {
		return nil, err
	}
	ctrllog.SetLogger(zap.New(zap.WriteTo(io.Discard))) // the client says nothing of interest
	progress("start the cluster")
	cluster, err := harness.StartCluster(ctx, harness.ClusterOptions{Audit: true, Bench: true, Log: os.Stderr})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if err := b.connect(ctx, cluster); err != nil {
		return nil, err
	}
	if err := b.steps(ctx); err != nil {
		return nil, err
	}
	b.result.loadAfter = load()
	return &b.result, nil
}

func (b *bench) connect(ctx context.Context, cluster *harness.Cluster) error {
	b.cluster = cluster
	if err := cluster.InstallCRDs(ctx); err != nil {
		return err
	}
	var err error
	if b.kubeconfig, err = cluster.InstallAccount(ctx, "config/default"); err != nil {
		return err
	}
	config, err := cluster.Config()
	if err != nil {
		return err
	}
	config.UserAgent = "bench"
	b.config = config
	b.client, err = client.NewWithWatch(config, client.Options{Scheme: harness.Scheme()})
	return err
}

// steps measures one thing after the other.
func (b *bench) steps(ctx context.Context) error {
	if err := b.raw(ctx); err != nil {
		return fmt.Errorf("plain objects: %w", err)
	}
	var when spans
	first, ctxFirst, err := b.startOperator(ctx)
	if err != nil {
		return err
	}
	if err := b.create(ctxFirst, first, &when.create); err != nil {
		return errors.Join(fmt.Errorf("create Apps: %w", err), first.Kill())
	}
	if err := b.idle(ctxFirst, first, &when.idle); err != nil {
		return errors.Join(fmt.Errorf("idle: %w", err), first.Kill())
	}
	second, ctxSecond, err := b.restart(ctx, first, &when.restart)
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	if err := b.rollback(ctxSecond); err != nil {
		return errors.Join(fmt.Errorf("rollback: %w", err), second.Kill())
	}
	if err := second.Stop(); err != nil {
		return err
	}
	return b.count(ctx, when)
}

// idle leaves everything as it is for a while.
func (b *bench) idle(ctx context.Context, operator *process, when *span) error {
	progress("leave %d Apps alone for %s", b.apps, idleTime)
	when.from = time.Now()
	if err := pause(ctx, idleTime); err != nil {
		return err
	}
	when.to = time.Now()
	rss, err := operator.rss(ctx)
	if err != nil {
		return err
	}
	b.result.rssLater = rss
	b.result.figures.RSSKiBPerApp = float64(rss-b.result.rssIdle) / float64(b.apps)
	state, err := operator.scrape(ctx)
	if err != nil {
		return err
	}
	b.result.reconciles = state.reconciles
	return nil
}

// count reads the operator's requests from the audit log, once it is complete.
func (b *bench) count(ctx context.Context, when spans) error {
	progress("read the audit log")
	if err := caughtUp(ctx, b.config, b.cluster.AuditLog); err != nil {
		return err
	}
	log, err := os.Open(b.cluster.AuditLog)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	kept, err := os.Create(filepath.Join(b.folder, "requests.jsonl"))
	if err != nil {
		return err
	}
	counts, err := countRequests(log, kept, userAgent, when.create, when.idle, when.restart)
	if err := errors.Join(err, kept.Close()); err != nil {
		return err
	}
	b.result.create, b.result.idle, b.result.restart = counts[0], counts[1], counts[2]
	f, n := &b.result.figures, float64(b.apps)
	f.WritesPerApp = float64(counts[0].of(write)) / n
	f.ReadsPerApp = float64(counts[0].of(read)) / n
	f.EventsPerApp = float64(counts[0].of(event)) / n
	f.IdleRequests60s = float64(counts[1].total())
	f.RestartWrites = float64(counts[2].of(write) + counts[2].of(event))
	f.RestartReads = float64(counts[2].of(read))
	return nil
}

// pause waits for a while.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}
