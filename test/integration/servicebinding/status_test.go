package servicebinding_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

var _ = Describe("The status", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) { s = newScene(ctx) })
	available := func(name string) string { return said(s.Get(name), servicebindingv1.ConditionServiceAvailable) }

	It("is True when all is done, with the generation that was looked at and the Secret", func() {
		s.Database("orders-secret")
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop")
		s.Says("orders", `True Bound: Secret "orders-secret" is projected into Deployment "shop"`)
		Expect(available("orders")).To(Equal(`True Available: Secret "orders-secret" can be projected`))
		b := s.Get("orders")
		Expect(b.Status.ObservedGeneration).To(Equal(b.Generation))
		Expect(b.Status.Binding.Name).To(Equal("orders-secret"))
		s.ChangeBinding("orders", spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Name = "other" }))
		s.Ready("orders")
		Expect(s.Get("orders").Status.ObservedGeneration).To(Equal(b.Generation + 1))
		events := &eventsv1.EventList{}
		Eventually(func() []eventsv1.Event {
			Expect(api.List(s.ctx, events, client.InNamespace(s.Namespace))).To(Succeed())
			return events.Items
		}).WithTimeout(soon).Should(ContainElement(And(HaveField("Reason", "Bound"), HaveField("Regarding.Name", "orders"))))
	})

	It("is False without the service, its kind, or a Secret, and turns True when they come", func() {
		s.Deployment("shop")
		s.Bind("orders", "", "shop", service("Postgres", "orders"))
		missing := `False ServiceNotFound: Postgres "orders" does not exist in this namespace: create it, or correct spec.service`
		s.Says("orders", missing)
		Expect(available("orders")).To(Equal(missing))
		Expect(s.Get("orders").Status.Binding).To(BeNil())

		s.Service("Postgres", "orders", "")
		s.Says("orders", `False ServiceNotReady: Postgres "orders" names no Secret in .status.binding.name: it is not ready yet, or is no Provisioned Service`)
		s.Provision("Postgres", "orders", "orders-secret")
		s.Says("orders", `False SecretNotFound: Secret "orders-secret" does not exist in this namespace, which Postgres "orders" names in .status.binding.name: create it, or correct the name`)
		Expect(available("orders")).To(HavePrefix("False SecretNotFound: "))
		s.Secret("orders-secret", "username", "foo")
		s.Says("orders", `False SecretIncomplete: Secret "orders-secret" has no entry "type": add it, or set spec.type of the ServiceBinding`)
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(BeEmpty(), "nothing is projected that cannot be used")
		edit(s, &corev1.Secret{}, "orders-secret", func(secret *corev1.Secret) { secret.StringData = map[string]string{"type": "db"} })
		s.Ready("orders")

		s.Bind("other", "", "shop", service("Elephant", "orders"))
		s.Says("other", `False ServiceNotFound: no kind "Elephant" is served in db.example.com/v1: install it, or correct spec.service`)
		s.Bind("global", "", "shop", spec(func(b *servicebindingv1.ServiceBindingSpec) {
			b.Service = servicebindingv1.ServiceBindingServiceReference{APIVersion: "v1", Kind: "Node", Name: "n"}
		}))
		s.Says("global", `False SpecInvalid: spec.service: a Node belongs to no namespace, and only what is in the same namespace can be bound`)
	})

	It("is False without a key that env asks for, and stays bound when one goes", func() {
		s.Database("orders-secret")
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", spec(func(b *servicebindingv1.ServiceBindingSpec) {
			b.Env = []servicebindingv1.EnvMapping{{Name: "URI", Key: "uri"}}
		}))
		s.Says("orders", `False SecretIncomplete: Secret "orders-secret" has no entry "uri", which spec.env makes URI of: add it, or correct the key`)
		edit(s, &corev1.Secret{}, "orders-secret", func(secret *corev1.Secret) { secret.StringData = map[string]string{"uri": "db://x"} })
		s.Ready("orders")
		bound := s.Picture("shop")
		edit(s, &corev1.Secret{}, "orders-secret", func(secret *corev1.Secret) { delete(secret.Data, "uri") })
		s.Says("orders", `False SecretIncomplete: Secret "orders-secret" has no entry "uri", which spec.env makes URI of: add it, or correct the key; what is projected into 1 workload stays`)
		s.Delete(&corev1.Secret{}, "orders-secret")
		s.Says("orders", `False SecretNotFound: Secret "orders-secret" does not exist in this namespace, which spec.service names: create it, or correct the name; what is projected into 1 workload stays`)
		Expect(s.Picture("shop")).To(Equal(bound))
		Expect(s.Get("orders").Status.Binding.Name).To(Equal("orders-secret"), "it still is projected")
	})

	It("is False when the service goes, what is bound stays bound, and it recovers", func() {
		s.Database("orders-secret")
		s.Deployment("shop")
		s.Service("Postgres", "orders", "orders-secret")
		s.Bind("orders", "", "shop", service("Postgres", "orders"))
		s.Ready("orders")
		bound := s.Picture("shop")
		s.Delete(s.object("db.example.com/v1", "Postgres", "orders"), "orders")
		s.Says("orders", `False ServiceNotFound: Postgres "orders" does not exist in this namespace: create it, or correct spec.service; what is projected into 1 workload stays`)
		Expect(s.Picture("shop")).To(Equal(bound))
		s.Service("Postgres", "orders", "orders-secret")
		s.Ready("orders")
		Expect(s.Picture("shop")).To(Equal(bound))
	})

	It("is False without the workload or its kind, and turns True when it comes", func() {
		s.Database("orders-secret")
		s.Bind("orders", "orders-secret", "shop")
		s.Says("orders", `False WorkloadNotFound: Deployment "shop" does not exist in this namespace: create it, or correct spec.workload.name`)
		Expect(available("orders")).To(HavePrefix("True Available: "))
		s.Deployment("shop")
		s.Ready("orders")
		s.Bind("other", "orders-secret", "", workload("apps/v1", "Zeppelin", "x"))
		s.Says("other", `False WorkloadNotFound: no kind "Zeppelin" is served in apps/v1: install it, or correct spec.workload`)
	})

	It("is False for a workload without containers", func() {
		s.Database("orders-secret")
		s.Apply("apiVersion: work.example.com/v1\nkind: Batch\nmetadata: {name: b}\nspec: {}")
		s.Bind("orders", "orders-secret", "", workload("work.example.com/v1", "Batch", "b"))
		s.Says("orders", `False WorkloadRefused: Batch "b": it has no container at .spec.template.spec.containers[*] or .spec.template.spec.initContainers[*]: add one, or describe the kind with a ClusterWorkloadResourceMapping`)
	})

	It("finds services and workloads in the same namespace only", func() {
		other := newScene(s.ctx)
		other.Database("orders-secret")
		other.Service("Postgres", "orders", "orders-secret")
		other.Deployment("shop", labeled("tier", "one"))
		before := other.Picture("shop")
		s.Bind("secret", "orders-secret", "shop")
		s.Bind("service", "", "shop", service("Postgres", "orders"))
		s.Says("secret", `False SecretNotFound: Secret "orders-secret" does not exist in this namespace, which spec.service names: create it, or correct the name`)
		s.Says("service", `False ServiceNotFound: Postgres "orders" does not exist in this namespace: create it, or correct spec.service`)
		s.Database("orders-secret")
		s.Bind("all", "orders-secret", "", selecting(metav1.LabelSelector{}))
		s.Says("secret", `False WorkloadNotFound: Deployment "shop" does not exist in this namespace: create it, or correct spec.workload.name`)
		s.Says("all", `False WorkloadNotFound: no Deployment in this namespace has the labels <none>: label one, or correct spec.workload.selector`)
		Expect(other.Picture("shop")).To(Equal(before))
	})

	It("tells of no conflict with those who write the workload at the same time", func() {
		s.Database("orders-secret")
		s.Deployment("shop")
		rival := time.NewTicker(25 * time.Millisecond)
		defer rival.Stop()
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer GinkgoRecover()
			defer close(stopped)
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-rival.C:
				}
				patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"minReadySeconds":%d}}`, n%2))
				Expect(api.Patch(s.ctx, s.deployment("shop"), patch)).To(Succeed())
			}
		}()
		var names []string
		for n := range 10 {
			names = append(names, fmt.Sprintf("b%d", n))
			s.Bind(names[n], "orders-secret", "shop")
		}
		seen := map[string]bool{}
		Eventually(func() int {
			ready := 0
			for _, name := range names {
				switch text := said(s.Get(name), servicebindingv1.ConditionReady); text {
				case "":
				case `True Bound: Secret "orders-secret" is projected into Deployment "shop"`:
					ready++
				default:
					seen[text] = true
				}
			}
			return ready
		}).WithTimeout(3 * time.Minute).WithPolling(20 * time.Millisecond).Should(Equal(10)) // a slow machine loses most races
		close(stop)
		<-stopped
		Expect(seen).To(BeEmpty())
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(HaveLen(10))
	})
})
