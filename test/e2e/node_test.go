package e2e_test

import (
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

const (
	// lost is how long the cluster takes at most to notice that a kubelet is
	// silent.
	lost = 2 * time.Minute
	// longBake lasts beyond the loss of a node, and its return.
	longBake = 120
)

// loseANode takes a node away for as long as it takes the cluster to notice.
func loseANode() {
	It("that goes away in a rollout and in a bake, and comes back, makes no Release fail", func(ctx SpecContext) {
		rolling, baking := newScene(ctx), newScene(ctx)
		slowly := func(a *v1alpha1.App) {
			a.Spec.Replicas = ptr.To[int32](4)
			a.Spec.Config.Files = switchesFile("slow-start=3s\n")
		}
		rolling.healthyShop(slowly)
		baking.healthyShop()
		baking.change(func(a *v1alpha1.App) {
			a.Spec.Image = shared.Apps.Two
			a.Spec.Rollout.BakeSeconds = ptr.To[int32](longBake)
		})
		baking.until(v1alpha1.ReasonBaking, eventually)
		visitors := rolling.visit()

		rolling.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Two })
		rolling.untilUnderWay(2)
		node := nodeOf(baking.pods()[0])
		resume := pause(node)
		silent := time.Now()
		Eventually(func() corev1.ConditionStatus { return nodeReady(ctx, node.Name) }, lost).Should(Equal(corev1.ConditionUnknown))
		AddReportEntry("noticed, s", seconds(silent))
		Expect(baking.release(2).Status.FinishTime.IsZero()).To(BeTrue(), "the node is lost within the bake")
		resume()
		Eventually(func() corev1.ConditionStatus { return nodeReady(ctx, node.Name) }, lost).Should(Equal(corev1.ConditionTrue))
		back := time.Now()

		rolling.untilRelease(2, metav1.ConditionTrue, eventually)
		AddReportEntry("healthy after its return, s", seconds(back))
		Expect(rolling.podsOf(2)).To(HaveLen(4))
		baking.untilRelease(2, metav1.ConditionTrue, longBake*time.Second+eventually)
		for _, s := range []*scene{rolling, baking} {
			Expect(s.release(3)).To(BeNil())
			Expect(s.app().Status.Failure.Release).To(BeEmpty())
		}
		visitors.served()
	}, SpecTimeout(8*time.Minute))
}

// nodeOf is the node that a pod runs on.
func nodeOf(pod corev1.Pod) harness.RealNode {
	GinkgoHelper()
	for _, node := range shared.Cluster.Nodes {
		if node.Name == pod.Spec.NodeName {
			return node
		}
	}
	Fail("pod " + pod.Name + " is on " + pod.Spec.NodeName + ", which is no node of the cluster")
	return harness.RealNode{}
}

// pause stops a node's kubelet until resume is called, or the spec ends.
func pause(node harness.RealNode) (resume func()) {
	GinkgoHelper()
	Expect(syscall.Kill(node.KubeletPID, syscall.SIGSTOP)).To(Succeed())
	return once(func() { Expect(syscall.Kill(node.KubeletPID, syscall.SIGCONT)).To(Succeed()) })
}

func nodeReady(ctx SpecContext, name string) corev1.ConditionStatus {
	GinkgoHelper()
	node := &corev1.Node{}
	Expect(api.Get(ctx, client.ObjectKey{Name: name}, node)).To(Succeed())
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status
		}
	}
	return ""
}
