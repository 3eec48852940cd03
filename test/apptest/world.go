package apptest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/config/crd"
	"github.com/bowline-dev/bowline/internal/world"
)

// World is a cluster of which only the API server is real.
type World struct {
	clock  *stepping
	looks  *looks
	cached client.Client // what the operator sees, and what it writes with

	mu       sync.Mutex
	outcomes map[string]world.Outcome
	plays    map[client.ObjectKey]*play

	cancel context.CancelFunc
	ended  chan struct{}
	err    error
}

// Start installs the custom resource definitions, runs the operator, and plays
// what an API server alone does not do. It all ends with Stop, or with ctx.
func Start(ctx context.Context, cfg *rest.Config) (*World, error) {
	if err := installCRDs(cfg); err != nil {
		return nil, err
	}
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1
	ctx, cancel := context.WithCancel(ctx)
	w := &World{
		clock:    newStepping(time.Now().Truncate(time.Second).Add(time.Duration(world.Start.Nanosecond()))),
		looks:    newLooks(),
		outcomes: map[string]world.Outcome{},
		plays:    map[client.ObjectKey]*play{},
		cancel:   cancel,
		ended:    make(chan struct{}),
	}
	mgr, err := newOperator(ctx, cfg, w.clock, w.looks)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("set up the operator: %w", err)
	}
	w.cached = mgr.GetClient()
	operator := make(chan error, 1)
	go func() { operator <- mgr.Start(ctx) }()
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		cancel()
		return nil, fmt.Errorf("start the operator: %w", errors.Join(<-operator, context.Cause(ctx)))
	}
	if err := w.makeNodes(ctx); err != nil {
		cancel()
		return nil, errors.Join(err, <-operator)
	}
	go func() {
		defer close(w.ended)
		err := w.run(ctx)
		cancel()
		w.err = errors.Join(err, <-operator)
	}()
	return w, nil
}

// Stop ends the operator, and returns what went wrong in what was played, if
// anything did.
func (w *World) Stop() error {
	w.cancel()
	<-w.ended
	return w.err
}

// ImageNotFound lets pods with an image fail to pull it: the registry does not
// know it.
func (w *World) ImageNotFound(image string) { w.becomes(image, world.Outcome{ImageMissing: true}) }

// Crashes lets the container of pods with an image end with exit code 1, soon
// after each start.
func (w *World) Crashes(image string) { w.becomes(image, world.Outcome{RunsFor: 2 * time.Second}) }

// NeverReady lets pods with an image run and never become ready.
func (w *World) NeverReady(image string) { w.becomes(image, world.Outcome{NeverReady: true}) }

// Works lets pods with an image run and be ready, as those of any image do
// about which nothing was said.
func (w *World) Works(image string) { w.becomes(image, world.Outcome{}) }

func (w *World) becomes(image string, outcome world.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes[image] = outcome
	for _, p := range w.plays {
		p.world.SetOutcome(image, outcome)
	}
}

// installCRDs installs the definitions that this version of the operator was
// made for.
func installCRDs(cfg *rest.Config) error {
	files, err := crd.Bases.ReadDir("bases")
	if err != nil {
		return fmt.Errorf("read the custom resource definitions: %w", err)
	}
	var definitions []*apiextensionsv1.CustomResourceDefinition
	for _, file := range files {
		content, err := crd.Bases.ReadFile("bases/" + file.Name())
		if err != nil {
			return fmt.Errorf("read the custom resource definitions: %w", err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, definition); err != nil {
			return fmt.Errorf("read the custom resource definition %s: %w", file.Name(), err)
		}
		definitions = append(definitions, definition)
	}
	if _, err := envtest.InstallCRDs(cfg, envtest.CRDInstallOptions{CRDs: definitions}); err != nil {
		return fmt.Errorf("install the custom resource definitions: %w", err)
	}
	return nil
}
