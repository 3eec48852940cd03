package operator_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("A change of a ConfigMap that more Apps use than may go at a time (flagger#1069)", func() {
	const users = 13 // the operator lets ten go

	Concurrently("goes out to some of them at a time, whose spec changed last first, and the others wait and say so", func(s *Scene) {
		apps := sharing(s, users)
		latest := apps[users-1]
		latest.Image(better)
		latest.RestsOn(2)
		for _, app := range apps {
			app.Change(bake(5))
		}

		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		for _, app := range apps {
			number := 2
			if app == latest {
				number = 3
			}
			app.RestsOn(number)
			s.Expect(app.pinned()).To(Equal("COLOR=green"))
		}
		s.Expect(s.mostAtATime("config shared")).To(Equal(10))
		s.Expect(s.firstOf("config shared")).To(ContainElement(latest.Name + "-3"))
		s.Expect(s.everSaid("WaitingForTurn")).To(HaveLen(users - 10))
		s.Expect(s.everSaid("WaitingForTurn")).NotTo(ContainElement(HavePrefix(latest.Name + ":")))
		s.Expect(s.everSaid("WaitingForTurn")).To(HaveEach(HaveSuffix(
			`: Unknown ConfigMap "shared" changed: at most 10 of the Apps that use it roll that out at a time, and this one waits for its turn; a change of its spec goes out at once`)))
	})

	Concurrently("does not hold back a change of the spec of one that waits", func(s *Scene) {
		apps := sharing(s, users)
		for _, app := range apps {
			app.Change(bake(15))
		}
		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		var waiting []*App
		s.Eventually(func() []*App {
			waiting = slices.DeleteFunc(slices.Clone(apps), func(a *App) bool { return !strings.HasPrefix(a.Condition("RolledOut"), "Unknown WaitingForTurn ") })
			return waiting
		}).WithTimeout(soon).Should(HaveLen(users - 10))
		hurried := waiting[0]
		hurried.Image(better)
		changed := time.Now()
		s.Expect(hurried.Release(2).Spec.Cause).To(Equal("spec"))
		for _, app := range apps {
			app.RestsOn(2)
			s.Expect(app.pinned()).To(Equal("COLOR=green"))
		}
		s.Expect(hurried.firstDeployment(runs(better))).To(BeTemporally("<=", changed.Add(quickly)))
		went := func(app *App) time.Time { return world.of(app.Release(2))[0].seen }
		for _, other := range waiting[1:] {
			s.Expect(went(other)).To(BeTemporally(">", went(hurried)), "the others still waited")
		}
	})

	Concurrently("gives the turn of one that is paused to another, and lets both end", func(s *Scene) {
		apps := sharing(s, users)
		for _, app := range apps {
			app.Change(bake(15))
		}
		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		s.Eventually(func() int { return s.mostAtATime("config shared") }).WithTimeout(soon).Should(Equal(10))
		going := whose(s.firstOf("config shared")[9], apps) // the last: most of its bake is to come
		going.Change(paused)
		s.Eventually(func() int { return s.mostAtATime("config shared") }).WithTimeout(soon).Should(Equal(11), "the paused one, and ten that go on")
		going.Change(active)
		for _, app := range apps {
			app.RestsOn(2)
			s.Expect(app.pinned()).To(Equal("COLOR=green"))
		}
	})

	Alone("lets no more go when the operator is killed and comes back", func(s *Scene) {
		apps := sharing(s, users)
		for _, app := range apps {
			app.Change(bake(5))
		}
		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		s.Eventually(func() int { return s.mostAtATime("config shared") }).WithTimeout(soon).Should(Equal(10))
		s.Expect(operator.Kill()).To(Succeed())
		operator = startOperator(s.ctx)
		for _, app := range apps {
			app.RestsOn(2)
		}
		s.Expect(s.mostAtATime("config shared")).To(Equal(10))
	})
})

// sharing are Apps of one pod that rest and use the ConfigMap shared.
func sharing(s *Scene, n int) []*App {
	s.Create(NewConfigMap("shared", "COLOR", "blue"))
	var apps []*App
	for i := range n {
		apps = append(apps, s.AppliesAs(fmt.Sprintf("app-%02d", i), Spec(good, replicas(1), configFrom("shared"))))
	}
	for _, app := range apps {
		app.Becomes(Healthy, rollout)
	}
	return apps
}

// mostAtATime is the largest number of Releases of a cause that were on their
// way at the same time, as the API server has shown them.
func (s *Scene) mostAtATime(cause string) int {
	versions := s.releasesOf(cause)
	most, going := 0, map[string]bool{}
	for _, v := range versions {
		r := v.object.(*v1alpha1.Release)
		if r.Status.FinishTime.IsZero() && r.Status.SupersededTime.IsZero() && !v.deleted {
			going[r.Name] = true
		} else {
			delete(going, r.Name)
		}
		most = max(most, len(going))
	}
	return most
}

// whose is the App of a Release.
func whose(release string, apps []*App) *App {
	return apps[slices.IndexFunc(apps, func(a *App) bool { return strings.HasPrefix(release, a.Name+"-") })]
}

// firstOf are the first ten Releases of a cause.
func (s *Scene) firstOf(cause string) []string {
	var names []string
	for _, v := range s.releasesOf(cause) {
		if name := v.object.GetName(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names[:min(len(names), 10)]
}

// releasesOf are all versions of all Releases of a cause, as they were seen.
func (s *Scene) releasesOf(cause string) []version {
	versions := slices.DeleteFunc(world.all("Release", s.Namespace), func(v version) bool {
		return v.object.(*v1alpha1.Release).Spec.Cause != cause
	})
	slices.SortStableFunc(versions, func(a, b version) int { return a.seen.Compare(b.seen) })
	return versions
}

// everSaid is what RolledOut has ever said for a reason, once for each App.
func (s *Scene) everSaid(reason string) []string {
	var said []string
	for _, v := range world.all("App", s.Namespace) {
		app := v.object.(*v1alpha1.App)
		c := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionRolledOut)
		if c == nil || c.Reason != reason {
			continue
		}
		if text := fmt.Sprintf("%s: %s %s", app.Name, c.Status, c.Message); !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return said
}
