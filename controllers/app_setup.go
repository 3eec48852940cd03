package controllers

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/kinds"
	"github.com/bowline-dev/bowline/internal/metrics"
	"github.com/bowline-dev/bowline/internal/observe"
	"github.com/bowline-dev/bowline/internal/registry"
	"github.com/bowline-dev/bowline/internal/resolve"
	"github.com/bowline-dev/bowline/internal/turns"
)

// +kubebuilder:rbac:groups=bowline.dev,resources=apps,verbs=get;list;watch
// +kubebuilder:rbac:groups=bowline.dev,resources=apps/status,verbs=patch
// +kubebuilder:rbac:groups=bowline.dev,resources=apps/finalizers,verbs=update
// +kubebuilder:rbac:groups=bowline.dev,resources=releases,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=bowline.dev,resources=releases/status,verbs=patch
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=autoscaling,resources=horizontalpodautoscalers,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=services,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=configmaps;secrets,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=pods,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=serviceaccounts,verbs=get
// +kubebuilder:rbac:groups="",resources=events,verbs=list
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

const (
	// reconcileTimeout bounds a pass: client-go repeats a throttled request
	// inside one call.
	reconcileTimeout = 30 * time.Second
	// slowest caps the delay between retries of a pass that fails.
	slowest = 30 * time.Second
	memory  = 20_000
)

// The rights on nodes are not here: they are the cluster's, and an operator for
// some namespaces does without, see config/rbac/node_role.yaml.

// Options say how Apps are looked after.
type Options struct {
	// Namespaces are those whose Apps are looked after, none for all. With some,
	// nothing is asked of the cluster: how nodes are is not known then.
	Namespaces []string
	// Workers is how many Apps are looked at at a time.
	Workers int
	// SharedRollouts is how many Apps may roll out the change of one shared
	// ConfigMap or Secret at a time, 0 for all.
	SharedRollouts int
	// ServiceBindings tells that ServiceBindings can mean Apps: set it where
	// SetupServiceBinding was called before.
	ServiceBindings bool
	// Registries says how image registries are asked for digests.
	Registries registry.Options
	// Metrics is where metrics are registered.
	Metrics prometheus.Registerer
	// Trace follows each look at an App, nil for no traces.
	Trace Trace
	// Clock tells the time, nil for the machine's.
	Clock clock.PassiveClock
}

// Trace wraps what looks at objects of a kind, to follow what it does.
type Trace func(kind string, next reconcile.Reconciler) reconcile.Reconciler

func (t Trace) of(kind string, next reconcile.Reconciler) reconcile.Reconciler {
	if t == nil {
		return next
	}
	return t(kind, next)
}

// SetupApp adds the controller that runs Apps to a manager whose cache was made
// with CacheOptions.
func SetupApp(ctx context.Context, mgr ctrl.Manager, o Options) error {
	if err := checkNamespaces(ctx, mgr.GetAPIReader(), o.Namespaces); err != nil {
		return err
	}
	if err := index(ctx, mgr); err != nil {
		return err
	}
	some := len(o.Namespaces) > 0
	if !some {
		if err := cacheNodes(ctx, mgr); err != nil {
			return err
		}
	}
	clk := o.Clock
	if clk == nil {
		clk = clock.RealClock{}
	}
	called := make(chan event.GenericEvent, memory)
	digests, err := registry.New(mgr.GetCache(), mgr.GetAPIReader(), clk, o.Registries, func(app types.NamespacedName) { called <- calling(app) })
	if err != nil {
		return fmt.Errorf("set up the client of image registries: %w", err)
	}
	r := &AppReconciler{
		Client:          mgr.GetClient(),
		Live:            mgr.GetAPIReader(),
		followed:        newWaiting(),
		hiddenNodes:     some,
		serviceBindings: o.ServiceBindings,
		Digests:         digests,
		Applier:         apply.New(mgr.GetClient(), mgr.GetAPIReader(), clk),
		Events:          mgr.GetEventRecorder("bowline"),
		Clock:           clk,
		Turns:           turns.New(o.SharedRollouts),
		called:          called,
		written:         lru.New(memory),
		copied:          lru.New(memory),
		rest:            newRest(),
	}
	if err := mgr.Add(r.rest); err != nil {
		return fmt.Errorf("add what gives memory back: %w", err)
	}
	if r.services, err = kinds.New(mgr.GetConfig(), mgr.GetHTTPClient(), mgr.GetRESTMapper(), clk, some, r.serviceChanged); err != nil {
		return err
	}
	if r.Metrics, err = tellMetrics(mgr.GetCache(), o.Metrics); err != nil {
		return err
	}
	r.Resolver = resolve.New(mgr.GetCache(), mgr.GetAPIReader(), r.services, r.followed.follow)
	owned := handler.EnqueueRequestsFromMapFunc(byOwner)
	apps := ctrl.NewControllerManagedBy(mgr).
		Named("app").
		// The person's changes. Our own writes of the status are no news.
		For(&v1alpha1.App{}, builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		// How far a rollout is, and drift.
		Watches(&appsv1.Deployment{}, owned).
		// Drift. The status of a Service says nothing to us.
		Watches(&corev1.Service{}, owned, builder.WithPredicates(specOrMetadata)).
		// Drift, and whether scaling works; the metrics in its status are noise.
		Watches(&autoscalingv2.HorizontalPodAutoscaler{}, owned, builder.WithPredicates(scalingChanged)).
		// Drift.
		Watches(&policyv1.PodDisruptionBudget{}, owned, builder.WithPredicates(specOrMetadata)).
		// Somebody deletes a Release. All else about them is written by us.
		Watches(&v1alpha1.Release{}, owned, builder.WithPredicates(deletions)).
		// Failures show in pods before anywhere else.
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(byLabel), builder.WithPredicates(changed)).
		// A copy is deleted, or what an App refers to changes, be it only to ask
		// a registry with.
		WatchesMetadata(&corev1.ConfigMap{}, handler.EnqueueRequestsFromMapFunc(users(mgr.GetClient(), configIndex)), builder.WithPredicates(changed)).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(users(mgr.GetClient(), secretIndex, pullIndex)), builder.WithPredicates(changed)).
		// A Secret to which a binding leads appears, goes or changes.
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.followers), builder.WithPredicates(changed)).
		// A turn to roll out a shared change has ended: who is next?
		Watches(&v1alpha1.Release{}, handler.EnqueueRequestsFromMapFunc(r.next), builder.WithPredicates(releaseEnded)).
		Watches(&v1alpha1.App{}, handler.EnqueueRequestsFromMapFunc(r.next), builder.WithPredicates(appLetGo)).
		// Somebody left the line, or a registry has answered.
		WatchesRawSource(source.Channel(r.called, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: o.Workers,
			ReconciliationTimeout:   reconcileTimeout,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](50*time.Millisecond, slowest),
		})
	if o.ServiceBindings {
		// One that means an App appears, goes or changes; and an App whose labels
		// change may be meant or not.
		apps.Watches(&servicebindingv1.ServiceBinding{}, handler.EnqueueRequestsFromMapFunc(r.bound), builder.WithPredicates(intended)).
			Watches(&v1alpha1.App{}, &handler.EnqueueRequestForObject{}, builder.WithPredicates(predicate.LabelChangedPredicate{}))
	}
	if err := apps.Complete(o.Trace.of("App", r)); err != nil {
		return fmt.Errorf("set up the controller of Apps: %w", err)
	}
	return nil
}

// tellMetrics registers the metrics of Apps and their Releases.
func tellMetrics(apps client.Reader, to prometheus.Registerer) (*metrics.Releases, error) {
	releases, err := metrics.NewReleases(to)
	if err == nil {
		err = to.Register(metrics.NewApps(func(ctx context.Context) ([]v1alpha1.App, error) {
			list := &v1alpha1.AppList{}
			err := apps.List(ctx, list, client.UnsafeDisableDeepCopy)
			return list.Items, err
		}))
	}
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return releases, nil
}

const (
	configIndex = "bowline.dev/config"
	secretIndex = "bowline.dev/secret"
	// pullIndex finds the Apps whose image is asked about with a Secret. It is
	// no input: another password makes no Release.
	pullIndex = "bowline.dev/pull-secret"
)

// index makes lists cheap: the objects of an App, and the Apps of an object.
func index(ctx context.Context, mgr ctrl.Manager) error {
	indexes := []struct {
		object client.Object
		field  string
		values client.IndexerFunc
	}{
		{&v1alpha1.Release{}, observe.AppIndex, observe.IndexApp},
		{&corev1.Pod{}, observe.AppIndex, observe.IndexApp},
		{metadataOf("ConfigMap"), observe.AppIndex, observe.IndexApp},
		{metadataOf("Secret"), observe.AppIndex, observe.IndexApp},
		{&v1alpha1.Release{}, causeIndex, indexCause},
		{&v1alpha1.App{}, configIndex, references(v1alpha1.SourceConfigMap)},
		{&v1alpha1.App{}, secretIndex, references(v1alpha1.SourceSecret)},
		{&v1alpha1.App{}, pullIndex, pullSecrets},
		{&v1alpha1.App{}, appServiceIndex, boundServices},
		{&v1alpha1.App{}, appServiceKindIndex, boundKinds},
	}
	for _, i := range indexes {
		if err := mgr.GetFieldIndexer().IndexField(ctx, i.object, i.field, i.values); err != nil {
			return fmt.Errorf("index %T by %s: %w", i.object, i.field, err)
		}
	}
	return nil
}

// cacheNodes makes nodes readable. No change of a node is a reason to look at an
// App: what follows from it shows in pods.
func cacheNodes(ctx context.Context, mgr ctrl.Manager) error {
	if _, err := mgr.GetCache().GetInformer(ctx, &corev1.Node{}, cache.BlockUntilSynced(false)); err != nil {
		return fmt.Errorf("cache Nodes: %w", err)
	}
	return nil
}

// checkNamespaces refuses a namespace without the operator's Role: its caches
// would never be complete.
func checkNamespaces(ctx context.Context, reader client.Reader, namespaces []string) error {
	for _, namespace := range namespaces {
		err := reader.List(ctx, &v1alpha1.AppList{}, client.InNamespace(namespace), client.Limit(1))
		if apierrors.IsForbidden(err) {
			return fmt.Errorf("--namespaces: the operator may not list Apps in namespace %q: create its Role and RoleBinding there with `kubectl apply -n %[1]s -k config/namespaced/watched`, or leave the namespace out", namespace)
		}
		if err != nil {
			return fmt.Errorf("--namespaces: list Apps in namespace %q: %w", namespace, err)
		}
	}
	return nil
}

func references(kind v1alpha1.SourceKind) client.IndexerFunc {
	return func(object client.Object) []string {
		app, ok := object.(*v1alpha1.App)
		if !ok {
			return nil
		}
		return resolve.Names(app, kind)
	}
}

func pullSecrets(object client.Object) []string {
	app, ok := object.(*v1alpha1.App)
	if !ok || !app.Spec.Resolves() {
		return nil
	}
	var names []string
	for _, secret := range app.Spec.ImagePullSecrets {
		names = append(names, secret.Name)
	}
	return names
}

func metadataOf(kind string) *metav1.PartialObjectMetadata {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: kind})
	return object
}

// byOwner finds the App that controls an object.
func byOwner(_ context.Context, object client.Object) []reconcile.Request {
	owner := metav1.GetControllerOfNoCopy(object)
	if owner == nil || owner.Kind != "App" || owner.APIVersion != v1alpha1.GroupVersion.String() {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: owner.Name}}}
}

func byLabel(_ context.Context, object client.Object) []reconcile.Request {
	app := object.GetLabels()[v1alpha1.LabelApp]
	if app == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: app}}}
}

// users finds the Apps that an object belongs to or that refer to it.
func users(reader client.Reader, fields ...string) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		requests := byLabel(ctx, object)
		for _, field := range fields {
			apps := &v1alpha1.AppList{}
			// What an App looks like after our latest write does not matter here,
			// and waiting for it would hold up all events of a kind.
			err := reader.List(ctx, apps, client.InNamespace(object.GetNamespace()), client.MatchingFields{field: object.GetName()}, client.DisableReadYourWritesConsistency)
			if err != nil {
				ctrl.LoggerFrom(ctx).Error(err, "find the Apps that refer to an object", "object", client.ObjectKeyFromObject(object))
				return requests
			}
			for i := range apps.Items {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&apps.Items[i])})
			}
		}
		return requests
	}
}

var (
	// changed lets through what differs after the cache's transform, and so in
	// something that we read.
	changed = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld, e.ObjectNew
		if pod, ok := after.(*corev1.Pod); ok {
			return podChanged(before.(*corev1.Pod), pod)
		}
		return before.GetResourceVersion() != after.GetResourceVersion()
	}}

	specOrMetadata = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool { return intentChanged(e) }}

	scalingChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*autoscalingv2.HorizontalPodAutoscaler)
		after, ok2 := e.ObjectNew.(*autoscalingv2.HorizontalPodAutoscaler)
		if !ok1 || !ok2 {
			return true
		}
		return intentChanged(e) || !equality.Semantic.DeepEqual(before.Spec, after.Spec) ||
			!equality.Semantic.DeepEqual(before.Status.Conditions, after.Status.Conditions)
	}}

	deletions = predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool { return !e.ObjectNew.GetDeletionTimestamp().IsZero() },
	}
)

// intended lets through that somebody wants something else of an object, or
// wants it gone.
var intended = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() || e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero()
}}

// intentChanged tells whether an object changed in anything but its status.
// Kinds without generation have none to compare, so their spec is compared by
// whoever applies.
func intentChanged(e event.UpdateEvent) bool {
	before, after := e.ObjectOld, e.ObjectNew
	return before.GetGeneration() != after.GetGeneration() ||
		after.GetGeneration() == 0 && before.GetResourceVersion() != after.GetResourceVersion() && !isAutoscaler(after) ||
		before.GetUID() != after.GetUID() ||
		!equality.Semantic.DeepEqual(before.GetLabels(), after.GetLabels()) ||
		!equality.Semantic.DeepEqual(before.GetAnnotations(), after.GetAnnotations()) ||
		!equality.Semantic.DeepEqual(before.GetOwnerReferences(), after.GetOwnerReferences()) ||
		before.GetDeletionTimestamp().IsZero() != after.GetDeletionTimestamp().IsZero()
}

func isAutoscaler(object client.Object) bool {
	_, ok := object.(*autoscalingv2.HorizontalPodAutoscaler)
	return ok
}

func podChanged(before, after *corev1.Pod) bool {
	return before.UID != after.UID ||
		before.DeletionTimestamp.IsZero() != after.DeletionTimestamp.IsZero() ||
		!equality.Semantic.DeepEqual(before.Labels, after.Labels) ||
		!equality.Semantic.DeepEqual(before.Spec, after.Spec) ||
		!equality.Semantic.DeepEqual(before.Status, after.Status)
}
