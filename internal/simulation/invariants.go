package simulation

import (
	"errors"
	"fmt"
	"time"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// Invariants are what holds in every second of every scenario.
type Invariants struct {
	// calm is set while enough pods have served and nothing from outside has
	// happened since.
	calm   bool
	losses int
	// floor and ceiling bound the pods in a rolling update; scaled is when they
	// were last others.
	floor, ceiling int32
	scaled         time.Time

	keeping keeping

	newest    int64         // the largest number of a Release
	rollbacks map[int64]int // by failed Release
	fates     map[int64]rollout.Health
}

// Disturbed notes that something happened that the operator is not to blame
// for.
func (i *Invariants) Disturbed() { i.calm = false }

// scalingTime is how long a change of size disturbs: the Deployment's controller
// scales in proportion to sizes and does not ask which pods serve. That the size
// itself is right, sizeIsAsAsked checks.
const scalingTime = 5 * time.Second

// Serving checks that pods that served are not taken away below what the rolling
// update keeps, and that there are never more than it makes.
func (i *Invariants) Serving(c *Cluster) error {
	w := c.World
	serving, floor, ceiling := w.Serving(), w.MinAvailable(), w.MaxPods()
	if floor != i.floor || ceiling != i.ceiling {
		i.floor, i.ceiling, i.scaled = floor, ceiling, w.Now()
	}
	disturbed := w.Losses() != i.losses || w.Now().Sub(i.scaled) < scalingTime
	wasCalm := i.calm && !disturbed
	i.losses = w.Losses()
	i.calm = serving >= floor && !disturbed
	if wasCalm && serving < floor {
		return fmt.Errorf("%d pods serve, the rolling update keeps %d, and nobody else took them", serving, floor)
	}
	if pods := w.Pods(); pods > ceiling && !disturbed {
		return fmt.Errorf("there are %d pods, the rolling update makes at most %d", pods, ceiling)
	}
	return nil
}

// Pass checks one pass of the operator.
func (i *Invariants) Pass(before snapshot, s rollout.State, d rollout.Decision, alive bool, p *Player) error {
	return errors.Join(
		i.numbersRiseByOne(p.Cluster),
		i.keeping.pass(p, s, d, alive),
		i.fatesAreFinal(p.Cluster, d),
		neverToAFailed(s, d),
		i.oneRollbackEach(before, s, d, p),
		newestWins(p.Cluster, s, d),
		sizeIsAsAsked(p, d),
		autoscaledIsLeftAlone(before, p),
		recheckIsAhead(s, d),
		marksAreOrdered(d),
		holdsWhatItMust(s, d),
	)
}

// numbersRiseByOne: a new Release has the number after the newest there ever
// was, also when older ones have been collected.
func (i *Invariants) numbersRiseByOne(c *Cluster) error {
	for _, r := range c.Releases {
		if r.Number > i.newest+1 {
			return fmt.Errorf("shop-%d follows shop-%d", r.Number, i.newest)
		}
		i.newest = max(i.newest, r.Number)
	}
	return nil
}

// fatesAreFinal: a failed Release stays failed; a healthy one stays healthy
// unless it fails on its return.
func (i *Invariants) fatesAreFinal(c *Cluster, d rollout.Decision) error {
	if i.fates == nil {
		i.fates = map[int64]rollout.Health{}
	}
	for _, r := range c.Releases {
		before, now := i.fates[r.Number], r.Health
		i.fates[r.Number] = now
		if before == rollout.Failed && now != rollout.Failed || before == rollout.Healthy && now == rollout.Unproven {
			return fmt.Errorf("shop-%d was %s and is %s", r.Number, before, now)
		}
		if before == rollout.Healthy && now == rollout.Failed && d.FailedRelease == 0 {
			return fmt.Errorf("shop-%d had proved healthy and failed though nothing was rolled back", r.Number)
		}
	}
	return nil
}

// neverToAFailed: what has failed does not go out again, unless a person pins
// it.
func neverToAFailed(s rollout.State, d rollout.Decision) error {
	if s.PinnedTo != 0 || d.Action != rollout.Advance && d.Action != rollout.RollBack {
		return nil
	}
	for _, r := range s.Releases {
		if r.Number == d.Target && r.Health == rollout.Failed {
			return fmt.Errorf("%s to shop-%d, which has failed: %s", d.Action, d.Target, r.Message)
		}
	}
	return nil
}

// oneRollbackEach: a Release is rolled back at most once. A person who pins it
// afterwards, and removes the pin, asks for another.
func (i *Invariants) oneRollbackEach(before snapshot, s rollout.State, d rollout.Decision, p *Player) error {
	if i.rollbacks == nil || s.PinnedTo != 0 {
		i.rollbacks = map[int64]int{}
	}
	if d.Action != rollout.RollBack || p.Operator.Writes.Deployment == before.writes.Deployment {
		return nil
	}
	i.rollbacks[s.Running.Release]++
	if n := i.rollbacks[s.Running.Release]; n > 1 {
		return fmt.Errorf("shop-%d is rolled back for the %d. time", s.Running.Release, n)
	}
	return nil
}

// newestWins: what is desired is what the App asks for, whatever is in flight.
func newestWins(c *Cluster, s rollout.State, d rollout.Decision) error {
	if s.Held != nil || s.PinnedTo != 0 || s.Policy.Paused != "" || d.Reason == v1alpha1.ReasonWaitingForTurn {
		return nil
	}
	desired := c.release(d.Desired)
	switch {
	case desired == nil && d.Make == nil:
		return fmt.Errorf("%s, and the desired shop-%d does not exist", d.Action, d.Desired)
	case desired != nil && desired.InputHash != s.InputHash:
		return fmt.Errorf("shop-%d is desired, but the App asks for something else", d.Desired)
	}
	newest := c.Releases[len(c.Releases)-1]
	if s.Retry != "" && newest.Retry != s.Retry || s.Restart != "" && newest.Restart != s.Restart {
		return fmt.Errorf("the wish (retry %q, restart %q) made no Release", s.Retry, s.Restart)
	}
	return nil
}

// sizeIsAsAsked: whatever is in flight, the Deployment has the size the App
// asks for after every pass that came to its end.
func sizeIsAsAsked(p *Player, d rollout.Decision) error {
	asked, is := p.Cluster.App.Spec.Replicas, p.Cluster.World.Replicas()
	if asked != nil && d.Target != 0 && p.Operator.started && p.Operator.refused == nil && is != *asked {
		return fmt.Errorf("%d replicas, the App asks for %d", is, *asked)
	}
	return nil
}

// autoscaledIsLeftAlone: while an autoscaler has the replicas, the operator
// writes them only to create the Deployment.
func autoscaledIsLeftAlone(before snapshot, p *Player) error {
	now := p.Operator.Writes
	if p.Cluster.App.Spec.Autoscale.Enabled() && now.Replicas != before.writes.Replicas && now.Deployment > 1 {
		return fmt.Errorf("the operator wrote replicas: %d", p.Cluster.World.Replicas())
	}
	return nil
}

// recheckIsAhead: the operator never asks to look again at once.
func recheckIsAhead(s rollout.State, d rollout.Decision) error {
	if !d.Recheck.IsZero() && !d.Recheck.After(s.Now) {
		return fmt.Errorf("it is %s, and the next look is at %s", s.Now, d.Recheck)
	}
	return nil
}

func marksAreOrdered(d rollout.Decision) error {
	for i := 1; i < len(d.Marks); i++ {
		if d.Marks[i-1].Number >= d.Marks[i].Number {
			return fmt.Errorf("marks of shop-%d and then shop-%d", d.Marks[i-1].Number, d.Marks[i].Number)
		}
	}
	return nil
}

// holdsWhatItMust: while the App is paused or an input is missing, nothing is
// made, nothing is judged, and what runs stays.
func holdsWhatItMust(s rollout.State, d rollout.Decision) error {
	if s.PinnedTo != 0 && s.Held == nil || s.Policy.Paused == "" && s.Held == nil {
		return nil
	}
	if d.Make != nil {
		return fmt.Errorf("shop-%d is made while the App is held", d.Make.Number)
	}
	for _, mark := range d.Marks {
		if mark.Verdict != nil {
			return fmt.Errorf("shop-%d is judged while the App is held", mark.Number)
		}
	}
	if s.Running.Exists && d.Target != s.Running.Release {
		return fmt.Errorf("%s from shop-%d to shop-%d while the App is held", d.Action, s.Running.Release, d.Target)
	}
	return nil
}

// atRest tells whether nothing more will happen by itself.
func atRest(d rollout.Decision) error {
	switch {
	case !d.Recheck.IsZero():
		return fmt.Errorf("%s (%s), but it wants to look again at %s", d.Action, d.Reason, d.Recheck)
	case d.Action == rollout.Settled, d.Action == rollout.Stall:
		return nil
	case d.Action == rollout.Hold && (d.Reason == v1alpha1.ReasonPaused || d.Reason == v1alpha1.ReasonWaitingForTurn):
		return nil
	}
	return fmt.Errorf("%s (%s): %s", d.Action, d.Reason, d.Note)
}
