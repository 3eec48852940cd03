package controllers

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/kinds"
)

// The rights on services and workloads are not here: whoever has them to give
// labels a ClusterRole, see config/servicebinding.

// bindingWorkers is how many ServiceBindings are looked at at a time.
const bindingWorkers = 16

// SetupServiceBinding adds the controller of ServiceBindings to a manager whose
// cache was made with CacheOptions, and with an address the webhook that spares
// it writes. It refuses to where the CRDs belong to another implementation.
func SetupServiceBinding(ctx context.Context, mgr ctrl.Manager, webhook Webhook) error {
	if err := checkImplementation(ctx, mgr.GetAPIReader()); err != nil {
		return err
	}
	if err := indexBindings(ctx, mgr); err != nil {
		return err
	}
	r := &ServiceBindingReconciler{
		Client:  mgr.GetClient(),
		Cache:   mgr.GetCache(),
		Live:    mgr.GetAPIReader(),
		Events:  mgr.GetEventRecorder("bowline"),
		Clock:   clock.RealClock{},
		secrets: newWaiting(),
		keys:    lru.New(memory),
		settled: lru.New(memory),

		AtAdmission: webhook.Address != "",
	}
	var err error
	if r.Kinds, err = kinds.New(mgr.GetConfig(), mgr.GetHTTPClient(), mgr.GetRESTMapper(), r.Clock, false, r.changed); err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(mgr).
		Named("servicebinding").
		// The person's changes, and whoever takes our finalizer away.
		For(&servicebindingv1.ServiceBinding{}, builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, finalizersChanged))).
		// Where a kind of workload describes its pods has changed.
		Watches(&servicebindingv1.ClusterWorkloadResourceMapping{}, handler.EnqueueRequestsFromMapFunc(r.all), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		// A Secret that is projected, or would be, appears, goes or changes.
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.dependents), builder.WithPredicates(changed)).
		// An App takes a ServiceBinding up by itself.
		Watches(&v1alpha1.App{}, handler.EnqueueRequestsFromMapFunc(r.ofApp), builder.WithPredicates(takesUp)).
		// Services and workloads of the kinds that ServiceBindings name.
		WatchesRawSource(source.Func(r.listen)).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: bindingWorkers,
			ReconciliationTimeout:   reconcileTimeout,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](50*time.Millisecond, slowest),
		}).
		Complete(r)
	if err != nil {
		return fmt.Errorf("set up the controller of ServiceBindings: %w", err)
	}
	if !r.AtAdmission {
		return nil
	}
	return setupWebhook(ctx, mgr, r, webhook)
}

const (
	serviceIndex      = "bowline.dev/service"
	workloadKindIndex = "bowline.dev/workload-kind"
	serviceKindIndex  = "bowline.dev/service-kind"
)

// indexBindings makes it cheap to find the ServiceBindings that an object means
// something to.
func indexBindings(ctx context.Context, mgr ctrl.Manager) error {
	for field, value := range map[string]func(*servicebindingv1.ServiceBinding) string{
		serviceIndex:      func(b *servicebindingv1.ServiceBinding) string { return named(serviceKind(b), b.Spec.Service.Name) },
		serviceKindIndex:  func(b *servicebindingv1.ServiceBinding) string { return serviceKind(b).String() },
		workloadKindIndex: func(b *servicebindingv1.ServiceBinding) string { return workloadKind(b).String() },
	} {
		values := func(object client.Object) []string {
			b, ok := object.(*servicebindingv1.ServiceBinding)
			if !ok {
				return nil
			}
			return []string{value(b)}
		}
		if err := mgr.GetFieldIndexer().IndexField(ctx, &servicebindingv1.ServiceBinding{}, field, values); err != nil {
			return fmt.Errorf("index ServiceBindings by %s: %w", field, err)
		}
	}
	return nil
}

func named(kind schema.GroupVersionKind, name string) string { return kind.String() + "/" + name }

var finalizersChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	return !slices.Equal(e.ObjectOld.GetFinalizers(), e.ObjectNew.GetFinalizers()) &&
		!slices.Contains(e.ObjectNew.GetFinalizers(), servicebindingv1.FinalizerUnbind)
}}

// listen remembers where ServiceBindings to look at are put.
func (r *ServiceBindingReconciler) listen(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.queue = queue
	r.listening.Store(true)
	return nil
}

// changed puts the ServiceBindings into the queue that an object means something
// to: because they name it, because they select it or did before it changed, or
// because it is bound to them. Without an object it is all that name the kind.
func (r *ServiceBindingReconciler) changed(view kinds.View, kind schema.GroupVersionKind, before, after metav1.Object) {
	if !r.listening.Load() {
		return // only the webhook asks, and once the controller starts it looks at all
	}
	ctx := context.Background()
	if before == nil && after == nil {
		field := workloadKindIndex
		if view == kinds.Services {
			field = serviceKindIndex
		}
		r.enqueue(ctx, every, client.MatchingFields{field: kind.String()})
		return
	}
	object := after
	if object == nil {
		object = before
	}
	namespace := client.InNamespace(object.GetNamespace())
	if view == kinds.Services {
		r.enqueue(ctx, every, namespace, client.MatchingFields{serviceIndex: named(kind, object.GetName())})
		return
	}
	if before != nil && after != nil && sameWorkload(before, after) {
		return
	}
	r.enqueue(ctx, func(b *servicebindingv1.ServiceBinding) bool { return concerns(b, before) || concerns(b, after) },
		namespace, client.MatchingFields{workloadKindIndex: kind.String()})
}

// sameWorkload tells that nothing changed in a workload that we look at.
func sameWorkload(before, after metav1.Object) bool {
	return before.GetUID() == after.GetUID() && state(before) == state(after) &&
		equality.Semantic.DeepEqual(before.GetLabels(), after.GetLabels()) &&
		before.GetDeletionTimestamp().IsZero() == after.GetDeletionTimestamp().IsZero()
}

func concerns(b *servicebindingv1.ServiceBinding, workload metav1.Object) bool {
	if workload == nil {
		return false
	}
	matches, problem := matcher(&b.Spec.Workload)
	return problem == nil && matches(workload) || binding.Has(workload.GetAnnotations(), b.Name)
}

// enqueue puts ServiceBindings into the queue.
func (r *ServiceBindingReconciler) enqueue(ctx context.Context, which func(*servicebindingv1.ServiceBinding) bool, options ...client.ListOption) {
	for _, request := range r.requests(ctx, which, options...) {
		r.queue.Add(request)
	}
}

func (r *ServiceBindingReconciler) requests(ctx context.Context, which func(*servicebindingv1.ServiceBinding) bool, options ...client.ListOption) []reconcile.Request {
	list := &servicebindingv1.ServiceBindingList{}
	if err := r.Cache.List(ctx, list, options...); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "find the ServiceBindings that an object means something to")
		return nil
	}
	var out []reconcile.Request
	for i := range list.Items {
		if which(&list.Items[i]) {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return out
}

func every(*servicebindingv1.ServiceBinding) bool { return true }

// all returns every ServiceBinding.
func (r *ServiceBindingReconciler) all(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.requests(ctx, every)
}

// dependents returns the ServiceBindings that depend on a Secret.
func (r *ServiceBindingReconciler) dependents(_ context.Context, secret client.Object) []reconcile.Request {
	return r.secrets.of(client.ObjectKeyFromObject(secret))
}
