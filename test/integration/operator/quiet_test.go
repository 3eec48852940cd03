package operator_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("Apps at rest", func() {
	Alone("cost no request in 15 s, and no write when the operator is started again", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"), NewSecret("stripe", "KEY", "old"))
		apps := map[*App]string{
			s.AppliesAs("plain", Spec(good)): Healthy,
			s.AppliesAs("full", Spec(good, port("http", 8080), level("info"), file("/etc/shop.yaml", "a: 1"), env("A", "b"),
				configFrom("shared"), secretFrom("stripe"), cpu("100m"))): Healthy,
			s.AppliesAs("overlaid", Spec(good, configFrom("shared"), podTemplate(everything))): Healthy,
			s.AppliesAs("autoscaled", Spec(good, autoscale(2, 4), port("http", 8080))):         Healthy,
			s.AppliesAs("empty", Spec(good, replicas(0))):                                      Healthy,
			s.AppliesAs("failed", Spec(notThere)):                                              Failed,
			s.AppliesAs("missing", Spec(good, configFrom("nowhere"))):                          v1alpha1.ReasonInputsMissing,
			s.AppliesAs("unreadable", Spec(strings.Repeat("0123456789abcdef", 4))):             v1alpha1.ReasonInvalidImage,
		}
		back, held, pinned := s.AppliesAs("back", Spec(good, level("info"))), s.AppliesAs("held", Spec(good)), s.AppliesAs("pinned", Spec(good))
		for _, app := range []*App{back, held, pinned} {
			app.Settled(Healthy, rollout)
		}
		back.Change(all(image(notThere), level("debug")))
		held.Change(all(image(better), paused))
		pinned.Annotate(v1alpha1.AnnotationRollbackTo, "pinned-1")
		apps[back], apps[held], apps[pinned] = RolledBack, v1alpha1.ReasonPaused, v1alpha1.ReasonPinned
		for app, rests := range apps {
			app.Becomes(rests, rollout)
		}
		s.letEventsPass()

		s.Step("nothing happens, and nothing is asked")
		quiet := time.Now()
		s.Consistently(func() []request { return audit.operatorsSince(quiet, s.Namespace) }).
			WithTimeout(15 * time.Second).WithPolling(time.Second).Should(BeEmpty())

		s.Step("the operator is started again")
		s.Expect(operator.Stop()).To(Succeed())
		again := time.Now()
		operator = startOperator(s.ctx)
		s.Eventually(func() []request { return audit.operatorsSince(again, "") }).WithTimeout(soon).ShouldNot(BeEmpty())
		s.Consistently(func() []request { return only(audit.operatorsSince(again, s.Namespace), wantedOf) }).
			WithTimeout(10 * time.Second).WithPolling(time.Second).Should(BeEmpty())
		for app, rests := range apps {
			app.Stays(rests, time.Second)
		}
	})
})

// wantedOf tells of a request that a started operator need not make: a write,
// or the read of anything but to fill its caches.
func wantedOf(r request) bool { return r.writes() || r.Verb == "get" }

// letEventsPass waits until the operator has been silent for 7 s: events are
// written beside the passes, and an autoscaler takes some seconds to say all.
func (s *Scene) letEventsPass() {
	s.Eventually(func() []request { return audit.operatorsSince(time.Now().Add(-7*time.Second), s.Namespace) }).
		WithContext(s.ctx).WithTimeout(time.Minute).WithPolling(500 * time.Millisecond).Should(BeEmpty())
}
