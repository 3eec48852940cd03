package operator_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// podTemplate sets the overlay, written in YAML.
func podTemplate(text string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		raw, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			panic(err)
		}
		spec.PodTemplate = &runtime.RawExtension{Raw: raw}
	}
}

// proxied is an overlay with a sidecar of an image, and a volume that it shares
// with the App's container.
func proxied(image string) string {
	return `
spec:
  initContainers:
    - {name: proxy, image: "` + image + `", restartPolicy: Always, volumeMounts: [{name: cache, mountPath: /cache}]}
  containers:
    - {name: app, volumeMounts: [{name: cache, mountPath: /cache}]}
  volumes: [{name: cache, emptyDir: {}}]
  topologySpreadConstraints: null
`
}

// everything is an overlay in words that the API server writes otherwise, or
// fills in.
const everything = `
metadata: {labels: {team: blue}, annotations: {a: b}}
spec:
  hostNetwork: false
  shareProcessNamespace: true
  securityContext: {}
  dnsConfig: {options: [{name: ndots, value: "1"}]}
  hostAliases: [{ip: 10.0.0.7, hostnames: [db]}]
  tolerations: [{key: spot, operator: Exists}]
  affinity:
    nodeAffinity: {}
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - {weight: 1, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {}, namespaceSelector: {}}}
  topologySpreadConstraints:
    - {topologyKey: kubernetes.io/hostname, maxSkew: 2}
    - {topologyKey: topology.kubernetes.io/zone, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, labelSelector: {}}
  initContainers:
    - {name: migrate, image: "registry.example/migrate:1", env: [{name: A, value: ""}]}
    - {name: proxy, image: "registry.example/proxy:1", restartPolicy: Always, ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]}
  containers:
    - {name: log, image: "registry.example/log:1", resources: {limits: {cpu: "0.5", memory: "1073741824"}, requests: {}}, env: [], stdin: false, volumeMounts: [{name: data, mountPath: /data, readOnly: false}]}
    - {name: app, lifecycle: {preStop: {sleep: {seconds: 1}}}, livenessProbe: null, startupProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 0}, securityContext: {runAsUser: 0}}
  volumes:
    - {name: data, emptyDir: {sizeLimit: 1024Mi}}
    - {name: info, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
    - {name: all, projected: {sources: [{configMap: {name: shared, optional: true}}]}}
`

var _ = Describe("An overlay", func() {
	Concurrently("gives the pods a sidecar and a volume, and makes and takes back Releases as any input does", func(s *Scene) {
		shop := s.Runs(Spec(good, podTemplate(proxied("registry.example/proxy:1"))))
		pod := shop.Deployment().Spec.Template.Spec
		s.Expect(pod.InitContainers).To(HaveLen(1))
		s.Expect(pod.InitContainers[0].RestartPolicy).To(HaveValue(Equal(corev1.ContainerRestartPolicyAlways)))
		s.Expect(pod.InitContainers[0].SecurityContext.AllowPrivilegeEscalation).To(HaveValue(BeFalse()))
		s.Expect(pod.Volumes).To(ConsistOf(HaveField("VolumeSource.EmptyDir", Not(BeNil()))))
		s.Expect(shop.Container().VolumeMounts).To(ConsistOf(HaveField("MountPath", "/cache")))
		s.Expect(pod.TopologySpreadConstraints).To(BeEmpty(), "null removes it")

		shop.Change(podTemplate(proxied("registry.example/proxy:2")))
		before := shop.Settled(Healthy, rollout)
		s.Expect(shop.Deployment().Spec.Template.Spec.InitContainers[0].Image).To(Equal("registry.example/proxy:2"))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))
		pods := shop.PodUIDs()

		shop.Change(podTemplate(proxied("registry.example/proxy:never-ready")))
		shop.Release(3)
		shop.Becomes(v1alpha1.ReasonProgressing, soon)
		shop.Change(podTemplate(proxied("registry.example/proxy:2")))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)", "shop-3 Progressing (spec) superseded"}))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		shop.WasAlwaysAvailable(before)
	})

	Concurrently("with a misspelled field is named, and what serves keeps serving", func(s *Scene) {
		shop := s.Runs(Spec(good, podTemplate(proxied("registry.example/proxy:1"))))
		before := shop.Settled(Healthy, rollout)
		picture, pods := s.Picture(), shop.PodUIDs()
		shop.Change(all(image(better), podTemplate(`spec: {containers: [{name: log, imagee: "registry.example/log:1"}]}`)))
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		want := `InvalidInput spec.podTemplate.spec.containers[0].imagee: there is no such field: correct its name or remove it`
		s.Expect(shop.Condition("InputsResolved")).To(Equal("False " + want))
		s.Expect(shop.Condition("Ready")).To(Equal("False " + want))
		s.Expect(shop.Condition("Stalled")).To(Equal("True " + want))
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
		s.Expect(shop.Kstatus()).To(Equal("Failed"))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.LooksAgain(picture)
		shop.WasAlwaysAvailable(before)

		shop.Change(podTemplate(`spec: {containers: [{name: log, image: "registry.example/log:1"}]}`))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))
	})

	for _, crashing := range []struct{ what, overlay string }{
		{"sidecar", `spec: {initContainers: [{name: proxy, image: "registry.example/proxy:crash-loop", restartPolicy: Always}]}`},
		{"further container", `spec: {containers: [{name: proxy, image: "registry.example/proxy:crash-loop"}]}`},
	} {
		Concurrently("whose "+crashing.what+" crashes again and again fails the Release, and is rolled back", func(s *Scene) {
			shop := s.Runs(Spec(good))
			before := shop.Settled(Healthy, rollout)
			pods := shop.PodUIDs()
			shop.Change(podTemplate(crashing.overlay))
			shop.Becomes(RolledBack, 2*time.Minute)
			s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Crashing (spec)"}))
			s.Expect(shop.Release(2).Status.Evidence).To(ContainElement(MatchFields(IgnoreExtras, Fields{
				"Container": Equal("proxy"), "ExitCode": HaveValue(BeEquivalentTo(1)),
			})))
			s.Expect(shop.PodUIDs()).To(Equal(pods))
			shop.WasAlwaysAvailable(before)
		})
	}
})
