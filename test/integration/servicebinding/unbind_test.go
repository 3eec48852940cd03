package servicebinding_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

var _ = Describe("Unbinding", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
	})
	everything := spec(func(b *servicebindingv1.ServiceBindingSpec) {
		b.Type, b.Provider = "t", "p"
		b.Env = []servicebindingv1.EnvMapping{{Name: "T", Key: "type"}, {Name: "PASSWORD", Key: "password"}}
	})

	It("by deletion restores the workload to the letter", func() {
		s.Deployment("shop")
		before := s.Picture("shop")
		s.Bind("orders", "orders-secret", "shop", everything)
		s.Bind("more", "orders-secret", "shop")
		s.Ready("orders", "more")
		Expect(s.Get("orders").Finalizers).To(Equal([]string{"bowline.dev/unbind"}))
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(HaveLen(1))
		Expect(s.Workload("shop").Spec.Template.Spec.Containers[0].Env).To(HaveLen(2), "the root stays as long as a binding does")
		s.Delete(&servicebindingv1.ServiceBinding{}, "more")
		Expect(s.Picture("shop")).To(Equal(before))
	})

	It("keeps what others changed meanwhile", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", everything)
		s.Ready("orders")
		change := func(d *appsv1.Deployment) {
			d.Annotations["team"] = "red"
			d.Spec.Template.Spec.Containers[1].Image = "registry.example/sidecar:2"
			d.Spec.Template.Spec.Containers = append(d.Spec.Template.Spec.Containers, corev1.Container{Name: "new", Image: "registry.example/new:1"})
			d.Spec.Template.Spec.Volumes = append(d.Spec.Template.Spec.Volumes, corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
		}
		edit(s, &appsv1.Deployment{}, "shop", change)
		Eventually(func() []corev1.EnvVar { return s.Workload("shop").Spec.Template.Spec.Containers[2].Env }).WithTimeout(soon).ShouldNot(BeEmpty(), "the new container is bound too")
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")

		other := newScene(s.ctx)
		other.Deployment("shop")
		edit(other, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) {
			d.Annotations = map[string]string{}
			change(d)
		})
		Expect(s.Picture("shop")).To(Equal(other.Picture("shop")))
	})

	It("follows a change of the workload's name", func() {
		s.Deployment("shop")
		s.Deployment("cart")
		before := s.Picture("shop")
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		s.ChangeBinding("orders", spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Workload.Name = "cart" }))
		s.Says("orders", `True Bound: Secret "orders-secret" is projected into Deployment "cart"`)
		Expect(s.Picture("shop")).To(Equal(before))
	})

	It("happens though the service and the Secret are gone", func() {
		s.Deployment("shop")
		before := s.Picture("shop")
		s.Service("Postgres", "orders", "orders-secret")
		s.Bind("orders", "", "shop", service("Postgres", "orders"))
		s.Ready("orders")
		s.Delete(s.object("db.example.com/v1", "Postgres", "orders"), "orders")
		s.Delete(&corev1.Secret{}, "orders-secret")
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		Expect(s.Picture("shop")).To(Equal(before))
	})

	It("happens though the selector cannot be followed any more", func() {
		s.Deployment("shop", labeled("tier", "one"))
		before := s.Picture("shop")
		s.Bind("orders", "orders-secret", "", selecting(metav1.LabelSelector{MatchLabels: map[string]string{"tier": "one"}}))
		s.Ready("orders")
		s.ChangeBinding("orders", selecting(metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "Like", Values: []string{"o*"}}}}))
		s.Says("orders", `False SpecInvalid: spec.workload.selector: "Like" is not a valid label selector operator`)
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(HaveLen(1), "what is bound stays bound until it is clear what is meant")
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		Expect(s.Picture("shop")).To(Equal(before))
	})

	It("is not in the way of a ServiceBinding that never was bound, nor of a workload that is gone", func() {
		s.Bind("never", "nowhere", "shop")
		s.Says("never", `False SecretNotFound: Secret "nowhere" does not exist in this namespace, which spec.service names: create it, or correct the name`)
		Expect(s.Get("never").Finalizers).To(BeEmpty())
		s.Delete(&servicebindingv1.ServiceBinding{}, "never")
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		s.Delete(&appsv1.Deployment{}, "shop")
		s.Says("orders", `False WorkloadNotFound: Deployment "shop" does not exist in this namespace: create it, or correct spec.workload.name`)
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
	})

	It("is not in the way of a namespace that goes", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		Expect(api.Delete(s.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.Namespace}})).To(Succeed())
		Eventually(func() error { return api.Get(s.ctx, client.ObjectKey{Name: s.Namespace}, &corev1.Namespace{}) }).
			WithTimeout(2 * soon).Should(MatchError(ContainSubstring("not found")))
	})

	It("puts a finalizer back that somebody took away", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		s.ChangeBinding("orders", func(b *servicebindingv1.ServiceBinding) { b.Finalizers = nil })
		Eventually(func() []string { return s.Get("orders").Finalizers }).WithTimeout(soon).Should(Equal([]string{"bowline.dev/unbind"}))
	})

	It("and binding anew under the same name restarts nothing that need not be", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		bound := s.Workload("shop").Spec.Template
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		Expect(s.Workload("shop").Spec.Template).To(Equal(bound))
	})
})
