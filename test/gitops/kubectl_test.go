package gitops_test

import (
	"errors"
	"os/exec"

	. "github.com/onsi/gomega"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// livesUnderKubectl: what people type.
func livesUnderKubectl(s *scene) {
	first := s.git(good)
	s.Expect(s.kubectl("apply", "--filename="+first)).To(Equal("app.bowline.dev/shop created\n"))
	s.Expect(s.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "app/shop")).To(Equal("app.bowline.dev/shop condition met\n"))
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonHealthy))
	s.differs(first, "--server-side=false", false)
	s.Expect(s.kubectl("apply", "--filename="+first)).To(Equal("app.bowline.dev/shop unchanged\n"))

	broken := s.git(missing)
	s.differs(broken, "--server-side=false", true)
	s.Expect(s.kubectl("apply", "--server-side", "--force-conflicts", "--filename="+broken)).To(Equal("app.bowline.dev/shop serverside-applied\n"))
	s.Expect(s.kubectl("wait", "--for=condition=Stalled", "--timeout=90s", "app/shop")).To(Equal("app.bowline.dev/shop condition met\n"))
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonRolledBack))
	s.differs(broken, "--server-side=true", false)

	s.kubectl("apply", "--server-side", "--filename="+first)
	s.Expect(s.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "app/shop")).To(Equal("app.bowline.dev/shop condition met\n"))
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonHealthy), "the wait is not content with the condition of the generation before")
	s.hasBeen("InProgress", "Current", "InProgress", "Failed", "InProgress", "Current")

	s.Expect(s.kubectl("scale", "--replicas=3", "app/shop")).To(Equal("app.bowline.dev/shop scaled\n"))
	s.Expect(s.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "app/shop")).To(Equal("app.bowline.dev/shop condition met\n"))
	s.Expect(s.pods()).To(HaveLen(3))
	s.Expect(s.kubectl("delete", "--wait=true", "--timeout=60s", "app/shop")).To(ContainSubstring(`"shop" deleted`))
}

// differs tells whether kubectl diff finds a difference, as kubectl apply would
// write it in the same way. It reads twice, so a status that is written between
// passes for a difference: what is none is none a moment later.
func (s *scene) differs(file, way string, want bool) {
	s.t.Helper()
	diff := func() error {
		_, err := s.try("kubectl", "--namespace="+s.namespace, "diff", way, "--filename="+file)
		return err
	}
	if !want {
		s.Eventually(diff).WithTimeout(soon).Should(Succeed())
		return
	}
	var exit *exec.ExitError
	err := diff()
	s.Expect(errors.As(err, &exit)).To(BeTrue(), "%v", err)
	s.Expect(exit.ExitCode()).To(Equal(1), "%v", err)
}

// isAutoscaled: an autoscaler that somebody aims at the App itself sets the
// App's size, through the subresource, as kubectl scale does. One that the App
// asks for cannot be set beside it.
func isAutoscaled(s *scene) {
	s.kubectl("apply", "--filename="+s.git(good))
	s.becomes(v1alpha1.ReasonHealthy)
	s.Expect(s.kubectl("autoscale", "app/shop", "--name=by-hand", "--min=4", "--max=6", "--cpu=70%")).To(Equal("horizontalpodautoscaler.autoscaling/by-hand autoscaled\n"))
	s.Eventually(s.pods).WithTimeout(rollout).Should(HaveLen(4))
	s.becomes(v1alpha1.ReasonHealthy)
	s.Expect(s.app().Spec.Replicas).To(HaveValue(Equal(int32(4))))
	byHand := &autoscalingv2.HorizontalPodAutoscaler{}
	s.Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "by-hand"}, byHand)).To(Succeed())
	s.Expect(byHand.Spec.ScaleTargetRef.Kind).To(Equal("App"))

	_, err := s.try("kubectl", "--namespace="+s.namespace, "patch", "app/shop", "--type=merge", `--patch={"spec":{"autoscale":{"max":5}}}`)
	s.Expect(err).To(MatchError(ContainSubstring("replicas")))
}
