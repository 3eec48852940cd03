package simulation

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

var (
	onlySeed = flag.Uint64("seed", 0, "play only the random scenario of this seed, and print its transcript")
	seeds    = flag.Uint64("seeds", 1000, "how many random scenarios to play")
)

// TestRandomScenarios plays scenarios nobody thought of. Only the invariants are
// checked, and that everything comes to rest.
func TestRandomScenarios(t *testing.T) {
	first, last := uint64(1), *seeds
	if *onlySeed != 0 {
		first, last = *onlySeed, *onlySeed
	}
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			p := NewPlayer()
			r := &randomly{rand.New(rand.NewPCG(seed, 0))}
			p.DieAt(r.IntN(30))
			p.RestartAlways = r.IntN(4) == 0
			play(t, p, r.scenario())
			r.calmDown(t, p)
			if t.Failed() || *onlySeed != 0 {
				t.Logf("to see it again: go test ./internal/simulation -run TestRandomScenarios -seed %d\n%s\n%s", seed, p.Transcript, p.End())
			}
		})
	}
}

// randomly makes random choices.
type randomly struct{ *rand.Rand }

func (r *randomly) scenario() []Step {
	steps := []Step{r.create(), Wait(r.IntN(60))}
	for range 4 + r.IntN(12) {
		steps = append(steps, r.step(), Wait(r.IntN(r.pause())))
	}
	return steps
}

// pause is an upper bound of a wait: often in the middle of things, sometimes
// long enough for them to end.
func (r *randomly) pause() int { return []int{2, 8, 30, 90, 400}[r.IntN(5)] }

func (r *randomly) create() Step {
	fences := [][2]string{{"25%", "25%"}, {"1", "0"}, {"0", "1"}, {"100%", "0"}, {"0", "50%"}, {"2", "2"}}[r.IntN(6)]
	options := []Option{
		Surge(fences[0], fences[1]),
		Deadline([]int32{5, 60, 90, 300}[r.IntN(4)]),
		Bake([]int32{0, 5, 30}[r.IntN(3)]),
		MaxRestarts([]int32{0, 2, 10}[r.IntN(3)]),
		History([]int32{1, 2, 10}[r.IntN(3)]),
	}
	if r.IntN(5) == 0 {
		options = append(options, Manual)
	}
	if r.IntN(4) == 0 {
		return Autoscaled(r.image(), 1+r.Int32N(3), 4+r.Int32N(5), options...)
	}
	return Create(r.image(), r.Int32N(7), options...)
}

func (r *randomly) image() string { return fmt.Sprintf("shop:%d", 1+r.IntN(5)) }

func (r *randomly) outcome() world.Outcome {
	seconds := time.Duration(1+r.IntN(60)) * time.Second
	return []world.Outcome{
		{},
		{},
		{ImageMissing: true},
		{ConfigMissing: true},
		{InitFails: true},
		{RunsFor: time.Second},
		{RunsFor: seconds},
		{RunsFor: seconds, OutOfMemory: true},
		{ReadyAfter: seconds},
		{NeverReady: true},
		{Unschedulable: true},
		{Refused: true},
	}[r.IntN(12)]
}

// step is anything that may happen. A change of the image is the most likely.
func (r *randomly) step() Step {
	steps := []func() Step{
		func() Step { return SetConfig([]string{"fast", "safe"}[r.IntN(2)]) },
		func() Step { return Becomes(r.image(), r.outcome()) },
		func() Step { return Becomes(r.image(), r.outcome()) },
		func() Step { return Becomes("MODE=fast", r.outcome()) },
		func() Step { return Scale(r.Int32N(8)) },
		func() Step { return Autoscale(1+r.Int32N(3), 4+r.Int32N(5)) },
		StopAutoscaling,
		func() Step { return Load(r.Int32N(10)) },
		Pause,
		Resume,
		func() Step { return Retry(fmt.Sprint(r.IntN(1000))) },
		func() Step { return Restart(fmt.Sprint(r.IntN(1000))) },
		func() Step { return PinTo(1) },
		Unpin,
		func() Step { return Lose("Secret stripe") },
		Find,
		RegistryDown,
		RegistryUp,
		func() Step { return Nodes(r.IntN(4)) },
		func() Step { return Quota(r.IntN(8)) },
		func() Step { return Quota(-1) },
		func() Step { return Lag(r.IntN(5)) },
		func() Step { return Away(r.IntN(90)) },
	}
	if n := r.IntN(3 * len(steps) / 2); n < len(steps) {
		return steps[n]()
	}
	return SetImage(r.image())
}

// calmDown takes the trouble from outside away, waits for everything to end, and
// checks that it has.
func (r *randomly) calmDown(t *testing.T, p *Player) {
	t.Helper()
	play(t, p, []Step{Nodes(3), RegistryUp(), Quota(-1), Find(), Unpin(), Lag(0)})
	if r.IntN(4) != 0 {
		play(t, p, []Step{Resume()})
	}
	// An operator that was away is back by now. The longest way is a deadline,
	// then those of the two Releases that return.
	play(t, p, []Step{Wait(120)})
	for waited := 0; waited < 1200 && atRest(p.Decision) != nil; waited += 30 {
		play(t, p, []Step{Wait(30)})
	}
	decision, writes := p.Decision, p.Operator.Writes
	play(t, p, []Step{Wait(330)}) // longer than any deadline
	if err := errors.Join(sameDecision(decision, p.Decision), atRest(p.Decision)); err != nil {
		t.Error(err)
	}
	if p.Operator.Writes != writes {
		t.Errorf("writes go on: %+v, then %+v", writes, p.Operator.Writes)
	}
}

func sameDecision(a, b rollout.Decision) error {
	if a.Reason == v1alpha1.ReasonReturnFailed && b.Action == rollout.Settled && a.Target == b.Target {
		return nil // pods that crash in turn were all available once, after all
	}
	if a.Action != b.Action || a.Desired != b.Desired || a.Target != b.Target || a.Reason != b.Reason {
		return fmt.Errorf("it does not come to rest: %s (%s): %s; then %s (%s): %s", a.Action, a.Reason, a.Note, b.Action, b.Reason, b.Note)
	}
	return nil
}
