package offline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/kinds"
	"github.com/bowline-dev/bowline/internal/release"
)

// Given is an object beside an App.
type Given struct {
	fields *unstructured.Unstructured
	typed  client.Object // a ConfigMap or Secret
}

// Namespace is the object's namespace, empty where it names none.
func (g *Given) Namespace() string { return g.fields.GetNamespace() }

// Give takes an object that an App may refer to.
func Give(object *unstructured.Unstructured) (*Given, error) {
	g := &Given{fields: object}
	if object.GetAPIVersion() != "v1" {
		return g, nil
	}
	switch object.GetKind() {
	case "ConfigMap":
		g.typed = &corev1.ConfigMap{}
	case "Secret":
		g.typed = &corev1.Secret{}
	default:
		return g, nil
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, g.typed); err != nil {
		return nil, fmt.Errorf("read %s %q: the object is not as its kind asks for", object.GetKind(), object.GetName()) // the error might quote a value
	}
	if secret, ok := g.typed.(*corev1.Secret); ok {
		for key, value := range secret.StringData {
			if secret.Data == nil {
				secret.Data = map[string][]byte{}
			}
			secret.Data[key] = []byte(value)
		}
		secret.StringData = nil
	}
	return g, nil
}

// withOffers adds the Secrets with which others reach the Apps that are given.
func withOffers(given []*Given, namespace string) []*Given {
	out := given
	for _, g := range given {
		if g.fields.GroupVersionKind().GroupKind() != appKind {
			continue
		}
		app, err := AppOf(g.fields.Object)
		if err != nil {
			continue // lint tells of it
		}
		namespace := cmp.Or(app.Namespace, namespace)
		service, ok := release.ServiceOf(app.Name, namespace, app.Spec.Ports)
		if !ok {
			continue
		}
		secret := &corev1.Secret{Data: map[string][]byte{}}
		for key, value := range service.Entries() {
			secret.Data[key] = []byte(value)
		}
		fields := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret"}}
		fields.SetName(release.BindingName(app.Name, namespace, app.Spec.Ports))
		fields.SetNamespace(namespace)
		out = append(slices.Clip(out), &Given{fields: fields, typed: secret})
	}
	return out
}

var appKind = v1alpha1.GroupVersion.WithKind("App").GroupKind()

// files answer the questions of package resolve from what was given.
type files struct {
	client.Reader
	namespace string
	given     []*Given
}

func (f *files) find(kind schema.GroupKind, name string) (int, *Given) {
	for i, g := range f.given {
		if g.fields.GroupVersionKind().GroupKind() == kind && g.fields.GetName() == name && cmp.Or(g.Namespace(), f.namespace) == f.namespace {
			return i, g
		}
	}
	return 0, nil
}

// Get returns a ConfigMap or Secret, or its metadata.
func (f *files) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	kind := "ConfigMap"
	switch object := into.(type) {
	case *metav1.PartialObjectMetadata:
		kind = object.Kind
	case *corev1.Secret:
		kind = "Secret"
	}
	at, found := f.find(schema.GroupKind{Kind: kind}, key.Name)
	if found == nil || found.typed == nil {
		return apierrors.NewNotFound(schema.GroupResource{Resource: kind}, key.Name)
	}
	switch object := into.(type) {
	case *metav1.PartialObjectMetadata:
		object.Name, object.Namespace = key.Name, key.Namespace
		object.UID, object.ResourceVersion = types.UID("given-"+strconv.Itoa(at)), "1"
	case *corev1.Secret:
		found.typed.(*corev1.Secret).DeepCopyInto(object)
	case *corev1.ConfigMap:
		found.typed.(*corev1.ConfigMap).DeepCopyInto(object)
	}
	return nil
}

// Service returns a service. That of an App says which Secret it will hand out.
func (f *files) Service(_ context.Context, kind schema.GroupVersionKind, key types.NamespacedName) (*unstructured.Unstructured, error) {
	_, found := f.find(kind.GroupKind(), key.Name)
	if found == nil {
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, key.Name)
	}
	service := found.fields.DeepCopy()
	if kind.GroupKind() != appKind {
		return service, nil
	}
	app, err := AppOf(service.Object)
	if err != nil {
		return nil, err
	}
	if name := release.BindingName(app.Name, key.Namespace, app.Spec.Ports); name != "" {
		return service, unstructured.SetNestedField(service.Object, name, "status", "binding", "name")
	}
	return service, nil
}

// Polled is false: files do not change.
func (f *files) Polled(kinds.View, schema.GroupVersionKind, string) bool { return false }
