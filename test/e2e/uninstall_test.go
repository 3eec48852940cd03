package e2e_test

import (
	"context"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/e2e/deploy"
)

// replaceTheOperator uninstalls it and installs it in the other way.
func replaceTheOperator() {
	It("is uninstalled, installed in the other way, by kubectl or Helm, and uninstalled again, while an App serves on", func(ctx SpecContext) {
		other := map[deploy.Way]deploy.Way{deploy.ByKubectl: deploy.ByHelm, deploy.ByHelm: deploy.ByKubectl}[shared.Way]
		s := newScene(ctx)
		s.healthyShop()
		visitors := s.visit()
		before := s.lives()

		remove(ctx, shared.Way)
		Expect(s.lives()).To(Equal(before))
		s.change(func(a *v1alpha1.App) { a.Spec.Config.Data["GREETING"] = "good day" })
		began := time.Now()
		Expect(other.Install(ctx, shared.Cluster, shared.Operators[0])).To(Succeed())
		AddReportEntry("installed, s", seconds(began))
		s.untilRelease(2, metav1.ConditionTrue, eventually)
		for _, pod := range s.podsOf(2) {
			Expect(s.ask(pod.Name, "/env?name=GREETING")).To(Equal("good day"))
		}
		Expect(s.podsOf(2)).To(HaveLen(replicas), "the change that came while nobody looked")

		settled := s.lives()
		s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Missing })
		s.untilRelease(3, metav1.ConditionFalse, eventually)
		s.until(v1alpha1.ReasonRolledBack, eventually)
		remove(ctx, other)
		Expect(s.lives()).To(Equal(settled))
		visitors.served()
	}, SpecTimeout(5*time.Minute))
}

// removals are the times at which the operator was being removed.
var removals []struct{ from, to time.Time }

// remove removes the operator. Its rights may go before it does.
func remove(ctx context.Context, way deploy.Way) {
	GinkgoHelper()
	from := time.Now()
	Expect(way.Remove(ctx, shared.Cluster)).To(Succeed())
	removals = append(removals, struct{ from, to time.Time }{from, time.Now()})
}

// beingRemoved tells that a request was made while the operator was.
func beingRemoved(r request) bool {
	return slices.ContainsFunc(removals, func(span struct{ from, to time.Time }) bool {
		return r.Received.After(span.from) && r.Received.Before(span.to)
	})
}
