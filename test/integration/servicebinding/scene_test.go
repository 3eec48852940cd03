package servicebinding_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/test/harness"
)

// Scene is where a spec plays: a namespace of its own.
type Scene struct {
	ctx       context.Context //nolint:containedctx // a scene lives as long as its spec
	Namespace string
}

// newScene opens a namespace for a spec.
func newScene(ctx context.Context) *Scene {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "scene-"}}
	Expect(api.Create(ctx, namespace)).To(Succeed())
	// A scene outlives the node that opens it.
	return &Scene{ctx: context.WithoutCancel(ctx), Namespace: namespace.Name}
}

// Apply creates objects of a manifest.
func (s *Scene) Apply(manifest string) {
	GinkgoHelper()
	for _, document := range strings.Split(manifest, "\n---\n") {
		object := &unstructured.Unstructured{}
		Expect(yaml.Unmarshal([]byte(document), &object.Object)).To(Succeed())
		object.SetNamespace(s.Namespace)
		Expect(api.Create(s.ctx, object)).To(Succeed())
	}
}

// Refused tries to create an object and returns what the API server says.
func (s *Scene) Refused(manifest string) string {
	GinkgoHelper()
	object := &unstructured.Unstructured{}
	Expect(yaml.Unmarshal([]byte(manifest), &object.Object)).To(Succeed())
	object.SetNamespace(s.Namespace)
	err := api.Create(s.ctx, object)
	Expect(err).To(HaveOccurred())
	return err.Error()
}

// Secret creates a Secret of pairs of key and value.
func (s *Scene) Secret(name string, pairs ...string) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.Namespace}, StringData: map[string]string{harness.CanaryEntry: hidden}}
	for i := 0; i < len(pairs); i += 2 {
		secret.StringData[pairs[i]] = pairs[i+1]
	}
	Expect(api.Create(s.ctx, secret)).To(Succeed())
}

// Database creates a Secret that a binding can do with.
func (s *Scene) Database(name string) {
	GinkgoHelper()
	s.Secret(name, "type", "db", "username", "foo", "password", hidden+"-bar")
}

// Service creates a Provisioned Service; without a Secret it is not ready.
func (s *Scene) Service(kind, name, secret string) {
	GinkgoHelper()
	service := s.object("db.example.com/v1", kind, name)
	service.Object["spec"] = map[string]any{"size": "small"}
	if kind != "Postgres" && secret != "" {
		service.Object["status"] = map[string]any{"binding": map[string]any{"name": secret}}
	}
	Expect(api.Create(s.ctx, service)).To(Succeed())
	if kind == "Postgres" && secret != "" {
		s.Provision(kind, name, secret)
	}
}

// Provision lets a service name its Secret.
func (s *Scene) Provision(kind, name, secret string) {
	GinkgoHelper()
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"status":{"binding":{"name":%q}}}`, secret))
	service := s.object("db.example.com/v1", kind, name)
	if kind == "Postgres" {
		Expect(api.Status().Patch(s.ctx, service, patch)).To(Succeed())
		return
	}
	Expect(api.Patch(s.ctx, service, patch)).To(Succeed())
}

func (s *Scene) object(apiVersion, kind, name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	object.SetName(name)
	object.SetNamespace(s.Namespace)
	return object
}

// Deployment creates a Deployment with an init container, a container with a
// variable and one with nothing.
func (s *Scene) Deployment(name string, change ...func(*appsv1.Deployment)) {
	GinkgoHelper()
	Expect(api.Create(s.ctx, s.deployment(name, change...))).To(Succeed())
}

func (s *Scene) deployment(name string, change ...func(*appsv1.Deployment)) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.Namespace, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					TerminationGracePeriodSeconds: new(int64),
					InitContainers:                []corev1.Container{{Name: "migrate", Image: "registry.example/shop:1"}},
					Containers: []corev1.Container{
						{Name: "app", Image: "registry.example/shop:1", Env: []corev1.EnvVar{{Name: "LEVEL", Value: "info"}}},
						{Name: "sidecar", Image: "registry.example/sidecar:1"},
					},
				},
			},
		},
	}
	for _, c := range change {
		c(d)
	}
	return d
}

// root sets SERVICE_BINDING_ROOT of every container.
func root(variable corev1.EnvVar) func(*appsv1.Deployment) {
	variable.Name = "SERVICE_BINDING_ROOT"
	return func(d *appsv1.Deployment) {
		pod := &d.Spec.Template.Spec
		for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
			for i := range containers {
				containers[i].Env = append(containers[i].Env, variable)
			}
		}
	}
}

func labeled(key, value string) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) {
		d.Labels = maps.Clone(d.Labels)
		d.Labels[key] = value
	}
}

// Bind creates a ServiceBinding of a Secret and a Deployment, unless changed.
func (s *Scene) Bind(name, secret, deployment string, change ...func(*servicebindingv1.ServiceBinding)) {
	GinkgoHelper()
	Expect(api.Create(s.ctx, s.binding(name, secret, deployment, change...))).To(Succeed())
}

func (s *Scene) binding(name, secret, deployment string, change ...func(*servicebindingv1.ServiceBinding)) *servicebindingv1.ServiceBinding {
	b := &servicebindingv1.ServiceBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.Namespace},
		Spec: servicebindingv1.ServiceBindingSpec{
			Service:  servicebindingv1.ServiceBindingServiceReference{APIVersion: "v1", Kind: "Secret", Name: secret},
			Workload: servicebindingv1.ServiceBindingWorkloadReference{APIVersion: "apps/v1", Kind: "Deployment", Name: deployment},
		},
	}
	for _, c := range change {
		c(b)
	}
	return b
}

func service(kind, name string) func(*servicebindingv1.ServiceBinding) {
	return func(b *servicebindingv1.ServiceBinding) {
		b.Spec.Service = servicebindingv1.ServiceBindingServiceReference{APIVersion: "db.example.com/v1", Kind: kind, Name: name}
	}
}

func workload(apiVersion, kind, name string) func(*servicebindingv1.ServiceBinding) {
	return func(b *servicebindingv1.ServiceBinding) {
		b.Spec.Workload.APIVersion, b.Spec.Workload.Kind, b.Spec.Workload.Name = apiVersion, kind, name
	}
}

func selecting(selector metav1.LabelSelector) func(*servicebindingv1.ServiceBinding) {
	return func(b *servicebindingv1.ServiceBinding) {
		b.Spec.Workload.Name, b.Spec.Workload.Selector = "", &selector
	}
}

func spec(change func(*servicebindingv1.ServiceBindingSpec)) func(*servicebindingv1.ServiceBinding) {
	return func(b *servicebindingv1.ServiceBinding) { change(&b.Spec) }
}

// ChangeBinding changes a ServiceBinding.
func (s *Scene) ChangeBinding(name string, change func(*servicebindingv1.ServiceBinding)) {
	GinkgoHelper()
	edit(s, &servicebindingv1.ServiceBinding{}, name, change)
}

// edit changes an object, and tries again when somebody was faster.
func edit[T client.Object](s *Scene, object T, name string, change func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, object); err != nil {
			return err
		}
		change(object)
		return api.Update(s.ctx, object)
	}).WithTimeout(soon).Should(Succeed())
}

// Get reads a ServiceBinding.
func (s *Scene) Get(name string) *servicebindingv1.ServiceBinding {
	GinkgoHelper()
	b := &servicebindingv1.ServiceBinding{}
	Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, b)).To(Succeed())
	return b
}

// said is what a condition says of the newest spec, empty if it says nothing.
func said(b *servicebindingv1.ServiceBinding, condition string) string {
	c := meta.FindStatusCondition(b.Status.Conditions, condition)
	if c == nil || b.Status.ObservedGeneration != b.Generation || c.ObservedGeneration != b.Generation {
		return ""
	}
	return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
}

// Says waits until Ready says something.
func (s *Scene) Says(name, ready string) {
	GinkgoHelper()
	s.SaysWithin(soon, name, ready)
}

// SaysWithin waits no longer than some time until Ready says something.
func (s *Scene) SaysWithin(timeout time.Duration, name, ready string) {
	GinkgoHelper()
	Eventually(func() string { return said(s.Get(name), servicebindingv1.ConditionReady) }).
		WithContext(s.ctx).WithTimeout(timeout).WithPolling(50 * time.Millisecond).Should(Equal(ready))
}

// Ready waits until a ServiceBinding is ready.
func (s *Scene) Ready(names ...string) {
	GinkgoHelper()
	for _, name := range names {
		Eventually(func() string { return said(s.Get(name), servicebindingv1.ConditionReady) }).
			WithContext(s.ctx).WithTimeout(soon).WithPolling(50 * time.Millisecond).Should(HavePrefix("True Bound: "))
	}
}

// Workload reads a Deployment.
func (s *Scene) Workload(name string) *appsv1.Deployment {
	GinkgoHelper()
	d := &appsv1.Deployment{}
	Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, d)).To(Succeed())
	return d
}

// Picture is all that a Deployment asks for and says of itself, but not what
// the control plane writes.
func (s *Scene) Picture(name string) string {
	GinkgoHelper()
	d := s.Workload(name)
	annotations := maps.Clone(d.Annotations)
	delete(annotations, "deployment.kubernetes.io/revision")
	if len(annotations) == 0 {
		annotations = nil
	}
	out, err := yaml.Marshal(map[string]any{"labels": d.Labels, "annotations": annotations, "spec": d.Spec})
	Expect(err).NotTo(HaveOccurred())
	return string(out)
}

// Delete deletes an object and waits until it is gone.
func (s *Scene) Delete(object client.Object, name string) {
	GinkgoHelper()
	object.SetNamespace(s.Namespace)
	object.SetName(name)
	Expect(api.Delete(s.ctx, object)).To(Succeed())
	Eventually(func() error { return api.Get(s.ctx, client.ObjectKeyFromObject(object), object) }).
		WithContext(s.ctx).WithTimeout(soon).WithPolling(50 * time.Millisecond).Should(MatchError(ContainSubstring("not found")))
}

// Revisions counts the ReplicaSets of a Deployment: each is one rollout.
func (s *Scene) Revisions(name string) int {
	GinkgoHelper()
	list := &appsv1.ReplicaSetList{}
	Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace), client.MatchingLabels{"app": name})).To(Succeed())
	return len(list.Items)
}

// RolledOut waits until a Deployment runs its newest template.
func (s *Scene) RolledOut(name string) {
	GinkgoHelper()
	Eventually(func() bool {
		d := s.Workload(name)
		return d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedReplicas == 1 && d.Status.AvailableReplicas == 1 && d.Status.Replicas == 1
	}).WithContext(s.ctx).WithTimeout(time.Minute).WithPolling(100 * time.Millisecond).Should(BeTrue())
}

// Pod returns a pod of a Deployment that runs its newest template.
func (s *Scene) Pod(name string) *corev1.Pod {
	GinkgoHelper()
	s.RolledOut(name)
	list := &corev1.PodList{}
	Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace), client.MatchingLabels{"app": name})).To(Succeed())
	i := slices.IndexFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp.IsZero() })
	Expect(i).NotTo(BeNumerically("<", 0), "Deployment %s has no pod", name)
	return &list.Items[i]
}

func unstructuredOf(value any) map[string]any {
	GinkgoHelper()
	text, err := yaml.Marshal(value)
	Expect(err).NotTo(HaveOccurred())
	var out map[string]any
	Expect(yaml.Unmarshal(text, &out)).To(Succeed())
	return out
}

// kubectlApply applies a manifest as people do, with a tag of the image.
func (s *Scene) kubectlApply(manifest, tag string) {
	GinkgoHelper()
	path := filepath.Join(GinkgoT().TempDir(), "manifest.json")
	Expect(os.WriteFile(path, fmt.Appendf(nil, manifest, tag), 0o600)).To(Succeed())
	kubectl(s.ctx, "apply", "-n", s.Namespace, "-f", path)
}
