package operator_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var (
	postgresOf = func(name string) v1alpha1.ServiceReference {
		return v1alpha1.ServiceReference{APIVersion: "db.example.com/v1", Kind: "Postgres", Name: name}
	}
	secretOf = func(name string) v1alpha1.ServiceReference {
		return v1alpha1.ServiceReference{APIVersion: "v1", Kind: "Secret", Name: name}
	}
	appOf = func(name string) v1alpha1.ServiceReference {
		return v1alpha1.ServiceReference{APIVersion: "bowline.dev/v1alpha1", Kind: "App", Name: name}
	}
)

func bind(name string, service v1alpha1.ServiceReference, change ...func(*v1alpha1.BindingSpec)) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		b := v1alpha1.BindingSpec{Name: name, ServiceRef: service}
		for _, c := range change {
			c(&b)
		}
		spec.Bindings = append(spec.Bindings, b)
	}
}

func asVariable(name, key string) func(*v1alpha1.BindingSpec) {
	return func(b *v1alpha1.BindingSpec) {
		b.Env = append(b.Env, v1alpha1.BindingVariable{Name: name, Key: key})
	}
}

func asType(kind string) func(*v1alpha1.BindingSpec) {
	return func(b *v1alpha1.BindingSpec) { b.Type = kind }
}

// NewCredentials is what a database hands out.
func NewCredentials(name, password string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       "servicebinding.io/postgresql",
		Data:       map[string][]byte{"type": []byte("postgresql"), "host": []byte("db.example"), "password": canary.Marks(password)},
	}
}

// Postgres makes a service that hands out a Secret, or none yet.
func (s *Scene) Postgres(name, secret string) {
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "db.example.com/v1", "kind": "Postgres", "metadata": map[string]any{"name": name}}}
	s.Create(object)
	s.HandsOut(name, secret)
}

// HandsOut changes which Secret a service hands out.
func (s *Scene) HandsOut(name, secret string) {
	s.Step("Postgres " + name + " hands out " + secret)
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "db.example.com/v1", "kind": "Postgres", "metadata": map[string]any{"name": name, "namespace": s.Namespace},
	}}
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"status":{"binding":{"name":%q}}}`, secret))
	s.Expect(api.Status().Patch(s.ctx, object, patch)).To(Succeed())
}

var _ = Describe("A binding", func() {
	Concurrently("of a Secret is projected before the first pod, as files and variables, with type and provider replaced", func(s *Scene) {
		s.Create(NewCredentials("orders-creds", "pw-one"))
		shop := s.Runs(Spec(good, bind("orders-db", secretOf("orders-creds"), asVariable("DB_PASSWORD", "password"), asVariable("DB_TYPE", "type"), func(b *v1alpha1.BindingSpec) {
			b.Type, b.Provider = "postgres", "acme"
		})))
		inside := shop.Inside()
		s.Expect(inside.Var("SERVICE_BINDING_ROOT")).To(Equal("/bindings"))
		s.Expect(inside.File("/bindings/orders-db/password")).To(Equal("0644 " + "pw-one"))
		s.Expect(inside.File("/bindings/orders-db/type")).To(Equal("0644 postgres"))
		s.Expect(inside.File("/bindings/orders-db/provider")).To(Equal("0644 acme"))
		s.Expect(inside.Var("DB_PASSWORD")).To(Equal("pw-one"))
		s.Expect(inside.Var("DB_TYPE")).To(Equal("postgres"))
		s.Expect(shop.Condition("ServiceBindingsReady")).To(Equal("True Bound all services were found, and what they hand out is projected"))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
		s.Expect(names(s.Children())).NotTo(ContainElement(HavePrefix("Secret shop-secret-")), "no second copy of a credential")
		revision := shop.Deployment().Annotations["deployment.kubernetes.io/revision"]
		s.Expect(revision).To(Equal("1"), "one rollout, with the binding in it")
	})

	Concurrently("makes variables of all entries after a prefix when it is asked to", func(s *Scene) {
		s.Create(NewCredentials("orders-creds", "pw-two"))
		shop := s.Runs(Spec(good, bind("orders-db", secretOf("orders-creds"), asVariable("PGPASSWORD", "password"), func(b *v1alpha1.BindingSpec) { b.EnvPrefix = "DB_" })))
		s.Expect(shop.Inside().Var("DB_HOST")).To(Equal("db.example"))
		s.Expect(shop.Inside().Var("DB_TYPE")).To(Equal("postgresql"))
		s.Expect(shop.Inside().Var("PGPASSWORD")).To(Equal("pw-two"))
		s.Expect(shop.Inside().Var("DB_PASSWORD")).To(Equal("unset"))
		Edit(s, &corev1.Secret{}, "orders-creds", func(c *corev1.Secret) { c.Data["port-number"] = []byte("5432") })
		shop.RestsOn(2)
		s.Expect(shop.Inside().Var("DB_PORT_NUMBER")).To(Equal("5432"))
	})

	Concurrently("waits for its service, says for what, and goes out when it is ready", func(s *Scene) {
		shop := s.Applies(Spec(good, bind("orders-db", postgresOf("orders"))))
		shop.Becomes(v1alpha1.ReasonServiceBindingsNotReady, soon)
		want := fmt.Sprintf(`spec.bindings[0]: Postgres "orders" does not exist in namespace %q: create it, or correct the reference`, s.Namespace)
		s.Expect(shop.Condition("ServiceBindingsReady")).To(Equal("False ServiceNotFound " + want))
		s.Expect(shop.Condition("InputsResolved")).To(Equal("False ServiceBindingsNotReady " + want))
		s.Expect(shop.Condition("Reconciling")).To(Equal("True ServiceBindingsNotReady " + want))

		s.Postgres("orders", "")
		s.Eventually(func() string { return shop.Condition("ServiceBindingsReady") }).WithTimeout(soon).Should(Equal(
			`False ServiceNotReady spec.bindings[0]: Postgres "orders" names no Secret in .status.binding.name: it is not ready yet, or is no Provisioned Service`))
		s.HandsOut("orders", "orders-creds")
		s.Eventually(func() string { return shop.Condition("ServiceBindingsReady") }).WithTimeout(soon).Should(Equal(fmt.Sprintf(
			`False SecretNotFound spec.bindings[0]: Secret "orders-creds", which Postgres "orders" hands out, does not exist in namespace %q: create it, or correct the name`, s.Namespace)))
		s.Expect(names(s.Children())).To(BeEmpty())

		secret := NewCredentials("orders-creds", "pw-three")
		delete(secret.Data, "type")
		s.Create(secret)
		s.Eventually(func() string { return shop.Condition("ServiceBindingsReady") }).WithTimeout(soon).Should(HavePrefix(
			`False SecretIncomplete spec.bindings[0]: Secret "orders-creds" has no entry "type": `))
		Edit(s, &corev1.Secret{}, "orders-creds", func(c *corev1.Secret) { c.Data["type"] = []byte("postgresql") })
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
		s.Expect(shop.Inside().File("/bindings/orders-db/password")).To(Equal("0644 " + "pw-three"))
	})

	Concurrently("whose service goes away keeps what runs, and says so", func(s *Scene) {
		s.Create(NewCredentials("orders-creds", "pw-four"))
		s.Postgres("orders", "orders-creds")
		shop := s.Runs(Spec(good, bind("orders-db", postgresOf("orders"))))
		before := shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "db.example.com/v1", "kind": "Postgres"}}
		s.Remove(object, "orders")
		shop.Becomes(v1alpha1.ReasonServiceBindingsNotReady, soon)
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Postgres("orders", "orders-creds")
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
		shop.WasAlwaysAvailable(before)
	})

	Concurrently("whose Secret changes makes a Release, and a rollback uses what it holds by then", func(s *Scene) {
		s.Create(NewCredentials("orders-creds", "pw-five"))
		s.Postgres("orders", "orders-creds")
		shop := s.Runs(Spec(good, bind("orders-db", postgresOf("orders"))))
		Edit(s, &corev1.Secret{}, "orders-creds", func(c *corev1.Secret) { c.Data["password"] = canary.Marks("pw-six") })
		changed := time.Now()
		s.Expect(shop.Release(2).Spec.Cause).To(Equal("binding orders-db"))
		s.Expect(time.Now()).To(BeTemporally("<=", changed.Add(quickly)))
		shop.RestsOn(2)

		s.Refuses(aPod(), "pods", "object.metadata.?labels[?'bowline.dev/release'].orValue('') == '3'")
		Edit(s, &corev1.Secret{}, "orders-creds", func(c *corev1.Secret) { c.Data["password"] = canary.Marks("pw-seven") })
		shop.Becomes(RolledBack, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (binding orders-db)", "shop-3 CannotStart (binding orders-db)"}))
		s.Expect(shop.Inside().File("/bindings/orders-db/password")).To(Equal("0644 " + "pw-seven"))
	})

	Concurrently("that is pinned brings the old Secret back", func(s *Scene) {
		s.Create(NewCredentials("orders-creds", "pw-eight"))
		shop := s.Runs(Spec(good, bind("orders-db", secretOf("orders-creds"), func(b *v1alpha1.BindingSpec) { b.Policy = v1alpha1.PolicyPinned })))
		s.Refuses(aPod(), "pods", "object.metadata.?labels[?'bowline.dev/release'].orValue('') == '2'")
		Edit(s, &corev1.Secret{}, "orders-creds", func(c *corev1.Secret) { c.Data["password"] = canary.Marks("pw-nine") })
		shop.Becomes(RolledBack, rollout)
		s.Expect(shop.Inside().File("/bindings/orders-db/password")).To(Equal("0644 " + "pw-eight"))
	})

	Concurrently("whose service hands out another Secret follows, also where a rollback finds the old one gone", func(s *Scene) {
		s.Create(NewCredentials("creds-1", "pw-ten"), NewCredentials("creds-2", "pw-eleven"))
		s.Postgres("orders", "creds-1")
		shop := s.Runs(Spec(good, bind("orders-db", postgresOf("orders"))))
		s.HandsOut("orders", "creds-2")
		shop.RestsOn(2)
		s.Expect(shop.Release(2).Spec.Cause).To(Equal("binding orders-db"))
		s.Expect(shop.Inside().File("/bindings/orders-db/password")).To(Equal("0644 " + "pw-eleven"))
		s.Remove(&corev1.Secret{}, "creds-1")
		shop.Annotate(v1alpha1.AnnotationRollbackTo, "shop-1")
		shop.Settled(v1alpha1.ReasonPinned, rollout)
		s.Expect(shop.Inside().File("/bindings/orders-db/password")).To(Equal("0644 " + "pw-eleven"))
	})

	Concurrently("reaches the containers it names, those of the overlay too", func(s *Scene) {
		s.Create(NewCredentials("orders-creds", "pw-twelve"))
		sidecar := `{"spec":{"initContainers":[{"name":"proxy","image":"registry.example/proxy:1","restartPolicy":"Always"}]}}`
		shop := s.Runs(Spec(good, podTemplate(sidecar), bind("orders-db", secretOf("orders-creds"), func(b *v1alpha1.BindingSpec) { b.Containers = []string{"proxy"} })))
		spec := shop.Deployment().Spec.Template.Spec
		s.Expect(spec.InitContainers[0].VolumeMounts).To(ConsistOf(HaveField("MountPath", "/bindings/orders-db")))
		s.Expect(shop.Container().VolumeMounts).To(BeEmpty())
		s.Expect(shop.Inside().Var("SERVICE_BINDING_ROOT")).To(Equal("unset"))
	})

	Concurrently("that cannot be projected is refused with the reason, and what serves keeps serving", func(s *Scene) {
		s.Create(NewCredentials("orders-creds", "pw-thirteen"))
		shop := s.Runs(Spec(good))
		pods := shop.PodUIDs()
		shop.Change(all(env("DB_PASSWORD", "x"), bind("orders-db", secretOf("orders-creds"), asVariable("DB_PASSWORD", "password"))))
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("ServiceBindingsReady")).To(HavePrefix(`False BindingRefused the pods: container "app" has a variable DB_PASSWORD already, which binding "orders-db" would set: `))
		s.Expect(shop.Condition("Stalled")).To(HavePrefix("True InvalidInput "))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})

	Concurrently("to a kind that nobody serves is said, and found when it is served", func(s *Scene) {
		shop := s.Applies(Spec(good, bind("cache", v1alpha1.ServiceReference{APIVersion: "cache.example.com/v1", Kind: "Redis", Name: "sessions"})))
		shop.Becomes(v1alpha1.ReasonServiceBindingsNotReady, soon)
		s.Expect(shop.Condition("ServiceBindingsReady")).To(Equal(
			`False ServiceNotFound spec.bindings[0]: no kind "Redis" is served in cache.example.com/v1: install it, or correct the reference`))
	})
})

var _ = Describe("An App as a service", func() {
	Concurrently("hands out how it is reached while it has ports, and another App is bound to it", func(s *Scene) {
		shop := s.AppliesAs("shop", Spec(good, port("http", 8080)))
		shop.Becomes(Healthy, rollout)
		offered := shop.Live().Status.Binding.Name
		secret := s.Secret(offered)
		s.Expect(string(secret.Type)).To(Equal("servicebinding.io/http"))
		host := "shop." + s.Namespace + ".svc"
		want := map[string]string{"type": "http", "provider": "bowline", "host": host, "port": "8080", "uri": "http://" + host + ":8080"}
		got := map[string]string{}
		for key, value := range secret.Data {
			got[key] = string(value)
		}
		s.Expect(got).To(Equal(want))

		cart := s.AppliesAs("cart", Spec(good, bind("shop", appOf("shop"), asVariable("SHOP_URI", "uri"))))
		cart.Becomes(Healthy, rollout)
		s.Expect(cart.Inside().Var("SHOP_URI")).To(Equal("http://" + host + ":8080"))

		s.Step("it moves to another port")
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Ports[0].Port = 9090 })
		cart.RestsOn(2)
		s.Expect(cart.Release(2).Spec.Cause).To(Equal("binding shop"))
		s.Expect(cart.Inside().Var("SHOP_URI")).To(Equal("http://" + host + ":9090"))

		s.Step("it has no ports any more")
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Ports = nil })
		cart.Becomes(v1alpha1.ReasonServiceBindingsNotReady, rollout)
		s.Expect(shop.Live().Status.Binding.Name).To(BeEmpty())
		s.Expect(cart.Condition("Available")).To(HavePrefix("True "))
	})

	Concurrently("comes up with another that is bound to it, in a circle", func(s *Scene) {
		one := s.AppliesAs("one", Spec(good, port("http", 8080), bind("two", appOf("two"))))
		two := s.AppliesAs("two", Spec(good, port("http", 8080), bind("one", appOf("one"))))
		one.Becomes(Healthy, rollout)
		two.Becomes(Healthy, rollout)
		s.Expect(one.Inside().File("/bindings/two/host")).To(Equal("0644 two." + s.Namespace + ".svc"))
		s.Expect(two.Inside().File("/bindings/one/host")).To(Equal("0644 one." + s.Namespace + ".svc"))
		s.Expect(one.Releases()).To(Equal([]string{"one-1 Healthy (spec)"}))
		s.Expect(two.Releases()).To(Equal([]string{"two-1 Healthy (spec)"}))
	})
})
