package simulation

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// keeping checks that what is needed is there, and that nothing else stays. What
// is needed is found here from what happened, and not from what the operator
// thinks.
type keeping struct {
	made  map[int64]v1alpha1.ReleaseSpec // of every Release there ever was
	whole map[int64]bool                 // the Releases that had all their copies after the last pass
}

// reserve is how many healthy Releases are kept so that they can return.
const reserve = 2

// podsHaveWhatTheyUse: every copy that the template of a pod refers to is there.
// What the ReplicaSet of a Release makes after that was collected, because a quota
// kept it from making pods before, is on its way out and need not start.
func (k *keeping) podsHaveWhatTheyUse(c *Cluster) error {
	for _, number := range c.World.ReleasesWithPods() {
		_, wasThere := k.whole[number]
		lacks := c.lacks(k.made[number])
		if len(lacks) > 0 && (wasThere || c.release(number) != nil) {
			return fmt.Errorf("a pod of shop-%d uses %s %s, which has been collected", number, lacks[0].kind, lacks[0].name)
		}
	}
	return nil
}

// pass checks one pass of the operator.
func (k *keeping) pass(p *Player, s rollout.State, d rollout.Decision, alive bool) error {
	c := p.Cluster
	if k.made == nil {
		k.made = map[int64]v1alpha1.ReleaseSpec{}
	}
	for _, r := range c.Releases {
		k.made[r.Number] = r.Made
	}
	returning := k.mayReturn(c)
	problem := k.podsHaveWhatTheyUse(c)
	needed := append(c.World.ReleasesWithPods(), d.Desired, d.Target, d.LastHealthy, s.Running.Release, s.PinnedTo)
	switch {
	case problem != nil:
	case p.Operator.refused != nil && s.PinnedTo == 0:
		problem = p.Operator.refused
	case alive:
		problem = errors.Join(
			k.isThere(c, returning, "may return"),
			k.isThere(c, []int64{d.Target}, "is to run", s.PinnedTo),
			k.isThere(c, []int64{d.Desired}, "is desired", d.Desired),
			k.isThere(c, []int64{d.LastHealthy}, "is the last healthy one"),
		)
		if c.release(d.Target) != nil && (s.Running.Observed || !s.Running.Exists) {
			problem = errors.Join(problem, nothingElseStays(c, append(needed, returning...), s.Running))
		}
	}
	k.whole = map[int64]bool{}
	for _, r := range c.Releases {
		k.whole[r.Number] = len(c.lacks(r.Made)) == 0
	}
	return problem
}

// mayReturn are the newest healthy Releases that have all that their pods use.
// One that lost something when there were newer ones cannot return any more.
func (k *keeping) mayReturn(c *Cluster) []int64 {
	var numbers []int64
	for _, r := range slices.Backward(c.Releases) {
		if r.Health == rollout.Healthy && k.whole[r.Number] && len(numbers) < reserve {
			numbers = append(numbers, r.Number)
		}
	}
	return numbers
}

// isThere checks that Releases exist with all that their pods use. Some may have
// lost it before: one that a person pins, and a failed one that is desired again.
func (k *keeping) isThere(c *Cluster, numbers []int64, why string, mayLack ...int64) error {
	for _, number := range numbers {
		switch r := c.release(number); {
		case number == 0 || slices.Contains(mayLack, number) && !k.whole[number]:
		case r == nil:
			return fmt.Errorf("shop-%d %s, and has been collected", number, why)
		case len(c.lacks(k.made[number])) > 0:
			lacks := c.lacks(k.made[number])
			return fmt.Errorf("shop-%d %s, and %s %s is not there", number, why, lacks[0].kind, lacks[0].name)
		}
	}
	return nil
}

// nothingElseStays: Releases beyond the limit, copies that no Release has, and
// copies of Secrets that no needed Release has, are gone after the pass. While a
// rollout is not complete, every ReplicaSet may make pods.
func nothingElseStays(c *Cluster, needed []int64, running rollout.Running) error {
	complete := !running.Exists || !running.CompletedAt.IsZero() && running.Updated >= running.Want
	used := copies{v1alpha1.SourceConfigMap: {}, v1alpha1.SourceSecret: {}}
	surplus := len(c.Releases) - c.App.Spec.Rollout.History()
	for i, r := range c.Releases {
		isNeeded := slices.Contains(needed, r.Number)
		if i < surplus && !isNeeded {
			return fmt.Errorf("shop-%d stays, one of %d where %d are kept, and nothing needs it", r.Number, len(c.Releases), c.App.Spec.Rollout.History())
		}
		for _, copied := range copiesOf(r.Made) {
			if isNeeded || !complete || copied.kind == v1alpha1.SourceConfigMap {
				used[copied.kind][copied.name] = true
			}
		}
	}
	for kind, names := range c.copies {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if !used[kind][name] {
				return fmt.Errorf("%s %s stays, and nothing needs it", kind, name)
			}
		}
	}
	return nil
}
