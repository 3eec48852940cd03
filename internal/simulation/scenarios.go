package simulation

import (
	"strings"
	"time"

	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// Scenario is a story and how it must end. Its transcript is
// testdata/<name>.golden, with blanks as dashes.
type Scenario struct {
	Name string
	// Answers are public issues of other projects whose complaint the story
	// answers, such as "argo-rollouts#3765".
	Answers []string
	Steps   []Step

	// How it ends: the Release that runs, the fates of all Releases in order of
	// their numbers, and the last decision.
	Runs   int64
	Fates  string
	Action rollout.Action
	Reason string
}

// File is where the scenario's transcript is kept.
func (s Scenario) File() string {
	return "testdata/" + strings.ReplaceAll(s.Name, " ", "-") + ".golden"
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
	refused    = world.Outcome{Refused: true}
)

const (
	h    = "Healthy"
	u    = "Unproven"
	left = ", superseded"
)

// Scenarios are all written scenarios.
var Scenarios = []Scenario{
	{
		Name:  "first rollout",
		Steps: up(3),
		Runs:  1, Fates: h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:  "image change",
		Steps: after(up(3), SetImage("shop:2"), Wait(90)),
		Runs:  2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "configuration change",
		Answers: []string{"kubernetes#22368"},
		Steps:   after(up(3), SetConfig("fast"), Wait(90)),
		Runs:    2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "missing image is rolled back",
		Answers: []string{"kubernetes#23211", "kubernetes#18568", "kubernetes#40207"},
		Steps:   after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60)),
		Runs:    1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "missing configuration key is rolled back",
		Answers: []string{"argo-rollouts#2669", "argo-rollouts#1297"},
		Steps:   after(up(3), Becomes("MODE=odd", world.Outcome{ConfigMissing: true}), SetConfig("odd"), Wait(60)),
		Runs:    1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "failing init container is rolled back",
		Answers: []string{"argo-rollouts#1376"},
		Steps:   after(up(3), Becomes("shop:2", world.Outcome{InitFails: true}), SetImage("shop:2"), Wait(60)),
		Runs:    1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:  "pods refused by admission are rolled back",
		Steps: after(up(3), Becomes("shop:2", refused), SetImage("shop:2"), Wait(60)),
		Runs:  1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "crash loop is rolled back",
		Answers: []string{"helm#31035"},
		Steps:   after(up(3), Becomes("shop:2", crashes), SetImage("shop:2"), Wait(120)),
		Runs:    1, Fates: h + "; Failed Crashing", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "crash loop with many restarts allowed is rolled back within a minute",
		Answers: []string{"argo-rollouts#4128"},
		Steps: after(up(3, MaxRestarts(100)),
			Becomes("shop:2", crashes), SetImage("shop:2"), Wait(120)),
		Runs: 1, Fates: h + "; Failed Crashing", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "flapping crash loop fails within its budget",
		Answers: []string{"argo-rollouts#3765"},
		Steps: after(up(3, Surge("1", "0")),
			Becomes("shop:2", world.Outcome{RunsFor: 5 * time.Second}), SetImage("shop:2"), Wait(180)),
		Runs: 1, Fates: h + "; Failed Crashing", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "out of memory after a while fails in the bake",
		Steps: after(up(2),
			Becomes("shop:2", world.Outcome{RunsFor: 20 * time.Second, OutOfMemory: true}), SetImage("shop:2"), Wait(120)),
		Runs: 1, Fates: h + "; Failed BakeFailed", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "slow start with progress does not fail",
		Answers: []string{"argo-rollouts#1624"},
		Steps: after(up(5, Surge("1", "0"), Deadline(90)),
			Becomes("shop:2", world.Outcome{ReadyAfter: time.Minute}), SetImage("shop:2"), Wait(400)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "never ready fails at the deadline",
		Steps: after(up(3, Deadline(120)),
			Becomes("shop:2", neverReady), SetImage("shop:2"), Wait(180)),
		Runs: 1, Fates: h + "; Failed NotReady", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "registry is down for half an hour within the deadline",
		Answers: []string{"kubernetes#106697"},
		Steps: after(up(3, Deadline(3600)),
			RegistryDown(), SetImage("shop:2"), Wait(1800), RegistryUp(), Wait(400)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "registry is down for longer than the deadline",
		Steps: after(up(3),
			RegistryDown(), SetImage("shop:2"), Wait(360)),
		Runs: 1, Fates: h + "; Failed Infrastructure", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "all nodes are down for ten minutes in mid rollout",
		Answers: []string{"argo-rollouts#3414"},
		Steps: after(up(3),
			Becomes("shop:2", world.Outcome{ReadyAfter: 20 * time.Second}), SetImage("shop:2"), Wait(30),
			Nodes(0), Wait(600), Nodes(3), Wait(240)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "one node is lost in the bake",
		Steps: after(up(3),
			SetImage("shop:2"), Wait(25), Nodes(2), Wait(400), Nodes(3), Wait(60)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "no node fits fails at the deadline",
		Steps: after(up(3, Deadline(60)),
			Becomes("shop:2", world.Outcome{Unschedulable: true}), SetImage("shop:2"), Wait(120)),
		Runs: 1, Fates: h + "; Failed Infrastructure", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "quota is raised in time",
		Steps: after(up(3),
			Quota(3), SetImage("shop:2"), Wait(120), Quota(-1), Wait(120)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "bake failure is rolled back",
		Answers: []string{"flagger#616"},
		Steps: after(up(3, Bake(60)), Wait(60),
			Becomes("shop:2", world.Outcome{RunsFor: 45 * time.Second}), SetImage("shop:2"), Wait(180)),
		Runs: 1, Fates: h + "; Failed BakeFailed", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "readiness lost in the bake is rolled back",
		Steps: after(up(3), SetImage("shop:2"), Wait(30),
			Becomes("shop:2", neverReady), Wait(60)),
		Runs: 1, Fates: h + "; Failed BakeFailed", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "scaling up at the end of the bake to a pod that cannot start",
		Steps: after(up(3), SetImage("shop:2"), Wait(40),
			Becomes("shop:2", world.Outcome{ConfigMissing: true}), Scale(4), Wait(90)),
		Runs: 1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "scaling up in the bake to pods that do not come up",
		Steps: after(up(3, Deadline(60)), SetImage("shop:2"), Wait(25),
			Quota(3), Scale(5), Wait(120)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "trouble after the bake rolls nothing back",
		Answers: []string{"argo-rollouts#995"},
		Steps:   after(up(3), SetImage("shop:2"), Wait(90), Becomes("shop:2", crashes), Wait(300)),
		Runs:    2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "first Release fails",
		Answers: []string{"kubevela#7045"},
		Steps:   []Step{Becomes("shop:1", missing), Create("shop:1", 3), Wait(60)},
		Runs:    1, Fates: "Failed CannotStart", Action: rollout.Stall, Reason: "Failed",
	},
	{
		Name:    "first Release fails and a newer spec repairs it",
		Answers: []string{"flagger#639"},
		Steps: []Step{
			Becomes("shop:1", missing), Create("shop:1", 3), Wait(60),
			SetImage("shop:2"), Wait(90),
		},
		Runs: 2, Fates: "Failed CannotStart; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "manual rollback leaves the failed Release",
		Answers: []string{"flagger#682"},
		Steps:   after(up(3, Manual), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60)),
		Runs:    2, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "Failed",
	},
	{
		Name: "what a person went back to does not come up again",
		Steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			Becomes("shop:2", neverReady), SetImage("shop:2"), Wait(10),
			Becomes("shop:1", world.Outcome{Unschedulable: true}), SetImage("shop:1"), Wait(120)),
		Runs: 1, Fates: h + "; " + u + left, Action: rollout.Stall, Reason: "ReturnFailed",
	},
	{
		Name: "what a person went back to comes up late",
		Steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			Becomes("shop:2", neverReady), SetImage("shop:2"), Wait(10),
			Becomes("shop:1", world.Outcome{Unschedulable: true}), SetImage("shop:1"), Wait(120),
			Becomes("shop:1", world.Outcome{}), Wait(60)),
		Runs: 1, Fates: h + "; " + u + left, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "restart that fails is told of",
		Steps: after(up(3), Becomes("shop:1", refused),
			Restart("now"), Wait(60)),
		Runs: 1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "restart that failed and whose annotation is removed",
		Steps: after(up(3), Becomes("shop:1", refused),
			Restart("now"), Wait(60), Restart(""), Wait(60)),
		Runs: 1, Fates: h + "; Failed CannotStart" + left, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "shared ConfigMap changes",
		Answers: []string{"argo-rollouts#958"},
		Steps:   after(up(3), Share("green"), Wait(90)),
		Runs:    2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "shared ConfigMap with bad content is rolled back",
		Answers: []string{"argo-rollouts#2675"},
		Steps: after(up(3), Becomes("COLOR=infrared", world.Outcome{RunsFor: time.Second}),
			Share("infrared"), Wait(120)),
		Runs: 1, Fates: h + "; Failed Crashing", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "shared change waits for its turn",
		Answers: []string{"flagger#1069"},
		Steps: after(up(3), OthersGo(), Share("green"), Wait(300),
			TurnComes(), Wait(90)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "revert after a rollback restarts nothing",
		Answers: []string{"argo-cd#9570", "argo-cd#15588"},
		Steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60),
			SetImage("shop:1"), Wait(60)),
		Runs: 1, Fates: h + "; Failed CannotStart" + left, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "revert in mid rollout goes straight back",
		Answers: []string{"helm#10060"},
		Steps: after(up(3), Becomes("shop:2", world.Outcome{ReadyAfter: 20 * time.Second}), SetImage("shop:2"), Wait(30),
			SetImage("shop:1"), Wait(60)),
		Runs: 1, Fates: h + "; " + u + left, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "newer spec pre-empts a broken rollout",
		Answers: []string{"argo-rollouts#1774"},
		Steps: after(up(3), Becomes("shop:2", crashes), SetImage("shop:2"), Wait(8),
			SetImage("shop:3"), Wait(90)),
		Runs: 3, Fates: h + "; " + u + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "newer spec pre-empts a rollback",
		Answers: []string{"argo-rollouts#4973"},
		Steps: after(up(6, Surge("0", "50%")), Becomes("shop:2", missing), SetImage("shop:2"), Wait(18),
			SetImage("shop:3"), Wait(90)),
		Runs: 3, Fates: h + "; Failed CannotStart; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "double failure is bounded",
		Answers: []string{"flagger#1898", "flagger#1591"},
		Steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			SetImage("shop:2"), Wait(90), SetImage("shop:3"), Wait(90),
			Becomes("shop:4", neverReady), SetImage("shop:4"), Wait(30),
			Becomes("shop:3", neverReady), Becomes("shop:2", neverReady), Wait(600)),
		Runs: 2, Fates: h + "; Failed NotReady; Failed NotReady; Failed NotReady", Action: rollout.Stall, Reason: "RollbackFailed",
	},
	{
		Name:    "second choice comes back when the first fails too",
		Answers: []string{"kustomize-controller#1180"},
		Steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			SetImage("shop:2"), Wait(90),
			Becomes("shop:3", neverReady), SetImage("shop:3"), Wait(30),
			Becomes("shop:2", neverReady), Wait(300)),
		Runs: 1, Fates: h + "; Failed NotReady; Failed NotReady", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "second choice comes back when the first is refused",
		Answers: []string{"flagger#1898"},
		Steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			SetImage("shop:2"), Wait(90),
			Becomes("shop:3", missing), SetImage("shop:3"), Wait(8),
			Becomes("shop:2", refused), Wait(90)),
		Runs: 1, Fates: h + "; Failed CannotStart; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "second choice is refused too and nothing more is tried",
		Answers: []string{"flagger#1591"},
		Steps: after(up(4, Surge("0", "50%"), Deadline(60)),
			SetImage("shop:2"), Wait(90), SetImage("shop:3"), Wait(90),
			Becomes("shop:4", missing), SetImage("shop:4"), Wait(8),
			Becomes("shop:3", refused), Becomes("shop:2", refused), Wait(90)),
		Runs: 2, Fates: h + "; Failed CannotStart; Failed CannotStart; Failed CannotStart", Action: rollout.Stall, Reason: "RollbackFailed",
	},
	{
		Name: "retry when admission has changed its mind",
		Steps: after(up(3), Becomes("shop:2", refused), SetImage("shop:2"), Wait(60),
			Becomes("shop:2", world.Outcome{}), Retry("once"), Wait(90)),
		Runs: 3, Fates: h + "; Failed CannotStart; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "retry of a failed Release",
		Steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60),
			Becomes("shop:2", world.Outcome{}), Retry("once"), Wait(90)),
		Runs: 3, Fates: h + "; Failed CannotStart; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:  "restart",
		Steps: after(up(3), Restart("now"), Wait(90)),
		Runs:  2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "pin and unpin",
		Answers: []string{"kubernetes#94698"},
		Steps: after(up(3), SetImage("shop:2"), Wait(90),
			PinTo(1), Wait(60), SetImage("shop:3"), Wait(30), Unpin(), Wait(90)),
		Runs: 3, Fates: h + "; " + h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "pinned away in the bake",
		Steps: after(up(3, Deadline(60)), SetImage("shop:2"), Wait(25),
			PinTo(1), Wait(300), Unpin(), Wait(90)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "pause and resume in mid rollout",
		Steps: after(up(3), Becomes("shop:2", world.Outcome{ReadyAfter: 20 * time.Second}), SetImage("shop:2"), Wait(30),
			Pause(), Wait(600), Resume(), Wait(150)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "pausing after a rollback while what came back has trouble",
		Steps: after(up(3, Deadline(60)), Becomes("shop:2", missing), SetImage("shop:2"), Wait(60),
			Becomes("shop:1", crashes), Wait(20), Pause(), Wait(60), Resume(), Wait(300)),
		Runs: 1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "short deadline while all nodes are down",
		Steps: after(up(3, Deadline(8)), SetImage("shop:2"), Wait(3), Nodes(0), Wait(120),
			Nodes(3), Wait(90)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "short deadline while paused",
		Steps: after(up(3, Deadline(8)), SetImage("shop:2"), Wait(3), Pause(), Wait(120),
			Resume(), Wait(90)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "scaling while paused",
		Steps: after(up(3), Pause(), SetImage("shop:2"), Wait(60), Scale(5), Wait(60),
			Resume(), Wait(120)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name: "paused by the annotation",
		Steps: after(up(3), PauseAside(), SetImage("shop:2"), Wait(60),
			ResumeAside(), Wait(90)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "autoscaling on and off in mid rollout",
		Answers: []string{"kubernetes#25238", "kubernetes#72775"},
		Steps: after(up(4), Becomes("shop:2", world.Outcome{ReadyAfter: 30 * time.Second}), SetImage("shop:2"), Wait(20),
			Autoscale(2, 8), Load(7), Wait(40), StopAutoscaling(), Wait(240)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "autoscaled App is rolled back at the size it has",
		Answers: []string{"helm#12650", "argo-rollouts#3849"},
		Steps: []Step{
			Autoscaled("shop:1", 3, 9), Wait(60), Load(6), Wait(60),
			Becomes("shop:2", missing), SetImage("shop:2"), Wait(90),
		},
		Runs: 1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:    "scaling during a rollback",
		Answers: []string{"argo-rollouts#1292", "argo-rollouts#2119"},
		Steps: after(up(6, Surge("0", "50%")), Becomes("shop:2", missing), SetImage("shop:2"), Wait(16),
			Scale(10), Wait(10), Scale(4), Wait(60)),
		Runs: 1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name:  "scaling to zero and back",
		Steps: after(up(3), Scale(0), Wait(60), SetImage("shop:2"), Wait(60), Scale(3), Wait(60)),
		Runs:  2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "late status gives no false verdict",
		Answers: []string{"argo-rollouts#3080"},
		Steps: after(up(3, Deadline(60), Bake(5)), Lag(20), SetImage("shop:2"), Wait(200),
			Becomes("shop:3", missing), SetImage("shop:3"), Wait(120)),
		Runs: 2, Fates: h + "; " + h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
	{
		Name: "missing input holds and what runs keeps serving",
		Steps: after(up(3), Lose("ConfigMap shared-settings"), SetImage("shop:2"), Wait(600),
			Find(), Wait(90)),
		Runs: 2, Fates: h + "; " + h, Action: rollout.Settled, Reason: "Healthy",
	},
	{
		Name:    "operator is away while a rollout breaks",
		Answers: []string{"helm#7476"},
		Steps: after(up(3), Becomes("shop:2", missing), SetImage("shop:2"), Wait(5),
			Away(120), Wait(180)),
		Runs: 1, Fates: h + "; Failed CannotStart", Action: rollout.Stall, Reason: "RolledBack",
	},
}
