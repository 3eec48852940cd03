package simulation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// What the operator promises about how it gets there, beyond where it ends.

func TestARevertAfterARollbackRestartsNothing(t *testing.T) {
	p := NewPlayer()
	play(t, p, up(3))
	before := p.Cluster.World.PodNames()
	play(t, p, []Step{Becomes("shop:2", missing), SetImage("shop:2"), Wait(60), SetImage("shop:1"), Wait(60)})
	if after := p.Cluster.World.PodNames(); !slices.Equal(after, before) {
		t.Errorf("pods %v, want those from before: %v", after, before)
	}
	if got := p.Operator.Writes.Releases; got != 2 {
		t.Errorf("%d Releases were made, want 2: going back makes none", got)
	}
}

func TestARevertInMidRolloutGoesStraightBack(t *testing.T) {
	p := NewPlayer()
	play(t, p, up(3, Surge("1", "0")))
	before := p.Cluster.World.PodNames()
	play(t, p, []Step{Becomes("shop:2", neverReady), SetImage("shop:2"), Wait(20), SetImage("shop:1")})
	if got := p.Cluster.World.Running().Release; got != 1 {
		t.Errorf("shop-%d runs in the second of the revert, want shop-1", got)
	}
	play(t, p, []Step{Wait(20)})
	if after := p.Cluster.World.PodNames(); !slices.Equal(after, before) {
		t.Errorf("pods %v, want those from before: %v", after, before)
	}
}

// TestHowSoonAFailureIsAnswered measures from the second of the change to the
// second in which the Deployment goes back.
func TestHowSoonAFailureIsAnswered(t *testing.T) {
	const startOfPods = 6 // until a pod has been made, scheduled and started
	tests := map[string]struct {
		outcome world.Outcome
		most    int
	}{
		"terminal":                {missing, startOfPods + 12},
		"crash loop":              {crashes, startOfPods + 60},
		"crash loop when ready":   {world.Outcome{RunsFor: 5 * world.Step}, startOfPods + 60},
		"killed for its memory":   {world.Outcome{RunsFor: 2 * world.Step, OutOfMemory: true}, startOfPods + 60},
		"refused at the door":     {world.Outcome{Refused: true}, 12},
		"failing init container":  {world.Outcome{InitFails: true}, startOfPods + 12},
		"never ready in deadline": {neverReady, 120},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := NewPlayer()
			play(t, p, up(3, Deadline(120)))
			play(t, p, []Step{Becomes("shop:2", tt.outcome), SetImage("shop:2"), Wait(tt.most - 1)})
			play(t, p, []Step{Wait(1)})
			if p.Cluster.World.Running().Release != 1 {
				t.Errorf("shop-1 is not back after %d s:\n%s", tt.most, p.Transcript)
			}
		})
	}
}

func TestInfrastructureIsNeverFast(t *testing.T) {
	tests := map[string][]Step{
		"registry": {RegistryDown()},
		"quota":    {Quota(3)},
		"no node":  {Becomes("shop:2", world.Outcome{Unschedulable: true})},
	}
	for name, trouble := range tests {
		t.Run(name, func(t *testing.T) {
			p := NewPlayer()
			play(t, p, after(up(3, Deadline(300)), trouble...))
			play(t, p, []Step{SetImage("shop:2"), Wait(299)})
			if got := p.Cluster.release(2).Health; got != rollout.Unproven {
				t.Errorf("shop-2 is %s before the deadline", got)
			}
			play(t, p, []Step{Wait(2)})
			if got := p.Cluster.release(2).Health; got != rollout.Failed {
				t.Errorf("shop-2 is %s after the deadline", got)
			}
		})
	}
}

func TestTheClockStandsWhileNoNodeIsReady(t *testing.T) {
	p := NewPlayer()
	play(t, p, after(up(3, Deadline(60)),
		Becomes("shop:2", neverReady), SetImage("shop:2"), Wait(30), Nodes(0), Wait(3600), Nodes(3), Wait(20)))
	if got := p.Cluster.release(2).Health; got != rollout.Unproven {
		t.Errorf("shop-2 is %s, want it to have the time that the nodes were away", got)
	}
	play(t, p, []Step{Wait(60)})
	if got := p.Cluster.release(2).Health; got != rollout.Failed {
		t.Errorf("shop-2 is %s after the deadline", got)
	}
}

func TestAnAutoscaledAppIsNeverResized(t *testing.T) {
	p := NewPlayer()
	play(t, p, []Step{Autoscaled("shop:1", 2, 9), Load(7), Wait(60)})
	writes := p.Operator.Writes.Replicas
	play(t, p, []Step{
		Becomes("shop:2", missing), SetImage("shop:2"), Wait(60), SetImage("shop:3"), Wait(10), Load(5), Wait(120),
		StopAutoscaling(), Wait(30),
	})
	if got := p.Operator.Writes.Replicas; got != writes {
		t.Errorf("replicas were written %d times by the operator, want never", got-writes)
	}
	if got := p.Cluster.World.Replicas(); got != 5 {
		t.Errorf("%d replicas, want the 5 of the load, which stay when autoscaling stops", got)
	}
}

// TestOneRollbackCostsFewWrites bounds what a failed rollout costs the API
// server, the failing pods' comings and goings included.
func TestOneRollbackCostsFewWrites(t *testing.T) {
	p := NewPlayer()
	play(t, p, up(10))
	before := p.Operator.Writes
	play(t, p, []Step{Becomes("shop:2", crashes), SetImage("shop:2"), Wait(300)})
	now := p.Operator.Writes
	if got := now.OfRollout() - before.OfRollout(); got > 6 {
		t.Errorf("%d writes, want at most a Release, a suspicion, a verdict, two of the Deployment and one more", got)
	}
}

func TestEverySettledAppIsLeftInPeace(t *testing.T) {
	for _, s := range Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			p := NewPlayer()
			play(t, p, s.Steps)
			before, told := p.Operator.Writes, p.Transcript.String()
			play(t, p, []Step{Wait(900)})
			if p.Operator.Writes != before {
				t.Errorf("writes went on afterwards: %+v, then %+v\n%s", before, p.Operator.Writes, strings.TrimPrefix(p.Transcript.String(), told))
			}
		})
	}
}

// TestAutoscalingCanBeToggledAtAnyTime (helm#12650, kubernetes#25238): in every
// second of a rollout, a bake and a rollback the autoscaler is turned on, and
// five seconds later off, and the App has the size it had.
func TestAutoscalingCanBeToggledAtAnyTime(t *testing.T) {
	for at := range 60 {
		for name, image := range map[string]string{"rollout": "shop:2", "rollback": "shop:3"} {
			t.Run(fmt.Sprintf("%s, second %d", name, at), func(t *testing.T) {
				p := NewPlayer()
				play(t, p, up(5))
				play(t, p, []Step{
					Becomes("shop:3", missing), Becomes("shop:2", world.Outcome{ReadyAfter: 5 * world.Step}), SetImage(image), Wait(at),
					Autoscale(2, 8), Load(5), Wait(5),
				})
				if got := p.Cluster.World.Replicas(); got != 5 {
					t.Errorf("%d replicas with an autoscaler that wants 5", got)
				}
				play(t, p, []Step{StopAutoscaling(), Wait(120)})
				if got := p.Cluster.World.Replicas(); got != 5 {
					t.Errorf("%d replicas afterwards, want 5", got)
				}
			})
		}
	}
}

// TestARollbackIsNoSlowerThanTheRollout (helm#10060): however much a rollout had
// replaced, what comes back comes within the same limits, and pods that do not
// serve make room at once.
func TestARollbackIsNoSlowerThanTheRollout(t *testing.T) {
	for name, outcome := range map[string]world.Outcome{
		"nothing was replaced":        missing,
		"part of it was replaced":     {RunsFor: 9 * world.Step},
		"all of it was, and it baked": {RunsFor: 50 * world.Step},
	} {
		t.Run(name, func(t *testing.T) {
			slow := world.Outcome{ReadyAfter: 10 * world.Step}
			p := NewPlayer()
			play(t, p, []Step{Becomes("shop:1", slow), Create("shop:1", 8, Bake(60)), Wait(120)})
			play(t, p, []Step{SetImage("shop:9"), Becomes("shop:9", slow)})
			rolledOut := secondsUntil(t, p, func() bool { return p.Decision.Action == rollout.Bake })
			play(t, p, []Step{Wait(90), SetImage("shop:1"), Wait(200), Becomes("shop:2", outcome), SetImage("shop:2")})
			secondsUntil(t, p, func() bool { return p.Decision.Reason == "RollingBack" })
			back := secondsUntil(t, p, func() bool { return p.Decision.Action == rollout.Stall })
			t.Logf("the rollout took %d s, the rollback %d s", rolledOut, back)
			if back > rolledOut {
				t.Errorf("the rollback took %d s, and a rollout %d s", back, rolledOut)
			}
		})
	}
}

// secondsUntil lets time pass until something holds.
func secondsUntil(t *testing.T, p *Player, holds func() bool) int {
	t.Helper()
	for seconds := range 600 {
		if holds() {
			return seconds
		}
		play(t, p, []Step{Wait(1)})
	}
	t.Fatalf("it did not happen in 600 s:\n%s", p.Transcript)
	return 0
}
