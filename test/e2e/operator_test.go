package e2e_test

import (
	"context"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/e2e/deploy"
	"github.com/bowline-dev/bowline/test/harness"
)

// disturbTheOperator are scenarios with an App in the middle of its rollout.
func disturbTheOperator() {
	begin := func(ctx SpecContext) (*scene, *visitors) {
		GinkgoHelper()
		s := newScene(ctx)
		s.healthyShop(func(a *v1alpha1.App) { a.Spec.Config.Files = switchesFile("slow-start=2s\n") })
		return s, s.visit()
	}

	// rollOut changes the App, disturbs the operator in the middle of it, and
	// wants the rollout to end as if nothing had happened.
	rollOut := func(ctx SpecContext, disturb func(*scene)) {
		GinkgoHelper()
		s, visitors := begin(ctx)
		changed := s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Two })
		s.untilUnderWay(2)
		disturb(s)
		_, healthy := s.untilRelease(2, metav1.ConditionTrue, eventually)
		AddReportEntry(figureHealthy, took(changed, healthy))
		s.until(v1alpha1.ReasonHealthy, soon)
		Expect(s.podsOf(2)).To(HaveLen(replicas))
		Expect(s.lives()).To(HaveEach(HaveSuffix(", 0 restarts")))
		settled := s.lives()
		Expect(madeOnce(s.namespace)).To(Equal(map[string]int{"shop-1": 1, "shop-2": 1}))
		visitors.served()
		Expect(s.lives()).To(Equal(settled))
	}

	It("is killed in the middle of a rollout, which completes", func(ctx SpecContext) {
		rollOut(ctx, func(s *scene) {
			leader := holder(ctx)
			for _, pod := range operators(ctx) {
				s.send(client.ObjectKeyFromObject(&pod), syscall.SIGKILL)
			}
			killed := time.Now()
			Eventually(holder, soon).WithContext(ctx).ShouldNot(BeElementOf("", leader))
			AddReportEntry(figureHandover, seconds(killed))
		})
	}, SpecTimeout(5*time.Minute))

	It("is upgraded in the middle of a rollout, which completes", func(ctx SpecContext) {
		rollOut(ctx, func(*scene) { Expect(shared.Way.Install(ctx, shared.Cluster, shared.Operators[1])).To(Succeed()) })
	}, SpecTimeout(5*time.Minute))

	It("is taken back to the version before in the middle of a rollout, which completes", func(ctx SpecContext) {
		rollOut(ctx, func(*scene) { Expect(shared.Way.Install(ctx, shared.Cluster, shared.Operators[0])).To(Succeed()) })
	}, SpecTimeout(5*time.Minute))

	Describe("that leads", func() {
		// handsOver disturbs the leader, changes the App, and wants the other
		// operator to do what is to be done: once, and alone.
		handsOver := func(ctx SpecContext, disturb func(s *scene, leader client.ObjectKey) (undo func())) {
			GinkgoHelper()
			s, visitors := begin(ctx)
			leader := holder(ctx)
			pod := client.ObjectKey{Namespace: harness.OperatorNamespace, Name: podOf(leader)}
			disturbed := time.Now()
			undo := disturb(s, pod)
			s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Two })
			Eventually(holder, soon).WithContext(ctx).ShouldNot(BeElementOf("", leader))
			took := seconds(disturbed)
			AddReportEntry(figureHandover, took)
			Expect(took).To(BeNumerically("<=", mostHandover), "seconds until another operator leads")
			Eventually(s.release, soon).WithArguments(2).ShouldNot(BeNil())
			acted := time.Now()
			AddReportEntry("acted, s", seconds(disturbed))
			undo()
			s.untilRelease(2, metav1.ConditionTrue, eventually)
			s.until(v1alpha1.ReasonHealthy, soon)
			Expect(madeOnce(s.namespace)).To(Equal(map[string]int{"shop-1": 1, "shop-2": 1}))
			if podOf(holder(ctx)) != pod.Name {
				Expect(writesOf(pod.Name, acted)).To(BeEmpty(), "writes of the operator that led before")
			}
			visitors.served()
			Expect(deploy.Ready(ctx, shared.Cluster)).To(Succeed())
		}

		It("is killed, and the other one takes over", func(ctx SpecContext) {
			handsOver(ctx, func(s *scene, leader client.ObjectKey) func() {
				s.send(leader, syscall.SIGKILL)
				return func() {}
			})
		}, SpecTimeout(5*time.Minute))

		It("is paused, the other one takes over, and it does nothing when it goes on", func(ctx SpecContext) {
			handsOver(ctx, func(s *scene, leader client.ObjectKey) func() { return s.freeze(leader) })
		}, SpecTimeout(5*time.Minute))

		It("is cut off from the API server, and the other one takes over", func(ctx SpecContext) {
			handsOver(ctx, func(s *scene, leader client.ObjectKey) func() { return s.cutOff(leader) })
		}, SpecTimeout(5*time.Minute))
	})
}

// mostHandover is how long no operator may lead, in seconds: 18.6 as the lease
// goes, see main.go, and the requests for it.
const mostHandover = 20

// holder is who holds the operators' lease.
func holder(ctx context.Context) string {
	lease := &coordinationv1.Lease{}
	if err := api.Get(ctx, client.ObjectKey{Namespace: harness.OperatorNamespace, Name: "bowline.dev"}, lease); err != nil {
		return ""
	}
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}

// podOf is the pod in the identity of a lease's holder.
func podOf(holder string) string {
	pod, _, _ := strings.Cut(holder, "_")
	return pod
}

// operators are the operator's pods.
func operators(ctx context.Context) []corev1.Pod {
	GinkgoHelper()
	pods := &corev1.PodList{}
	Expect(api.List(ctx, pods, client.InNamespace(harness.OperatorNamespace), client.MatchingLabels{"app.kubernetes.io/component": "controller-manager"})).To(Succeed())
	Expect(pods.Items).To(HaveLen(2), "operators: one leads, the other waits")
	return pods.Items
}

// madeOnce counts how often each Release of a namespace was made.
func madeOnce(namespace string) map[string]int {
	GinkgoHelper()
	return operatorRequests().madeReleases(namespace)
}

// writesOf are what an operator's pod has changed since.
func writesOf(pod string, since time.Time) requests {
	GinkgoHelper()
	all := operatorRequests().where(func(r request) bool { return r.pod() == pod })
	Expect(all).NotTo(BeEmpty(), "requests of pod %s in the audit log", pod)
	return all.where(func(r request) bool { return r.acts() && r.Received.After(since) })
}

// freeze stops the process of a pod until undo is called, or the spec ends.
func (s *scene) freeze(pod client.ObjectKey) (undo func()) {
	GinkgoHelper()
	pid := s.process(pod) // found now, for no API server answers the end of a spec
	Expect(syscall.Kill(pid, syscall.SIGSTOP)).To(Succeed())
	return once(func() { Expect(syscall.Kill(pid, syscall.SIGCONT)).To(Succeed()) })
}

// once returns a function that does something when it is first called, and at
// the end of the spec at the latest.
func once(do func()) func() {
	done := false
	undo := func() {
		if !done {
			done = true
			do()
		}
	}
	DeferCleanup(undo)
	return undo
}
