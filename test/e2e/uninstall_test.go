package e2e_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/e2e/deploy"
)

// replaceTheOperator uninstalls it and installs it by the Helm chart.
func replaceTheOperator() {
	It("is uninstalled, installed by the Helm chart and uninstalled again, while an App serves on", func(ctx SpecContext) {
		s := newScene(ctx)
		s.healthyShop()
		visitors := s.visit()
		before := s.lives()

		Expect(deploy.RemoveKustomize(ctx, shared.Cluster)).To(Succeed())
		Expect(s.lives()).To(Equal(before))
		s.change(func(a *v1alpha1.App) { a.Spec.Config.Data["GREETING"] = "good day" })
		began := time.Now()
		Expect(deploy.Helm(ctx, shared.Cluster, shared.Operators[0])).To(Succeed())
		AddReportEntry("chart installed, s", seconds(began))
		s.untilRelease(2, metav1.ConditionTrue, eventually)
		for _, pod := range s.podsOf(2) {
			Expect(s.ask(pod.Name, "/env?name=GREETING")).To(Equal("good day"))
		}
		Expect(s.podsOf(2)).To(HaveLen(replicas), "the change that came while nobody looked")

		settled := s.lives()
		s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Missing })
		s.untilRelease(3, metav1.ConditionFalse, eventually)
		s.until(v1alpha1.ReasonRolledBack, eventually)
		Expect(deploy.RemoveHelm(ctx, shared.Cluster)).To(Succeed())
		Expect(s.lives()).To(Equal(settled))
		visitors.served()
	}, SpecTimeout(5*time.Minute))
}
