package e2e_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("An eviction", func() {
	It("is refused while another pod is missing, and fails no request", func(ctx SpecContext) {
		s := newScene(ctx)
		s.healthyShop()
		visitors := s.visit()
		pods := s.pods()
		Eventually(func() error { return s.evict(pods[0]) }).Should(Succeed(), "the budget counts healthy pods first")
		err := s.evict(pods[1])
		Expect(apierrors.IsTooManyRequests(err)).To(BeTrue(), "got %v, want 429", err)
		Expect(err).To(MatchError(ContainSubstring("would violate the pod's disruption budget")))
		began := time.Now()
		Eventually(func() error { return s.evict(pods[1]) }, time.Minute).Should(Succeed(), "once there are three again")
		AddReportEntry("allowed again, s", seconds(began))
		Eventually(func(g Gomega) {
			g.Expect(s.pods()).To(HaveLen(replicas))
			g.Expect(s.ready()).To(Equal(v1alpha1.ReasonHealthy))
		}, time.Minute).Should(Succeed())
		Expect(s.release(2)).To(BeNil())
		visitors.served()
	}, SpecTimeout(5*time.Minute))
})

// evict asks as a drain of a node does.
func (s *scene) evict(pod corev1.Pod) error {
	return core.CoreV1().Pods(pod.Namespace).EvictV1(s.ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name}})
}
