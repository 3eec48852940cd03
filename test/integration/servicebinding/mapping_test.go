package servicebinding_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// A mapping is the cluster's, so these specs run one after the other.
var _ = Describe("A ClusterWorkloadResourceMapping", Serial, func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
	})
	const name = "batches.work.example.com"
	maps := func(ctx context.Context, versions ...servicebindingv1.ClusterWorkloadResourceMappingTemplate) {
		GinkgoHelper()
		mapping := &servicebindingv1.ClusterWorkloadResourceMapping{ObjectMeta: metav1.ObjectMeta{Name: name}}
		mapping.Spec.Versions = versions
		if err := api.Create(ctx, mapping); err != nil {
			Expect(err).To(MatchError(ContainSubstring("already exists")))
			edit(&Scene{ctx: ctx}, mapping, name, func(m *servicebindingv1.ClusterWorkloadResourceMapping) { m.Spec.Versions = versions })
			return
		}
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, mapping)).To(Succeed()) })
	}
	batch := func(version, name string) *unstructured.Unstructured {
		GinkgoHelper()
		object := s.object("work.example.com/"+version, "Batch", name)
		Expect(api.Get(s.ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		return object
	}
	read := func(manifest string) map[string]any {
		GinkgoHelper()
		var out map[string]any
		Expect(yaml.Unmarshal([]byte(manifest), &out)).To(Succeed())
		return out
	}
	container := func(path string) []servicebindingv1.ClusterWorkloadResourceMappingContainer {
		return []servicebindingv1.ClusterWorkloadResourceMappingContainer{{Path: path, Name: ".id", Env: ".variables", VolumeMounts: ".disks.mounts"}}
	}
	inPods := servicebindingv1.ClusterWorkloadResourceMappingTemplate{
		Version: "v1", Annotations: ".spec.pods.annotations", Volumes: ".spec.pods['the.volumes']", Containers: container(".spec..steps[?(@.image)]"),
	}
	const manifest = `
apiVersion: work.example.com/v1
kind: Batch
metadata: {name: nightly}
spec:
  fieldOfTomorrow: {kept: [1, two, null]}
  stages:
    - steps: [{id: load, image: a}, {id: wait, seconds: 5}]
    - steps: [{id: store, image: b, variables: [{name: A, value: b}]}]
`

	It("says where containers, variables, mounts, volumes and annotations are; parents are created, all else is kept", func() {
		maps(s.ctx, inPods)
		s.Apply(manifest)
		before := batch("v1", "nightly").Object["spec"]
		s.Bind("orders", "orders-secret", "", workload("work.example.com/v1", "Batch", "nightly"), spec(func(b *servicebindingv1.ServiceBindingSpec) {
			b.Type, b.Workload.Containers = "t", []string{"store", "nobody"}
			b.Env = []servicebindingv1.EnvMapping{{Name: "P", Key: "password"}}
		}))
		s.Ready("orders")
		after := batch("v1", "nightly")
		Expect(unstructuredOf(after.Object["spec"])).To(Equal(read(`
fieldOfTomorrow: {kept: [1, two, null]}
stages:
  - steps: [{id: load, image: a}, {id: wait, seconds: 5}]
  - steps:
      - id: store
        image: b
        variables:
          - {name: SERVICE_BINDING_ROOT, value: /bindings}
          - {name: P, valueFrom: {secretKeyRef: {name: orders-secret, key: password}}}
          - {name: A, value: b}
        disks:
          mounts: [{name: binding-orders-1c168adb, mountPath: /bindings/orders, readOnly: true}]
pods:
  annotations: {bowline.dev/type-orders-1c168adb: t}
  the.volumes:
    - name: binding-orders-1c168adb
      projected:
        defaultMode: 420
        sources:
          - secret: {name: orders-secret}
          - downwardAPI: {items: [{path: type, fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['bowline.dev/type-orders-1c168adb']"}}]}
`)))
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		Expect(batch("v1", "nightly").Object["spec"]).To(Equal(before))
	})

	It("is that of the version, else of any version, else what a Deployment has", func() {
		maps(s.ctx,
			servicebindingv1.ClusterWorkloadResourceMappingTemplate{Version: "*", Volumes: ".spec.any", Containers: container(".spec.main")},
			servicebindingv1.ClusterWorkloadResourceMappingTemplate{Version: "v1", Volumes: ".spec.one", Containers: container(".spec.main")})
		for _, version := range []string{"v1", "v2"} {
			s.Apply("apiVersion: work.example.com/" + version + "\nkind: Batch\nmetadata: {name: " + version + "}\nspec: {main: {id: main}, template: {spec: {containers: [{name: app}]}}}")
			s.Bind(version, "orders-secret", "", workload("work.example.com/"+version, "Batch", version))
			s.Ready(version)
		}
		Expect(batch("v1", "v1").Object["spec"]).To(And(HaveKey("one"), Not(HaveKey("any"))))
		Expect(batch("v2", "v2").Object["spec"]).To(And(HaveKey("any"), Not(HaveKey("one"))))

		maps(s.ctx, servicebindingv1.ClusterWorkloadResourceMappingTemplate{Version: "v1", Volumes: ".spec.one", Containers: container(".spec.main")})
		Eventually(func() any { return batch("v2", "v2").Object["spec"] }).WithTimeout(soon).Should(Not(HaveKey("any")))
		s.Ready("v2")
		volumes, _, err := unstructured.NestedSlice(batch("v2", "v2").Object, "spec", "template", "spec", "volumes")
		Expect(err).NotTo(HaveOccurred())
		Expect(volumes).To(HaveLen(1))
	})

	It("that changes is undone as it was done, and followed", func() {
		maps(s.ctx, inPods)
		s.Apply(manifest)
		before := batch("v1", "nightly").Object["spec"]
		s.Bind("orders", "orders-secret", "", workload("work.example.com/v1", "Batch", "nightly"))
		s.Bind("more", "orders-secret", "", workload("work.example.com/v1", "Batch", "nightly"))
		s.Ready("orders", "more")
		generation := batch("v1", "nightly").GetGeneration()
		changed := inPods
		changed.Volumes, changed.Containers = ".spec.volumes", container(".spec.stages[0].steps[0]")
		maps(s.ctx, changed)
		Eventually(func() any { return batch("v1", "nightly").Object["spec"] }).WithTimeout(soon).Should(And(HaveKey("volumes"), Not(HaveKey("pods"))))
		s.Ready("orders", "more")
		Expect(batch("v1", "nightly").GetGeneration()).To(Equal(generation+1), "both bindings follow in one write")

		By("letting the bindings go though the mapping changes at the same time")
		changed.Volumes = ".spec.elsewhere"
		maps(s.ctx, changed)
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		s.Delete(&servicebindingv1.ServiceBinding{}, "more")
		Expect(batch("v1", "nightly").Object["spec"]).To(Equal(before))
	})

	It("that cannot be followed is said, and followed once it can be", func() {
		bad := inPods
		bad.Containers = container(".spec.steps[?(")
		maps(s.ctx, bad)
		s.Apply(manifest)
		s.Bind("orders", "orders-secret", "", workload("work.example.com/v1", "Batch", "nightly"))
		s.Says("orders", `False MappingInvalid: Batch "nightly": ClusterWorkloadResourceMapping "batches.work.example.com", version "v1", containers, path .spec.steps[?(: is no JSONPath: unterminated filter`)
		maps(s.ctx, inPods)
		s.Ready("orders")
	})

	It("is refused by the API server where a fixed path is anything but fields", func() {
		for _, path := range []string{".spec.pods[0]", ".spec.pods[*]", "..volumes", "spec.volumes", ".spec.*", "{.spec}"} {
			for _, field := range []string{"volumes: X", "annotations: X", "containers: [{path: .a, name: X}]", "containers: [{path: .a, env: X}]", "containers: [{path: .a, volumeMounts: X}]"} {
				mapping := &unstructured.Unstructured{Object: read("apiVersion: servicebinding.io/v1\nkind: ClusterWorkloadResourceMapping\nmetadata: {name: refused.example.com}\nspec: {versions: [{version: '*'}]}")}
				template := read(field)
				replace(template, path)
				template["version"] = "*"
				Expect(unstructured.SetNestedSlice(mapping.Object, []any{template}, "spec", "versions")).To(Succeed())
				Expect(api.Create(s.ctx, mapping)).To(MatchError(ContainSubstring("is a fixed path of fields, such as .spec.template or .spec['template']")), "%s %s", path, field)
			}
		}
	})
})

// replace sets every X in a tree.
func replace(tree map[string]any, value string) {
	for key, child := range tree {
		switch child := child.(type) {
		case string:
			if child == "X" {
				tree[key] = value
			}
		case []any:
			for _, element := range child {
				replace(element.(map[string]any), value)
			}
		}
	}
}
