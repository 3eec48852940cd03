package kinds

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/metadata/metadatainformer"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
)

// watch is the watch of a kind.
type watch struct {
	informer toolscache.SharedIndexInformer
	begun    time.Time
	stop     context.CancelFunc
	settled  chan struct{} // closed when it has seen everything, or has ended
	ended    chan struct{} // closed when it has ended
	end      func()
}

func (w *watch) failed() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

func (w *watch) usable() bool { return w.informer.HasSynced() && !w.failed() }

// settle waits until the watch has seen everything or has ended.
func (w *watch) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	select {
	case <-w.settled:
	case <-ctx.Done():
	}
}

// begin starts a watch. It outlives the question that asks for it, so it keeps
// of its context the values alone.
func (k *Kinds) begin(asked context.Context, key watchKey, resource schema.GroupVersionResource) *watch {
	ctx, stop := context.WithCancel(context.WithoutCancel(asked))
	w := &watch{
		informer: k.informer(key, resource),
		begun:    k.clock.Now(),
		stop:     stop,
		settled:  make(chan struct{}),
		ended:    make(chan struct{}),
	}
	w.end = sync.OnceFunc(func() { close(w.ended); stop() })
	log := ctrl.LoggerFrom(ctx).WithName("kinds").WithValues("view", key.view, "resource", resource.String(), "namespace", key.namespace)
	err := errors.Join(
		w.informer.SetTransform(slim),
		w.informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *toolscache.Reflector, err error) {
			if !lasting(err) {
				log.V(1).Info("watch interrupted", "cause", err.Error())
				return
			}
			log.Info("not watched, but asked for again and again", "cause", err.Error())
			w.end()
			k.changed(key.view, key.kind, nil, nil)
		}),
	)
	_, registered := w.informer.AddEventHandler(k.handler(key))
	if err = errors.Join(err, registered); err != nil {
		log.Error(err, "set up the watch")
		w.end()
	}
	go w.informer.RunWithContext(ctx)
	go func() {
		defer close(w.settled)
		synced, cancel := context.WithCancel(ctx)
		defer cancel()
		toolscache.WaitForCacheSync(synced.Done(), w.informer.HasSynced)
	}()
	return w
}

func (k *Kinds) informer(key watchKey, resource schema.GroupVersionResource) toolscache.SharedIndexInformer {
	indexers := toolscache.Indexers{toolscache.NamespaceIndex: toolscache.MetaNamespaceIndexFunc}
	var generic informers.GenericInformer
	if key.view == Services {
		generic = dynamicinformer.NewFilteredDynamicInformer(k.objects, resource, key.namespace, 0, indexers, nil)
	} else {
		generic = metadatainformer.NewFilteredMetadataInformer(k.heads, resource, key.namespace, 0, indexers, nil)
	}
	return generic.Informer()
}

// lasting tells which errors do not pass by themselves: a right is missing, or
// the kind has gone or cannot be watched.
func lasting(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err)
}

// handler passes on what changes in what is kept.
func (k *Kinds) handler(key watchKey) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(after any) { k.tell(key, nil, after) },
		UpdateFunc: func(before, after any) {
			if key.view == Workloads || !sameBinding(before, after) {
				k.tell(key, before, after)
			}
		},
		DeleteFunc: func(before any) {
			if unknown, ok := before.(toolscache.DeletedFinalStateUnknown); ok {
				before = unknown.Obj
			}
			k.tell(key, before, nil)
		},
	}
}

func (k *Kinds) tell(key watchKey, before, after any) {
	b, _ := before.(metav1.Object)
	a, _ := after.(metav1.Object)
	if b != nil || a != nil {
		k.changed(key.view, key.kind, b, a)
	}
}

func sameBinding(before, after any) bool {
	b, ok1 := before.(*unstructured.Unstructured)
	a, ok2 := after.(*unstructured.Unstructured)
	return ok1 && ok2 && a.GetUID() == b.GetUID() && reflect.DeepEqual(bindingOf(a), bindingOf(b))
}

func bindingOf(service *unstructured.Unstructured) any {
	status, _ := service.Object["status"].(map[string]any)
	return status["binding"]
}

// slim drops what nobody reads.
func slim(in any) (any, error) {
	switch object := in.(type) {
	case *metav1.PartialObjectMetadata:
		object.ManagedFields = nil
		return object, nil
	case *unstructured.Unstructured:
		kept := &unstructured.Unstructured{Object: map[string]any{}}
		kept.SetGroupVersionKind(object.GroupVersionKind())
		kept.SetName(object.GetName())
		kept.SetNamespace(object.GetNamespace())
		kept.SetUID(object.GetUID())
		kept.SetResourceVersion(object.GetResourceVersion())
		if binding := bindingOf(object); binding != nil {
			kept.Object["status"] = map[string]any{"binding": binding}
		}
		return kept, nil
	}
	return in, nil
}
