package install_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("An operator for some namespaces", Ordered, func() {
	var operator *process
	AfterAll(func(ctx SpecContext) {
		Expect(operator.Stop()).To(Succeed())
		must(ctx, "helm uninstall bowline --namespace=bowline-system --wait && kubectl delete namespace bowline-system && make uninstall")
	})

	It("runs their Apps by rights in them alone", func(ctx SpecContext) {
		follow(ctx, documented("For some namespaces")[0])
		operator = start(ctx, account(ctx, within("team-a", "team-b")))
		for _, namespace := range []string{"team-a", "team-b"} {
			apply(ctx, namespace, "shop", nil)
			becomes(ctx, namespace, "shop", v1alpha1.ReasonHealthy)
		}
		roles := &rbacv1.ClusterRoleList{}
		Expect(api.List(ctx, roles, client.MatchingLabels{"app.kubernetes.io/name": "bowline"})).To(Succeed())
		Expect(roles.Items).To(BeEmpty())
	})

	It("leaves the Apps of others alone", func(ctx SpecContext) {
		apply(ctx, "team-c", "shop", nil)
		apply(ctx, "team-a", "later", nil)
		becomes(ctx, "team-a", "later", v1alpha1.ReasonHealthy)
		app := &v1alpha1.App{}
		Expect(api.Get(ctx, client.ObjectKey{Namespace: "team-c", Name: "shop"}, app)).To(Succeed())
		Expect(app.Status.Conditions).To(BeEmpty())
	})

	It("judges Releases without knowing of nodes", func(ctx SpecContext) {
		pods := serving(ctx, "team-a", "shop")
		app := &v1alpha1.App{}
		Expect(api.Get(ctx, client.ObjectKey{Namespace: "team-a", Name: "shop"}, app)).To(Succeed())
		app.Spec.Image = "registry.example/shop:image-not-found"
		Expect(api.Update(ctx, app)).To(Succeed())
		becomes(ctx, "team-a", "shop", v1alpha1.ReasonRolledBack)
		Eventually(func() any { return serving(ctx, "team-a", "shop") }).WithTimeout(soon).Should(Equal(any(pods)))
	})

	It("binds services to Apps", func(ctx SpecContext) {
		apply(ctx, "team-b", "reader", func(spec *v1alpha1.AppSpec) {
			spec.Bindings = []v1alpha1.BindingSpec{{Name: "orders", ServiceRef: v1alpha1.ServiceReference{APIVersion: "bowline.dev/v1alpha1", Kind: "App", Name: "shop"}}}
		})
		becomes(ctx, "team-b", "reader", v1alpha1.ReasonHealthy)
	})

	It("does not start for a namespace without its Role, and says what to do", func(ctx SpecContext) {
		must(ctx, "kubectl create namespace without-role")
		refused := start(ctx, account(ctx, within("team-a")), "--leader-elect=false", "--namespaces=team-a,without-role")
		Eventually(refused.Ended()).WithTimeout(soon).Should(BeClosed())
		Expect(refused.log.String()).To(ContainSubstring(`bowline: --namespaces: the operator may not list Apps in namespace "without-role": ` +
			"create its Role and RoleBinding there with `kubectl apply -n without-role -k config/namespaced/watched`, or leave the namespace out\n"))
		By("doing so")
		must(ctx, "kubectl apply -n without-role -k config/namespaced/watched")
		started := start(ctx, account(ctx, within("team-a", "without-role")), "--leader-elect=false", "--namespaces=without-role")
		apply(ctx, "without-role", "shop", nil)
		becomes(ctx, "without-role", "shop", v1alpha1.ReasonHealthy)
		started.content()
		Expect(started.Stop()).To(Succeed())
	})

	It("has met nothing that it may not do", func() {
		Consistently(operator.Ended(), time.Second).ShouldNot(BeClosed())
		operator.content()
	})
})
