package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/bowline-dev/bowline/test/cluster/realnode"
	"github.com/bowline-dev/bowline/test/cluster/registries"
)

const (
	// startTimeout bounds the start of a cluster; it takes seconds on an idle
	// machine, and with real nodes half a minute.
	startTimeout     = 3 * time.Minute
	realStartTimeout = 6 * time.Minute
	probeEvery       = 100 * time.Millisecond
)

// Cluster is a running cluster.
type Cluster struct {
	plan     plan
	client   *client
	children []*child
	lock     *os.File
	stop     sync.Once
	stopErr  error

	// Of a cluster with real nodes only.
	registries *registries.Registries
	realNodes  []RealNode
}

// Start starts a cluster and returns when it is healthy and all its nodes are
// usable. When it fails, nothing of the cluster remains.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := claim(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{lock: lock, plan: plan{options: options, layout: layout(dir)}}
	timeout := startTimeout
	if c.plan.real() {
		timeout = realStartTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the cluster was not healthy after %s", timeout))
	defer cancel()
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	var err error
	if c.plan.ports, err = freePorts(); err != nil {
		return err
	}
	if c.plan.real() {
		if err := c.reserve(); err != nil {
			return fmt.Errorf("make a network for real nodes: %w", err)
		}
	}
	if c.client, err = writeFiles(c.plan, time.Now()); err != nil {
		return fmt.Errorf("prepare the cluster's folder: %w", err)
	}

	if err := c.run(c.plan.etcd()); err != nil {
		return err
	}
	if err := c.until(ctx, "etcd", c.healthy(c.plan.etcdURL()+"/health")); err != nil {
		return err
	}
	if err := c.run(c.plan.apiServer()); err != nil {
		return err
	}
	if err := c.until(ctx, "kube-apiserver", c.healthy(c.plan.apiServerURL()+"/readyz")); err != nil {
		return err
	}
	if c.plan.real() {
		err = c.startReal(ctx)
	} else {
		err = c.startSimulated(ctx)
	}
	if err != nil {
		return err
	}
	record := c.Record()
	return record.save(c.plan.layout)
}

// startSimulated makes the nodes first: kwok finds them in its first list.
func (c *Cluster) startSimulated(ctx context.Context) error {
	if err := c.createNodes(ctx); err != nil {
		return err
	}
	if err := c.startControllers(ctx, c.plan.kwok()); err != nil {
		return err
	}
	return c.until(ctx, "kwok", c.nodesUsable)
}

// startReal starts real nodes and what runs on them in every cluster.
func (c *Cluster) startReal(ctx context.Context) error {
	images, err := c.serveImages()
	if err != nil {
		return err
	}
	if err := c.runRealNodes(images["pause"]); err != nil {
		return err
	}
	if err := c.startControllers(ctx); err != nil {
		return err
	}
	services, err := c.plan.options.serviceNetwork()
	if err != nil {
		return err
	}
	addons := realnode.Addons{CoreDNS: images["coredns"], MetricsServer: images["metrics-server"], ClusterDNS: nameServer(services)}
	manifests, err := addons.Manifests()
	if err != nil {
		return err
	}
	if err := c.apply(ctx, manifests); err != nil {
		return err
	}
	if err := c.until(ctx, "node-1-kubelet", c.nodesUsable); err != nil {
		return err
	}
	if err := c.awaitAddons(ctx); err != nil {
		return err
	}
	return c.findRealNodes()
}

// startControllers starts the controllers, and others with them, and waits for
// the controllers.
func (c *Cluster) startControllers(ctx context.Context, others ...component) error {
	for _, component := range append([]component{c.plan.controllerManager(), c.plan.scheduler()}, others...) {
		if err := c.run(component); err != nil {
			return err
		}
	}
	defaultAccount := c.plan.apiServerURL() + "/api/v1/namespaces/default/serviceaccounts/default"
	for _, wait := range []struct{ child, url string }{
		{"kube-controller-manager", c.plan.controllerManagerURL() + "/healthz"},
		{"kube-controller-manager", defaultAccount}, // without it no pod is admitted
		{"kube-scheduler", c.plan.schedulerURL() + "/healthz"},
	} {
		if err := c.until(ctx, wait.child, c.healthy(wait.url)); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) run(component component) error {
	started, err := startChild(c.plan.options.Binaries, component, c.plan.layout)
	if err != nil {
		return err
	}
	c.children = append(c.children, started)
	return nil
}

func (c *Cluster) healthy(url string) func(context.Context) error {
	return func(ctx context.Context) error { return c.client.get(ctx, url, nil) }
}

// until probes until the probe passes, the time is over or a program dies. Its
// error shows the end of the log of the program that is waited for.
func (c *Cluster) until(ctx context.Context, name string, probe func(context.Context) error) error {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		if died := c.died(); died != nil {
			return died
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; last answer: %w; the end of its log:\n%s",
				name, context.Cause(ctx), err, logTail(c.plan.layout.log(name)))
		}
	}
}

func (c *Cluster) died() error {
	for _, child := range c.children {
		if err := child.died(); err != nil {
			return err
		}
	}
	return nil
}

// Wait returns when ctx ends, with nil, or when a program of the cluster ends by
// itself, with an error that shows the end of its log. It stops nothing.
func (c *Cluster) Wait(ctx context.Context) error {
	died := make(chan error, len(c.children))
	for _, child := range c.children {
		go func() {
			select {
			case <-child.ended:
				died <- child.died()
			case <-ctx.Done():
			}
		}()
	}
	select {
	case err := <-died:
		return err
	case <-ctx.Done():
		return nil
	}
}

// Record describes the cluster.
func (c *Cluster) Record() Record {
	record := Record{
		Kubeconfig: c.plan.layout.kubeconfig("admin"),
		Assets:     c.plan.options.Binaries,
		Dir:        string(c.plan.layout),
		Supervisor: os.Getpid(),
		PIDs:       map[string]int{},
	}
	if c.plan.options.Audit {
		record.AuditLog = c.plan.layout.auditLog()
	}
	for _, child := range c.children {
		record.PIDs[child.name] = child.pid
	}
	if c.plan.real() {
		record.RealNodes = true
		record.Nodes = c.realNodes
		record.Registries = &c.registries.Record
	}
	return record
}

// Stop ends every process of the cluster and removes its folder. Further calls
// do nothing.
func (c *Cluster) Stop() error {
	c.stop.Do(func() {
		c.stopChildren()
		if c.registries != nil {
			c.stopErr = c.registries.Close()
		}
		c.stopErr = errors.Join(c.stopErr, remove(c.plan.layout, c.lock))
	})
	return c.stopErr
}

// stopChildren ends the clients of the API server, then the API server, then
// etcd: an API server whose etcd is gone does not end when asked.
func (c *Cluster) stopChildren() {
	var clients sync.WaitGroup
	for _, child := range c.children {
		if child.name != "etcd" && child.name != "kube-apiserver" {
			clients.Go(child.stop)
		}
	}
	clients.Wait()
	for _, name := range []string{"kube-apiserver", "etcd"} {
		for _, child := range c.children {
			if child.name == name {
				child.stop()
			}
		}
	}
}
