package servicebinding_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

var _ = Describe("Workloads", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
	})
	const (
		metadata = "metadata: {labels: {app: x}}"
		pod      = "{" + metadata + ", spec: {containers: [{name: app, image: i}]}}"
		selector = "selector: {matchLabels: {app: x}}"
	)

	DescribeTable("of the kinds that every cluster has are bound and unbound", func(apiVersion, kind, body string, template ...string) {
		s.Apply("apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: x}\n" + body)
		read := func() (any, []any) {
			GinkgoHelper()
			object := s.object(apiVersion, kind, "x")
			Expect(api.Get(s.ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
			volumes, _, err := unstructured.NestedSlice(object.Object, append(template, "spec", "volumes")...)
			Expect(err).NotTo(HaveOccurred())
			content, _, err := unstructured.NestedFieldCopy(object.Object, template...)
			Expect(err).NotTo(HaveOccurred())
			return content, volumes
		}
		before, _ := read()
		s.Bind("orders", "orders-secret", "", workload(apiVersion, kind, "x"))
		s.Says("orders", `True Bound: Secret "orders-secret" is projected into `+kind+` "x"`)
		_, volumes := read()
		Expect(volumes).To(ContainElement(HaveKeyWithValue("name", "binding-orders-1c168adb")))
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		after, _ := read()
		Expect(after).To(Equal(before))
	},
		Entry(nil, "apps/v1", "Deployment", "spec: {"+selector+", template: "+pod+"}", "spec", "template"),
		Entry(nil, "apps/v1", "StatefulSet", "spec: {serviceName: x, "+selector+", template: "+pod+"}", "spec", "template"),
		Entry(nil, "apps/v1", "DaemonSet", "spec: {"+selector+", template: "+pod+"}", "spec", "template"),
		Entry(nil, "apps/v1", "ReplicaSet", "spec: {"+selector+", template: "+pod+"}", "spec", "template"),
		Entry(nil, "v1", "ReplicationController", "spec: {selector: {app: x}, template: "+pod+"}", "spec", "template"),
		Entry(nil, "v1", "PodTemplate", "template: "+pod, "template"),
		Entry(nil, "batch/v1", "CronJob", "spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: {"+metadata+", spec: {restartPolicy: Never, containers: [{name: app, image: i}]}}}}}", "spec", "jobTemplate", "spec", "template"),
	)

	It("that nobody can change say so, and let their ServiceBinding go", func() {
		s.Apply("apiVersion: batch/v1\nkind: Job\nmetadata: {name: load}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: i, env: [{name: TOKEN, value: " + token + "}]}]}}}")
		s.Bind("orders", "orders-secret", "", workload("batch/v1", "Job", "load"))
		s.Says("orders", `False WorkloadImmutable: Job "load": the API server lets nobody change the pods of a Job that exists: bind what makes it (for a Job, a CronJob), or put the Secret's volume into its manifest`)
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
	})

	It("that the API server refuses to change say where, and nothing of what is in them", func() {
		s.Apply("apiVersion: work.example.com/v1\nkind: Statue\nmetadata: {name: x}\nspec: {template: {spec: {containers: [{name: app, env: [{name: TOKEN, value: " + token + "}]}]}}}")
		s.Bind("orders", "orders-secret", "", workload("work.example.com/v1", "Statue", "x"))
		s.Says("orders", `False WorkloadRefused: Statue "x": the API server refuses the change (Invalid: spec.template.spec.volumes): see `+"`kubectl explain`"+` for what a Statue may have there`)
	})
})
