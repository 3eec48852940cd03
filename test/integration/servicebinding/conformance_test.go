package servicebinding_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// The situations that the specification's own suite plays, told anew, each over
// v1beta1 as there. What they leave open is in the other files.
var _ = Describe("As the specification's suite has it", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) { s = newScene(ctx) })

	// beta creates a ServiceBinding as v1beta1.
	beta := func(name, secret, deployment string, change ...func(*servicebindingv1.ServiceBinding)) {
		GinkgoHelper()
		b := s.binding(name, secret, deployment, change...)
		object := s.object("servicebinding.io/v1beta1", "ServiceBinding", name)
		object.Object["spec"] = unstructuredOf(b.Spec)
		Expect(api.Create(s.ctx, object)).To(Succeed())
	}
	holds := func(deployment, directory string, files map[string]string) {
		GinkgoHelper()
		want := map[string]string{}
		for name, content := range files {
			want[directory+"/"+name] = content
		}
		Expect(s.Files(s.Pod(deployment), "app")).To(Equal(want))
	}
	credentials := map[string]string{"username": "foo", "password": hidden + "-bar", "type": "db"}
	with := func(more map[string]string) map[string]string {
		out := map[string]string{}
		for _, files := range []map[string]string{credentials, more} {
			for name, content := range files {
				out[name] = content
			}
		}
		return out
	}
	label := metav1.LabelSelector{MatchLabels: map[string]string{"tier": "one"}}

	Context("a Provisioned Service", func() {
		BeforeEach(func() {
			s.Database("provisioned-secret")
			s.Service("Postgres", "orders", "provisioned-secret")
		})

		It("is bound to a workload, and the status names its Secret", func() {
			s.Deployment("shop")
			beta("orders", "", "shop", service("Postgres", "orders"))
			s.Ready("orders")
			Expect(s.Get("orders").Status.Binding.Name).To(Equal("provisioned-secret"))
			holds("shop", "/bindings/orders", credentials)
		})
		It("is bound below a root that is set, where there is none", func() {
			s.Deployment("shop")
			beta("orders", "", "shop", service("Postgres", "orders"))
			s.Ready("orders")
			pod := s.Pod("shop")
			Expect(s.Env(pod, "app")).To(HaveKeyWithValue("SERVICE_BINDING_ROOT", "/bindings"))
			holds("shop", s.Env(pod, "app")["SERVICE_BINDING_ROOT"]+"/orders", credentials)
		})
		It("has its type replaced", func() {
			s.Deployment("shop")
			beta("orders", "", "shop", service("Postgres", "orders"), spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Type = "baz" }))
			s.Ready("orders")
			holds("shop", "/bindings/orders", with(map[string]string{"type": "baz"}))
		})
		It("has its provider replaced", func() {
			s.Deployment("shop")
			beta("orders", "", "shop", service("Postgres", "orders"), spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Provider = "baz" }))
			s.Ready("orders")
			holds("shop", "/bindings/orders", with(map[string]string{"provider": "baz"}))
		})
		It("is bound below the root that the workload sets", func() {
			s.Deployment("shop", root(corev1.EnvVar{Value: "/bindings/external"}))
			beta("orders", "", "shop", service("Postgres", "orders"))
			s.Ready("orders")
			holds("shop", "/bindings/external/orders", credentials)
		})
	})

	Context("a Secret itself", func() {
		BeforeEach(func() { s.Database("orders-secret") })

		It("is bound to a workload", func() {
			s.Deployment("shop")
			beta("orders", "orders-secret", "shop")
			s.Ready("orders")
			holds("shop", "/bindings/orders", credentials)
		})
		It("is followed when it changes", func() {
			s.Deployment("shop")
			beta("orders", "orders-secret", "shop")
			s.Ready("orders")
			edit(s, &corev1.Secret{}, "orders-secret", func(secret *corev1.Secret) {
				secret.StringData = map[string]string{"username": "spam", "password": hidden + "-eggs", "type": "ham"}
			})
			holds("shop", "/bindings/orders", map[string]string{"username": "spam", "password": hidden + "-eggs", "type": "ham"})
		})
		It("has its type replaced", func() {
			s.Deployment("shop")
			beta("orders", "orders-secret", "shop", spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Type = "baz" }))
			s.Ready("orders")
			holds("shop", "/bindings/orders", with(map[string]string{"type": "baz"}))
		})
		It("has its provider replaced", func() {
			s.Deployment("shop")
			beta("orders", "orders-secret", "shop", spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Provider = "baz" }))
			s.Ready("orders")
			holds("shop", "/bindings/orders", with(map[string]string{"provider": "baz"}))
		})
	})

	Context("a selector", func() {
		BeforeEach(func() { s.Database("orders-secret") })

		It("finds a workload", func() {
			s.Deployment("shop", labeled("tier", "one"))
			beta("orders", "orders-secret", "", selecting(label))
			s.Ready("orders")
			holds("shop", "/bindings/orders", credentials)
		})
		It("finds two workloads", func() {
			s.Deployment("shop", labeled("tier", "one"))
			s.Deployment("cart", labeled("tier", "one"))
			beta("orders", "orders-secret", "", selecting(label))
			s.Ready("orders")
			holds("shop", "/bindings/orders", credentials)
			holds("cart", "/bindings/orders", credentials)
		})
		It("finds a workload that comes later", func() {
			beta("orders", "orders-secret", "", selecting(label))
			s.Says("orders", "False WorkloadNotFound: no Deployment in this namespace has the labels tier=one: label one, or correct spec.workload.selector")
			s.Deployment("shop", labeled("tier", "one"))
			s.Ready("orders")
			holds("shop", "/bindings/orders", credentials)
		})
		It("finds another workload when it has one already", func() {
			s.Deployment("shop", labeled("tier", "one"))
			beta("orders", "orders-secret", "", selecting(label))
			s.Ready("orders")
			s.Deployment("cart", labeled("tier", "one"))
			s.Says("orders", `True Bound: Secret "orders-secret" is projected into 2 workloads`)
			holds("shop", "/bindings/orders", credentials)
			holds("cart", "/bindings/orders", credentials)
		})
		It("lets go of a workload whose label changes", func() {
			s.Deployment("shop", labeled("tier", "one"))
			beta("orders", "orders-secret", "", selecting(label))
			s.Ready("orders")
			holds("shop", "/bindings/orders", credentials)
			edit(s, &appsv1.Deployment{}, "shop", labeled("tier", "two"))
			s.Says("orders", "False WorkloadNotFound: no Deployment in this namespace has the labels tier=one: label one, or correct spec.workload.selector")
			holds("shop", "/bindings/orders", nil)
		})
	})
})
