package servicebinding_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

var _ = Describe("A projection", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
	})
	env := func(pairs ...string) func(*servicebindingv1.ServiceBinding) {
		return spec(func(b *servicebindingv1.ServiceBindingSpec) {
			for i := 0; i < len(pairs); i += 2 {
				b.Env = append(b.Env, servicebindingv1.EnvMapping{Name: pairs[i], Key: pairs[i+1]})
			}
		})
	}
	containers := func(names ...string) func(*servicebindingv1.ServiceBinding) {
		return spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Workload.Containers = names })
	}

	It("reaches all containers, init containers included, where none is named", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", env("PASSWORD", "password"))
		s.Ready("orders")
		pod := s.Pod("shop")
		for _, container := range []string{"migrate", "app", "sidecar"} {
			Expect(s.Files(pod, container)).To(HaveKeyWithValue("/bindings/orders/username", "foo"), container)
			Expect(s.Env(pod, container)).To(HaveKeyWithValue("PASSWORD", hidden+"-bar"), container)
			Expect(s.Env(pod, container)).To(HaveKeyWithValue("SERVICE_BINDING_ROOT", "/bindings"), container)
		}
		Expect(s.Env(pod, "app")).To(HaveKeyWithValue("LEVEL", "info"))
	})

	It("reaches the containers that are named, and no other; names that nobody has are ignored", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", containers("app", "migrate", "nobody"), env("PASSWORD", "password"))
		s.Ready("orders")
		pod := s.Pod("shop")
		Expect(s.Files(pod, "app")).To(HaveKey("/bindings/orders/type"))
		Expect(s.Files(pod, "migrate")).To(HaveKey("/bindings/orders/type"))
		Expect(s.Files(pod, "sidecar")).To(BeEmpty())
		Expect(s.Env(pod, "sidecar")).To(BeEmpty())
	})

	It("that reaches no container says so", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", containers("nobody"))
		s.Says("orders", `False WorkloadRefused: Deployment "shop": it has no container named nobody, only app, sidecar, migrate: correct spec.workload.containers`)
	})

	It("follows a change of the containers", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", containers("app"))
		s.Ready("orders")
		s.ChangeBinding("orders", containers("sidecar"))
		s.Ready("orders")
		pod := s.Pod("shop")
		Expect(s.Files(pod, "app")).To(BeEmpty())
		Expect(s.Env(pod, "app")).NotTo(HaveKey("SERVICE_BINDING_ROOT"))
		Expect(s.Files(pod, "sidecar")).To(HaveKey("/bindings/orders/type"))
	})

	It("overrides type and provider in files and in variables, without a second copy of a credential", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", env("T", "type", "P", "provider", "U", "username"), spec(func(b *servicebindingv1.ServiceBindingSpec) {
			b.Type, b.Provider = "postgresql", "acme"
		}))
		s.Ready("orders")
		pod := s.Pod("shop")
		Expect(s.Files(pod, "app")).To(Equal(map[string]string{
			"/bindings/orders/username": "foo", "/bindings/orders/password": hidden + "-bar",
			"/bindings/orders/type": "postgresql", "/bindings/orders/provider": "acme",
		}))
		Expect(s.Env(pod, "app")).To(Equal(map[string]string{
			"SERVICE_BINDING_ROOT": "/bindings", "LEVEL": "info", "T": "postgresql", "P": "acme", "U": "foo",
		}))
		secrets := &corev1.SecretList{}
		Expect(api.List(s.ctx, secrets, client.InNamespace(s.Namespace))).To(Succeed())
		Expect(secrets.Items).To(HaveLen(1))
		Expect(s.Picture("shop")).NotTo(ContainSubstring(hidden))
	})

	It("has the directory of spec.name, else of the ServiceBinding", func() {
		s.Deployment("shop")
		s.Bind("orders", "orders-secret", "shop", spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Name = "db.1" }))
		s.Ready("orders")
		Expect(s.Files(s.Pod("shop"), "app")).To(HaveKey("/bindings/db.1/type"))
		s.ChangeBinding("orders", spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Name = "" }))
		s.Ready("orders")
		Expect(s.Files(s.Pod("shop"), "app")).To(And(HaveKey("/bindings/orders/type"), Not(HaveKey("/bindings/db.1/type"))))
	})

	It("leaves nothing else in the root", func() {
		s.Deployment("shop")
		s.Secret("carts-secret", "type", "cache")
		s.Bind("orders", "orders-secret", "shop")
		s.Bind("carts", "carts-secret", "shop")
		s.Ready("orders", "carts")
		Expect(s.Files(s.Pod("shop"), "app")).To(Equal(map[string]string{
			"/bindings/orders/username": "foo", "/bindings/orders/password": hidden + "-bar", "/bindings/orders/type": "db", "/bindings/carts/type": "cache",
		}))
	})

	It("lets variables of the workload refer to its own", func() {
		s.Deployment("shop", func(d *appsv1.Deployment) {
			app := &d.Spec.Template.Spec.Containers[0]
			app.Env = append(app.Env, corev1.EnvVar{Name: "DSN", Value: "db://$(PASSWORD)@host"})
		})
		s.Bind("orders", "orders-secret", "shop", env("PASSWORD", "password"))
		s.Ready("orders")
		var names []string
		for _, variable := range s.Workload("shop").Spec.Template.Spec.Containers[0].Env {
			names = append(names, variable.Name)
		}
		Expect(names).To(Equal([]string{"SERVICE_BINDING_ROOT", "PASSWORD", "LEVEL", "DSN"}))
	})

	Context("and SERVICE_BINDING_ROOT", func() {
		It("that is set is used and never reset, for each container by itself", func() {
			s.Deployment("shop", func(d *appsv1.Deployment) {
				app := &d.Spec.Template.Spec.Containers[0]
				app.Env = append(app.Env, corev1.EnvVar{Name: "SERVICE_BINDING_ROOT", Value: "/srv/bindings/"})
			})
			s.Bind("orders", "orders-secret", "shop")
			s.Ready("orders")
			pod := s.Pod("shop")
			Expect(s.Env(pod, "app")).To(HaveKeyWithValue("SERVICE_BINDING_ROOT", "/srv/bindings/"))
			Expect(s.Files(pod, "app")).To(HaveKey("/srv/bindings/orders/type"))
			Expect(s.Env(pod, "sidecar")).To(HaveKeyWithValue("SERVICE_BINDING_ROOT", "/bindings"))
			Expect(s.Files(pod, "sidecar")).To(HaveKey("/bindings/orders/type"))
		})
		It("that comes from elsewhere is refused, until it has a value", func() {
			from := corev1.EnvVar{ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}}
			s.Deployment("shop", root(from))
			before := s.Picture("shop")
			s.Bind("orders", "orders-secret", "shop")
			s.Says("orders", `False WorkloadRefused: Deployment "shop": container "app": SERVICE_BINDING_ROOT has valueFrom, so where bindings belong is known in the pod only: give it a value, or remove it`)
			Expect(s.Picture("shop")).To(Equal(before))
			edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) {
				for _, containers := range [][]corev1.Container{d.Spec.Template.Spec.InitContainers, d.Spec.Template.Spec.Containers} {
					for i := range containers {
						last := &containers[i].Env[len(containers[i].Env)-1]
						last.Value, last.ValueFrom = "/b", nil
					}
				}
			})
			s.Ready("orders")
			Expect(s.Files(s.Pod("shop"), "app")).To(HaveKey("/b/orders/type"))
		})
	})

	Context("of several bindings", func() {
		It("is the same in whatever order they come", func() {
			other := newScene(s.ctx)
			other.Database("orders-secret")
			for scene, order := range map[*Scene][]string{s: {"a", "b", "c"}, other: {"c", "a", "b"}} {
				scene.Deployment("shop")
				for _, name := range order {
					scene.Bind(name, "orders-secret", "shop", env("VAR_"+name, "username"))
					scene.Ready(name)
				}
			}
			Expect(other.Workload("shop").Spec.Template).To(Equal(s.Workload("shop").Spec.Template))
			Expect(other.Picture("shop")).To(Equal(s.Picture("shop")))
		})
		It("of one name is refused for the second, until the first goes", func() {
			s.Deployment("shop")
			s.Secret("other", "type", "other")
			name := spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Name = "db" })
			s.Bind("first", "orders-secret", "shop", name)
			s.Ready("first")
			s.Bind("second", "other", "shop", name)
			s.Says("second", `False NameTaken: Deployment "shop": container "app": bindings "first" and "second" both have the name "db": set another spec.name of the ServiceBinding, or that of the other`)
			s.Ready("first")
			Expect(s.Files(s.Pod("shop"), "app")).To(HaveKeyWithValue("/bindings/db/type", "db"))
			s.Delete(&servicebindingv1.ServiceBinding{}, "first")
			s.Ready("second")
			Expect(s.Files(s.Pod("shop"), "app")).To(Equal(map[string]string{"/bindings/db/type": "other"}))
		})
		It("reaches many workloads with one service, and one workload with many services", func() {
			for _, name := range []string{"shop", "cart"} {
				s.Deployment(name)
				s.Bind("orders-"+name, "orders-secret", name)
				s.Bind("more-"+name, "orders-secret", name)
			}
			s.Ready("orders-shop", "more-shop", "orders-cart", "more-cart")
			Expect(s.Files(s.Pod("shop"), "app")).To(And(HaveKey("/bindings/orders-shop/type"), HaveKey("/bindings/more-shop/type")))
			Expect(s.Files(s.Pod("cart"), "app")).To(And(HaveKey("/bindings/orders-cart/type"), HaveKey("/bindings/more-cart/type")))
		})
	})

	It("follows the Secret that the service names, and a Secret that changes restarts nothing", func() {
		s.Deployment("shop")
		s.Service("Postgres", "orders", "orders-secret")
		s.Bind("orders", "", "shop", service("Postgres", "orders"))
		s.Ready("orders")
		s.RolledOut("shop")
		revisions := s.Revisions("shop")
		edit(s, &corev1.Secret{}, "orders-secret", func(secret *corev1.Secret) { secret.StringData = map[string]string{"username": "new"} })
		Expect(s.Files(s.Pod("shop"), "app")).To(HaveKeyWithValue("/bindings/orders/username", "new"))
		Consistently(func() int { return s.Revisions("shop") }, "2s").Should(Equal(revisions))

		s.Secret("second-secret", "type", "db", "username", "second")
		s.Provision("Postgres", "orders", "second-secret")
		Eventually(func() string { return s.Get("orders").Status.Binding.Name }, soon).Should(Equal("second-secret"))
		s.Ready("orders")
		Expect(s.Files(s.Pod("shop"), "app")).To(Equal(map[string]string{"/bindings/orders/type": "db", "/bindings/orders/username": "second"}))
	})

	It("costs a workload that exists one rollout", func() {
		s.Deployment("shop")
		s.RolledOut("shop")
		Expect(s.Revisions("shop")).To(Equal(1))
		s.Bind("orders", "orders-secret", "shop", env("P", "password"), spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Type = "t" }))
		s.Ready("orders")
		s.RolledOut("shop")
		Consistently(func() int { return s.Revisions("shop") }, "3s").Should(Equal(2))
	})

	It("outlives the manifest of the workload being applied again, and a rival who removes it", func() {
		const manifest = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop"},"spec":{"selector":{"matchLabels":{"app":"shop"}},` +
			`"template":{"metadata":{"labels":{"app":"shop"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"app","image":"registry.example/shop:%s"}]}}}}`
		s.kubectlApply(manifest, "1")
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		s.kubectlApply(manifest, "2")
		Expect(s.Files(s.Pod("shop"), "app")).To(HaveKey("/bindings/orders/type"))
		edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) {
			d.Annotations = nil
			d.Spec.Template.Spec.Volumes = nil
			d.Spec.Template.Spec.Containers[0].VolumeMounts = nil
		})
		Eventually(func() []corev1.Volume { return s.Workload("shop").Spec.Template.Spec.Volumes }).WithTimeout(soon).Should(HaveLen(1))
		s.Ready("orders")
		Expect(s.Files(s.Pod("shop"), "app")).To(HaveKey("/bindings/orders/type"))
	})

	It("puts volumes where the workload has its own, and keeps all else", func() {
		s.Deployment("shop", func(d *appsv1.Deployment) {
			d.Spec.Template.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
			d.Spec.Template.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
		})
		s.Bind("orders", "orders-secret", "shop")
		s.Ready("orders")
		pod := s.Workload("shop").Spec.Template.Spec
		Expect(pod.Volumes[0].Name).To(Equal("data"))
		Expect(pod.Volumes).To(HaveLen(2))
		Expect(pod.Containers[0].VolumeMounts[0]).To(Equal(corev1.VolumeMount{Name: "data", MountPath: "/data"}))
	})
})

var _ = Describe("Selectors", func() {
	It("may have expressions", func(ctx SpecContext) {
		s := newScene(ctx)
		s.Database("orders-secret")
		for _, name := range []string{"web", "worker", "cron"} {
			s.Deployment(name, labeled("component", name))
		}
		s.Bind("orders", "orders-secret", "", selecting(metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "component", Operator: metav1.LabelSelectorOpIn, Values: []string{"web", "worker", "batch"}},
			{Key: "debug", Operator: metav1.LabelSelectorOpDoesNotExist},
		}}))
		s.Says("orders", `True Bound: Secret "orders-secret" is projected into 2 workloads`)
		Expect(s.Workload("cron").Spec.Template.Spec.Volumes).To(BeEmpty())
		edit(s, &appsv1.Deployment{}, "web", labeled("debug", "1"))
		s.Says("orders", `True Bound: Secret "orders-secret" is projected into Deployment "worker"`)
		Expect(s.Workload("web").Spec.Template.Spec.Volumes).To(BeEmpty())
	})

	It("handle every workload as if it were named, and report all that fail", func(ctx SpecContext) {
		s := newScene(ctx)
		s.Database("orders-secret")
		tier := labeled("tier", "one")
		s.Deployment("a", tier)
		s.Deployment("b", tier, root(corev1.EnvVar{Value: "$(HOME)"}))
		s.Deployment("c", tier)
		s.Deployment("d", tier, func(d *appsv1.Deployment) {
			d.Spec.Template.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "x", MountPath: "/bindings/orders"}}
			d.Spec.Template.Spec.Volumes = []corev1.Volume{{Name: "x", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		})
		s.Bind("orders", "orders-secret", "", selecting(metav1.LabelSelector{MatchLabels: map[string]string{"tier": "one"}}))
		s.Says("orders", `False WorkloadRefused: 2 of 4 workloads bound: `+
			`Deployment "b": container "app": SERVICE_BINDING_ROOT refers to another variable, so where bindings belong is known in the pod only: write the value out, or remove it; `+
			`Deployment "d": container "app" mounts another volume at /bindings/orders, where binding "orders" belongs: mount it elsewhere, or set spec.name of the ServiceBinding`)
		for _, name := range []string{"a", "c"} {
			Expect(s.Files(s.Pod(name), "app")).To(HaveKey("/bindings/orders/type"))
		}
		s.Delete(&appsv1.Deployment{}, "b")
		s.Delete(&appsv1.Deployment{}, "d")
		s.SaysWithin(time.Minute, "orders", `True Bound: Secret "orders-secret" is projected into 2 workloads`)
	})
})
