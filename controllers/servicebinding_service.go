package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/kinds"
)

var secretKind = schema.GroupVersionKind{Version: "v1", Kind: "Secret"}

// service finds the Secret to project and checks that it can be, or says what
// keeps it from that.
func (p *bindingPass) service(ctx context.Context) (string, *binding.Problem, error) {
	if err := binding.CheckName(p.object.Directory()); err != nil {
		return "", problemOfRefusal(err), nil
	}
	secret, problem, err := p.secretName(ctx)
	if problem != nil || err != nil {
		p.secrets.leave(p.request())
		return "", problem, err
	}
	// First the name is put down, then the Secret is looked at: what happens to
	// it in between is not missed.
	p.secrets.wait(p.request(), secret)
	keys, found, err := p.entries(ctx, types.NamespacedName{Namespace: p.object.Namespace, Name: secret})
	switch {
	case err != nil:
		return "", nil, err
	case !found:
		return "", &binding.Problem{
			Reason:  servicebindingv1.ReasonSecretNotFound,
			Message: fmt.Sprintf("Secret %q does not exist in this namespace, which %s: create it, or correct the name", secret, p.saysSo()),
		}, nil
	}
	return secret, problemOfRefusal(binding.CheckEntries(binding.Of(p.object, secret), keys)), nil
}

func (p *bindingPass) request() reconcile.Request {
	return reconcile.Request{NamespacedName: client.ObjectKeyFromObject(p.object)}
}

// saysSo tells where the name of the Secret comes from.
func (p *bindingPass) saysSo() string {
	if serviceKind(p.object) == secretKind {
		return "spec.service names"
	}
	return fmt.Sprintf("%s %q names in .status.binding.name", p.object.Spec.Service.Kind, p.object.Spec.Service.Name)
}

// secretName is the name of the Secret itself, or what a Provisioned Service
// says in .status.binding.name.
func (p *bindingPass) secretName(ctx context.Context) (string, *binding.Problem, error) {
	reference, kind := p.object.Spec.Service, serviceKind(p.object)
	if kind == secretKind {
		return reference.Name, nil, nil
	}
	service, err := p.Kinds.Service(ctx, kind, types.NamespacedName{Namespace: p.object.Namespace, Name: reference.Name})
	if p.Kinds.Polled(kinds.Services, kind, p.object.Namespace) {
		p.lookAgain(recheck)
	}
	if apierrors.IsNotFound(err) {
		service, err = nil, nil
	}
	if err != nil {
		problem, err := p.problemOfKind(err, "spec.service", kind, "get, list and watch", servicebindingv1.ReasonServiceNotFound)
		return "", problem, err
	}
	if service == nil {
		return "", &binding.Problem{
			Reason:  servicebindingv1.ReasonServiceNotFound,
			Message: fmt.Sprintf("%s %q does not exist in this namespace: create it, or correct spec.service", reference.Kind, reference.Name),
		}, nil
	}
	// What is no string is no name either.
	name, _, _ := unstructured.NestedString(service.Object, "status", "binding", "name")
	if name == "" {
		return "", &binding.Problem{
			Reason:  servicebindingv1.ReasonServiceNotReady,
			Message: fmt.Sprintf("%s %q names no Secret in .status.binding.name: it is not ready yet, or is no Provisioned Service", reference.Kind, reference.Name),
		}, nil
	}
	return name, nil, nil
}

// problemOfKind says what is wrong with a kind that could not be read. What is
// worth nothing but a retry stays an error.
func (p *bindingPass) problemOfKind(err error, field string, kind schema.GroupVersionKind, verbs, missing string) (*binding.Problem, error) {
	switch {
	case errors.Is(err, kinds.ErrNoKind):
		p.lookAgain(recheck)
		return &binding.Problem{Reason: missing, Message: fmt.Sprintf("no kind %q is served in %s: install it, or correct %s", kind.Kind, kind.GroupVersion(), field)}, nil
	case errors.Is(err, kinds.ErrNotNamespaced):
		return &binding.Problem{Reason: servicebindingv1.ReasonSpecInvalid, Message: fmt.Sprintf("%s: a %s belongs to no namespace, and only what is in the same namespace can be bound", field, kind.Kind)}, nil
	case apierrors.IsForbidden(err):
		p.lookAgain(recheck)
		return forbidden(kind, verbs), nil
	}
	return nil, fmt.Errorf("read %s: %w", field, err)
}

func forbidden(kind schema.GroupVersionKind, verbs string) *binding.Problem {
	return &binding.Problem{
		Unknown: true,
		Reason:  servicebindingv1.ReasonForbidden,
		Message: fmt.Sprintf(`Bowline may not do what it takes with %s of %s: grant %s by a ClusterRole with the label %s: "true"`, kind.Kind, kind.GroupVersion(), verbs, servicebindingv1.LabelController),
	}
}

// problemOfRefusal is nil for no error.
func problemOfRefusal(err error) *binding.Problem {
	var refusal *binding.Refusal
	if errors.As(err, &refusal) {
		return &binding.Problem{Reason: refusal.Reason, Message: refusal.Message}
	}
	return nil
}

// entries returns the names of a Secret's entries. The Secret itself is read
// only when it has changed, and what is in it is not kept.
func (r *ServiceBindingReconciler) entries(ctx context.Context, key types.NamespacedName) ([]string, bool, error) {
	head := metadataOf("Secret")
	if err := r.Cache.Get(ctx, key, head); err != nil {
		return nil, false, client.IgnoreNotFound(err)
	}
	version := string(head.UID) + "/" + head.ResourceVersion
	if keys, ok := r.keys.Get(version); ok {
		return keys.([]string), true, nil
	}
	secret := &corev1.Secret{}
	if err := r.Live.Get(ctx, key, secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, false, client.IgnoreNotFound(err)
		}
		// Not with the words of the API server: they may repeat what is in it.
		return nil, false, fmt.Errorf("read Secret %q: %s", key.Name, apierrors.ReasonForError(err))
	}
	var keys []string
	for name := range secret.Data {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	r.keys.Add(string(secret.UID)+"/"+secret.ResourceVersion, keys)
	return keys, true, nil
}
