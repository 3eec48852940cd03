package controllers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/kinds"
)

// ServiceBindingReconciler projects services into workloads of any kind.
type ServiceBindingReconciler struct {
	client.Client
	Cache  client.Reader // answers without waiting for our own writes
	Live   client.Reader // without a cache
	Kinds  *kinds.Kinds
	Events events.EventRecorder
	Clock  clock.PassiveClock

	// AtAdmission tells that workloads are also bound when they are created.
	AtAdmission bool

	// queue takes ServiceBindings to look at, from watches that come and go.
	queue workqueue.TypedRateLimitingInterface[reconcile.Request]
	// listening tells that there is a queue.
	listening atomic.Bool
	// secrets are the ServiceBindings that wait for news of a Secret.
	secrets *waiting
	// keys are the names of a Secret's entries, by UID and version.
	keys *lru.Cache
	// settled is what came of a workload, until it or what is asked of it
	// changes. Losing it costs reads, and a write that is refused once more.
	settled *lru.Cache
	// leaving are the ServiceBindings that are being deleted, by request.
	leaving sync.Map
}

const (
	// recheck is how soon what cannot be watched is asked for again: a right or a
	// kind that is missing, and what may be read but not watched.
	recheck = 10 * time.Second
	// retryConflict is when a pass that lost a race is made again, should the
	// change that it lost to not cause one before.
	retryConflict = time.Second
)

// bindingPass is one look at one ServiceBinding.
type bindingPass struct {
	*ServiceBindingReconciler
	now    time.Time
	object *servicebindingv1.ServiceBinding
	// again is when to look again, zero when only a change matters.
	again time.Duration
}

// Reconcile takes one look at a ServiceBinding: it finds the Secret, then the
// workloads, projects the one into the others, takes it out of those that are
// not to have it any more, and reports. A write that finds that it is late ends
// the pass; another pass follows.
func (r *ServiceBindingReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	object := &servicebindingv1.ServiceBinding{}
	if err := r.Get(ctx, request.NamespacedName, object); err != nil {
		if apierrors.IsNotFound(err) {
			r.secrets.leave(request)
			r.leaving.Delete(request)
			return ctrl.Result{}, r.keepKinds(ctx)
		}
		return ctrl.Result{}, err
	}
	p := &bindingPass{ServiceBindingReconciler: r, now: r.Clock.Now(), object: object.DeepCopy()}
	var err error
	if object.DeletionTimestamp.IsZero() {
		err = p.run(ctx)
	} else {
		err = p.release(ctx)
	}
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		ctrl.LoggerFrom(ctx).V(1).Info("pass dropped: somebody was faster", "cause", err.Error())
		return ctrl.Result{RequeueAfter: retryConflict}, nil
	}
	return ctrl.Result{RequeueAfter: p.again}, unlessEnding(ctx, err)
}

func (p *bindingPass) run(ctx context.Context) error {
	var result binding.Result
	secret, problem, err := p.service(ctx)
	if err != nil {
		return err
	}
	result.Service = problem
	workloads, problem, err := p.workloads(ctx)
	if err != nil {
		return err
	}
	result.Workloads = problem
	if p.AtAdmission && result.Service == nil && problem == nil && workloadKind(p.object) != appKind {
		// The webhook writes nothing, and binds by those alone that are held.
		if err := p.hold(ctx); err != nil {
			return err
		}
	}
	for _, w := range workloads {
		outcome, told, err := p.treat(ctx, w, secret, result.Service == nil)
		if err != nil {
			return err
		}
		if told {
			result.Outcomes = append(result.Outcomes, outcome)
		}
	}
	result.Secret = secret
	if result.Service != nil {
		result.Secret = projected(workloads, p.object.Name)
	}
	if result.Workloads == nil && !slices.ContainsFunc(workloads, func(w workload) bool { return w.wanted }) {
		result.Workloads = p.noWorkload()
	}
	return p.report(ctx, result)
}

// treat does what is to be done about one workload, and tells what came of it
// if that is worth telling.
func (p *bindingPass) treat(ctx context.Context, w workload, secret string, available bool) (binding.Outcome, bool, error) {
	outcome := binding.Outcome{Kind: p.object.Spec.Workload.Kind, Name: w.head.Name}
	var err error
	switch {
	case workloadKind(p.object) == appKind:
		outcome.Problem, err = p.inApp(ctx, w.head.Name, secret)
		return outcome, available, err
	case !w.wanted:
		outcome.Problem, err = p.unbind(ctx, w)
		return outcome, outcome.Problem != nil, err
	case available:
		outcome.Problem, err = p.bind(ctx, w, binding.Of(p.object, secret))
		return outcome, true, err
	}
	// What is bound stays bound while its service is away.
	return outcome, w.has, nil
}

// projected is the Secret that a ServiceBinding is bound to by its workloads.
func projected(workloads []workload, key string) string {
	for _, w := range workloads {
		bindings, _ := binding.Projected(w.head.Annotations)
		for _, b := range bindings {
			if b.Key == key {
				return b.Secret
			}
		}
	}
	return ""
}

func (p *bindingPass) noWorkload() *binding.Problem {
	reference := p.object.Spec.Workload
	message := fmt.Sprintf("%s %q does not exist in this namespace: create it, or correct spec.workload.name", reference.Kind, reference.Name)
	if reference.Selector != nil {
		message = fmt.Sprintf("no %s in this namespace has the labels %s: label one, or correct spec.workload.selector", reference.Kind, metav1.FormatLabelSelector(reference.Selector))
	}
	return &binding.Problem{Reason: servicebindingv1.ReasonWorkloadNotFound, Message: message}
}

// release takes the projection out of all workloads of a ServiceBinding that is
// being deleted, and then lets it go.
func (p *bindingPass) release(ctx context.Context) error {
	i := slices.Index(p.object.Finalizers, servicebindingv1.FinalizerUnbind)
	if i < 0 {
		return nil
	}
	workloads, problem, err := p.find(ctx, none)
	if err != nil {
		return err
	}
	result := binding.Result{Secret: projected(workloads, p.object.Name)}
	if problem != nil && problem.Unknown {
		result.Workloads = problem
	}
	left := p.settling()
	for _, w := range workloads {
		problem, err := p.unbind(ctx, w)
		if err != nil {
			return err
		}
		if problem != nil && problem.Unknown {
			result.Outcomes = append(result.Outcomes, binding.Outcome{Kind: p.object.Spec.Workload.Kind, Name: w.head.Name, Problem: problem})
		} else if problem != nil && left == 0 {
			// Nobody can change that workload: waiting would help nobody.
			p.Events.Eventf(p.object, nil, corev1.EventTypeWarning, servicebindingv1.EventLeftBound, "Unbind",
				"%s %q stays as it is: %s", p.object.Spec.Workload.Kind, w.head.Name, problem.Message)
		}
	}
	if result.Workloads != nil || len(result.Outcomes) > 0 {
		return p.report(ctx, result)
	}
	if left > 0 {
		p.lookAgain(left)
		return nil
	}
	return p.setFinalizers(ctx, slices.Delete(slices.Clone(p.object.Finalizers), i, i+1))
}

// hold makes sure that the ServiceBinding does not go without being taken out of
// what it is about to be projected into.
func (p *bindingPass) hold(ctx context.Context) error {
	if slices.Contains(p.object.Finalizers, servicebindingv1.FinalizerUnbind) {
		return nil
	}
	return p.setFinalizers(ctx, append(slices.Clone(p.object.Finalizers), servicebindingv1.FinalizerUnbind))
}

func (p *bindingPass) setFinalizers(ctx context.Context, finalizers []string) error {
	patch, err := finalizersPatch(p.object, finalizers)
	if err != nil {
		return err
	}
	if err := p.Patch(ctx, p.object, patch, fieldOwner); err != nil {
		return fmt.Errorf("write the finalizers of ServiceBinding %q: %w", p.object.Name, err)
	}
	return nil
}

const fieldOwner = client.FieldOwner("bowline")

// report writes the status if it says anything new, and tells of it.
func (p *bindingPass) report(ctx context.Context, result binding.Result) error {
	before := p.object.Status
	after := binding.Status(p.now, p.object.Generation, before, result)
	if equality.Semantic.DeepEqual(before, after) {
		return nil
	}
	patch, err := statusPatch(p.object, before, after)
	if err != nil {
		return err
	}
	if err := p.Status().Patch(ctx, p.object, patch, fieldOwner); err != nil {
		return fmt.Errorf("write the status of ServiceBinding %q: %w", p.object.Name, err)
	}
	p.tell(ctx, before, after)
	return nil
}

// tell writes an event and a line of the log about a change of Ready.
func (p *bindingPass) tell(ctx context.Context, before, after servicebindingv1.ServiceBindingStatus) {
	was, is := meta.FindStatusCondition(before.Conditions, servicebindingv1.ConditionReady), meta.FindStatusCondition(after.Conditions, servicebindingv1.ConditionReady)
	if was != nil && was.Status == is.Status && was.Reason == is.Reason {
		return
	}
	kind, reason := corev1.EventTypeWarning, servicebindingv1.EventNotBound
	if is.Status == metav1.ConditionTrue {
		kind, reason = corev1.EventTypeNormal, servicebindingv1.EventBound
	}
	p.Events.Eventf(p.object, nil, kind, reason, "Bind", "%s", cut(is.Message))
	ctrl.LoggerFrom(ctx).Info("looked", "ready", is.Status, "reason", is.Reason, "message", is.Message)
}

// cut bounds the note of an event, which may have 1 kB.
func cut(message string) string {
	const longest = 1000
	if len(message) <= longest {
		return message
	}
	return strings.ToValidUTF8(message[:longest], "") + "…"
}

// lookAgain asks for another look, the soonest of all that are asked for.
func (p *bindingPass) lookAgain(after time.Duration) {
	if p.again == 0 || after < p.again {
		p.again = after
	}
}

// keepKinds ends the watches of kinds that no ServiceBinding names any more.
func (r *ServiceBindingReconciler) keepKinds(ctx context.Context) error {
	list := &servicebindingv1.ServiceBindingList{}
	if err := r.Cache.List(ctx, list); err != nil {
		return fmt.Errorf("list ServiceBindings: %w", err)
	}
	r.Kinds.Keep(func(view kinds.View, kind schema.GroupVersionKind) bool {
		return slices.ContainsFunc(list.Items, func(b servicebindingv1.ServiceBinding) bool {
			if view == kinds.Services {
				return serviceKind(&b) == kind
			}
			return workloadKind(&b) == kind
		})
	})
	return nil
}

func serviceKind(b *servicebindingv1.ServiceBinding) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(b.Spec.Service.APIVersion, b.Spec.Service.Kind)
}

func workloadKind(b *servicebindingv1.ServiceBinding) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(b.Spec.Workload.APIVersion, b.Spec.Workload.Kind)
}
