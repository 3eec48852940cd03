package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// aroundPods are the kinds that an App takes over by applying to them: no pod
// depends on them.
var aroundPods = map[string]bool{"Service": true, "HorizontalPodAutoscaler": true, "PodDisruptionBudget": true}

// takeOver applies an intent to the object that has its name, if nothing
// controls that and a person wants the App to have it. Else it returns what was
// found out about it.
func takeOver[T Intent[T]](ctx context.Context, a *Applier, app *v1alpha1.App, intent T, found error, opts ...client.ApplyOption) error {
	var conflict *ConflictError
	if app.Annotations[v1alpha1.AnnotationAdopt] == "" || !errors.As(found, &conflict) || !conflict.Free || !aroundPods[conflict.Kind] {
		return found
	}
	intent.WithUID(conflict.uid).WithResourceVersion(conflict.resourceVersion)
	return Classify(conflict.Kind, conflict.Name, a.client.Apply(ctx, intent, opts...))
}

// Try tells whether the API server would let an App take over what has the name
// of a child. Nothing is changed.
func Try[T Intent[T]](ctx context.Context, a *Applier, app *v1alpha1.App, intent T) error {
	var none T
	if intent == none {
		return nil
	}
	err := a.WhoHas(ctx, app, *intent.GetKind(), *intent.GetName())
	if errors.Is(err, ErrStale) {
		return nil // nothing has it, or the App has
	}
	// Nothing is written, and what is not the App's yet is not cached: who waited
	// to read it back would wait for long.
	return takeOver(ctx, a, app, intent, err, client.FieldOwner(v1alpha1.FieldOwner), client.ForceOwnership, client.DryRunAll,
		client.DisableReadYourWritesConsistency)
}

// Claim makes an App the controller of an object that nothing controls, and
// changes nothing else of it.
func (a *Applier) Claim(ctx context.Context, app *v1alpha1.App, kind string, object client.Object) error {
	owners := append(object.GetOwnerReferences()[:len(object.GetOwnerReferences()):len(object.GetOwnerReferences())],
		*metav1.NewControllerRef(app, v1alpha1.GroupVersion.WithKind("App")))
	return a.patchMetadata(ctx, kind, object, map[string]any{"ownerReferences": owners}, nil)
}

// Label adds labels to an object, and, if it is a ReplicaSet, those of its
// template: to the pods that it makes from now on.
func (a *Applier) Label(ctx context.Context, kind string, object client.Object, labels, template map[string]string) error {
	metadata, spec := map[string]any{}, map[string]any(nil)
	if len(labels) > 0 { // null would remove those it has
		metadata["labels"] = labels
	}
	if len(template) > 0 {
		spec = map[string]any{"template": map[string]any{"metadata": map[string]any{"labels": template}}}
	}
	return a.patchMetadata(ctx, kind, object, metadata, spec)
}

// patchMetadata changes the very version of an object that the caller has seen.
func (a *Applier) patchMetadata(ctx context.Context, kind string, object client.Object, metadata, spec map[string]any) error {
	metadata["uid"], metadata["resourceVersion"] = object.GetUID(), object.GetResourceVersion()
	body := map[string]any{"metadata": metadata}
	if spec != nil {
		body["spec"] = spec
	}
	patch, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the patch of %s %q: %w", kind, object.GetName(), err)
	}
	target := &metav1.PartialObjectMetadata{}
	target.SetGroupVersionKind(kinds[kind])
	target.SetNamespace(object.GetNamespace())
	target.SetName(object.GetName())
	err = a.client.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch),
		client.FieldOwner(v1alpha1.FieldOwner), client.DisableReadYourWritesConsistency)
	return Classify(kind, object.GetName(), client.IgnoreNotFound(err))
}
