package servicebinding_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

var _ = Describe("The API server", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) { s = newScene(ctx) })
	manifest := func(version, spec string) string {
		return "apiVersion: servicebinding.io/" + version + "\nkind: ServiceBinding\nmetadata: {name: b}\nspec: " + spec
	}
	const (
		service  = "service: {apiVersion: v1, kind: Secret, name: s}"
		workload = "workload: {apiVersion: apps/v1, kind: Deployment, name: d}"
	)

	DescribeTable("refuses in both versions, and says what is allowed", func(spec, message string) {
		for _, version := range []string{"v1", "v1beta1"} {
			Expect(s.Refused(manifest(version, spec))).To(ContainSubstring(message))
		}
	},
		Entry("the name .", "{name: ., "+service+", "+workload+"}", `spec.name: Invalid value: ".": is the name of a directory: lower case letters, digits, - and . only, and neither . nor ..`),
		Entry("the name ..", "{name: .., "+service+", "+workload+"}", `spec.name: Invalid value: "..": is the name of a directory`),
		Entry("a name with a slash", "{name: a/b, "+service+", "+workload+"}", `spec.name: Invalid value: "a/b": is the name of a directory`),
		Entry("a name in capitals", "{name: A, "+service+", "+workload+"}", `spec.name: Invalid value: "A": is the name of a directory`),
		Entry("name and selector", "{"+service+", workload: {apiVersion: apps/v1, kind: Deployment, name: d, selector: {matchLabels: {a: b}}}}", "spec.workload: Invalid value: names one workload by name, or selects them by selector: exactly one of the two is set"),
		Entry("neither name nor selector", "{"+service+", workload: {apiVersion: apps/v1, kind: Deployment}}", "spec.workload: Invalid value: names one workload by name, or selects them by selector"),
		Entry("no service", "{"+workload+"}", "spec.service: Required value"),
		Entry("no workload", "{"+service+"}", "spec.workload: Required value"),
		Entry("a service without a name", "{service: {apiVersion: v1, kind: Secret}, "+workload+"}", "spec.service.name: Required value"),
		Entry("the root as a variable", "{"+service+", "+workload+", env: [{name: SERVICE_BINDING_ROOT, key: type}]}", "spec.env[0]: Invalid value: SERVICE_BINDING_ROOT says where bindings are, and is set by the workload or by the projection"),
		Entry("a variable twice", "{"+service+", "+workload+", env: [{name: A, key: a}, {name: A, key: b}]}", "spec.env[1]: Duplicate value"),
		Entry("a variable without a key", "{"+service+", "+workload+", env: [{name: A}]}", "spec.env[0].key: Required value"),
		Entry("no spec", "null", "spec: Required value"),
	)

	It("serves each version what was written in the other", func() {
		s.Apply(manifest("v1beta1", "{name: db, type: t, provider: p, "+service+", workload: {apiVersion: apps/v1, kind: Deployment, selector: {matchLabels: {a: b}}, containers: [c]}, env: [{name: A, key: k}]}"))
		Expect(unstructuredOf(s.Get("b").Spec)).To(Equal(map[string]any{
			"name": "db", "type": "t", "provider": "p",
			"service":  map[string]any{"apiVersion": "v1", "kind": "Secret", "name": "s"},
			"workload": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "selector": map[string]any{"matchLabels": map[string]any{"a": "b"}}, "containers": []any{"c"}},
			"env":      []any{map[string]any{"name": "A", "key": "k"}},
		}))
		Expect(kubectl(s.ctx, "get", "servicebindings.v1beta1.servicebinding.io", "b", "-n", s.Namespace, "-o", "jsonpath={.apiVersion} {.spec.name}")).To(Equal("servicebinding.io/v1beta1 db"))
		Expect(kubectl(s.ctx, "get", "clusterworkloadresourcemappings.v1beta1.servicebinding.io")).To(BeEmpty())
	})

	It("keeps kind and version of the workload as they are", func() {
		s.Apply(manifest("v1", "{"+service+", "+workload+"}"))
		for field, change := range map[string]func(*servicebindingv1.ServiceBindingWorkloadReference){
			`kind: Invalid value: "StatefulSet"`:   func(w *servicebindingv1.ServiceBindingWorkloadReference) { w.Kind = "StatefulSet" },
			`apiVersion: Invalid value: "apps/v2"`: func(w *servicebindingv1.ServiceBindingWorkloadReference) { w.APIVersion = "apps/v2" },
		} {
			Eventually(func() string {
				b := s.Get("b")
				change(&b.Spec.Workload)
				return api.Update(s.ctx, b).Error()
			}).WithTimeout(soon).Should(ContainSubstring("spec.workload." + field + ": cannot be changed: make another ServiceBinding for another kind of workload"))
		}
	})

	It("takes every sample, and all that is installed", func() {
		kubectl(s.ctx, "apply", "--dry-run=server", "-n", s.Namespace, "-f", "../../../config/servicebinding/samples")
		kubectl(s.ctx, "apply", "--dry-run=server", "--server-side", "--force-conflicts", "-k", "../../../config/servicebinding")
	})
})
