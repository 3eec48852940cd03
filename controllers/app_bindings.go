package controllers

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/kinds"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
)

// adopt adds to an App's bindings those that ServiceBindings ask for. Only this
// copy of the App has them: its spec is not ours to write.
func (r *AppReconciler) adopt(ctx context.Context, app *v1alpha1.App) error {
	if !r.serviceBindings {
		return nil
	}
	list := &servicebindingv1.ServiceBindingList{}
	err := r.List(ctx, list, client.InNamespace(app.Namespace), client.MatchingFields{workloadKindIndex: appKind.String()}, client.DisableReadYourWritesConsistency)
	if err != nil {
		return fmt.Errorf("list ServiceBindings: %w", err)
	}
	binding.Adopt(&app.Spec, slices.DeleteFunc(list.Items, func(b servicebindingv1.ServiceBinding) bool {
		matches, problem := matcher(&b.Spec.Workload)
		return problem != nil || !b.DeletionTimestamp.IsZero() || !matches(app)
	}))
	return nil
}

var appKind = v1alpha1.GroupVersion.WithKind("App")

// bound returns the Apps that a ServiceBinding means.
func (r *AppReconciler) bound(ctx context.Context, object client.Object) []reconcile.Request {
	b, ok := object.(*servicebindingv1.ServiceBinding)
	if !ok || workloadKind(b) != appKind {
		return nil
	}
	matches, problem := matcher(&b.Spec.Workload)
	if problem != nil {
		return nil
	}
	apps := &v1alpha1.AppList{}
	if err := r.List(ctx, apps, client.InNamespace(b.Namespace), client.DisableReadYourWritesConsistency); err != nil {
		ctrl.Log.Error(err, "find the Apps that a ServiceBinding means")
		return nil
	}
	var requests []reconcile.Request
	for i := range apps.Items {
		if matches(&apps.Items[i]) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&apps.Items[i])})
		}
	}
	return requests
}

// offer makes the Secret with which others reach the App. It waits for nothing
// that the App waits for: two Apps may be bound to each other.
func (p *pass) offer(ctx context.Context, target *v1alpha1.Release) error {
	ports := p.app.Spec.Ports
	if target != nil {
		ports = target.Spec.Workload.Ports
	}
	p.offered = release.BindingName(p.app.Name, p.app.Namespace, ports)
	if p.offered == "" || p.app.Spec.Unreadable != "" {
		return nil
	}
	return p.copyOnce(p.snapshot.Secrets, p.offered, func() error {
		return apply.Copy(ctx, p.Applier, p.app, render.Binding(p.app, ports))
	})
}

// followServices finds the Secrets that services hand out today where those that
// a Release was made with are gone: its pods could not start.
func (p *pass) followServices(ctx context.Context, target *v1alpha1.Release) error {
	for _, then := range target.Spec.Bindings {
		if then.CopyName != "" {
			continue
		}
		there, err := p.Resolver.Exists(ctx, p.app.Namespace, then.SecretName)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.inputs.Inputs.Bindings, func(b v1alpha1.PinnedBinding) bool { return b.Name == then.Name })
		if there || i < 0 || !sameService(&target.Spec.Workload, &p.app.Spec.WorkloadSpec, then.Name) {
			continue
		}
		if p.moved == nil {
			p.moved = map[string]string{}
		}
		p.moved[then.Name] = p.inputs.Inputs.Bindings[i].SecretName
	}
	return nil
}

// sameService tells that a binding means the same service in two workloads: one
// that means another now must not hand its Secret to an old Release.
func sameService(a, b *v1alpha1.WorkloadSpec, name string) bool {
	of := func(w *v1alpha1.WorkloadSpec) v1alpha1.ServiceReference {
		for _, binding := range w.Bindings {
			if binding.Name == name {
				return binding.ServiceRef
			}
		}
		return v1alpha1.ServiceReference{}
	}
	return of(a) == of(b)
}

// appServiceIndex finds the Apps that bind a service, and appServiceKindIndex
// those that bind one of a kind.
const (
	appServiceIndex     = "bowline.dev/app-service"
	appServiceKindIndex = "bowline.dev/app-service-kind"
)

func boundServices(object client.Object) []string {
	return ofBindings(object, func(ref v1alpha1.ServiceReference) string { return originKey(release.ServiceOrigin(ref)) })
}

func boundKinds(object client.Object) []string {
	return ofBindings(object, func(ref v1alpha1.ServiceReference) string { return refKind(ref).String() })
}

func refKind(ref v1alpha1.ServiceReference) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
}

func ofBindings(object client.Object, value func(v1alpha1.ServiceReference) string) []string {
	app, ok := object.(*v1alpha1.App)
	if !ok {
		return nil
	}
	var values []string
	for _, b := range app.Spec.Bindings {
		values = append(values, value(b.ServiceRef))
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// serviceChanged has the Apps looked at that bind a service which changed, or,
// without an object, one of its kind.
func (r *AppReconciler) serviceChanged(_ kinds.View, kind schema.GroupVersionKind, before, after metav1.Object) {
	byApp := []client.ListOption{client.MatchingFields{appServiceKindIndex: kind.String()}}
	byObject := []client.ListOption{client.MatchingFields{serviceKindIndex: kind.String()}}
	object := after
	if object == nil {
		object = before
	}
	if object != nil {
		apiVersion, name := kind.ToAPIVersionAndKind()
		origin := release.ServiceOrigin(v1alpha1.ServiceReference{APIVersion: apiVersion, Kind: name, Name: object.GetName()})
		byApp = []client.ListOption{client.InNamespace(object.GetNamespace()), client.MatchingFields{appServiceIndex: originKey(origin)}}
		byObject = []client.ListOption{client.InNamespace(object.GetNamespace()), client.MatchingFields{serviceIndex: named(kind, object.GetName())}}
	}
	requests, err := r.usersOfService(context.Background(), byApp, byObject)
	if err != nil {
		ctrl.Log.Error(err, "find the Apps that bind a service", "kind", kind.String())
	}
	for _, request := range requests {
		r.called <- calling(request.NamespacedName)
	}
}

// usersOfService finds the Apps that bind services themselves, and those for
// which ServiceBindings do.
func (r *AppReconciler) usersOfService(ctx context.Context, byApp, byObject []client.ListOption) ([]reconcile.Request, error) {
	var requests []reconcile.Request
	apps := &v1alpha1.AppList{}
	if err := r.List(ctx, apps, append(byApp, client.DisableReadYourWritesConsistency)...); err != nil {
		return nil, err
	}
	for i := range apps.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&apps.Items[i])})
	}
	if !r.serviceBindings {
		return requests, nil
	}
	objects := &servicebindingv1.ServiceBindingList{}
	if err := r.List(ctx, objects, append(byObject, client.DisableReadYourWritesConsistency)...); err != nil {
		return requests, err
	}
	for i := range objects.Items {
		requests = append(requests, r.bound(ctx, &objects.Items[i])...)
	}
	return requests, nil
}

// keepServices ends the watches of kinds of services that no App binds any more.
// It is called when an App goes.
func (r *AppReconciler) keepServices(ctx context.Context) {
	r.services.Keep(func(_ kinds.View, kind schema.GroupVersionKind) bool {
		requests, err := r.usersOfService(ctx,
			[]client.ListOption{client.MatchingFields{appServiceKindIndex: kind.String()}},
			[]client.ListOption{client.MatchingFields{serviceKindIndex: kind.String()}})
		return err != nil || len(requests) > 0
	})
}

// followers returns the Apps whose bindings lead to a Secret.
func (r *AppReconciler) followers(_ context.Context, secret client.Object) []reconcile.Request {
	return r.followed.of(client.ObjectKeyFromObject(secret))
}
