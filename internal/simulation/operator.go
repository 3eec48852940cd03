package simulation

import (
	"time"

	"github.com/bowline-dev/bowline/internal/rollout"
)

// Operator does what Reconcile does, with the same decision: it reads the
// cluster, decides, and writes.
type Operator struct {
	cluster *Cluster

	// What a work queue holds. All of it is lost in a restart, and a restarted
	// operator looks at once.
	seen    int // the cluster's changes when it last looked
	recheck time.Time
	started bool

	Writes Writes
	// refused is why the target could not be run in the last pass: what its pods
	// need cannot be had any more.
	refused error
	// dieAt is the write after which the operator dies, 0 for never.
	dieAt int
}

// Writes counts what was sent to the API server.
type Writes struct {
	Releases, Marks, Deployment, Replicas int
	Copies, Deletions                     int
}

// OfRollout is the number of writes but for the making and collecting of copies.
func (w Writes) OfRollout() int { return w.Releases + w.Marks + w.Deployment }

// Total is the number of all writes.
func (w Writes) Total() int { return w.OfRollout() + w.Copies + w.Deletions }

// Restart loses everything the operator has in memory.
func (o *Operator) Restart() { o.seen, o.recheck, o.started = 0, time.Time{}, false }

// Due tells whether there is a reason to look.
func (o *Operator) Due() bool {
	c := o.cluster
	return c.App != nil && (!o.started || o.seen != c.Changes() ||
		!o.recheck.IsZero() && !c.World.Now().Before(o.recheck))
}

// Reconcile is one pass. It tells what it decided, and whether it lived to
// write all of it.
func (o *Operator) Reconcile() (state rollout.State, decision rollout.Decision, alive bool) {
	c := o.cluster
	o.started, o.seen = true, c.Changes()
	state = c.State()
	decision = rollout.Decide(state)
	o.recheck = decision.Recheck
	return state, decision, o.carryOut(state, decision)
}

// carryOut writes what was decided, in the order of Reconcile: what is
// remembered, the new Release, what runs. A death in between must not lose what
// has been acted upon.
func (o *Operator) carryOut(state rollout.State, d rollout.Decision) (alive bool) {
	c := o.cluster
	o.refused = nil
	for _, mark := range d.Marks {
		c.mark(mark, state.Verdict.Signs)
		o.Writes.Marks++
		if o.dies() {
			return false
		}
	}
	if d.Make != nil {
		c.make(*d.Make)
		o.Writes.Releases++
		if o.dies() {
			return false
		}
	}
	target := c.release(d.Target)
	if target == nil {
		return true
	}
	if alive, o.refused = o.makeCopies(*target); !alive {
		return false
	}
	if o.refused == nil && !o.deploy(*target, d) {
		return false
	}
	return o.collect(state, d)
}

// deploy makes the Deployment run a Release.
func (o *Operator) deploy(target Release, d rollout.Decision) (alive bool) {
	c := o.cluster
	before := c.World.Replicas()
	if !c.World.Apply(c.intent(target, d)) {
		return true
	}
	o.Writes.Deployment++
	if c.World.Replicas() != before {
		o.Writes.Replicas++
	}
	return !o.dies()
}

// dies tells whether the operator's time has come, and lets it come only once.
func (o *Operator) dies() bool {
	if o.dieAt == 0 || o.Writes.Total() != o.dieAt {
		return false
	}
	o.Restart()
	return true
}
