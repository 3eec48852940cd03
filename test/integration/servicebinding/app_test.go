package servicebinding_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var toApp = workload("bowline.dev/v1alpha1", "App", "shop")

// App makes an App.
func (s *Scene) App(name string, change ...func(*v1alpha1.App)) {
	GinkgoHelper()
	app := &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.Namespace},
		Spec: v1alpha1.AppSpec{
			WorkloadSpec: v1alpha1.WorkloadSpec{Image: "registry.example/shop:1"},
			Replicas:     ptr.To[int32](1), Rollout: v1alpha1.RolloutSpec{BakeSeconds: ptr.To[int32](0)},
		},
	}
	for _, c := range change {
		c(app)
	}
	Expect(api.Create(s.ctx, app)).To(Succeed())
}

// Healthy waits until an App runs a Release that has proved healthy.
func (s *Scene) Healthy(app, release string) {
	GinkgoHelper()
	Eventually(func() v1alpha1.ReleaseRoles {
		object := &v1alpha1.App{}
		Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: app}, object)).To(Succeed())
		return object.Status.Release
	}).WithTimeout(2 * soon).Should(Equal(v1alpha1.ReleaseRoles{Desired: release, Running: release, LastHealthy: release}))
}

var _ = Describe("A ServiceBinding of an App", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
	})

	It("is part of the App's next Release, is Ready with it, and goes with another", func() {
		s.App("shop")
		s.Healthy("shop", "shop-1")
		before := &v1alpha1.App{}
		Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: "shop"}, before)).To(Succeed())
		s.Bind("orders", "orders-secret", "shop", toApp, spec(func(b *servicebindingv1.ServiceBindingSpec) {
			b.Env = []servicebindingv1.EnvMapping{{Name: "PASSWORD", Key: "password"}}
		}))
		s.Ready("orders")
		s.Healthy("shop", "shop-2")
		Expect(s.Get("orders").Status.Binding.Name).To(Equal("orders-secret"))
		pod := s.Workload("shop").Spec.Template.Spec
		Expect(pod.Containers[0].VolumeMounts).To(ConsistOf(HaveField("MountPath", "/bindings/orders")))
		Expect(pod.Containers[0].Env).To(ContainElement(HaveField("Name", "PASSWORD")))
		after := &v1alpha1.App{}
		Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: "shop"}, after)).To(Succeed())
		Expect(after.Spec).To(Equal(before.Spec), "the spec is the person's")
		Expect(after.Generation).To(Equal(before.Generation))

		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		// Without it the inputs are those of the first Release, which has had its
		// time: there is a third.
		s.Healthy("shop", "shop-3")
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(BeEmpty())
	})

	It("that is there before the App is in its first Release", func() {
		s.Bind("orders", "orders-secret", "shop", toApp)
		s.Says("orders", `False WorkloadNotFound: App "shop" does not exist in this namespace: create it, or correct spec.workload.name`)
		s.App("shop")
		s.Ready("orders")
		s.Healthy("shop", "shop-1")
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(HaveLen(1))
		Expect(s.Workload("shop").Annotations["deployment.kubernetes.io/revision"]).To(Equal("1"))
	})

	It("selects Apps by labels, and lets them go", func() {
		s.App("shop", func(a *v1alpha1.App) { a.Labels = map[string]string{"tier": "one"} })
		s.Healthy("shop", "shop-1")
		s.Bind("orders", "orders-secret", "", workload("bowline.dev/v1alpha1", "App", ""), selecting(metav1.LabelSelector{MatchLabels: map[string]string{"tier": "one"}}))
		s.Ready("orders")
		s.Healthy("shop", "shop-2")
		edit(s, &v1alpha1.App{}, "shop", func(a *v1alpha1.App) { a.Labels = nil })
		s.Healthy("shop", "shop-3")
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(BeEmpty())
	})

	It("follows its service to another Secret", func() {
		s.Service("Postgres", "orders", "orders-secret")
		s.App("shop")
		s.Bind("orders", "", "shop", toApp, service("Postgres", "orders"))
		s.Ready("orders")
		s.Database("orders-secret-2")
		s.Provision("Postgres", "orders", "orders-secret-2")
		Eventually(func() []corev1.Volume { return s.Workload("shop").Spec.Template.Spec.Volumes }).WithTimeout(soon).Should(
			ConsistOf(HaveField("Projected.Sources", ContainElement(HaveField("Secret.Name", "orders-secret-2")))))
		Eventually(func() string { return s.Get("orders").Status.Binding.Name }).WithTimeout(soon).Should(Equal("orders-secret-2"))
		s.Ready("orders")
	})

	It("whose name the App uses itself is not taken up, and says so", func() {
		s.App("shop", func(a *v1alpha1.App) {
			a.Spec.Bindings = []v1alpha1.BindingSpec{{Name: "orders", ServiceRef: v1alpha1.ServiceReference{APIVersion: "v1", Kind: "Secret", Name: "orders-secret"}}}
		})
		s.Healthy("shop", "shop-1")
		s.Bind("orders", "orders-secret", "shop", toApp)
		s.Says("orders", `False NameTaken: App "shop": it has a binding "orders" already, or 16 of them, or this asks for more than an App's binding can have: set another spec.name of at most 63 characters, or remove one`)
	})
})
