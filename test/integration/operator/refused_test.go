package operator_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("A child that the API server refuses", func() {
	Concurrently("is named in its words, asked for at most twice a minute, and the rest runs", func(s *Scene) {
		s.Refuses(aService(), "services", "object.metadata.name == 'shop'")
		began := time.Now()
		shop := s.Applies(Spec(good, port("http", 8080)))
		shop.Becomes(v1alpha1.ReasonRefused, soon)
		s.Expect(shop.Condition("Stalled")).To(MatchRegexp(`^True Refused Service "shop" is refused by the API server: .*` + house + `.*; change the spec or lift what refuses it; it is tried again every 5 minutes$`))
		s.Expect(shop.Kstatus()).To(Equal("Failed"))
		s.Eventually(shop.Pods).WithTimeout(soon).Should(HaveLen(2))
		s.Eventually(func() string { return shop.Condition("Available") }).WithTimeout(soon).Should(HavePrefix("True "))
		shop.Stays(v1alpha1.ReasonRefused, time.Minute-time.Since(began))
		s.Expect(len(of(audit.operatorsSince(began, s.Namespace), "services"))).To(BeNumerically("<=", 2))
	})

	Concurrently("by a quota is tried again at once when the spec changes", func(s *Scene) {
		s.Create(quota("count/services", "0"))
		shop := s.Applies(Spec(good, port("http", 8080)))
		shop.Becomes(v1alpha1.ReasonRefused, soon)
		s.Expect(shop.Condition("Ready")).To(ContainSubstring(`Service "shop" is refused by the API server: services "shop" is forbidden: exceeded quota: tight`))
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Ports = nil })
		shop.Settled(Healthy, rollout)
	})

	Concurrently("does not stop the way back", func(s *Scene) {
		shop := s.Runs(Spec(good))
		before := shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		s.Refuses(aService(), "services", "object.metadata.name == 'shop'")
		shop.Change(all(image(notThere), port("http", 8080)))
		shop.Becomes(v1alpha1.ReasonRefused, soon)
		shop.Image(good)
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Ports = nil })
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		shop.WasAlwaysAvailable(before)
	})
})

var _ = Describe("Pods that the API server refuses", func() {
	for _, refusal := range []struct {
		by     string
		refuse func(*Scene)
		change func(*v1alpha1.AppSpec)
		says   string
	}{
		{"a policy", func(s *Scene) { s.Refuses(aPod(), "pods", "object.spec.containers[0].image.contains('1.4.2')") }, image(better), house},
		{"a LimitRange", func(s *Scene) { s.Create(limits("1")) }, cpu("2"), "maximum cpu usage per Container is 1, but limit is 2"},
	} {
		Concurrently("by "+refusal.by+" take the Release back", func(s *Scene) {
			shop := s.Runs(Spec(good))
			before := shop.Settled(Healthy, rollout)
			pods := shop.PodUIDs()
			refusal.refuse(s)
			shop.Change(refusal.change)
			shop.Settled(RolledBack, rollout)
			s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 CannotStart (spec)"}))
			s.Expect(shop.Condition("Ready")).To(MatchRegexp(`^False RolledBack shop-2 failed \(CannotStart: no pod could be made: PodsRefused for 1[0-2] s, budget 10 s \(no pod: `))
			s.Expect(shop.Release(2).Status.Evidence).To(ConsistOf(And(HaveField("Reason", "PodsRefused"), HaveField("Message", ContainSubstring(refusal.says)))))
			s.Expect(shop.PodUIDs()).To(Equal(pods))
			shop.WasAlwaysAvailable(before)
		})
	}

	Concurrently("by a quota have until the deadline", func(s *Scene) {
		shop := s.Runs(Spec(good, deadline(20)))
		shop.Settled(Healthy, rollout)
		s.Create(quota("count/pods", "2"))
		shop.Image(better)
		shop.Becomes(RolledBack, time.Minute)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Infrastructure (spec)"}))
		s.Expect(shop.lasted(2)).To(BeNumerically("~", 21*time.Second, 3*time.Second))
		s.Expect(shop.Release(2).Status.Evidence).To(ConsistOf(HaveField("Reason", "QuotaExceeded")))
	})
})

func quota(of corev1.ResourceName, most string) *corev1.ResourceQuota {
	return &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "tight"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{of: resource.MustParse(most)}},
	}
}

func limits(cpu string) *corev1.LimitRange {
	return &corev1.LimitRange{
		ObjectMeta: metav1.ObjectMeta{Name: "tight"},
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer,
			Max:  corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)},
		}}},
	}
}

// cpu limits the container.
func cpu(limit string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(limit)}
	}
}
