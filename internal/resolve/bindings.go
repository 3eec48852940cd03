package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/kinds"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// Services finds services of any kind.
type Services interface {
	// Service returns a service, with at least its .status.binding, nil if there
	// is none of that name. It fails with kinds.ErrNoKind, kinds.ErrNotNamespaced,
	// or what the API server says.
	Service(ctx context.Context, kind schema.GroupVersionKind, key types.NamespacedName) (*unstructured.Unstructured, error)
	// Polled tells whether nobody is told of changes of a kind in a namespace.
	Polled(view kinds.View, kind schema.GroupVersionKind, namespace string) bool
}

// Follower is told which Secrets an App's bindings lead to, before they are read:
// their names stand in no spec.
type Follower func(app types.NamespacedName, secrets []string)

// bindAll finds out what all bindings lead to now, and which services are not
// ready.
func (r *Resolver) bindAll(ctx context.Context, app *v1alpha1.App, releases []v1alpha1.Release, result *Result) error {
	names := make([]string, len(app.Spec.Bindings))
	var problems []*rollout.Held
	for i, spec := range app.Spec.Bindings {
		var problem *rollout.Held
		var err error
		if names[i], problem, err = r.secretOf(ctx, app, binding.FieldOf(i, &spec), spec.ServiceRef, result); err != nil {
			return err
		}
		if problem != nil {
			problems = append(problems, problem)
		}
	}
	key := client.ObjectKeyFromObject(app)
	r.follow(key, slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" }))
	for i, spec := range app.Spec.Bindings {
		if names[i] == "" {
			continue
		}
		w := want{source: source{v1alpha1.SourceSecret, names[i]}, field: binding.FieldOf(i, &spec), live: !spec.Pinned()}
		pinned, err := r.pin(ctx, app, w, releases, result)
		switch {
		case apierrors.IsNotFound(err):
			problems = append(problems, &rollout.Held{
				Reason:  v1alpha1.ReasonSecretNotFound,
				Message: fmt.Sprintf("%s: Secret %q%s does not exist in namespace %q: create it, or correct the name", w.field, w.name, handedOut(spec.ServiceRef), app.Namespace),
			})
		case err != nil:
			return fmt.Errorf("%s: read Secret %q: %w", w.field, w.name, err)
		default:
			result.Inputs.Bindings = append(result.Inputs.Bindings, v1alpha1.PinnedBinding{
				Name: spec.Name, SecretName: w.name,
				CopyName: pinned.CopyName, Digest: pinned.Digest, UID: pinned.UID, ResourceVersion: pinned.ResourceVersion,
			})
		}
	}
	result.Unbound = joined(problems)
	return nil
}

// handedOut tells whose Secret it is.
func handedOut(ref v1alpha1.ServiceReference) string {
	if release.IsSecret(ref) {
		return ""
	}
	return fmt.Sprintf(", which %s %q hands out,", ref.Kind, ref.Name)
}

// joined makes one problem of several, with the reason of the first.
func joined(problems []*rollout.Held) *rollout.Held {
	if len(problems) == 0 {
		return nil
	}
	var messages []string
	for _, problem := range problems {
		messages = append(messages, problem.Message)
	}
	return &rollout.Held{Reason: problems[0].Reason, Message: strings.Join(messages, "; ")}
}

// secretOf finds the Secret that a service hands out, or says why there is none.
func (r *Resolver) secretOf(ctx context.Context, app *v1alpha1.App, field string, ref v1alpha1.ServiceReference, result *Result) (string, *rollout.Held, error) {
	if release.IsSecret(ref) {
		return ref.Name, nil, nil
	}
	kind := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
	if kind.GroupKind() == v1alpha1.GroupVersion.WithKind("App").GroupKind() && ref.Name == app.Name {
		// Each change of what it offers would be a change of itself.
		return "", &rollout.Held{Reason: v1alpha1.ReasonBindingRefused, Message: fmt.Sprintf("%s: App %q cannot be bound to itself: remove the binding", field, app.Name)}, nil
	}
	service, err := r.services.Service(ctx, kind, types.NamespacedName{Namespace: app.Namespace, Name: ref.Name})
	if apierrors.IsNotFound(err) {
		service, err = nil, nil
	}
	if r.services.Polled(kinds.Services, kind, app.Namespace) {
		result.Poll = true
	}
	held := func(reason, format string, args ...any) *rollout.Held {
		return &rollout.Held{Reason: reason, Message: field + ": " + fmt.Sprintf(format, args...)}
	}
	switch {
	case errors.Is(err, kinds.ErrNoKind):
		return "", held(v1alpha1.ReasonServiceNotFound, "no kind %q is served in %s: install it, or correct the reference", ref.Kind, ref.APIVersion), nil
	case errors.Is(err, kinds.ErrNotNamespaced):
		return "", held(v1alpha1.ReasonBindingRefused, "a %s belongs to no namespace, and only what is in the App's namespace can be bound", ref.Kind), nil
	case apierrors.IsForbidden(err):
		return "", held(v1alpha1.ReasonForbidden, `Bowline may not read %s of %s: grant get, list and watch by a ClusterRole with the label servicebinding.io/controller: "true", or, where the operator has --namespaces, by a Role in namespace %q`, ref.Kind, ref.APIVersion, app.Namespace), nil
	case err != nil:
		return "", nil, fmt.Errorf("%s: read %s %q: %w", field, ref.Kind, ref.Name, err)
	case service == nil:
		return "", held(v1alpha1.ReasonServiceNotFound, "%s %q does not exist in namespace %q: create it, or correct the reference", ref.Kind, ref.Name, app.Namespace), nil
	}
	name, _, _ := unstructured.NestedString(service.Object, "status", "binding", "name")
	if name == "" {
		return "", held(v1alpha1.ReasonServiceNotReady, "%s %q names no Secret in .status.binding.name: it is not ready yet, or is no Provisioned Service", ref.Kind, ref.Name), nil
	}
	return name, nil, nil
}

// checkBindings finds what no pod could be bound to in what the services hand
// out, and writes down the entries where all are to be variables.
func (r *Resolver) checkBindings(ctx context.Context, app *v1alpha1.App, result *Result) error {
	var problems []*rollout.Held
	for i := range result.Inputs.Bindings {
		pinned := &result.Inputs.Bindings[i]
		at := slices.IndexFunc(app.Spec.Bindings, func(b v1alpha1.BindingSpec) bool { return b.Name == pinned.Name })
		spec := app.Spec.Bindings[at]
		w := want{source: source{v1alpha1.SourceSecret, pinned.SecretName}, field: binding.FieldOf(at, &spec)}
		facts, err := r.factsOf(ctx, app, w, version{pinned.UID, pinned.ResourceVersion}, result)
		if err != nil {
			return err
		}
		keys := make([]string, len(facts))
		for j, f := range facts {
			keys[j] = f.key
		}
		if spec.EnvPrefix != "" {
			pinned.Keys = keys
		}
		var refusal *binding.Refusal
		if errors.As(binding.CheckEntries(binding.OfApp(w.field, spec, pinned.SecretName, keys), keys), &refusal) {
			problems = append(problems, &rollout.Held{Reason: v1alpha1.ReasonSecretIncomplete, Message: w.field + ": " + refusal.Message})
		}
	}
	result.Unbound = joined(problems)
	return nil
}

// notReady is what services that are not ready mean for the App. Waiting helps
// against all but a binding that cannot be projected.
func notReady(unbound *rollout.Held) *rollout.Held {
	switch {
	case unbound == nil:
		return nil
	case unbound.Reason == v1alpha1.ReasonBindingRefused:
		return invalid(unbound.Message)
	}
	return &rollout.Held{Reason: v1alpha1.ReasonServiceBindingsNotReady, Message: unbound.Message}
}
