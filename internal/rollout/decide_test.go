package rollout

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bowline-dev/bowline/internal/health"
)

// t0 is when the newest Release of every case was made.
var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

// proven, failing and going are Releases with the hash of their number.
func proven(number int64) Release {
	return Release{Number: number, InputHash: hash(number), Health: Healthy, Created: at(-1000), Finished: at(-900)}
}

func failing(number int64, finished int) Release {
	return Release{
		Number: number, InputHash: hash(number), Health: Failed, Created: t0, Finished: at(finished),
		Reason: "CannotStart", Message: "no such image",
	}
}

func going(number int64) Release {
	return Release{Number: number, InputHash: hash(number), Health: Unproven, Created: t0}
}

func hash(number int64) string { return string(rune('a' - 1 + number)) }

// runs is a Deployment of three pods in the midst of a rollout.
func runs(release int64) Running {
	return Running{Exists: true, Release: release, Observed: true, Want: 3, Total: 3, Updated: 1, Available: 3, Old: 3, Serving: true}
}

// out is a Deployment whose rollout was complete at a second.
func out(release int64, completed int) Running {
	return Running{
		Exists: true, Release: release, Observed: true, Want: 3, Total: 3, Updated: 3, Ready: 3, Available: 3,
		UpdatedAvailable: 3, Serving: true, CompletedAt: at(completed),
	}
}

func broken(class health.Class, reason string) health.Verdict {
	return health.Verdict{
		Class: class, Pods: 3, Affected: 2, NodesReady: true,
		Signs: []health.Sign{{Class: class, Pod: "shop-x", Container: "app", Reason: reason, Message: "said so"}},
	}
}

func TestDecide(t *testing.T) {
	cases := map[string]struct {
		state    State
		nodeless bool // no node is ready
		want     Decision
	}{
		"nothing exists: the first Release is made": {
			state: State{InputHash: "a"},
			want: Decision{
				Action: Advance, Desired: 1, Target: 1, Make: &Make{Number: 1, Cause: CauseInputs},
				Reason: "Progressing", Note: "Release 1 is new",
			},
		},
		"inputs not resolved: what runs keeps running": {
			state: State{Held: &Held{Reason: "InputsMissing", Message: "m"}, Releases: []Release{proven(1)}, Running: out(1, -900)},
			want:  Decision{Action: Hold, Desired: 1, Target: 1, LastHealthy: 1, Reason: "InputsMissing", Note: "m"},
		},
		"inputs not resolved in a rollout: its clock stands": {
			state: State{Held: &Held{Reason: "InputsMissing", Message: "m"}, Releases: []Release{proven(1), going(2)}, Running: runs(2)},
			want: Decision{
				Action: Hold, Desired: 2, Target: 2, LastHealthy: 1, Reason: "InputsMissing", Note: "m",
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{Stands: true}}},
			},
		},
		"inputs changed: the next Release is made, also in the midst of a broken rollout": {
			state: State{InputHash: "c", Releases: []Release{proven(1), going(2)}, Running: runs(2), Verdict: broken(health.Terminal, "ErrImagePull")},
			want: Decision{
				Action: Advance, Desired: 3, Target: 3, LastHealthy: 1, Make: &Make{Number: 3, Cause: CauseInputs},
				Reason: "Progressing", Note: "Release 3 is new",
			},
		},
		"inputs changed while paused: the change waits": {
			state: State{InputHash: "b", Policy: Policy{Paused: "spec.rollout.state is Paused"}, Releases: []Release{proven(1)}, Running: out(1, -900)},
			want: Decision{
				Action: Hold, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Paused",
				Note: "spec.rollout.state is Paused; a change waits",
			},
		},
		"a wish while paused by the annotation waits too": {
			state: State{InputHash: "a", Retry: "1", Policy: Policy{Paused: "the annotation bowline.dev/paused is set"}, Releases: []Release{proven(1)}, Running: out(1, -900)},
			want: Decision{
				Action: Hold, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Paused",
				Note: "the annotation bowline.dev/paused is set; a change waits",
			},
		},
		"paused when the bake is over: nothing is judged": {
			state: State{InputHash: "b", Policy: Policy{Paused: "spec.rollout.state is Paused"}, Releases: []Release{proven(1), going(2)}, Running: out(2, 8), Now: at(39)},
			want: Decision{
				Action: Hold, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Paused",
				Note:  "spec.rollout.state is Paused; waiting: Release 2 runs and has proved healthy",
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{Stands: true}}},
			},
		},
		"paused with nothing to do: settled all the same": {
			state: State{InputHash: "a", Policy: Policy{Paused: "spec.rollout.state is Paused"}, Releases: []Release{proven(1)}, Running: out(1, -900)},
			want:  Decision{Action: Settled, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Healthy", Note: "Release 1 runs and has proved healthy"},
		},
		"a source changed, and others have their turn: what runs keeps running": {
			state: State{InputHash: "b", Turn: &Held{Reason: "WaitingForTurn", Message: "m"}, Releases: []Release{proven(1)}, Running: out(1, -900)},
			want:  Decision{Action: Hold, Desired: 1, Target: 1, LastHealthy: 1, Reason: "WaitingForTurn", Note: "m"},
		},
		"no turn is needed to go back": {
			state: State{
				InputHash: "b", Turn: &Held{Reason: "WaitingForTurn", Message: "m"}, Running: runs(2), Now: at(16),
				Releases: []Release{proven(1), failing(2, 15)},
			},
			want: Decision{
				Action: RollBack, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack",
				Note: "Release 2 failed (CannotStart: no such image); Release 1 is the last healthy one",
			},
		},
		"pinned: that Release runs, whatever the inputs are": {
			state: State{InputHash: "z", PinnedTo: 1, Releases: []Release{proven(1), proven(2)}, Running: out(2, -900)},
			want: Decision{
				Action: Advance, Desired: 1, Target: 1, LastHealthy: 2, Reason: "Pinned",
				Note: "the annotation bowline.dev/rollback-to names Release 1",
			},
		},
		"D not failed, R is not D: advance": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: out(1, -900)},
			want: Decision{
				Action: Advance, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing",
				Note: "Release 2 is desired, 1 runs",
			},
		},
		"the Deployment's controller has not looked: nothing is concluded": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: Running{Exists: true, Release: 2, Want: 3}},
			want:  Decision{Action: Await, Desired: 2, Target: 2, LastHealthy: 1},
		},
		"rolling: wait until the deadline": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: runs(2), Now: at(5)},
			want: Decision{
				Action: Wait, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing",
				Note: "0 of 3 updated pods available", Recheck: at(300),
			},
		},
		"one more pod is available, but the mark is fresh: nothing is written": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Now: at(5), Running: Running{
				Exists: true, Release: 2, Observed: true, Want: 3, UpdatedAvailable: 1,
			}},
			want: Decision{
				Action: Wait, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing",
				Note: "1 of 3 updated pods available", Recheck: at(30),
			},
		},
		"one more pod is available and the mark is old: the mark moves": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Now: at(31), Running: Running{
				Exists: true, Release: 2, Observed: true, Want: 3, UpdatedAvailable: 1,
			}},
			want: Decision{
				Action: Wait, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing",
				Note: "1 of 3 updated pods available", Recheck: at(331),
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{Available: 1, At: at(31)}}},
			},
		},
		"terminal sign seen for the first time: it is written down": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: runs(2), Now: at(5), Verdict: broken(health.Terminal, "ErrImagePull")},
			want: Decision{
				Action: Wait, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing", Recheck: at(15),
				Note:  "0 of 3 updated pods available: ErrImagePull (pod shop-x, container app: said so)",
				Marks: []ReleaseMark{{Number: 2, Suspect: &Suspicion{Class: health.Terminal, Since: at(5)}}},
			},
		},
		"terminal sign for 10 s: failed, and back to the last healthy": {
			state: State{
				InputHash: "b", Running: runs(2), Now: at(15), Verdict: broken(health.Terminal, "ErrImagePull"),
				Releases: []Release{proven(1), suspected(going(2), health.Terminal, 5)},
			},
			want: Decision{
				Action: RollBack, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack",
				Note: "Release 2 failed (CannotStart: 2 of 3 updated pods in ErrImagePull for 10 s, budget 10 s (pod shop-x, container app: said so)); Release 1 is the last healthy one",
				Marks: []ReleaseMark{{Number: 2, Suspect: &Suspicion{}, Verdict: &FinalVerdict{
					Health: Failed, Reason: "CannotStart", Evidence: true,
					Message: "2 of 3 updated pods in ErrImagePull for 10 s, budget 10 s (pod shop-x, container app: said so)",
				}}},
			},
		},
		"another class is seen: its clock starts anew": {
			state: State{
				InputHash: "b", Running: runs(2), Now: at(15), Verdict: broken(health.Terminal, "ErrImagePull"),
				Releases: []Release{proven(1), suspected(going(2), health.Crash, 1)},
			},
			want: Decision{
				Action: Wait, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing", Recheck: at(25),
				Note:  "0 of 3 updated pods available: ErrImagePull (pod shop-x, container app: said so)",
				Marks: []ReleaseMark{{Number: 2, Suspect: &Suspicion{Class: health.Terminal, Since: at(15)}}},
			},
		},
		"a suspicion from before the return does not count": {
			state: State{
				InputHash: "b", Running: runs(1), Now: at(20), Verdict: broken(health.Terminal, "ErrImagePull"),
				Releases: []Release{suspected(proven(1), health.Terminal, 5), failing(2, 15)},
			},
			want: Decision{
				Action: Wait, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack", Recheck: at(30),
				Note:  "0 of 3 pods of Release 1 available again",
				Marks: []ReleaseMark{{Number: 1, Suspect: &Suspicion{Class: health.Terminal, Since: at(20)}}},
			},
		},
		"crash loop for 54 s: not yet": {
			state: State{
				InputHash: "b", Running: runs(2), Now: at(59), Verdict: broken(health.Crash, "CrashLoopBackOff"),
				Releases: []Release{proven(1), suspected(going(2), health.Crash, 5)},
			},
			want: Decision{
				Action: Wait, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing", Recheck: at(60),
				Note: "0 of 3 updated pods available: CrashLoopBackOff (pod shop-x, container app: said so)",
			},
		},
		"more restarts than allowed: failed at once": {
			state: State{
				InputHash: "b", Running: runs(2), Now: at(20), Releases: []Release{proven(1), going(2)},
				Verdict: health.Verdict{Restarts: 3, NodesReady: true},
			},
			want: Decision{
				Action: RollBack, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack",
				Note: "Release 2 failed (Crashing: a container was restarted 3 times > 2); Release 1 is the last healthy one",
				Marks: []ReleaseMark{{Number: 2, Verdict: &FinalVerdict{
					Health: Failed, Reason: "Crashing", Evidence: true, Message: "a container was restarted 3 times > 2",
				}}},
			},
		},
		"the deadline passed: failed": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: runs(2), Now: at(300)},
			want: Decision{
				Action: RollBack, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack",
				Note: "Release 2 failed (NotReady: 0 of 3 updated pods available, none more for 300 s, deadline 300 s); Release 1 is the last healthy one",
				Marks: []ReleaseMark{{Number: 2, Verdict: &FinalVerdict{
					Health: Failed, Reason: "NotReady", Evidence: true,
					Message: "0 of 3 updated pods available, none more for 300 s, deadline 300 s",
				}}},
			},
		},
		"the deadline passed while no node is ready: the clock stands": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: runs(2), Now: at(300)}, nodeless: true,
			want: Decision{
				Action: Wait, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing", Recheck: at(330),
				Note:  "0 of 3 updated pods available",
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{Stands: true}}},
			},
		},
		"all pods available: bake": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: out(2, 8), Now: at(10)},
			want: Decision{
				Action: Bake, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Baking", Recheck: at(39),
				Note: "all 3 pods are available and must stay so for 30 s",
			},
		},
		"a pod lost readiness in the bake: failed": {
			state: State{
				InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: out(2, 8), Now: at(10),
				Verdict: health.Verdict{Lost: 1, Pods: 3, NodesReady: true},
			},
			want: Decision{
				Action: RollBack, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack",
				Note: "Release 2 failed (BakeFailed: 1 of 3 pods lost readiness in the bake); Release 1 is the last healthy one",
				Marks: []ReleaseMark{{Number: 2, Verdict: &FinalVerdict{
					Health: Failed, Reason: "BakeFailed", Evidence: true, Message: "1 of 3 pods lost readiness in the bake",
				}}},
			},
		},
		"the bake is over: healthy": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Running: out(2, 8), Now: at(39)},
			want: Decision{
				Action: Settled, Desired: 2, Target: 2, LastHealthy: 2, Reason: "Healthy",
				Note: "Release 2 runs and has proved healthy",
				Marks: []ReleaseMark{{Number: 2, Verdict: &FinalVerdict{
					Health: Healthy, Reason: "Healthy", Message: "all pods were available, and none failed for 30 s",
				}}},
			},
		},
		"no pods are wanted: settled, and nothing is proved": {
			state: State{InputHash: "b", Releases: []Release{proven(1), going(2)}, Now: at(100), Running: Running{
				Exists: true, Release: 2, Observed: true, Serving: true, CompletedAt: at(8),
			}},
			want: Decision{
				Action: Settled, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Healthy",
				Note:  "no pods are wanted; Release 2 has to prove itself when there are some",
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{Stands: true}}},
			},
		},
		"pods are wanted again, and are there: bake from now": {
			state: State{InputHash: "b", Now: at(100), Running: out(2, 8), Releases: []Release{proven(1), marked(going(2), Mark{Stands: true})}},
			want: Decision{
				Action: Bake, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Baking", Recheck: at(131),
				Note:  "all 3 pods are available and must stay so for 30 s",
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{Available: 3, At: at(100)}}},
			},
		},
		"pods are wanted again, and the last of them has come: bake from now, for nothing else may be seen": {
			state: State{InputHash: "b", Now: at(101), Running: out(2, 8), Releases: []Release{proven(1), marked(going(2), Mark{At: at(99)})}},
			want: Decision{
				Action: Bake, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Baking", Recheck: at(132),
				Note:  "all 3 pods are available and must stay so for 30 s",
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{Available: 3, At: at(101)}}},
			},
		},
		"pods are wanted again and available: bake from then": {
			state: State{InputHash: "b", Now: at(101), Running: out(2, 8), Releases: []Release{proven(1), marked(going(2), Mark{Available: 3, At: at(100)})}},
			want: Decision{
				Action: Bake, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Baking", Recheck: at(131),
				Note: "all 3 pods are available and must stay so for 30 s",
			},
		},
		"the first Release fails: stay": {
			state: State{InputHash: "a", Releases: []Release{failing(1, 15)}, Running: runs(1)},
			want: Decision{
				Action: Stall, Desired: 1, Target: 1, FailedRelease: 1, Reason: "Failed",
				Note: "Release 1 failed and there is no healthy one to return to",
			},
		},
		"rollback is Manual: stay": {
			state: State{InputHash: "b", Policy: Policy{ManualRollback: true}, Releases: []Release{proven(1), failing(2, 15)}, Running: runs(2)},
			want: Decision{
				Action: Stall, Desired: 2, Target: 2, LastHealthy: 1, FailedRelease: 2, Reason: "Failed",
				Note: "Release 2 failed and spec.rollout.rollback is Manual",
			},
		},
		"the last healthy one is on its way back": {
			state: State{InputHash: "b", Releases: []Release{proven(1), failing(2, 15)}, Running: runs(1), Now: at(16)},
			want: Decision{
				Action: Wait, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack", Recheck: at(315),
				Note: "0 of 3 pods of Release 1 available again",
			},
		},
		"the last healthy one is on its way back, and was restarted often long before": {
			state: State{
				InputHash: "b", Releases: []Release{proven(1), failing(2, 15)}, Running: runs(1), Now: at(16),
				Verdict: health.Verdict{Restarts: 9, LastEnd: at(-500)},
			},
			want: Decision{
				Action: Wait, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RollingBack", Recheck: at(315),
				Note: "0 of 3 pods of Release 1 available again",
			},
		},
		"the last healthy one is back": {
			state: State{InputHash: "b", Releases: []Release{proven(1), failing(2, 15)}, Running: out(1, 17), Now: at(18)},
			want: Decision{
				Action: Stall, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RolledBack",
				Note: "Release 2 failed (CannotStart: no such image); Release 1 serves again",
			},
		},
		"trouble after the rollback: there is nothing to blame for it": {
			state: State{
				InputHash: "b", Releases: []Release{proven(1), failing(2, 15)}, Running: out(1, 17), Now: at(9000),
				Verdict: broken(health.Crash, "CrashLoopBackOff"),
			},
			want: Decision{
				Action: Stall, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RolledBack",
				Note: "Release 2 failed (CannotStart: no such image); Release 1 serves again",
			},
		},
		"what returns fails too: one older healthy Release": {
			state: State{
				InputHash: "c", Running: runs(2), Now: at(30), Verdict: broken(health.Terminal, "ErrImagePull"),
				Releases: []Release{proven(1), suspected(proven(2), health.Terminal, 20), failing(3, 15)},
			},
			want: Decision{
				Action: RollBack, Desired: 3, Target: 1, LastHealthy: 1, FailedRelease: 3, Reason: "RollingBack",
				Note: "Release 3 failed (CannotStart: no such image); Release 1 is the last healthy one",
				Marks: []ReleaseMark{{Number: 2, Suspect: &Suspicion{}, Verdict: &FinalVerdict{
					Health: Failed, Reason: "CannotStart", Evidence: true,
					Message: "2 of 3 updated pods in ErrImagePull for 10 s, budget 10 s (pod shop-x, container app: said so)",
				}}},
			},
		},
		"two that should have returned failed: stop": {
			state: State{InputHash: "d", Releases: []Release{proven(1), failing(2, 60), failing(3, 30), failing(4, 15)}, Running: runs(2), Now: at(61)},
			want: Decision{
				Action: Stall, Desired: 4, Target: 2, LastHealthy: 1, FailedRelease: 4, Reason: "RollbackFailed",
				Note: "Release 4 failed, and so did what should have returned",
			},
		},
		"a newer spec after two failed returns goes out at once": {
			state: State{InputHash: "e", Releases: []Release{proven(1), failing(2, 60), failing(3, 30), failing(4, 15)}, Running: runs(2), Now: at(61)},
			want: Decision{
				Action: Advance, Desired: 5, Target: 5, LastHealthy: 1, Make: &Make{Number: 5, Cause: CauseInputs},
				Reason: "Progressing", Note: "Release 5 is new",
			},
		},
		"D healthy, later trouble: settled": {
			state: State{InputHash: "a", Releases: []Release{proven(1)}, Running: out(1, -900), Now: at(9000), Verdict: broken(health.Crash, "OOMKilled")},
			want:  Decision{Action: Settled, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Healthy", Note: "Release 1 runs and has proved healthy"},
		},
		"reverted after a rollback: nothing is made, the failed one is superseded": {
			state: State{InputHash: "a", Releases: []Release{proven(1), failing(2, 15)}, Running: out(1, 17), Now: at(60)},
			want: Decision{
				Action: Settled, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Healthy", Note: "Release 1 runs and has proved healthy",
				Marks: []ReleaseMark{{Number: 2, Superseded: true}},
			},
		},
		"reverted in the midst of a rollout: straight back": {
			state: State{InputHash: "a", Releases: []Release{proven(1), going(2)}, Running: runs(2), Now: at(3)},
			want: Decision{
				Action: Advance, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Progressing", Note: "Release 1 is desired, 2 runs",
				Marks: []ReleaseMark{{Number: 2, Superseded: true}},
			},
		},
		"reverted, and pods of others are left: its clock starts": {
			state: State{InputHash: "a", Releases: []Release{proven(1), left(going(2))}, Running: runs(1), Now: at(5)},
			want: Decision{
				Action: Wait, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Progressing", Recheck: at(35),
				Note:  "0 of 3 pods of Release 1 available again",
				Marks: []ReleaseMark{{Number: 1, Progress: &Mark{At: at(5)}}},
			},
		},
		"reverted before, and a clock from then is left: it starts anew": {
			state: State{InputHash: "a", Releases: []Release{marked(proven(1), Mark{At: at(-500)}), left(going(2))}, Running: runs(1), Now: at(5)},
			want: Decision{
				Action: Wait, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Progressing", Recheck: at(35),
				Note:  "0 of 3 pods of Release 1 available again",
				Marks: []ReleaseMark{{Number: 1, Progress: &Mark{At: at(5)}}},
			},
		},
		"reverted, on its way: wait until its deadline": {
			state: State{InputHash: "a", Releases: []Release{marked(proven(1), Mark{At: at(5)}), left(going(2))}, Running: runs(1), Now: at(8)},
			want: Decision{
				Action: Wait, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Progressing", Recheck: at(305),
				Note: "0 of 3 pods of Release 1 available again",
			},
		},
		"reverted, and its pods do not come up again: stalled, nothing is taken back": {
			state: State{InputHash: "b", Releases: []Release{proven(1), marked(proven(2), Mark{At: at(5)}), left(going(3))}, Running: runs(2), Now: at(305)},
			want: Decision{
				Action: Stall, Desired: 2, Target: 2, LastHealthy: 2, Reason: "ReturnFailed",
				Note: "0 of 3 pods of Release 2 available again",
			},
		},
		"unpinned to a Release whose clock ran before: it starts anew": {
			state: State{InputHash: "b", Releases: []Release{proven(1), marked(proven(2), Mark{At: at(5)})}, Running: out(1, 60), Now: at(90)},
			want: Decision{
				Action: Advance, Desired: 2, Target: 2, LastHealthy: 2, Reason: "Progressing", Note: "Release 2 is desired, 1 runs",
				Marks: []ReleaseMark{{Number: 2, Progress: &Mark{At: at(90)}}},
			},
		},
		"paused while a Release comes back: its clock stands": {
			state: State{
				Held:     &Held{Reason: "InputsMissing", Message: "m"},
				Releases: []Release{marked(proven(1), Mark{At: at(5)}), left(going(2))}, Running: runs(1), Now: at(8),
			},
			want: Decision{
				Action: Hold, Desired: 1, Target: 1, LastHealthy: 1, Reason: "InputsMissing", Note: "m",
				Marks: []ReleaseMark{{Number: 1, Progress: &Mark{Stands: true}}},
			},
		},
		"a restart that failed is told of, though what runs has the same inputs": {
			state: State{InputHash: "a", Restart: "x", Releases: []Release{proven(1), wished(failing(2, 15), "x")}, Running: out(1, 17), Now: at(60)},
			want: Decision{
				Action: Stall, Desired: 2, Target: 1, LastHealthy: 1, FailedRelease: 2, Reason: "RolledBack",
				Note: "Release 2 failed (CannotStart: no such image); Release 1 serves again",
			},
		},
		"a restart that failed is forgotten when its annotation goes": {
			state: State{InputHash: "a", Releases: []Release{proven(1), wished(failing(2, 15), "x")}, Running: out(1, 17), Now: at(60)},
			want: Decision{
				Action: Settled, Desired: 1, Target: 1, LastHealthy: 1, Reason: "Healthy", Note: "Release 1 runs and has proved healthy",
				Marks: []ReleaseMark{{Number: 2, Superseded: true}},
			},
		},
		"a retry is asked for": {
			state: State{InputHash: "b", Retry: "1", Releases: []Release{proven(1), failing(2, 15)}, Running: out(1, 17), Now: at(60)},
			want: Decision{
				Action: Advance, Desired: 3, Target: 3, LastHealthy: 1, Make: &Make{Number: 3, Cause: CauseRetry, Retry: "1"},
				Reason: "Progressing", Note: "Release 3 is new",
			},
		},
		"a restart that was answered stays answered when its annotation goes": {
			state: State{InputHash: "b", Releases: []Release{{Number: 1, InputHash: "a", Health: Healthy, Restart: "x", Created: at(-1000)}}, Running: out(1, -900)},
			want: Decision{
				Action: Advance, Desired: 2, Target: 2, LastHealthy: 1, Make: &Make{Number: 2, Cause: CauseInputs, Restart: "x"},
				Reason: "Progressing", Note: "Release 2 is new",
			},
		},
		"a restart whose operator died before the Deployment was written goes on": {
			state: State{InputHash: "a", Restart: "x", Running: out(1, -900), Releases: []Release{
				proven(1), {Number: 2, InputHash: "a", Health: Unproven, Restart: "x", Created: t0},
			}},
			want: Decision{Action: Advance, Desired: 2, Target: 2, LastHealthy: 1, Reason: "Progressing", Note: "Release 2 is desired, 1 runs"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.state.Now.IsZero() {
				c.state.Now = t0
			}
			c.state.Policy.ProgressDeadline, c.state.Policy.Bake, c.state.Policy.MaxRestarts = 300*time.Second, 30*time.Second, 2
			c.state.Verdict.NodesReady = !c.nodeless
			if diff := cmp.Diff(c.want, Decide(c.state)); diff != "" {
				t.Errorf("Decide: want - , got +:\n%s", diff)
			}
		})
	}
}

func left(release Release) Release {
	release.Superseded = true
	return release
}

// wished is a Release that a restart asked for, with the inputs of the first.
func wished(release Release, restart string) Release {
	release.InputHash, release.Cause, release.Restart = "a", CauseRestart, restart
	return release
}

func marked(release Release, mark Mark) Release {
	release.Progress = mark
	return release
}

func suspected(release Release, class health.Class, since int) Release {
	release.Suspect = Suspicion{Class: class, Since: at(since)}
	return release
}
