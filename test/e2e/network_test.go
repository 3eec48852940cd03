package e2e_test

import (
	"os/exec"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// cutOff keeps what a pod sends from leaving its node, until undo is called or
// the spec ends. Its node's kubelet reaches it still.
func (s *scene) cutOff(key client.ObjectKey) (undo func()) {
	GinkgoHelper()
	pod := &corev1.Pod{}
	Expect(api.Get(s.ctx, key, pod)).To(Succeed())
	node := nodeOf(*pod)
	rule := func(action string, position ...string) {
		GinkgoHelper()
		args := append([]string{"netns", "exec", node.Netns, "iptables", "--wait", action, "FORWARD"}, position...)
		out, err := exec.Command("ip", append(args, "--source", pod.Status.PodIP, "--jump", "DROP")...).CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), "%s", out)
	}
	rule("--insert", "1")
	return once(func() { rule("--delete") })
}
