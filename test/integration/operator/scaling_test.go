package operator_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("The number of pods", func() {
	Concurrently("of an autoscaled App is its minimum from the first moment", func(s *Scene) {
		shop := s.Runs(Spec(good, autoscale(3, 6)))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Sizes()).To(Equal([]int32{3}))
	})

	Concurrently("does not move when autoscale comes and goes, at rest", func(s *Scene) {
		shop := s.Runs(Spec(good, replicas(3)))
		shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		for range 2 {
			shop.Change(autoscale(2, 5))
			shop.Settled(Healthy, soon)
			s.Expect(shop.hasAutoscaler()).To(BeTrue())
			shop.Change(func(spec *v1alpha1.AppSpec) { spec.Autoscale = v1alpha1.AutoscaleSpec{} })
			shop.Settled(Healthy, soon)
			s.Eventually(shop.hasAutoscaler).WithTimeout(soon).Should(BeFalse())
		}
		s.Expect(shop.Sizes()).To(Equal([]int32{3}))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})

	Concurrently("does not move when autoscale comes and goes in the middle of a rollout that fails", func(s *Scene) {
		shop := s.Runs(Spec(good, replicas(3), deadline(15)))
		shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		shop.Change(all(image(neverUp), autoscale(2, 5)))
		s.Eventually(shop.hasAutoscaler).WithTimeout(soon).Should(BeTrue())
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Autoscale = v1alpha1.AutoscaleSpec{} })
		s.Eventually(shop.hasAutoscaler).WithTimeout(soon).Should(BeFalse())
		shop.Change(autoscale(2, 5))
		shop.Settled(RolledBack, time.Minute)
		s.Expect(shop.hasAutoscaler()).To(BeTrue())
		s.Expect(shop.Sizes()).To(Equal([]int32{3}))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})

	Concurrently("is what kubectl scale says, at once and without a restart", func(s *Scene) {
		shop := s.Runs(Spec(good))
		pods := shop.PodUIDs()
		_, err := cluster.Kubectl(s.ctx, "scale", "--namespace="+s.Namespace, "app/shop", "--replicas=4")
		s.Expect(err).NotTo(HaveOccurred())
		s.Eventually(shop.Sizes).WithTimeout(quickly).Should(Equal([]int32{2, 4}))
		shop.Settled(Healthy, soon)
		s.Expect(shop.PodUIDs()).To(ContainElements(pods))
		_, err = cluster.Kubectl(s.ctx, "scale", "--namespace="+s.Namespace, "app/shop", "--replicas=0")
		s.Expect(err).NotTo(HaveOccurred())
		shop.Settled(Healthy, soon)
		s.Expect(shop.Condition("Available")).To(Equal("True ScaledToZero no pods are wanted"))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})

	Concurrently("is the autoscaler's to change, in a rollback too, and stays when it goes", func(s *Scene) {
		shop := s.Runs(Spec(good, autoscale(2, 6)))
		shop.Settled(Healthy, rollout)
		shop.hpaScales(5)
		shop.Settled(Healthy, soon)
		shop.Image(notThere)
		shop.Release(2)
		shop.hpaScales(4)
		shop.Settled(RolledBack, rollout)
		s.Expect(shop.Sizes()).To(Equal([]int32{2, 5, 4}))

		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Autoscale = v1alpha1.AutoscaleSpec{} })
		s.Eventually(shop.hasAutoscaler).WithTimeout(soon).Should(BeFalse())
		shop.Image(good)
		shop.Settled(Healthy, soon)
		s.Expect(shop.Sizes()).To(Equal([]int32{2, 5, 4}))
		s.Expect(shop.Live().Status.Range).To(Equal("4"))
	})

	Concurrently("wakes from none when an autoscaler takes over", func(s *Scene) {
		shop := s.Runs(Spec(good, replicas(0)))
		shop.Settled(Healthy, rollout)
		shop.Change(func(spec *v1alpha1.AppSpec) { autoscale(2, 4)(spec); spec.Replicas = nil })
		s.Eventually(shop.Sizes).WithTimeout(soon).Should(Equal([]int32{0, 2}))
		shop.Settled(Healthy, rollout)
	})

	Concurrently("follows new bounds of the autoscaler without a restart", func(s *Scene) {
		shop := s.Runs(Spec(good, autoscale(2, 4)))
		pods := shop.PodUIDs()
		shop.Change(autoscale(3, 8))
		s.Eventually(shop.Sizes).WithTimeout(soon).Should(Equal([]int32{2, 3}))
		shop.Settled(Healthy, soon)
		s.Expect(shop.PodUIDs()).To(ContainElements(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})
})

var _ = Describe("ScalingActive", func() {
	Concurrently("repeats what the autoscaler says, and does not touch Ready", func(s *Scene) {
		shop := s.Runs(Spec(good, autoscale(2, 4)))
		s.Eventually(func() string { return shop.Condition("ScalingActive") }).WithTimeout(rollout).Should(HavePrefix("False FailedGetResourceMetric "))
		s.Expect(shop.Condition("Ready")).To(HavePrefix("True Healthy "))
		shop.Change(replicasInstead(2))
		shop.Settled(Healthy, soon)
		s.Expect(shop.Condition("ScalingActive")).To(BeEmpty())
	})
})

// replicasInstead takes the number of pods back from the autoscaler.
func replicasInstead(n int32) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Autoscale, spec.Replicas = v1alpha1.AutoscaleSpec{}, ptr.To(n) }
}

// hpaScales scales the Deployment as the HorizontalPodAutoscaler's controller
// does: by the subresource, as its field manager.
func (a *App) hpaScales(n int32) {
	a.Step("the autoscaler scales")
	d := &appsv1.Deployment{}
	d.Name, d.Namespace = a.Name, a.Namespace
	a.Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		scale := &autoscalingv1.Scale{}
		if err := api.SubResource("scale").Get(a.ctx, d, scale); err != nil {
			return err
		}
		scale.Spec.Replicas = n
		return api.SubResource("scale").Update(a.ctx, d, client.WithSubResourceBody(scale), client.FieldOwner("kube-controller-manager"))
	})).To(Succeed())
}

func (a *App) hasAutoscaler() bool {
	for _, child := range names(a.Children()) {
		if child == "HorizontalPodAutoscaler "+a.Name {
			return true
		}
	}
	return false
}
