// Package view reads what there is of an App, and tells when that changes.
package view

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// View is what there is of an App at one time.
type View struct {
	App *v1alpha1.App
	// Releases are the App's Releases, in order of their numbers.
	Releases []v1alpha1.Release
	// ReplicaSets and Pods are those of the App, the oldest first.
	ReplicaSets []appsv1.ReplicaSet
	Pods        []corev1.Pod
	// Hidden are kinds that may not be read.
	Hidden []string
}

// Read reads a View of an App. Who may not read pods still sees the App.
func Read(ctx context.Context, reader client.Reader, key client.ObjectKey) (*View, error) {
	app, err := App(ctx, reader, key)
	if err != nil {
		return nil, err
	}
	v := &View{App: app}
	if v.Releases, err = Releases(ctx, reader, app); err != nil {
		return nil, err
	}
	sets, pods := &appsv1.ReplicaSetList{}, &corev1.PodList{}
	for _, list := range []struct {
		kind string
		into client.ObjectList
	}{{"ReplicaSets", sets}, {"Pods", pods}} {
		switch err := reader.List(ctx, list.into, Of(key)...); {
		case apierrors.IsForbidden(err):
			v.Hidden = append(v.Hidden, list.kind)
		case err != nil:
			return nil, fmt.Errorf("read the %s of App %q: %w", list.kind, key.Name, err)
		}
	}
	v.ReplicaSets, v.Pods = sets.Items, pods.Items
	slices.SortFunc(v.ReplicaSets, func(a, b appsv1.ReplicaSet) int { return older(&a, &b) })
	slices.SortFunc(v.Pods, func(a, b corev1.Pod) int { return older(&a, &b) })
	return v, nil
}

func older(a, b client.Object) int {
	return cmp.Or(a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time), cmp.Compare(a.GetName(), b.GetName()))
}

// Of selects what belongs to an App.
func Of(key client.ObjectKey) []client.ListOption {
	return []client.ListOption{client.InNamespace(key.Namespace), client.MatchingLabels{v1alpha1.LabelApp: key.Name}}
}

// App reads an App.
func App(ctx context.Context, reader client.Reader, key client.ObjectKey) (*v1alpha1.App, error) {
	app := &v1alpha1.App{}
	if err := reader.Get(ctx, key, app); err != nil {
		return nil, Explain(err, key)
	}
	return app, nil
}

// ErrNoApp tells that there is no App of that name.
var ErrNoApp = errors.New("there is no such App")

// Explain says what to do about an App that cannot be read.
func Explain(err error, key client.ObjectKey) error {
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w: %q in namespace %q; `kubectl bowline get` lists those there are, -n names another namespace", ErrNoApp, key.Name, key.Namespace)
	case meta.IsNoMatchError(err):
		return errors.New("this cluster does not know Apps of bowline.dev: install Bowline, or choose another cluster with --context")
	case err != nil && key.Name != "":
		return fmt.Errorf("App %q: %w", key.Name, err)
	}
	return err
}

// Releases reads the Releases of an App, in order of their numbers.
func Releases(ctx context.Context, reader client.Reader, app *v1alpha1.App) ([]v1alpha1.Release, error) {
	list := &v1alpha1.ReleaseList{}
	if err := reader.List(ctx, list, Of(client.ObjectKeyFromObject(app))...); err != nil {
		return nil, fmt.Errorf("read the Releases of App %q: %w", app.Name, err)
	}
	// A namesake that was deleted a moment ago may have left some.
	mine := slices.DeleteFunc(list.Items, func(r v1alpha1.Release) bool { return !metav1.IsControlledBy(&r, app) })
	slices.SortFunc(mine, func(a, b v1alpha1.Release) int { return cmp.Compare(a.Spec.Number, b.Spec.Number) })
	return mine, nil
}
