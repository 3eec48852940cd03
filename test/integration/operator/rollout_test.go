package operator_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

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
		_, err := cluster.Kubectl(s.ctx, "wait", "--namespace="+s.Namespace, "app/shop", "--for=condition=Ready", "--timeout=5s")
		s.Expect(err).NotTo(HaveOccurred())
	})

	Concurrently("that crashes later fails in the bake", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Change(func(spec *v1alpha1.AppSpec) {
			spec.Image = later
			*spec.Rollout.BakeSeconds = 20
		})
		shop.Becomes(RolledBack, 40*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 BakeFailed (spec)"}))
	})
})
