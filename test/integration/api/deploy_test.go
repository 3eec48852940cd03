package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	operator     = "system:serviceaccount:bowline-system:bowline-controller-manager"
	configFolder = "../../../config/default"
)

var _ = Describe("The operator's own manifests", Ordered, func() {
	BeforeAll(func(ctx SpecContext) {
		// A warning would fail this: the namespace asks for the Pod Security
		// Standard "restricted" and warns of whatever misses it.
		kubectl.Run(ctx, "apply", "--server-side", "--force-conflicts", "-k", configFolder)
	})

	It("start two operators with probes, apart where they can be", func(ctx SpecContext) {
		deployment := &appsv1.Deployment{}
		Expect(cluster.Get(ctx, client.ObjectKey{Namespace: "bowline-system", Name: "bowline-controller-manager"}, deployment)).To(Succeed())
		Expect(*deployment.Spec.Replicas).To(Equal(int32(2)))
		Expect(deployment.Spec.Template.Spec.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution).To(HaveLen(1))
		Expect(deployment.Spec.Template.Spec.ServiceAccountName).To(Equal("bowline-controller-manager"))
		Expect(deployment.Spec.Template.Spec.Containers).To(HaveLen(1))
		container := deployment.Spec.Template.Spec.Containers[0]
		Expect(container.Args).To(ConsistOf("--leader-elect", "--health-probe-bind-address=:8081", "--metrics-bind-address=:8443", "--metrics-secure"))
		Expect(container.ReadinessProbe.HTTPGet.Path).To(Equal("/readyz"))
		Expect(container.LivenessProbe.HTTPGet.Path).To(Equal("/healthz"))
	})

	DescribeTable("let the operator do what it must, and nothing else",
		func(ctx SpecContext, want bool, action authorizationv1.ResourceAttributes) {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: operator, Groups: []string{"system:serviceaccounts"}, ResourceAttributes: &action,
			}}
			Expect(cluster.Create(ctx, review)).To(Succeed())
			Expect(review.Status.Allowed).To(Equal(want), review.Status.Reason)
		},
		Entry("watch Apps", true, authorizationv1.ResourceAttributes{Verb: "watch", Group: "bowline.dev", Resource: "apps"}),
		Entry("write the status of an App", true, authorizationv1.ResourceAttributes{Verb: "patch", Group: "bowline.dev", Resource: "apps", Subresource: "status"}),
		Entry("not write an App", false, authorizationv1.ResourceAttributes{Verb: "update", Group: "bowline.dev", Resource: "apps"}),
		Entry("not patch an App", false, authorizationv1.ResourceAttributes{Verb: "patch", Group: "bowline.dev", Resource: "apps"}),
		Entry("not change a Release", false, authorizationv1.ResourceAttributes{Verb: "update", Group: "bowline.dev", Resource: "releases"}),
		Entry("make Releases", true, authorizationv1.ResourceAttributes{Verb: "create", Group: "bowline.dev", Resource: "releases"}),
		Entry("apply Deployments", true, authorizationv1.ResourceAttributes{Verb: "patch", Group: "apps", Resource: "deployments"}),
		Entry("not read one pod", false, authorizationv1.ResourceAttributes{Verb: "get", Resource: "pods"}),
		Entry("see nodes", true, authorizationv1.ResourceAttributes{Verb: "watch", Resource: "nodes"}),
		Entry("not read the log of a pod", false, authorizationv1.ResourceAttributes{Verb: "get", Resource: "pods", Subresource: "log"}),
		Entry("not delete pods", false, authorizationv1.ResourceAttributes{Verb: "delete", Resource: "pods"}),
		Entry("hold its lease", true, authorizationv1.ResourceAttributes{Verb: "update", Group: "coordination.k8s.io", Resource: "leases", Namespace: "bowline-system"}),
		Entry("hold no lease elsewhere", false, authorizationv1.ResourceAttributes{Verb: "update", Group: "coordination.k8s.io", Resource: "leases", Namespace: "default"}),
		Entry("check who reads its metrics", true, authorizationv1.ResourceAttributes{Verb: "create", Group: "authentication.k8s.io", Resource: "tokenreviews"}),
	)
})
