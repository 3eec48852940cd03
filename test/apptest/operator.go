package apptest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/controllers"
)

// workers is how many Apps the operator looks at at a time.
const workers = 4

// newOperator returns a manager that runs the operator with a clock of ours.
func newOperator(ctx context.Context, cfg *rest.Config, clk *stepping, looks *looks) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register types: %w", err)
		}
	}
	mgr, err := ctrl.NewManager(cfg, ctrl.Options{
		Scheme:     scheme,
		Logger:     logr.Discard(), // what a test wants to know stands on its Apps
		Cache:      cacheOptions(clk),
		Client:     client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		NewClient:  func(c *rest.Config, o client.Options) (client.Client, error) { return newNoting(c, o, clk) },
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)}, // a test may start several
	})
	if err != nil {
		return nil, fmt.Errorf("make the manager: %w", err)
	}
	err = controllers.SetupApp(ctx, mgr, controllers.Options{
		Workers: workers, Metrics: prometheus.NewRegistry(), Clock: clk, Trace: looks.follow,
	})
	return mgr, err
}

// cacheOptions are the operator's, but creation times are in played time.
func cacheOptions(clk *stepping) cache.Options {
	options := controllers.CacheOptions()
	options.ByObject[&v1alpha1.Release{}] = cache.ByObject{Transform: played("Release", clk, options.DefaultTransform)}
	for kind, of := range options.ByObject {
		if _, ok := kind.(*corev1.Pod); ok {
			of.Transform = played("Pod", clk, of.Transform)
			options.ByObject[kind] = of
		}
	}
	return options
}

func played(kind string, clk *stepping, next toolscache.TransformFunc) toolscache.TransformFunc {
	return func(in any) (any, error) {
		out, err := next(in)
		if object, ok := out.(client.Object); ok && err == nil {
			if at, known := clk.createdAt(kind, object); known {
				object.SetCreationTimestamp(metav1.NewTime(at))
			}
		}
		return out, err
	}
}

// noting is a client that notes when Releases are created.
type noting struct {
	client.Client
	clock *stepping
}

func newNoting(c *rest.Config, o client.Options, clk *stepping) (client.Client, error) {
	inner, err := client.New(c, o)
	return &noting{inner, clk}, err
}

// Create creates an object.
func (n *noting) Create(ctx context.Context, object client.Object, opts ...client.CreateOption) error {
	if _, ok := object.(*v1alpha1.Release); ok {
		n.clock.creates("Release", object)
	}
	return n.Client.Create(ctx, object, opts...)
}

// again is how soon the operator looks again where it wants to after some time:
// by then the clock may have come to that.
const again = 5 * time.Millisecond

// looks knows which Apps the operator wants to look at again, and how many looks
// it has taken at each.
type looks struct {
	mu      sync.Mutex
	pending map[reconcile.Request]time.Duration
	taken   map[reconcile.Request]int
	active  int
}

func newLooks() *looks {
	return &looks{pending: map[reconcile.Request]time.Duration{}, taken: map[reconcile.Request]int{}}
}

// follow wraps what looks at Apps.
func (l *looks) follow(_ string, next reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		l.begin()
		result, err := next.Reconcile(ctx, request)
		l.end(request, result.RequeueAfter, err)
		if result.RequeueAfter > 0 {
			result.RequeueAfter = again
		}
		return result, err
	})
}

func (l *looks) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active++
}

func (l *looks) end(request reconcile.Request, after time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	l.taken[request]++
	delete(l.pending, request)
	if after > 0 || err != nil {
		l.pending[request] = after
	}
}

// waits tells whether the operator waits for the clock.
func (l *looks) waits() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending) > 0
}

// mark is how many looks were taken at each App that is to be looked at again.
func (l *looks) mark() map[reconcile.Request]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	mark := make(map[reconcile.Request]int, len(l.pending))
	for request := range l.pending {
		mark[request] = l.taken[request]
	}
	return mark
}

// passed tells whether, since a mark, a look was begun and ended at each of its
// Apps that is still to be looked at again, and none is on its way. The first
// look that ends may have begun before.
func (l *looks) passed(mark map[reconcile.Request]int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active > 0 {
		return false
	}
	for request, taken := range mark {
		if _, still := l.pending[request]; still && l.taken[request] < taken+2 {
			return false
		}
	}
	return true
}
