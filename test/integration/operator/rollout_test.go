package operator_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("A first rollout", func() {
	Alone("is in progress until the operator looks, and then runs all there is to an App", func(s *Scene) {
		s.Step("the operator is not there")
		s.Expect(operator.Stop()).To(Succeed())
		shop := s.Applies(Spec(good, port("http", 8080), level("info"), file("/etc/shop/app.yaml", "a: 1"), autoscale(2, 4)))
		s.Expect(shop.Live().Status).To(Equal(v1alpha1.AppStatus{ObservedGeneration: -1}))
		s.Expect(shop.Kstatus()).To(Equal("InProgress"))

		s.Step("the operator comes")
		operator = startOperator(s.ctx)
		app := shop.Settled(Healthy, rollout)
		s.Expect(shop.Kstatus()).To(Equal("Current"))
		_, err := cluster.Kubectl(s.ctx, "wait", "--namespace="+s.Namespace, "app/shop", "--for=condition=Ready", "--timeout=5s")
		s.Expect(err).NotTo(HaveOccurred())
		s.Expect(shop.Condition("Ready")).To(Equal("True Healthy 2 of 2 pods available (shop-1)"))
		s.Expect(shop.Condition("Reconciling")).To(BeEmpty())
		s.Expect(shop.Condition("Stalled")).To(BeEmpty())
		s.Expect(app.Status.Range).To(Equal("2-4"))

		config := shop.Container().Env[0].ValueFrom.ConfigMapKeyRef.Name
		s.Expect(names(s.Children())).To(Equal([]string{
			"ConfigMap " + config, "Deployment shop", "HorizontalPodAutoscaler shop", "PodDisruptionBudget shop", "Release shop-1", "Secret " + shop.Live().Status.Binding.Name, "Service shop",
		}))
		for _, child := range s.Children() {
			s.Expect(child.GetOwnerReferences()).To(Equal([]metav1.OwnerReference{shop.owner()}), called(child))
			s.Expect(child.GetLabels()).To(Equal(map[string]string{
				"bowline.dev/app": "shop", "app.kubernetes.io/name": "shop", "app.kubernetes.io/managed-by": "bowline",
			}), called(child))
		}
		s.Expect(s.ConfigMap(config).Data).To(HaveKeyWithValue("LOG_LEVEL", "info"))
		service := &corev1.Service{}
		s.Expect(api.Get(s.ctx, s.key("shop"), service)).To(Succeed())
		s.Expect(service.Spec.Ports).To(Equal([]corev1.ServicePort{{Name: "http", Protocol: "TCP", Port: 8080, TargetPort: intstr.FromString("http")}}))
	})
})

var _ = Describe("A change", func() {
	Concurrently("goes out as a new Release, and the App is ready when it has proved healthy", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Image(better)
		app := shop.Settled(Healthy, rollout)
		s.Expect(app.Status.Release).To(Equal(v1alpha1.ReleaseRoles{Desired: "shop-2", Running: "shop-2", LastHealthy: "shop-2"}))
		s.Expect(app.Status.Image).To(Equal(better))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))
		s.Eventually(shop.Events).WithTimeout(soon).Should(Equal([]string{"ReleaseCreated 2", "ReleaseHealthy 2"}))
		s.Expect(shop.Kstatus()).To(Equal("Current"))
	})

	Concurrently("that takes its time to become ready is waited for", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Image(slow)
		shop.Settled(Healthy, time.Minute)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
	})
})

var _ = Describe("A bad image", func() {
	Concurrently("is rolled back within 12 s of its first sign, to the byte, with nobody noticing", func(s *Scene) {
		shop := s.Runs(Spec(good, level("info"), port("http", 8080)))
		before := shop.Settled(Healthy, rollout)
		picture, pods := s.Picture(), shop.PodUIDs()

		shop.Change(all(image(notThere), level("debug"), port("admin", 9090)))
		changed := shop.Live()
		app := shop.Settled(RolledBack, rollout)

		s.Step("fast, with users served all the time")
		s.Expect(shop.firstRelease("shop-2", failed).Sub(shop.firstPod("2", waits))).To(BeNumerically("<=", 12*time.Second))
		shop.WasAlwaysAvailable(before)

		s.Step("everything is as it was")
		s.LooksAgain(picture)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Config()).To(HaveKeyWithValue("LOG_LEVEL", "info"))

		s.Step("the App is the person's")
		s.Expect(app.Spec).To(Equal(changed.Spec))
		s.Expect(app.Labels).To(Equal(changed.Labels))
		s.Expect(app.Annotations).To(Equal(changed.Annotations))
		s.Expect(app.Finalizers).To(BeEmpty())
		for _, entry := range app.ManagedFields {
			if entry.Manager == "bowline" {
				s.Expect(entry.Subresource).To(Equal("status"))
			}
		}

		s.Step("and it says what happened")
		s.Expect(shop.Condition("Ready")).To(MatchRegexp(`^False RolledBack shop-2 failed \(CannotStart: \d of \d updated pods in (ErrImagePull|ImagePullBackOff) for 1[0-2] s, budget 10 s \(pod shop-\S+, container app: .*\)\); shop-1 serves again: change the spec, or set the annotation bowline.dev/retry to try the same inputs again$`))
		s.Expect(shop.Condition("Stalled")).To(HavePrefix("True RolledBack "))
		s.Expect(shop.Condition("Reconciling")).To(BeEmpty())
		s.Expect(app.Status.Release).To(Equal(v1alpha1.ReleaseRoles{Desired: "shop-2", Running: "shop-1", LastHealthy: "shop-1"}))
		s.Expect(app.Status.Failure.Release).To(Equal("shop-2"))
		s.Expect(app.Status.Failure.Reason).To(Equal("CannotStart"))
		s.Expect(shop.Kstatus()).To(Equal("Failed"))
		s.Expect(shop.Release(2).Status.Evidence).To(ContainElement(MatchFields(IgnoreExtras, Fields{
			"Pod":       HavePrefix("shop-"),
			"Container": Equal("app"),
			"Reason":    BeElementOf("ErrImagePull", "ImagePullBackOff"),
			"Message":   ContainSubstring("image-not-found"),
		})))
		s.Eventually(shop.Events).WithTimeout(soon).Should(Equal([]string{"ReleaseCreated 2", "ReleaseFailed 1", "ReleaseHealthy 1", "RolledBack 1"}))
	})

	Concurrently("as the first Release stalls with its pods and its evidence, and a fixed spec goes out at once", func(s *Scene) {
		shop := s.Applies(Spec(notThere))
		app := shop.Settled(Failed, rollout)
		s.Expect(shop.Condition("Stalled")).To(HavePrefix("True Failed shop-1 failed (CannotStart: 2 of 2 updated pods in "))
		s.Expect(shop.Condition("Ready")).To(HaveSuffix("; its pods are kept: change the spec, or set the annotation bowline.dev/retry to try the same inputs again"))
		s.Expect(app.Status.Release).To(Equal(v1alpha1.ReleaseRoles{Desired: "shop-1", Running: "shop-1"}))
		s.Expect(shop.Pods()).To(HaveLen(2))
		s.Expect(shop.Release(1).Status.Evidence).To(HaveLen(2))
		s.Expect(shop.Kstatus()).To(Equal("Failed"))
		s.Eventually(shop.Events).WithTimeout(soon).Should(Equal([]string{"ReleaseCreated 1", "ReleaseFailed 1", "Stalled 1"}))

		fixed := time.Now()
		shop.Image(good)
		shop.Settled(Healthy, rollout)
		s.Expect(shop.firstDeployment(runs(good))).To(BeTemporally("<=", fixed.Add(quickly)))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 CannotStart (spec)", "shop-2 Healthy (spec)"}))
	})
})

var _ = Describe("A crash", func() {
	for _, played := range []struct{ name, image, reason string }{
		{"loop", crashes, "Error|CrashLoopBackOff"},
		{"for want of memory", oom, "OOMKilled"},
	} {
		Concurrently(played.name+" is rolled back within 60 s, configuration and all", func(s *Scene) {
			shop := s.Runs(Spec(good, level("info")))
			before := shop.Settled(Healthy, rollout)
			picture, pods := s.Picture(), shop.PodUIDs()
			shop.Change(all(image(played.image), level("debug")))
			shop.Settled(RolledBack, 90*time.Second)
			s.Expect(shop.firstRelease("shop-2", failed).Sub(shop.firstPod("2", ended))).To(BeNumerically("<=", 60*time.Second))
			shop.WasAlwaysAvailable(before)
			s.LooksAgain(picture)
			s.Expect(shop.PodUIDs()).To(Equal(pods))
			s.Expect(shop.Config()).To(HaveKeyWithValue("LOG_LEVEL", "info"))
			s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Crashing (spec)"}))
			s.Expect(shop.Release(2).Status.Evidence[0]).To(MatchFields(IgnoreExtras, Fields{
				"Container":    Equal("app"),
				"Reason":       MatchRegexp("^(" + played.reason + ")$"),
				"ExitCode":     PointTo(BeElementOf(int32(1), int32(137))),
				"RestartCount": PointTo(BeNumerically(">=", 1)),
			}))
		})
	}

	Concurrently("in the bake takes the Release back", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "old"))
		shop := s.Runs(Spec(good, replicas(1), secretFrom("stripe")))
		before := shop.replicaSet("1")
		shop.Change(all(image(later), bake(20)))
		shop.Becomes(v1alpha1.ReasonBaking, time.Minute)
		s.Expect(shop.replicaSet("1").UID).To(Equal(before.UID), "kept while the other bakes")
		s.Expect(shop.keys()).To(Equal([]string{"old"}))
		shop.Becomes(RolledBack, time.Minute)
		s.Expect(shop.replicaSet("1").UID).To(Equal(before.UID), "it is the one that returns")
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 BakeFailed (spec)"}))
		s.Expect(shop.Condition("Ready")).To(ContainSubstring("shop-2 failed (BakeFailed: a container ended in the bake, after all 1 pods were available: "))
	})
})

var _ = Describe("Trouble that may pass", func() {
	Concurrently("such as pods that do not become ready has until the deadline", func(s *Scene) {
		shop := s.Runs(Spec(good, deadline(12)))
		shop.Image(neverUp)
		s.Eventually(shop.podsOf("2")).WithTimeout(soon).ShouldNot(BeEmpty())
		for _, pod := range shop.podsOf("2")() {
			s.Create(probeFailed(pod, "Readiness probe failed: HTTP probe failed with statuscode: 503"))
		}
		shop.Becomes(RolledBack, time.Minute)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 NotReady (spec)"}))
		s.Expect(shop.Release(2).Status.Evidence).To(ContainElement(And(
			HaveField("Reason", "NotReady"), HaveField("Container", "app"),
			HaveField("Message", "Readiness probe failed: HTTP probe failed with statuscode: 503"))))
		s.Expect(shop.lasted(2)).To(BeNumerically("~", 13*time.Second, 3*time.Second))
		s.Expect(shop.Condition("Ready")).To(MatchRegexp(`shop-2 failed \(NotReady: 0 of 2 updated pods available, none more for 1[2-5] s, deadline 12 s: NotReady `))
	})

	Concurrently("such as a registry that is down has until the deadline", func(s *Scene) {
		shop := s.Runs(Spec(good, deadline(25)))
		shop.Image(registry5)
		shop.Becomes(RolledBack, 90*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Infrastructure (spec)"}))
		s.Expect(shop.lasted(2)).To(BeNumerically("~", 26*time.Second, 3*time.Second))
	})

	Concurrently("such as no node with room has until the deadline", func(s *Scene) {
		shop := s.Runs(Spec(good, deadline(20)))
		shop.Change(all(image(better), nodes("disk", "golden")))
		shop.Becomes(RolledBack, 90*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Infrastructure (spec)"}))
		s.Expect(shop.lasted(2)).To(BeNumerically("~", 21*time.Second, 3*time.Second))
		s.Expect(shop.Release(2).Status.Evidence).To(ContainElement(HaveField("Reason", "Unschedulable")))
	})
})

var _ = Describe("A revert", func() {
	Concurrently("after a rollback restarts nothing and makes no Release", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Image(notThere)
		shop.Settled(RolledBack, rollout)
		pods, generation := shop.PodUIDs(), shop.Deployment().Generation
		shop.Image(good)
		app := shop.Settled(Healthy, soon)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Deployment().Generation).To(Equal(generation))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 CannotStart (spec) superseded"}))
		s.Expect(app.Status.Failure).To(BeZero())
	})

	Concurrently("in the middle of a rollout goes straight back to the pods that still serve", func(s *Scene) {
		shop := s.Runs(Spec(good))
		before := shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		shop.Image(neverUp)
		s.Eventually(shop.Pods).WithTimeout(soon).Should(ContainElement(HaveField("Labels", HaveKeyWithValue("bowline.dev/release", "2"))))
		reverted := time.Now()
		shop.Image(good)
		s.Eventually(shop.Deployment).WithTimeout(quickly).WithPolling(50*time.Millisecond).Should(Satisfy(runs(good)), "since %s", reverted)
		shop.Settled(Healthy, soon)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Progressing (spec) superseded"}))
		shop.WasAlwaysAvailable(before)
	})

	Concurrently("to a Release from before a rollout that failed, then forward again, makes new attempts", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Image(notThere)
		shop.Becomes(RolledBack, rollout)
		shop.Image(good)
		shop.Becomes(Healthy, soon)
		shop.Image(notThere)
		shop.Becomes(RolledBack, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 CannotStart (spec) superseded", "shop-3 CannotStart (spec)"}))
	})
})

// replicaSet is the one that makes the pods of a Release.
func (a *App) replicaSet(release string) appsv1.ReplicaSet {
	list := &appsv1.ReplicaSetList{}
	a.Expect(api.List(a.ctx, list, append(a.mine(), client.MatchingLabels{v1alpha1.LabelRelease: release})...)).To(Succeed())
	a.Expect(list.Items).To(HaveLen(1))
	return list.Items[0]
}

// probeFailed is what a kubelet tells of a pod's container. Simulated nodes tell
// nothing.
func probeFailed(pod corev1.Pod, message string) *corev1.Event {
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: pod.Name + "."},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID, FieldPath: "spec.containers{app}",
		},
		Type: corev1.EventTypeWarning, Reason: "Unhealthy", Message: message, Count: 1,
		FirstTimestamp: metav1.Now(), LastTimestamp: metav1.Now(),
		Source: corev1.EventSource{Component: "kubelet"},
	}
}

// runs tells whether a Deployment is to run an image.
func runs(image string) func(*appsv1.Deployment) bool {
	return func(d *appsv1.Deployment) bool { return d.Spec.Template.Spec.Containers[0].Image == image }
}

// lasted is how long a Release took from being made to its verdict.
func (a *App) lasted(number int) time.Duration {
	r := a.Release(number)
	return r.Status.FinishTime.Sub(r.CreationTimestamp.Time)
}
