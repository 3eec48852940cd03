package observe

import (
	"context"
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/adopt"
)

// Snapshot is what there is of an App. A nil object does not exist, as far as
// the caches know. Nothing in it may be changed: it is shared with the caches.
type Snapshot struct {
	// Releases are the App's Releases, in order of their numbers.
	Releases   []v1alpha1.Release
	Deployment *appsv1.Deployment
	Service    *corev1.Service
	Autoscaler *autoscalingv2.HorizontalPodAutoscaler
	Budget     *policyv1.PodDisruptionBudget
	// ConfigMaps and Secrets are the metadata of the App's own, by name.
	ConfigMaps map[string]metav1.PartialObjectMetadata
	Secrets    map[string]metav1.PartialObjectMetadata
	// Pods carry the App's label.
	Pods []corev1.Pod
	// Nodes tells of each node, by name, whether it is ready. It is nil where
	// no pod is in trouble, then nobody asks, and where nobody may ask.
	Nodes map[string]bool
}

// Read reads a Snapshot of an App, with the nodes where they may be read.
func Read(ctx context.Context, reader client.Reader, app *v1alpha1.App, nodes bool) (Snapshot, error) {
	var s Snapshot
	steps := []struct {
		kind string
		read func() error
	}{
		{"Releases", func() error { return s.readReleases(ctx, reader, app) }},
		{"Deployment", func() (err error) { s.Deployment, err = get(ctx, reader, app, &appsv1.Deployment{}); return }},
		{"Service", func() (err error) { s.Service, err = get(ctx, reader, app, &corev1.Service{}); return }},
		{"HorizontalPodAutoscaler", func() (err error) {
			s.Autoscaler, err = get(ctx, reader, app, &autoscalingv2.HorizontalPodAutoscaler{})
			return
		}},
		{"PodDisruptionBudget", func() (err error) { s.Budget, err = get(ctx, reader, app, &policyv1.PodDisruptionBudget{}); return }},
		{"ConfigMaps", func() (err error) { s.ConfigMaps, err = metadata(ctx, reader, app, "ConfigMapList"); return }},
		{"Secrets", func() (err error) { s.Secrets, err = metadata(ctx, reader, app, "SecretList"); return }},
		{"Pods", func() error { return s.readPods(ctx, reader, app, nodes) }},
	}
	for _, step := range steps {
		if err := step.read(); err != nil {
			return Snapshot{}, fmt.Errorf("read %s: %w", step.kind, err)
		}
	}
	return s, nil
}

func get[T client.Object](ctx context.Context, reader client.Reader, app *v1alpha1.App, object T) (T, error) {
	var none T
	err := reader.Get(ctx, client.ObjectKeyFromObject(app), object)
	// Somebody else's object is not a child of the App, whatever its labels:
	// applying a child of that name finds out and says so.
	if apierrors.IsNotFound(err) || err == nil && !metav1.IsControlledBy(object, app) {
		return none, nil
	}
	return object, err
}

func (s *Snapshot) readReleases(ctx context.Context, reader client.Reader, app *v1alpha1.App) error {
	list := &v1alpha1.ReleaseList{}
	if err := reader.List(ctx, list, ofApp(app)...); err != nil {
		return err
	}
	for _, release := range list.Items {
		// A namesake that was deleted a moment ago may have left Releases.
		if metav1.IsControlledBy(&release, app) && release.DeletionTimestamp.IsZero() {
			s.Releases = append(s.Releases, release)
		}
	}
	sortReleases(s.Releases)
	return nil
}

func sortReleases(releases []v1alpha1.Release) {
	slices.SortFunc(releases, func(a, b v1alpha1.Release) int { return int(a.Spec.Number - b.Spec.Number) })
}

func (s *Snapshot) readPods(ctx context.Context, reader client.Reader, app *v1alpha1.App, withNodes bool) error {
	list := &corev1.PodList{}
	if err := reader.List(ctx, list, ofApp(app)...); err != nil {
		return err
	}
	s.Pods = list.Items
	slices.SortFunc(s.Pods, func(a, b corev1.Pod) int { return compareNames(a.Name, b.Name) })
	if !withNodes || !slices.ContainsFunc(s.Pods, inTrouble) {
		return nil
	}
	nodes := &corev1.NodeList{}
	if err := reader.List(ctx, nodes); err != nil {
		return fmt.Errorf("read Nodes: %w", err)
	}
	s.Nodes = map[string]bool{}
	for _, node := range nodes.Items {
		s.Nodes[node.Name] = isTrue(node.Status.Conditions, corev1.NodeReady)
	}
	return nil
}

func metadata(ctx context.Context, reader client.Reader, app *v1alpha1.App, kind string) (map[string]metav1.PartialObjectMetadata, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
	if err := reader.List(ctx, list, ofApp(app)...); err != nil {
		return nil, err
	}
	byName := make(map[string]metav1.PartialObjectMetadata, len(list.Items))
	for _, item := range list.Items {
		if metav1.IsControlledBy(&item, app) {
			byName[item.Name] = item
		}
	}
	return byName, nil
}

// Left is what an App of the same name has left behind that was deleted without
// it, but its Deployment and what stands around that.
type Left struct {
	Releases            []v1alpha1.Release
	ConfigMaps, Secrets []metav1.PartialObjectMetadata
}

// LeftBehind reads what an App of the same name has left behind.
func LeftBehind(ctx context.Context, reader client.Reader, app *v1alpha1.App) (Left, error) {
	var left Left
	for kind, found := range map[string]*[]metav1.PartialObjectMetadata{"ConfigMap": &left.ConfigMaps, "Secret": &left.Secrets} {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind + "List"))
		if err := reader.List(ctx, list, ofApp(app)...); err != nil {
			return Left{}, fmt.Errorf("read %ss: %w", kind, err)
		}
		for i := range list.Items {
			if adopt.Left(app.Name, &list.Items[i]) {
				*found = append(*found, list.Items[i])
			}
		}
	}
	releases := &v1alpha1.ReleaseList{}
	if err := reader.List(ctx, releases, ofApp(app)...); err != nil {
		return Left{}, fmt.Errorf("read Releases: %w", err)
	}
	for i := range releases.Items {
		if adopt.Left(app.Name, &releases.Items[i]) {
			left.Releases = append(left.Releases, releases.Items[i])
		}
	}
	return left, nil
}

// Any tells that there is something.
func (l Left) Any() bool { return len(l.ConfigMaps)+len(l.Secrets)+len(l.Releases) > 0 }

// Objects is all of it, what a Release is made of before the Release.
func (l Left) Objects() []*metav1.PartialObjectMetadata {
	var all []*metav1.PartialObjectMetadata
	add := func(kind string, object *metav1.ObjectMeta) {
		all = append(all, &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{Kind: kind}, ObjectMeta: *object})
	}
	for i := range l.ConfigMaps {
		add("ConfigMap", &l.ConfigMaps[i].ObjectMeta)
	}
	for i := range l.Secrets {
		add("Secret", &l.Secrets[i].ObjectMeta)
	}
	for i := range l.Releases {
		add("Release", &l.Releases[i].ObjectMeta)
	}
	return all
}

// With is the Snapshot as it will be once the App owns what was left behind.
func (s Snapshot) With(left Left) Snapshot {
	s.Releases = append(slices.Clone(s.Releases), left.Releases...)
	sortReleases(s.Releases)
	s.ConfigMaps, s.Secrets = withAll(s.ConfigMaps, left.ConfigMaps), withAll(s.Secrets, left.Secrets)
	return s
}

func withAll(have map[string]metav1.PartialObjectMetadata, more []metav1.PartialObjectMetadata) map[string]metav1.PartialObjectMetadata {
	all := maps.Clone(have)
	for _, object := range more {
		all[object.Name] = object
	}
	return all
}

// AppIndex is the cache index over the label that everything of an App
// carries: without it a list would look at every object of the namespace.
const AppIndex = "bowline.dev/app"

// IndexApp is the index function of AppIndex.
func IndexApp(object client.Object) []string {
	if app := object.GetLabels()[v1alpha1.LabelApp]; app != "" {
		return []string{app}
	}
	return nil
}

func ofApp(app *v1alpha1.App) []client.ListOption {
	return []client.ListOption{client.InNamespace(app.Namespace), client.MatchingFields{AppIndex: app.Name}}
}

func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
