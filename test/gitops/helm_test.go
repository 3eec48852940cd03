package gitops_test

import (
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// livesUnderHelm: helm --wait comes back when the App is healthy, and as soon
// as it has failed.
func livesUnderHelm(s *scene) {
	chart := inRoot("test/gitops/testdata/chart")
	took := s.seconds("helm install --wait until the App is healthy", func() {
		s.run("helm", "install", "shop", chart, "--namespace="+s.namespace, "--wait", "--timeout=90s", "--set=image="+good)
	})
	s.Expect(took).To(BeNumerically(">", 3), "seconds, for the Release bakes so long")
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonHealthy))

	took = s.seconds("helm upgrade --wait until the App is rolled back", func() {
		_, err := s.try("helm", "upgrade", "shop", chart, "--namespace="+s.namespace, "--wait", "--timeout=90s", "--set=image="+missing)
		s.Expect(err).To(HaveOccurred())
		s.t.Log(err)
	})
	s.Expect(took).To(BeNumerically("<", 45), "seconds, where the timeout is 90")
	s.becomes(v1alpha1.ReasonRolledBack)

	s.run("helm", "rollback", "shop", "1", "--namespace="+s.namespace, "--wait", "--timeout=90s")
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonHealthy))
	s.hasBeen("InProgress", "Current", "InProgress", "Failed", "InProgress", "Current")
}

// failsUnderHelm: a first Release that fails ends the waiting too.
func failsUnderHelm(s *scene) {
	took := s.seconds("helm install --wait until the first Release has failed", func() {
		_, err := s.try("helm", "install", "shop", inRoot("test/gitops/testdata/chart"), "--namespace="+s.namespace, "--wait", "--timeout=90s", "--set=image="+missing)
		s.Expect(err).To(HaveOccurred())
	})
	s.Expect(took).To(BeNumerically("<", 45), "seconds, where the timeout is 90")
	s.becomes(v1alpha1.ReasonFailed)
	s.snapshot("failed")
	s.hasBeen("InProgress", "Failed")
}
