package controllers

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/binding"
)

// inApp tells whether an App has taken the ServiceBinding up. Nothing is written
// to the App: what binds it is part of its next Release, which its own controller
// makes, judges and takes back.
func (p *bindingPass) inApp(ctx context.Context, name, secret string) (*binding.Problem, error) {
	app := &v1alpha1.App{}
	if err := p.Cache.Get(ctx, types.NamespacedName{Namespace: p.object.Namespace, Name: name}, app); err != nil {
		return nil, err
	}
	made, err := p.desired(ctx, app)
	if err != nil {
		return nil, err
	}
	wanted := binding.OnApp(p.object)
	if made != nil && slices.ContainsFunc(made.Spec.Bindings, func(b v1alpha1.PinnedBinding) bool { return b.Name == wanted.Name && b.SecretName == secret }) &&
		!slices.ContainsFunc(app.Spec.Bindings, func(b v1alpha1.BindingSpec) bool { return b.Name == wanted.Name }) {
		return nil, nil
	}
	return p.notYetInApp(ctx, app, wanted)
}

// desired returns the Release that an App desires, nil when there is none.
func (p *bindingPass) desired(ctx context.Context, app *v1alpha1.App) (*v1alpha1.Release, error) {
	made := &v1alpha1.Release{}
	err := p.Cache.Get(ctx, types.NamespacedName{Namespace: app.Namespace, Name: app.Status.Release.Desired}, made)
	if app.Status.Release.Desired == "" || apierrors.IsNotFound(err) {
		return nil, nil
	}
	return made, err
}

// notYetInApp says why an App does not have a ServiceBinding.
func (p *bindingPass) notYetInApp(ctx context.Context, app *v1alpha1.App, wanted v1alpha1.BindingSpec) (*binding.Problem, error) {
	list := &servicebindingv1.ServiceBindingList{}
	if err := p.Cache.List(ctx, list, client.InNamespace(app.Namespace), client.MatchingFields{workloadKindIndex: appKind.String()}); err != nil {
		return nil, fmt.Errorf("list ServiceBindings: %w", err)
	}
	left := binding.Adopt(&app.DeepCopy().Spec, slices.DeleteFunc(list.Items, func(b servicebindingv1.ServiceBinding) bool {
		matches, problem := matcher(&b.Spec.Workload)
		return problem != nil || !b.DeletionTimestamp.IsZero() || !matches(app)
	}))
	if slices.Contains(left, p.object.Name) {
		return &binding.Problem{
			Reason:  servicebindingv1.ReasonNameTaken,
			Message: fmt.Sprintf("it has a binding %q already, or %d of them, or this asks for more than an App's binding can have: set another spec.name of at most 63 characters, or remove one", wanted.Name, binding.MostOnApp),
		}, nil
	}
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionServiceBindingsReady); ready != nil && ready.Status == metav1.ConditionFalse {
		return &binding.Problem{Reason: servicebindingv1.ReasonWorkloadRefused, Message: ready.Message}, nil
	}
	return &binding.Problem{Unknown: true, Reason: servicebindingv1.ReasonWorkloadPending, Message: "its next Release will have the binding, and is not made yet"}, nil
}

// ofApp returns the ServiceBindings that mean Apps in an App's namespace.
func (r *ServiceBindingReconciler) ofApp(ctx context.Context, app client.Object) []reconcile.Request {
	list := &servicebindingv1.ServiceBindingList{}
	if err := r.Cache.List(ctx, list, client.InNamespace(app.GetNamespace()), client.MatchingFields{workloadKindIndex: appKind.String()}); err != nil {
		return nil
	}
	var requests []reconcile.Request
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}

// takesUp lets through that an App desires another Release, or says something
// else of its bindings.
var takesUp = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, ok1 := e.ObjectOld.(*v1alpha1.App)
	after, ok2 := e.ObjectNew.(*v1alpha1.App)
	return ok1 && ok2 && (before.Status.Release.Desired != after.Status.Release.Desired ||
		message(before, v1alpha1.ConditionServiceBindingsReady) != message(after, v1alpha1.ConditionServiceBindingsReady))
}}

func message(app *v1alpha1.App, kind string) string {
	if condition := meta.FindStatusCondition(app.Status.Conditions, kind); condition != nil {
		return string(condition.Status) + condition.Message
	}
	return ""
}
