package simulation

import (
	"fmt"
	"time"

	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// mostPasses is how often the operator may look in one second before it counts
// as going round in circles.
const mostPasses = 10

// Player plays a scenario.
type Player struct {
	Cluster    *Cluster
	Operator   *Operator
	Transcript *Transcript
	// Decision is the last one.
	Decision rollout.Decision
	// Course is what was decided about which Release, in order, without
	// repetitions: what the App's condition RolledOut would have said.
	Course []string

	// RestartAlways restarts the operator every second.
	RestartAlways bool

	invariants *Invariants
	away       time.Duration // how long the operator is still away
	problems   []error
}

// NewPlayer returns a player in an empty cluster of three nodes.
func NewPlayer() *Player {
	cluster := NewCluster()
	return &Player{
		Cluster:    cluster,
		Operator:   &Operator{cluster: cluster},
		Transcript: &Transcript{world: cluster.World},
		invariants: &Invariants{},
	}
}

// DieAt kills the operator once, right after its n-th write.
func (p *Player) DieAt(write int) { p.Operator.dieAt = write }

// TakeProblems returns the violated invariants that were seen since it was last
// called.
func (p *Player) TakeProblems() []error {
	problems := p.problems
	p.problems = nil
	return problems
}

// Play plays the steps.
func (p *Player) Play(steps ...Step) {
	for _, step := range steps {
		if step.says != "" {
			p.Transcript.Line("> %s", step.says)
		}
		step.On(p)
		p.invariants.Disturbed()
		p.operate()
	}
}

// pass lets one second pass.
func (p *Player) pass() {
	p.Cluster.World.Advance()
	if p.RestartAlways {
		p.Operator.Restart()
	}
	if p.away > 0 {
		p.away -= world.Step
	} else {
		p.operate()
	}
	p.check(p.invariants.Serving(p.Cluster))
	p.check(p.invariants.keeping.podsHaveWhatTheyUse(p.Cluster))
}

// operate lets the operator look as long as it has a reason to.
func (p *Player) operate() {
	for passes := 0; p.away == 0 && p.Operator.Due(); passes++ {
		if passes == mostPasses {
			p.check(fmt.Errorf("the operator looked %d times and still has a reason to", passes))
			return
		}
		before := p.snapshot()
		state, decision, alive := p.Operator.Reconcile()
		p.Decision = decision
		p.follow(decision)
		p.Transcript.Pass(state, decision)
		p.check(p.invariants.Pass(before, state, decision, alive, p))
		if !alive {
			p.Transcript.Line("> the operator dies and is started again")
			return
		}
	}
}

// follow notes a decision in the course. An Await concludes nothing.
func (p *Player) follow(d rollout.Decision) {
	entry := fmt.Sprintf("%s %s", d.Reason, release.Name(p.Cluster.App.Name, d.Desired))
	if d.Action == rollout.Await || len(p.Course) > 0 && p.Course[len(p.Course)-1] == entry {
		return
	}
	p.Course = append(p.Course, entry)
}

// snapshot is what a pass must answer for.
type snapshot struct {
	writes   Writes
	changes  int
	releases int
	now      time.Time
}

func (p *Player) snapshot() snapshot {
	return snapshot{p.Operator.Writes, p.Cluster.Changes(), len(p.Cluster.Releases), p.Cluster.World.Now()}
}

func (p *Player) check(err error) {
	if err != nil {
		p.problems = append(p.problems, fmt.Errorf("second %d: %w", int(p.Cluster.World.Elapsed()/time.Second), err))
	}
}
