package e2e_test

import (
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("A change that fails is taken back as a whole,", func() {
	for _, c := range changes {
		requests := "and no request fails: "
		if c.served {
			requests = "and only requests between crash and recovery fail: "
		}
		It(requests+c.name, func(ctx SpecContext) { c.isTakenBack(ctx) }, SpecTimeout(5*time.Minute))
	}
})

// isTakenBack makes the change, together with one of the configuration, to an
// App that serves.
func (c change) isTakenBack(ctx SpecContext) {
	s := newScene(ctx)
	s.create(newSecret(s.namespace))
	s.healthyShop()
	visitors := s.visit()
	before := s.lives()

	changed := s.change(func(a *v1alpha1.App) {
		c.make(a)
		a.Spec.Config.Data["GREETING"] = "bye"
	})
	failed, decided := s.untilRelease(2, metav1.ConditionFalse, c.within)
	recovered := s.until(v1alpha1.ReasonRolledBack, eventually)
	AddReportEntry(figureDecided, took(changed, decided))
	AddReportEntry(figureRecovered, took(changed, recovered))

	c.evidence.in(failed)
	Expect(healthyReason(failed)).To(Equal(c.reason))
	Expect(s.app().Status.Failure.Release).To(Equal(failed.Name))
	Expect(s.app().Status.Release.Running).To(Equal("shop-1"))
	if c.served {
		s.sameInputs()
		c.failedOnlySince(visitors, changed)
		return
	}
	Expect(s.lives()).To(Equal(before), "the pods of before, none restarted")
	s.sameInputs()
	visitors.served()
}

// sameInputs tells that every pod has the configuration of the first Release.
func (s *scene) sameInputs() {
	GinkgoHelper()
	pods := s.pods()
	Expect(pods).To(HaveLen(replicas))
	for _, pod := range pods {
		Expect(s.ask(pod.Name, "/env?name=GREETING")).To(Equal("hello"))
	}
}

// failedOnlySince is for a change whose pods served before they crashed, when
// those of before were gone: no operator keeps requests from failing that a
// program drops. Before the crash and after the rollback none fails.
func (c change) failedOnlySince(v *visitors, changed time.Time) {
	GinkgoHelper()
	recovered := v.report()
	seen := v.more()
	AddReportEntry(figureRequests, seen.Sent())
	AddReportEntry(figureFailed, seen.Failed())
	crashed, err := time.ParseDuration(lateCrash)
	Expect(err).NotTo(HaveOccurred())
	for _, failure := range seen.Failures() {
		Expect(failure.Time).To(BeTemporally(">", changed.Add(crashed)), "before the crash: %s", failure.Error)
	}
	Expect(seen.Failed()).To(Equal(recovered.Failed()), "requests that failed after the rollback")
}

func healthyReason(release *v1alpha1.Release) string {
	for _, condition := range release.Status.Conditions {
		if condition.Type == v1alpha1.ConditionHealthy {
			return condition.Reason
		}
	}
	return ""
}

// in finds the evidence in a Release.
func (e evidence) in(release *v1alpha1.Release) {
	GinkgoHelper()
	container := e.container
	if container == "" {
		container = "app"
	}
	found := slices.ContainsFunc(release.Status.Evidence, func(seen v1alpha1.Evidence) bool {
		sameCode := e.exitCode == nil || seen.ExitCode != nil && *seen.ExitCode == *e.exitCode
		return seen.Container == container && slices.Contains(e.reasons, seen.Reason) && sameCode && strings.Contains(seen.Message, e.message)
	})
	Expect(found).To(BeTrue(), "%+v in the evidence %+v", e, release.Status.Evidence)
}

var _ = Describe("What a change refers to may come later, and no request fails:", func() {
	It("a private image is pulled once there is a pull secret", func(ctx SpecContext) {
		s := newScene(ctx)
		s.healthyShop()
		visitors := s.visit()
		s.create(newPullSecret(s.namespace))
		changed := s.change(func(a *v1alpha1.App) {
			a.Spec.Image = shared.Apps.Private
			a.Spec.ImagePullSecrets = []v1alpha1.LocalReference{{Name: pullSecretName}}
		})
		_, healthy := s.untilRelease(2, metav1.ConditionTrue, eventually)
		AddReportEntry(figureHealthy, took(changed, healthy))
		for _, pod := range s.podsOf(2) {
			Expect(s.ask(pod.Name, "/env?name=VERSION")).To(Equal("2"))
		}
		visitors.served()
	}, SpecTimeout(5*time.Minute))

	It("a change waits for a key that a ConfigMap lacks", func(ctx SpecContext) {
		s := newScene(ctx)
		settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: configName}, Data: map[string]string{"COLOR": "blue"}}
		s.create(settings)
		s.healthyShop()
		visitors := s.visit()
		before := s.lives()
		changed := s.change(func(a *v1alpha1.App) {
			a.Spec.Config.From = []v1alpha1.SourceSpec{{Name: configName, As: v1alpha1.SourceEnv, Keys: []v1alpha1.KeySpec{{Key: "SIZE"}}}}
		})
		told := s.until(v1alpha1.ReasonInvalidInput, soon)
		AddReportEntry("told, s", took(changed, told))
		Expect(s.release(2)).To(BeNil(), "no Release is made of what is not there")
		Expect(s.lives()).To(Equal(before))
		settings.Data["SIZE"] = "large"
		Expect(api.Update(ctx, settings)).To(Succeed())
		_, healthy := s.untilRelease(2, metav1.ConditionTrue, eventually)
		AddReportEntry(figureHealthy, took(changed, healthy))
		for _, pod := range s.podsOf(2) {
			Expect(s.ask(pod.Name, "/env?name=SIZE")).To(Equal("large"))
		}
		visitors.served()
	}, SpecTimeout(5*time.Minute))
})
