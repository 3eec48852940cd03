package operator_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Children returns everything in the namespace of the kinds that the operator
// makes, whoever made it, as "Kind name" and by that in order.
func (s *Scene) Children() []client.Object {
	var found []client.Object
	for _, list := range append(children(), &v1alpha1.ReleaseList{}) {
		s.Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace))).To(Succeed())
		items, err := meta.ExtractList(list)
		s.Expect(err).NotTo(HaveOccurred())
		for _, item := range items {
			if object := item.(client.Object); object.GetName() != "kube-root-ca.crt" {
				found = append(found, object)
			}
		}
	}
	slices.SortFunc(found, func(a, b client.Object) int { return strings.Compare(called(a), called(b)) })
	return found
}

// called returns "Kind name" of an object.
func called(object client.Object) string {
	gvk, err := apiutil.GVKForObject(object, api.Scheme())
	if err != nil {
		return err.Error()
	}
	return gvk.Kind + " " + object.GetName()
}

func names(objects []client.Object) []string {
	out := []string{}
	for _, object := range objects {
		out = append(out, called(object))
	}
	return out
}

// Picture is what children say and hold, by "Kind name": all that is not
// status, version or bookkeeping of controllers.
func (s *Scene) Picture() map[string]string {
	picture := map[string]string{}
	for _, object := range s.Children() {
		if _, isRelease := object.(*v1alpha1.Release); isRelease {
			continue
		}
		picture[called(object)] = s.looks(object)
	}
	return picture
}

// looks returns an object's labels, annotations, owners and content as JSON.
func (s *Scene) looks(object client.Object) string {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	s.Expect(err).NotTo(HaveOccurred())
	delete(fields, "status")
	if spec, ok := fields["spec"].(map[string]any); ok {
		delete(spec, "clusterIP") // of a Service, by the API server
		delete(spec, "clusterIPs")
	}
	annotations := maps.Clone(object.GetAnnotations())
	delete(annotations, "deployment.kubernetes.io/revision") // counts rollouts
	fields["metadata"] = map[string]any{"labels": object.GetLabels(), "annotations": annotations, "owners": object.GetOwnerReferences()}
	text, err := json.Marshal(fields)
	s.Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// LooksAgain tells that everything of an earlier picture is there again, to the
// byte.
func (s *Scene) LooksAgain(before map[string]string) {
	now := s.Picture()
	for child, looked := range before {
		s.Expect(now).To(HaveKeyWithValue(child, looked))
	}
}

// owner is the reference of everything an App owns.
func (a *App) owner() metav1.OwnerReference {
	return *metav1.NewControllerRef(a.Live(), v1alpha1.GroupVersion.WithKind("App"))
}

// Config returns the content of the ConfigMap that the Deployment's pods take
// LOG_LEVEL from.
func (a *App) Config() map[string]string {
	for _, env := range a.Container().Env {
		if env.Name == "LOG_LEVEL" {
			return a.ConfigMap(env.ValueFrom.ConfigMapKeyRef.Name).Data
		}
	}
	return nil
}

// ConfigMap returns a ConfigMap.
func (s *Scene) ConfigMap(name string) *corev1.ConfigMap {
	object := &corev1.ConfigMap{}
	s.Expect(api.Get(s.ctx, s.key(name), object)).To(Succeed())
	return object
}

// Secret returns a Secret.
func (s *Scene) Secret(name string) *corev1.Secret {
	object := &corev1.Secret{}
	s.Expect(api.Get(s.ctx, s.key(name), object)).To(Succeed())
	return object
}

// NewConfigMap is a ConfigMap with one entry.
func NewConfigMap(name, key, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{key: value}}
}

// NewSecret is a Secret with one entry, which has the canary in it.
func NewSecret(name, key, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string][]byte{key: canary.Marks(value)}}
}

// Edit changes an object of the scene's namespace as its present version asks.
func Edit[T client.Object](s *Scene, object T, name string, change func(T)) {
	s.Step("edit " + called(object) + name)
	s.Eventually(func() error {
		if err := api.Get(s.ctx, s.key(name), object); err != nil {
			return err
		}
		change(object)
		return api.Update(s.ctx, object)
	}).WithContext(s.ctx).WithTimeout(soon).WithPolling(20 * time.Millisecond).Should(Succeed())
}

// Remove deletes an object of the scene's namespace.
func (s *Scene) Remove(object client.Object, name string, options ...client.DeleteOption) {
	object.SetName(name)
	object.SetNamespace(s.Namespace)
	s.Step("delete " + called(object))
	s.Expect(api.Delete(s.ctx, object, options...)).To(Succeed())
}

// firstPod returns when a pod of a Release was first seen for which a condition
// holds.
func (a *App) firstPod(release string, holds func(*corev1.Pod) bool) time.Time {
	var first time.Time
	for _, v := range world.all("Pod", a.Namespace) {
		pod := v.object.(*corev1.Pod)
		if pod.Labels[v1alpha1.LabelApp] != a.Name || pod.Labels[v1alpha1.LabelRelease] != release || !holds(pod) {
			continue
		}
		if first.IsZero() || v.seen.Before(first) {
			first = v.seen
		}
	}
	a.Expect(first).NotTo(BeZero(), "a pod of Release %s of that kind", release)
	return first
}

// firstRelease returns when a Release was first seen for which a condition
// holds.
func (a *App) firstRelease(name string, holds func(*v1alpha1.Release) bool) time.Time {
	for _, v := range world.of(a.release(name)) {
		if holds(v.object.(*v1alpha1.Release)) {
			return v.seen
		}
	}
	a.Expect(name).To(BeEmpty(), "a version of the Release of that kind was seen")
	return time.Time{}
}

func (a *App) release(name string) *v1alpha1.Release {
	release := &v1alpha1.Release{}
	a.Expect(api.Get(a.ctx, a.key(name), release)).To(Succeed())
	return release
}

// firstDeployment returns when the Deployment was first seen with a condition.
func (a *App) firstDeployment(holds func(*appsv1.Deployment) bool) time.Time {
	for _, v := range world.of(a.Deployment()) {
		if holds(v.object.(*appsv1.Deployment)) {
			return v.seen
		}
	}
	a.Expect(true).To(BeFalse(), "no version of the Deployment of that kind was seen")
	return time.Time{}
}

func failed(r *v1alpha1.Release) bool {
	return conditionOf(r.Status.Conditions, v1alpha1.ConditionHealthy).Status == metav1.ConditionFalse
}

func waits(pod *corev1.Pod) bool {
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Waiting != nil && c.State.Waiting.Reason != "ContainerCreating" {
			return true
		}
	}
	return false
}

func ended(pod *corev1.Pod) bool {
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Terminated != nil || c.LastTerminationState.Terminated != nil {
			return true
		}
	}
	return false
}
