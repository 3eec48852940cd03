package servicebinding_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/test/harness"
)

// Rights are the cluster's, so these specs run one after the other.
var _ = Describe("Rights", Serial, func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
		s.Deployment("shop")
	})
	// grant gives rights as people who bring a kind do: by a role with the label.
	grant := func(name, group, resource string, verbs ...string) *rbacv1.ClusterRole {
		GinkgoHelper()
		role := &rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"servicebinding.io/controller": "true"}},
			Rules:      []rbacv1.PolicyRule{{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}},
		}
		Expect(api.Create(s.ctx, role)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(api.Delete(ctx, role))).To(Succeed()) })
		return role
	}

	It("come from every ClusterRole with the label", func() {
		role := &rbacv1.ClusterRole{}
		Expect(api.Get(s.ctx, client.ObjectKey{Name: "bowline-servicebinding-aggregated"}, role)).To(Succeed())
		Expect(role.AggregationRule.ClusterRoleSelectors).To(Equal([]metav1.LabelSelector{{MatchLabels: map[string]string{"servicebinding.io/controller": "true"}}}))
		var resources []string
		for _, rule := range role.Rules {
			resources = append(resources, rule.Resources...)
		}
		Expect(resources).To(ContainElements("deployments", "jobs", "postgreses"))
	})

	It("on a service that are missing are said, noticed within 30 s of being granted, and missed when they are revoked", func() {
		s.Service("Vault", "orders", "orders-secret")
		s.Bind("orders", "", "shop", service("Vault", "orders"))
		missing := `Unknown Forbidden: Bowline may not do what it takes with Vault of db.example.com/v1: grant get, list and watch by a ClusterRole with the label servicebinding.io/controller: "true"`
		s.Says("orders", missing)
		Expect(said(s.Get("orders"), servicebindingv1.ConditionServiceAvailable)).To(Equal(missing))
		role := grant("vault-service-bindings", "db.example.com", "vaults", "get", "list", "watch")
		s.SaysWithin(granted, "orders", `True Bound: Secret "orders-secret" is projected into Deployment "shop"`)
		Expect(api.Delete(s.ctx, role)).To(Succeed())
		s.SaysWithin(granted, "orders", missing+"; what is projected into 1 workload stays")
	})

	It("to get and list a service but not to watch it are enough: it is asked for again and again", func() {
		s.Service("Archive", "orders", "")
		s.Bind("orders", "", "shop", service("Archive", "orders"))
		s.Says("orders", `False ServiceNotReady: Archive "orders" names no Secret in .status.binding.name: it is not ready yet, or is no Provisioned Service`)
		s.Provision("Archive", "orders", "orders-secret")
		s.SaysWithin(granted, "orders", `True Bound: Secret "orders-secret" is projected into Deployment "shop"`)
		s.Secret("other-secret", "type", "other")
		s.Provision("Archive", "orders", "other-secret")
		s.SaysWithin(granted, "orders", `True Bound: Secret "other-secret" is projected into Deployment "shop"`)
	})

	It("to change a workload that are missing are said, and noticed within 30 s of being granted", func() {
		s.Apply("apiVersion: work.example.com/v1\nkind: Robot\nmetadata: {name: r}\nspec: {template: {spec: {containers: [{name: app}]}}}")
		s.Bind("orders", "orders-secret", "", workload("work.example.com/v1", "Robot", "r"))
		s.Says("orders", `Unknown Forbidden: Robot "r": Bowline may not do what it takes with Robot of work.example.com/v1: grant get, list, watch, update and patch by a ClusterRole with the label servicebinding.io/controller: "true"`)
		grant("robot-service-bindings", "work.example.com", "robots", "update", "patch")
		s.SaysWithin(granted, "orders", `True Bound: Secret "orders-secret" is projected into Robot "r"`)
	})

	It("that go before the ServiceBinding does hold it, and say why", func() {
		s.Apply("apiVersion: work.example.com/v1\nkind: Robot\nmetadata: {name: r}\nspec: {template: {spec: {containers: [{name: app}]}}}")
		role := grant("robot-service-bindings", "work.example.com", "robots", "update", "patch")
		s.Bind("orders", "orders-secret", "", workload("work.example.com/v1", "Robot", "r"))
		s.SaysWithin(granted, "orders", `True Bound: Secret "orders-secret" is projected into Robot "r"`)
		Expect(api.Delete(s.ctx, role)).To(Succeed())
		Eventually(func() []rbacv1.PolicyRule {
			aggregated := &rbacv1.ClusterRole{}
			Expect(api.Get(s.ctx, client.ObjectKey{Name: "bowline-servicebinding-aggregated"}, aggregated)).To(Succeed())
			return aggregated.Rules
		}).WithTimeout(soon).ShouldNot(ContainElement(And(HaveField("Resources", []string{"robots"}), HaveField("Verbs", ContainElement("patch")))))
		// The authorizer's own view follows within a moment.
		Eventually(func() bool {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User:               harness.OperatorUser,
				Groups:             []string{"system:serviceaccounts", "system:authenticated"},
				ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: s.Namespace, Verb: "patch", Group: "work.example.com", Resource: "robots"},
			}}
			Expect(api.Create(s.ctx, review)).To(Succeed())
			return review.Status.Allowed
		}).WithTimeout(soon).Should(BeFalse())
		Expect(api.Delete(s.ctx, s.Get("orders"))).To(Succeed())
		s.Says("orders", `Unknown Forbidden: Robot "r": Bowline may not do what it takes with Robot of work.example.com/v1: grant get, list, watch, update and patch by a ClusterRole with the label servicebinding.io/controller: "true"`)
		grant("robot-service-bindings", "work.example.com", "robots", "update", "patch")
		Eventually(func() error {
			return api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: "orders"}, &servicebindingv1.ServiceBinding{})
		}).WithTimeout(granted).WithPolling(100 * time.Millisecond).Should(MatchError(ContainSubstring("not found")))
	})
})
