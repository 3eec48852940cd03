package operator_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("Manual rollback", func() {
	Concurrently("stalls, returns when the annotation asks for it, and follows the spec again without it", func(s *Scene) {
		shop := s.Runs(Spec(good, manual))
		shop.Image(notThere)
		shop.SettledWith(3, Failed, rollout)
		s.Expect(shop.Condition("Ready")).To(HaveSuffix("; its pods are kept: change the spec, or set the annotation bowline.dev/retry to try the same inputs again, or set the annotation bowline.dev/rollback-to to shop-1 to return to it"))
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
		s.Expect(shop.Live().Status.Release).To(Equal(v1alpha1.ReleaseRoles{Desired: "shop-2", Running: "shop-2", LastHealthy: "shop-1"}))

		shop.Annotate(v1alpha1.AnnotationRollbackTo, "shop-1")
		shop.IsPinned()
		s.Expect(shop.Condition("Ready")).To(Equal("True Pinned shop-1 runs because the annotation bowline.dev/rollback-to asks for it; remove the annotation to run what the spec says"))
		s.Expect(shop.Deployment()).To(Satisfy(runs(good)))

		shop.Annotate(v1alpha1.AnnotationRollbackTo, "")
		shop.Settled(RolledBack, soon)
		shop.Image(better)
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 CannotStart (spec)", "shop-3 Healthy (spec)"}))
	})
})

// IsPinned waits until the Release that the annotation names runs alone.
func (a *App) IsPinned() {
	a.Step("App " + a.Name + " is pinned")
	a.Eventually(func() string { return a.Condition("Ready") }).WithTimeout(rollout).Should(HavePrefix("True Pinned "))
	a.Settled(v1alpha1.ReasonPinned, rollout)
}

var _ = Describe("The annotation rollback-to", func() {
	Concurrently("holds an App at a Release, whatever its spec says, until it is removed", func(s *Scene) {
		shop := s.Runs(Spec(good, level("info")))
		shop.Change(all(image(better), level("debug")))
		shop.Settled(Healthy, rollout)
		shop.Annotate(v1alpha1.AnnotationRollbackTo, "shop-1")
		shop.IsPinned()
		s.Eventually(shop.Events).WithTimeout(soon).Should(ContainElement("Pinned 1"))
		s.Expect(shop.Deployment()).To(Satisfy(runs(good)))
		s.Expect(shop.Config()).To(HaveKeyWithValue("LOG_LEVEL", "info"))
		pods := shop.PodUIDs()

		shop.Image("registry.example/shop:1.4.3")
		shop.Stays(v1alpha1.ReasonPinned, 2*time.Second)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))

		shop.Annotate(v1alpha1.AnnotationRollbackTo, "")
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Deployment()).To(Satisfy(runs("registry.example/shop:1.4.3")))
	})

	Concurrently("that names no Release changes nothing and says which there are", func(s *Scene) {
		shop := s.Runs(Spec(good))
		pods := shop.PodUIDs()
		shop.Annotate(v1alpha1.AnnotationRollbackTo, "shop-7")
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("Stalled")).To(Equal(`True InvalidInput annotation bowline.dev/rollback-to: App "shop" has no Release "shop-7": name one of [shop-1], or remove the annotation`))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		shop.Annotate(v1alpha1.AnnotationRollbackTo, "")
		shop.Becomes(Healthy, soon)
	})
})

var _ = Describe("A wish", func() {
	Concurrently("to retry tries the same inputs again, once for each value", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Image(notThere)
		shop.Becomes(RolledBack, rollout)
		shop.Annotate(v1alpha1.AnnotationRetry, "monday")
		s.Expect(shop.Release(3).Spec.Cause).To(Equal("retry"))
		shop.Eventually(func() string { return summary(shop.Live()) }).WithTimeout(rollout).Should(HavePrefix("RolledBack: shop-3 (cause: retry) failed"))
		shop.Stays(RolledBack, 3*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 CannotStart (spec)", "shop-3 CannotStart (retry)"}))
	})

	Concurrently("to restart replaces every pod, once for each value, and nothing else", func(s *Scene) {
		shop := s.Runs(Spec(good, level("info")))
		shop.Settled(Healthy, rollout)
		pods, container := shop.PodUIDs(), shop.Container()
		shop.Annotate(v1alpha1.AnnotationRestart, "1")
		s.Expect(shop.Release(2).Spec.Cause).To(Equal("restart"))
		shop.RestsOn(2)
		s.Expect(shop.PodUIDs()).To(HaveLen(2))
		s.Expect(shop.PodUIDs()).NotTo(ContainElements(pods[0]))
		s.Expect(shop.PodUIDs()).NotTo(ContainElements(pods[1]))
		s.Expect(shop.Container()).To(Equal(container))

		s.Step("what was restarted does not restart again when the annotation goes, and does when it comes back new")
		pods = shop.PodUIDs()
		shop.Annotate(v1alpha1.AnnotationRestart, "")
		shop.Stays(Healthy, 2*time.Second)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		shop.Annotate(v1alpha1.AnnotationRestart, "2")
		s.Expect(shop.Release(3).Spec.Cause).To(Equal("restart"))
		shop.RestsOn(3)
	})

	Alone("is answered once, also by an operator that was not there when it came", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Annotate(v1alpha1.AnnotationRestart, "1")
		shop.RestsOn(2)

		s.Step("the operator goes, and a wish comes")
		s.Expect(operator.Stop()).To(Succeed())
		shop.Annotate(v1alpha1.AnnotationRetry, "1")
		operator = startOperator(s.ctx)
		shop.RestsOn(3)
		s.Step("the operator goes and comes")
		s.Expect(operator.Stop()).To(Succeed())
		pods := shop.PodUIDs()
		operator = startOperator(s.ctx)
		shop.Stays(Healthy, 5*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (restart)", "shop-3 Healthy (retry)"}))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})
})

var _ = Describe("A paused App", func() {
	Concurrently("lets a change wait, scales all the same, and goes on when it is resumed", func(s *Scene) {
		shop := s.Runs(Spec(good))
		pods := shop.PodUIDs()
		shop.Change(all(paused, image(better)))
		shop.Becomes(v1alpha1.ReasonPaused, soon)
		s.Eventually(shop.Events).WithTimeout(soon).Should(ContainElement("Paused 1"))
		s.Expect(shop.Condition("Ready")).To(Equal("False Paused spec.rollout.state is Paused; a change waits; set it to Active to go on"))
		s.Expect(shop.Condition("Reconciling")).To(HavePrefix("True Paused "))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))

		s.Step("scaling is live")
		_, err := cluster.Kubectl(s.ctx, "scale", "--namespace="+s.Namespace, "app/shop", "--replicas=4")
		s.Expect(err).NotTo(HaveOccurred())
		shop.Settled(v1alpha1.ReasonPaused, soon)
		s.Expect(shop.PodUIDs()).To(HaveLen(4))
		s.Expect(shop.PodUIDs()).To(ContainElements(pods))
		s.Expect(shop.Deployment()).To(Satisfy(runs(good)))

		shop.Change(active)
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))
	})

	Concurrently("in the middle of a rollout keeps what serves, and the clock stands", func(s *Scene) {
		shop := s.Runs(Spec(good, deadline(10)))
		before := shop.Settled(Healthy, rollout)
		shop.Image(neverUp)
		s.Eventually(shop.Pods).WithTimeout(soon).Should(ContainElement(HaveField("Labels", HaveKeyWithValue("bowline.dev/release", "2"))))
		shop.Change(paused)
		shop.Becomes(v1alpha1.ReasonPaused, soon)
		shop.Stays(v1alpha1.ReasonPaused, 12*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Progressing (spec)"}))
		resumed := time.Now()
		shop.Change(active)
		shop.Becomes(RolledBack, rollout)
		s.Expect(shop.firstRelease("shop-2", failed)).To(BeTemporally(">=", resumed.Add(9*time.Second)))
		shop.WasAlwaysAvailable(before)
	})

	Concurrently("with nothing to do is ready", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Change(paused)
		shop.Becomes(Healthy, soon)
		shop.Stays(Healthy, 2*time.Second)
	})
})
