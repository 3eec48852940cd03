package simulation

import (
	"strings"
	"time"

	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// scenario is a story and how it must end. Its transcript is
// testdata/<name>.golden, with blanks as dashes.
type scenario struct {
	name  string
	steps []Step

	// How it ends: the Release that runs, the fates of all Releases in order of
	// their numbers, and the last decision.
	runs   int64
	fates  string
	action rollout.Action
	reason string
}

func (s scenario) file() string {
	return "testdata/" + strings.ReplaceAll(s.name, " ", "-") + ".golden"
}

// up is a first Release that has proved healthy, as most stories begin.
func up(replicas int32, options ...Option) []Step {
	return []Step{Create("shop:1", replicas, options...), Wait(45)}
}

// after joins a beginning and what follows.
func after(beginning []Step, steps ...Step) []Step {
	return append(append([]Step(nil), beginning...), steps...)
}

var (
	missing    = world.Outcome{ImageMissing: true}
	crashes    = world.Outcome{RunsFor: time.Second}
	neverReady = world.Outcome{NeverReady: true}
)

const (
	h    = "Healthy"
	u    = "Unproven"
	left = ", superseded"
)

var scenarios = []scenario{
	{
		name:  "first rollout",
		steps: up(3),
		runs:  1, fates: h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name:  "image change",
		steps: after(up(3), SetImage("shop:2"), Wait(90)),
		runs:  2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name:  "configuration change",
		steps: after(up(3), SetConfig("fast"), Wait(90)),
		runs:  2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name:  "missing image is rolled back",
		steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60)),
		runs:  1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name:  "missing configuration key is rolled back",
		steps: after(up(3), Becomes("MODE=odd", world.Outcome{ConfigMissing: true}), SetConfig("odd"), Wait(60)),
		runs:  1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name:  "failing init container is rolled back",
		steps: after(up(3), Becomes("shop:2", world.Outcome{InitFails: true}), SetImage("shop:2"), Wait(60)),
		runs:  1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name:  "pods refused by admission are rolled back",
		steps: after(up(3), Becomes("shop:2", world.Outcome{Refused: true}), SetImage("shop:2"), Wait(60)),
		runs:  1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name:  "crash loop is rolled back",
		steps: after(up(3), Becomes("shop:2", crashes), SetImage("shop:2"), Wait(120)),
		runs:  1, fates: h + "; Failed Crashing", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "crash loop with many restarts allowed is rolled back within a minute",
		steps: after(up(3, MaxRestarts(100)),
			Becomes("shop:2", crashes), SetImage("shop:2"), Wait(120)),
		runs: 1, fates: h + "; Failed Crashing", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "flapping crash loop fails within its budget",
		steps: after(up(3, Surge("1", "0")),
			Becomes("shop:2", world.Outcome{RunsFor: 5 * time.Second}), SetImage("shop:2"), Wait(180)),
		runs: 1, fates: h + "; Failed Crashing", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "out of memory after a while fails in the bake",
		steps: after(up(2),
			Becomes("shop:2", world.Outcome{RunsFor: 20 * time.Second, OutOfMemory: true}), SetImage("shop:2"), Wait(120)),
		runs: 1, fates: h + "; Failed BakeFailed", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "slow start with progress does not fail",
		steps: after(up(5, Surge("1", "0"), Deadline(90)),
			Becomes("shop:2", world.Outcome{ReadyAfter: time.Minute}), SetImage("shop:2"), Wait(400)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "never ready fails at the deadline",
		steps: after(up(3, Deadline(120)),
			Becomes("shop:2", neverReady), SetImage("shop:2"), Wait(180)),
		runs: 1, fates: h + "; Failed NotReady", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "registry is down for half an hour within the deadline",
		steps: after(up(3, Deadline(3600)),
			RegistryDown(), SetImage("shop:2"), Wait(1800), RegistryUp(), Wait(400)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "registry is down for longer than the deadline",
		steps: after(up(3),
			RegistryDown(), SetImage("shop:2"), Wait(360)),
		runs: 1, fates: h + "; Failed Infrastructure", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "all nodes are down for ten minutes in mid rollout",
		steps: after(up(3),
			Becomes("shop:2", world.Outcome{ReadyAfter: 20 * time.Second}), SetImage("shop:2"), Wait(30),
			Nodes(0), Wait(600), Nodes(3), Wait(240)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "one node is lost in the bake",
		steps: after(up(3),
			SetImage("shop:2"), Wait(25), Nodes(2), Wait(400), Nodes(3), Wait(60)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "no node fits fails at the deadline",
		steps: after(up(3, Deadline(60)),
			Becomes("shop:2", world.Outcome{Unschedulable: true}), SetImage("shop:2"), Wait(120)),
		runs: 1, fates: h + "; Failed Infrastructure", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "quota is raised in time",
		steps: after(up(3),
			Quota(3), SetImage("shop:2"), Wait(120), Quota(-1), Wait(120)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "bake failure is rolled back",
		steps: after(up(3, Bake(60)), Wait(60),
			Becomes("shop:2", world.Outcome{RunsFor: 45 * time.Second}), SetImage("shop:2"), Wait(180)),
		runs: 1, fates: h + "; Failed BakeFailed", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "readiness lost in the bake is rolled back",
		steps: after(up(3), SetImage("shop:2"), Wait(30),
			Becomes("shop:2", neverReady), Wait(60)),
		runs: 1, fates: h + "; Failed BakeFailed", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "scaling up at the end of the bake to a pod that cannot start",
		steps: after(up(3), SetImage("shop:2"), Wait(40),
			Becomes("shop:2", world.Outcome{ConfigMissing: true}), Scale(4), Wait(90)),
		runs: 1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "scaling up in the bake to pods that do not come up",
		steps: after(up(3, Deadline(60)), SetImage("shop:2"), Wait(25),
			Quota(3), Scale(5), Wait(120)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name:  "trouble after the bake rolls nothing back",
		steps: after(up(3), SetImage("shop:2"), Wait(90), Becomes("shop:2", crashes), Wait(300)),
		runs:  2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name:  "first Release fails",
		steps: []Step{Becomes("shop:1", missing), Create("shop:1", 3), Wait(60)},
		runs:  1, fates: "Failed CannotStart", action: rollout.Stall, reason: "Failed",
	},
	{
		name: "first Release fails and a newer spec repairs it",
		steps: []Step{
			Becomes("shop:1", missing), Create("shop:1", 3), Wait(60),
			SetImage("shop:2"), Wait(90),
		},
		runs: 2, fates: "Failed CannotStart; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name:  "manual rollback leaves the failed Release",
		steps: after(up(3, Manual), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60)),
		runs:  2, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "Failed",
	},
	{
		name: "revert after a rollback restarts nothing",
		steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60),
			SetImage("shop:1"), Wait(60)),
		runs: 1, fates: h + "; Failed CannotStart" + left, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "revert in mid rollout goes straight back",
		steps: after(up(3), Becomes("shop:2", world.Outcome{ReadyAfter: 20 * time.Second}), SetImage("shop:2"), Wait(30),
			SetImage("shop:1"), Wait(60)),
		runs: 1, fates: h + "; " + u + left, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "newer spec pre-empts a broken rollout",
		steps: after(up(3), Becomes("shop:2", crashes), SetImage("shop:2"), Wait(8),
			SetImage("shop:3"), Wait(90)),
		runs: 3, fates: h + "; " + u + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "newer spec pre-empts a rollback",
		steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(16),
			SetImage("shop:3"), Wait(90)),
		runs: 3, fates: h + "; Failed CannotStart; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "double failure is bounded",
		steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			SetImage("shop:2"), Wait(90), SetImage("shop:3"), Wait(90),
			Becomes("shop:4", neverReady), SetImage("shop:4"), Wait(30),
			Becomes("shop:3", neverReady), Becomes("shop:2", neverReady), Wait(600)),
		runs: 2, fates: h + "; Failed NotReady; Failed NotReady; Failed NotReady", action: rollout.Stall, reason: "RollbackFailed",
	},
	{
		name: "second choice comes back when the first fails too",
		steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			SetImage("shop:2"), Wait(90),
			Becomes("shop:3", neverReady), SetImage("shop:3"), Wait(30),
			Becomes("shop:2", neverReady), Wait(300)),
		runs: 1, fates: h + "; Failed NotReady; Failed NotReady", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "retry of a failed Release",
		steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60),
			Becomes("shop:2", world.Outcome{}), Retry("once"), Wait(90)),
		runs: 3, fates: h + "; Failed CannotStart; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name:  "restart",
		steps: after(up(3), Restart("now"), Wait(90)),
		runs:  2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "pin and unpin",
		steps: after(up(3), SetImage("shop:2"), Wait(90),
			PinTo(1), Wait(60), SetImage("shop:3"), Wait(30), Unpin(), Wait(90)),
		runs: 3, fates: h + "; " + h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "pinned away in the bake",
		steps: after(up(3, Deadline(60)), SetImage("shop:2"), Wait(25),
			PinTo(1), Wait(300), Unpin(), Wait(90)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "pause and resume in mid rollout",
		steps: after(up(3), Becomes("shop:2", world.Outcome{ReadyAfter: 20 * time.Second}), SetImage("shop:2"), Wait(30),
			Pause(), Wait(600), Resume(), Wait(150)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "pausing after a rollback while what came back has trouble",
		steps: after(up(3, Deadline(60)), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60),
			Becomes("shop:1", crashes), Wait(20), Pause(), Wait(60), Resume(), Wait(300)),
		runs: 1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "short deadline while all nodes are down",
		steps: after(up(3, Deadline(8)), SetImage("shop:2"), Wait(3), Nodes(0), Wait(120),
			Nodes(3), Wait(90)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "short deadline while paused",
		steps: after(up(3, Deadline(8)), SetImage("shop:2"), Wait(3), Pause(), Wait(120),
			Resume(), Wait(90)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "scaling while paused",
		steps: after(up(3), Pause(), SetImage("shop:2"), Wait(60), Scale(5), Wait(60),
			Resume(), Wait(120)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "autoscaling on and off in mid rollout",
		steps: after(up(4), Becomes("shop:2", world.Outcome{ReadyAfter: 30 * time.Second}), SetImage("shop:2"), Wait(20),
			Autoscale(2, 8), Load(7), Wait(40), StopAutoscaling(), Wait(240)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "autoscaled App is rolled back at the size it has",
		steps: []Step{
			Autoscaled("shop:1", 3, 9), Wait(60), Load(6), Wait(60),
			Becomes("shop:2", missing), SetImage("shop:2"), Wait(90),
		},
		runs: 1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "scaling during a rollback",
		steps: after(up(6, Surge("0", "50%")), Becomes("shop:2", missing), SetImage("shop:2"), Wait(16),
			Scale(10), Wait(10), Scale(4), Wait(60)),
		runs: 1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name:  "scaling to zero and back",
		steps: after(up(3), Scale(0), Wait(60), SetImage("shop:2"), Wait(60), Scale(3), Wait(60)),
		runs:  2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "late status gives no false verdict",
		steps: after(up(3, Deadline(60), Bake(5)), Lag(20), SetImage("shop:2"), Wait(200),
			Becomes("shop:3", missing), SetImage("shop:3"), Wait(120)),
		runs: 2, fates: h + "; " + h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
	{
		name: "missing input holds and what runs keeps serving",
		steps: after(up(3), Lose("ConfigMap shared-settings"), SetImage("shop:2"), Wait(600),
			Find(), Wait(90)),
		runs: 2, fates: h + "; " + h, action: rollout.Settled, reason: "Healthy",
	},
	{
		name: "operator is away while a rollout breaks",
		steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(5),
			Away(120), Wait(180)),
		runs: 1, fates: h + "; Failed CannotStart", action: rollout.Stall, reason: "RolledBack",
	},
}
