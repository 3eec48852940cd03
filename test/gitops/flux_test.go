package gitops_test

import (
	"strings"

	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// livesUnderFlux: what is in Git goes out and is waited for; what fails is
// taken back and said to have failed at once; Git is never found to differ; and
// going back in Git restarts nothing.
func livesUnderFlux(s *scene) {
	first := s.git(good)
	s.Expect(s.run("flux", "apply", first)).To(ContainSubstring("shop created"))
	s.snapshotFirst("unobserved")
	s.run("flux", "wait", "-timeout=90s", first)
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonHealthy))
	s.snapshotAt("progressing", v1alpha1.ReasonProgressing)
	s.snapshotAt("baking", v1alpha1.ReasonBaking)
	s.snapshot("healthy")
	s.hasBeen("InProgress", "Current")
	s.inSyncWithFlux(first)

	second := s.git(better)
	s.Expect(s.run("flux", "apply", second)).To(ContainSubstring("shop configured"))
	s.snapshotBehind("outdated")
	s.run("flux", "wait", "-timeout=90s", second)
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonHealthy))
	s.hasBeen("InProgress", "Current", "InProgress", "Current")
	s.inSyncWithFlux(second)
	pods := s.pods()

	broken := s.git(missing, greeting("goodbye"))
	took := s.seconds("Flux: from the change to the failed wait", func() {
		s.run("flux", "apply", broken)
		_, err := s.try("flux", "wait", "-timeout=90s", broken)
		s.Expect(err).To(MatchError(ContainSubstring("App/" + s.namespace + "/shop status: 'Failed'")))
	})
	s.Expect(took).To(BeNumerically("<", 45), "seconds, where the time to wait is 90")
	s.becomes(v1alpha1.ReasonRolledBack)
	s.snapshot("rolled-back")
	s.hasBeen("InProgress", "Current", "InProgress", "Current", "InProgress", "Failed")
	s.inSyncWithFlux(broken)
	s.Expect(s.pods()).To(Equal(pods))
	took = s.seconds("Flux: waiting for an App that was rolled back", func() {
		_, err := s.try("flux", "wait", "-timeout=90s", broken)
		s.Expect(err).To(HaveOccurred())
	})
	s.Expect(took).To(BeNumerically("<", 15))

	s.Expect(s.run("flux", "apply", second)).To(ContainSubstring("shop configured"))
	s.run("flux", "wait", "-timeout=90s", second)
	s.hasBeen("InProgress", "Current", "InProgress", "Current", "InProgress", "Failed", "InProgress", "Current")
	s.inSyncWithFlux(second)
	s.Expect(s.pods()).To(Equal(pods), "going back restarts nothing")
}

// inSyncWithFlux tells that Flux finds no drift, and changes nothing when it
// applies again.
func (s *scene) inSyncWithFlux(file string) {
	s.t.Helper()
	before := s.app().ResourceVersion
	s.Expect(strings.TrimSpace(s.run("flux", "diff", file))).To(HaveSuffix("shop unchanged"))
	s.Expect(s.run("flux", "apply", file)).To(ContainSubstring("shop unchanged"))
	s.Expect(s.app().ResourceVersion).To(Equal(before))
}
