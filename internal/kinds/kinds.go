package kinds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

// ErrNoKind tells that the API server serves no such kind.
var ErrNoKind = errors.New("no such kind is served")

// ErrNotNamespaced tells that objects of a kind belong to no namespace.
var ErrNotNamespaced = errors.New("objects of this kind belong to no namespace")

// View is what is kept of the objects of a kind.
type View string

const (
	// Services keeps .status.binding.
	Services View = "service"
	// Workloads keeps the metadata.
	Workloads View = "workload"
)

// Changed hears of every object of a kind that appears, goes, or changes in what
// is kept of it, and with a nil object that a kind is not watched any more.
type Changed func(view View, kind schema.GroupVersionKind, before, after metav1.Object)

// Kinds watches kinds.
type Kinds struct {
	objects dynamic.Interface
	heads   metadata.Interface
	mapper  meta.RESTMapper
	clock   clock.PassiveClock
	changed Changed
	// perNamespace tells that rights are had in some namespaces only.
	perNamespace bool

	mu      sync.Mutex
	watches map[watchKey]*watch
}

type watchKey struct {
	view      View
	kind      schema.GroupVersionKind
	namespace string // empty for all
}

// New returns Kinds that watches nothing yet. It watches a kind in all
// namespaces at once, or each namespace that somebody asks about by itself.
func New(config *rest.Config, http *http.Client, mapper meta.RESTMapper, clk clock.PassiveClock, perNamespace bool, changed Changed) (*Kinds, error) {
	objects, err := dynamic.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("make a client for any kind: %w", err)
	}
	heads, err := metadata.NewForConfigAndClient(metadata.ConfigFor(config), http)
	if err != nil {
		return nil, fmt.Errorf("make a client for metadata of any kind: %w", err)
	}
	return &Kinds{objects: objects, heads: heads, mapper: mapper, clock: clk, perNamespace: perNamespace, changed: changed, watches: map[watchKey]*watch{}}, nil
}

// Resource finds the resource of a kind.
func (k *Kinds) Resource(kind schema.GroupVersionKind) (schema.GroupVersionResource, error) {
	mapping, err := k.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	switch {
	case meta.IsNoMatchError(err):
		return schema.GroupVersionResource{}, ErrNoKind
	case err != nil:
		return schema.GroupVersionResource{}, fmt.Errorf("look up kind %s: %w", kind.Kind, err)
	case mapping.Scope.Name() != meta.RESTScopeNameNamespace:
		return schema.GroupVersionResource{}, ErrNotNamespaced
	}
	return mapping.Resource, nil
}

// Service returns what is kept of a service, nil if there is none of that name.
func (k *Kinds) Service(ctx context.Context, kind schema.GroupVersionKind, key types.NamespacedName) (*unstructured.Unstructured, error) {
	resource, err := k.Resource(kind)
	if err != nil {
		return nil, err
	}
	if w := k.watch(ctx, k.key(Services, kind, key.Namespace), resource); w.usable() {
		object, exists, err := w.informer.GetStore().GetByKey(key.String())
		if err != nil || !exists {
			return nil, err
		}
		return object.(*unstructured.Unstructured), nil
	}
	return k.objects.Resource(resource).Namespace(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
}

// Workloads returns the metadata of all workloads of a kind in a namespace.
func (k *Kinds) Workloads(ctx context.Context, kind schema.GroupVersionKind, namespace string) ([]*metav1.PartialObjectMetadata, error) {
	resource, err := k.Resource(kind)
	if err != nil {
		return nil, err
	}
	var out []*metav1.PartialObjectMetadata
	if w := k.watch(ctx, k.key(Workloads, kind, namespace), resource); w.usable() {
		objects, err := w.informer.GetIndexer().ByIndex(toolscache.NamespaceIndex, namespace)
		if err != nil {
			return nil, fmt.Errorf("list the namespace's %s: %w", resource.Resource, err)
		}
		for _, object := range objects {
			out = append(out, object.(*metav1.PartialObjectMetadata))
		}
		return out, nil
	}
	list, err := k.heads.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for i := range list.Items {
		out = append(out, &list.Items[i])
	}
	return out, nil
}

// Get reads a workload as it is now.
func (k *Kinds) Get(ctx context.Context, kind schema.GroupVersionKind, key types.NamespacedName) (*unstructured.Unstructured, error) {
	resource, err := k.Resource(kind)
	if err != nil {
		return nil, err
	}
	return k.objects.Resource(resource).Namespace(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
}

// Patch changes a workload by a merge patch, which has to name the resource
// version that it was made from, and returns the workload as it then is.
func (k *Kinds) Patch(ctx context.Context, kind schema.GroupVersionKind, key types.NamespacedName, patch []byte) (*unstructured.Unstructured, error) {
	resource, err := k.Resource(kind)
	if err != nil {
		return nil, err
	}
	return k.objects.Resource(resource).Namespace(key.Namespace).Patch(ctx, key.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
}

// fieldManager owns what is written.
const fieldManager = "bowline"

func (k *Kinds) key(view View, kind schema.GroupVersionKind, namespace string) watchKey {
	if !k.perNamespace {
		namespace = ""
	}
	return watchKey{view, kind, namespace}
}

// Polled tells whether news of a kind in a namespace has to be asked for.
func (k *Kinds) Polled(view View, kind schema.GroupVersionKind, namespace string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	w := k.watches[k.key(view, kind, namespace)]
	return w == nil || w.failed()
}

// Keep ends the watches that nobody needs.
func (k *Kinds) Keep(needed func(view View, kind schema.GroupVersionKind) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, w := range k.watches {
		if !needed(key.view, key.kind) {
			w.stop()
			delete(k.watches, key)
		}
	}
}

// watch returns the watch of a kind, a new one if there is none or the old one
// ended long ago, and waits a little for it to have seen everything.
func (k *Kinds) watch(ctx context.Context, key watchKey, resource schema.GroupVersionResource) *watch {
	k.mu.Lock()
	w := k.watches[key]
	if w == nil || w.failed() && k.clock.Since(w.begun) > retryWatch {
		w = k.begin(ctx, key, resource)
		k.watches[key] = w
	}
	k.mu.Unlock()
	w.settle(ctx)
	return w
}

const (
	// retryWatch is how long a watch that ended is not tried again.
	retryWatch = time.Minute
	// settling is how long a question waits for a watch that has just begun.
	settling = 3 * time.Second
)
