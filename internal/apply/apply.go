package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/maphash"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/adopt"
)

// createOnly is a resource version that no object can have: the first write to
// etcd has a higher one. An apply that carries it creates the object or fails
// with a conflict, never changes one. See docs/decisions/0001.
const createOnly = "1"

// memory bounds how many objects are remembered to be in order.
const memory = 20_000

// Intent is an apply configuration of a namespaced object.
type Intent[T any] interface {
	comparable
	runtime.ApplyConfiguration
	GetKind() *string
	GetName() *string
	GetNamespace() *string
	WithAnnotations(map[string]string) T
	WithUID(types.UID) T
	WithResourceVersion(string) T
}

// Applier applies children of Apps.
type Applier struct {
	client  client.Client
	live    client.Reader
	clock   clock.PassiveClock
	inOrder *lru.Cache // UID -> version, to compare each version of an object once
	refused *lru.Cache // child -> refusal, to ask seldom what was refused
}

// New returns an Applier. The client's writes are seen by its own later reads;
// the reader asks the API server.
func New(c client.Client, live client.Reader, clk clock.PassiveClock) *Applier {
	return &Applier{client: c, live: live, clock: clk, inOrder: lru.New(memory), refused: lru.New(memory)}
}

// version is a state of an object that was found in order for an intent.
type version struct {
	resourceVersion string // of an object without generation
	generation      int64
	metadata        uint64
	intent          string
}

// versionOf returns what of an object an intent is compared with: where the API
// server counts changes of the spec, changes of the status do not matter.
func versionOf(live client.Object, intent string) version {
	v := version{generation: live.GetGeneration(), metadata: fingerprint(live), intent: intent}
	if v.generation == 0 {
		v.resourceVersion = live.GetResourceVersion()
	}
	return v
}

// fingerprint stands for the metadata that an intent may state.
func fingerprint(live client.Object) uint64 {
	var sum uint64
	for _, entries := range []map[string]string{live.GetLabels(), live.GetAnnotations()} {
		sum = sum*31 + uint64(len(entries))
		for key, value := range entries { // a sum knows no order
			sum += maphash.String(seed, key) ^ 3*maphash.String(seed, value)
		}
	}
	for _, owner := range live.GetOwnerReferences() {
		sum = sum*31 + maphash.Comparable(seed, owner.UID) + uint64(len(owner.Name))
	}
	return sum
}

var seed = maphash.MakeSeed()

// Child makes a child of the App hold an intent. Live is the child as the
// caches know it, nil when they know none. It tells whether it changed
// anything.
func Child[T Intent[T]](ctx context.Context, a *Applier, app *v1alpha1.App, live client.Object, intent T, opts ...client.ApplyOption) (bool, error) {
	encoded, err := encode(intent)
	if err != nil {
		return false, err
	}
	if live != nil {
		if same, err := a.holds(live, encoded); err != nil || same {
			return false, err
		}
	}
	return send(ctx, a, app, live, intent, encoded.hash, opts...)
}

// send applies an intent: to the live object and no other, or to none.
func send[T Intent[T]](ctx context.Context, a *Applier, app *v1alpha1.App, live client.Object, intent T, hash string, opts ...client.ApplyOption) (bool, error) {
	kind, name := *intent.GetKind(), *intent.GetName()
	if err := a.refusedLately(app, kind, name, hash); err != nil {
		return false, err
	}
	if live != nil {
		intent.WithUID(live.GetUID())
	} else {
		intent.WithResourceVersion(createOnly)
	}
	intent.WithAnnotations(map[string]string{v1alpha1.AnnotationIntent: hash})
	opts = append(opts, client.FieldOwner(v1alpha1.FieldOwner), client.ForceOwnership)
	err := a.client.Apply(ctx, intent, opts...)
	if live == nil && apierrors.IsConflict(err) {
		err = takeOver(ctx, a, app, intent, a.WhoHas(ctx, app, kind, name), opts...)
	} else {
		err = Classify(kind, name, err)
	}
	a.remember(app, kind, name, hash, err)
	return err == nil, err
}

// Copy makes sure that an immutable, content-addressed object exists. It needs
// no comparing: what has the name has the content.
func Copy[T Intent[T]](ctx context.Context, a *Applier, app *v1alpha1.App, intent T) error {
	// These are cached as metadata only: waiting to read the write back would
	// start a cache of their content.
	_, err := Child(ctx, a, app, nil, intent, client.DisableReadYourWritesConsistency)
	return err
}

// Deployment is Child for the Deployment, whose number of pods may belong to a
// HorizontalPodAutoscaler: then the intent does not state it, and seed is the
// number a new Deployment starts with.
//
// The sole owner of a field that stops stating it resets it to its default, a
// single pod. So before the first intent without a number another field owner
// states the number there is, and from then on holds it until the autoscaler
// writes one.
func (a *Applier) Deployment(ctx context.Context, app *v1alpha1.App, live *appsv1.Deployment, intent *appsv1ac.DeploymentApplyConfiguration, seed int32) (bool, error) {
	encoded, err := encode(intent)
	if err != nil {
		return false, err
	}
	if live == nil && intent.Spec.Replicas == nil {
		intent.WithAnnotations(map[string]string{v1alpha1.AnnotationReplicas: "owned"})
		intent.Spec.WithReplicas(seed)
	}
	if live == nil {
		return send(ctx, a, app, nil, intent, encoded.hash)
	}
	if same, err := a.holds(live, encoded); err != nil || same {
		return false, err
	}
	switch {
	case intent.Spec.Replicas != nil && app.Spec.Replicas == nil:
		// The number is the one the caches know: if it has changed since, it is
		// not ours to change back.
		intent.WithResourceVersion(live.ResourceVersion)
	case intent.Spec.Replicas == nil && live.Annotations[v1alpha1.AnnotationReplicas] != "" && live.Spec.Replicas != nil:
		held := *live.Spec.Replicas
		if held == 0 {
			held = seed // an autoscaler does not wake what sleeps
		}
		hold := appsv1ac.Deployment(live.Name, live.Namespace).
			WithUID(live.UID).
			WithResourceVersion(live.ResourceVersion).
			WithSpec(appsv1ac.DeploymentSpec().WithReplicas(held))
		err := a.client.Apply(ctx, hold, client.FieldOwner(v1alpha1.ScaleFieldOwner), client.ForceOwnership)
		if err != nil {
			return false, Classify("Deployment", live.Name, err)
		}
	}
	return send(ctx, a, app, live, intent, encoded.hash)
}

// Delete deletes a child, if it is still the same object.
func (a *Applier) Delete(ctx context.Context, child client.Object, opts ...client.DeleteOption) error {
	uid := child.GetUID()
	opts = append(opts, client.Preconditions{UID: &uid}, client.PropagationPolicy(metav1.DeletePropagationBackground))
	err := a.client.Delete(ctx, child, opts...)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case apierrors.IsConflict(err):
		return ErrStale
	case err != nil:
		return fmt.Errorf("delete %T %q: %w", child, child.GetName(), err)
	}
	return nil
}

// holds tells whether an object already has everything an intent says.
func (a *Applier) holds(live client.Object, intent encoded) (bool, error) {
	if live.GetAnnotations()[v1alpha1.AnnotationIntent] != intent.hash {
		return false, nil
	}
	seen := versionOf(live, intent.hash)
	if known, ok := a.inOrder.Get(live.GetUID()); ok && known == seen {
		return true, nil
	}
	wanted, err := intent.fields()
	if err != nil {
		return false, err
	}
	have, err := runtime.DefaultUnstructuredConverter.ToUnstructured(live)
	if err != nil {
		return false, fmt.Errorf("read the fields of %T: %w", live, err)
	}
	if !subset(wanted, have, "") {
		return false, nil
	}
	a.inOrder.Add(live.GetUID(), seen)
	return true, nil
}

// WhoHas finds out why an object could not be created for an App: there is one
// of its name. It returns ErrStale when that is the App's own, only the caches do
// not know yet, or is what a deleted App of the same name has left and what goes
// by itself; and a ConflictError when it is somebody else's.
func (a *Applier) WhoHas(ctx context.Context, app *v1alpha1.App, kind, name string) error {
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(kinds[kind])
	err := a.live.Get(ctx, client.ObjectKey{Namespace: app.Namespace, Name: name}, found)
	switch {
	case apierrors.IsNotFound(err):
		return ErrStale
	case err != nil:
		return fmt.Errorf("look who has %s %q: %w", kind, name, err)
	}
	owner := metav1.GetControllerOf(found)
	switch {
	case owner == nil:
		return &ConflictError{
			Kind: kind, Namespace: app.Namespace, Name: name,
			Free: aroundPods[kind] || kind == "Deployment" || adopt.Left(app.Name, found),
			uid:  found.UID, resourceVersion: found.ResourceVersion,
		}
	case owner.UID == app.UID && found.Labels[v1alpha1.LabelApp] != app.Name:
		return a.relabel(ctx, app, found)
	case owner.Kind == "App" && owner.APIVersion == v1alpha1.GroupVersion.String() && owner.Name == app.Name:
		return ErrStale
	}
	return &ConflictError{
		Kind: kind, Namespace: app.Namespace, Name: name,
		Owner: fmt.Sprintf("%s %q (UID %s)", owner.Kind, owner.Name, owner.UID),
	}
}

// relabel gives an object of the App its label back, without which the caches do
// not show it. All else is put right once they do.
func (a *Applier) relabel(ctx context.Context, app *v1alpha1.App, object *metav1.PartialObjectMetadata) error {
	patch := fmt.Sprintf(`{"metadata":{"uid":%q,"labels":{%q:%q}}}`, object.UID, v1alpha1.LabelApp, app.Name)
	err := a.client.Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(patch)),
		client.FieldOwner(v1alpha1.FieldOwner), client.DisableReadYourWritesConsistency)
	if err != nil {
		return Classify(object.Kind, object.Name, err)
	}
	return ErrStale
}

// kinds are the kinds of what is made for an App, and for its Deployment.
var kinds = map[string]schema.GroupVersionKind{
	"Release":                 v1alpha1.GroupVersion.WithKind("Release"),
	"ConfigMap":               {Version: "v1", Kind: "ConfigMap"},
	"Secret":                  {Version: "v1", Kind: "Secret"},
	"Service":                 {Version: "v1", Kind: "Service"},
	"Deployment":              {Group: "apps", Version: "v1", Kind: "Deployment"},
	"ReplicaSet":              {Group: "apps", Version: "v1", Kind: "ReplicaSet"},
	"Pod":                     {Version: "v1", Kind: "Pod"},
	"HorizontalPodAutoscaler": {Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"},
	"PodDisruptionBudget":     {Group: "policy", Version: "v1", Kind: "PodDisruptionBudget"},
}

// encoded is an intent as JSON, and the hash that identifies it.
type encoded struct {
	json []byte
	hash string
}

func encode(intent any) (encoded, error) {
	text, err := json.Marshal(intent)
	if err != nil {
		return encoded{}, fmt.Errorf("encode %T: %w", intent, err)
	}
	sum := sha256.Sum256(text)
	return encoded{text, hex.EncodeToString(sum[:8])}, nil
}

// fields returns what an intent says of an object of a known kind.
func (e encoded) fields() (map[string]any, error) {
	var out map[string]any
	if err := json.Unmarshal(e.json, &out); err != nil {
		return nil, fmt.Errorf("decode an intent: %w", err)
	}
	// The caches drop an object's kind.
	delete(out, "kind")
	delete(out, "apiVersion")
	return out, nil
}
