package rollout

import "time"

// Action is what to do next.
type Action string

// The actions.
const (
	// Hold changes nothing of what runs.
	Hold Action = "Hold"
	// Advance makes the Deployment run Target.
	Advance Action = "Advance"
	// Wait lets a rollout go on.
	Wait Action = "Wait"
	// Bake watches a complete rollout until bakeSeconds are over.
	Bake Action = "Bake"
	// RollBack makes the Deployment run Target, an earlier healthy Release.
	RollBack Action = "RollBack"
	// Stall does nothing more until a person acts.
	Stall Action = "Stall"
	// Settled: the desired Release runs and is healthy.
	Settled Action = "Settled"
	// Await concludes nothing, because the Deployment's controller has not
	// looked at its present spec yet. What was reported stands; the status that
	// follows is a change that is watched.
	Await Action = "Await"
)

// Decision is what to do next and why.
type Decision struct {
	Action Action
	// Desired is the number of the desired Release, 0 when there is none.
	Desired int64
	// Target is the number of the Release the Deployment should run, 0 when
	// there is nothing to run.
	Target int64
	// LastHealthy is the number of the newest Release that proved healthy and
	// may come back, 0 when there is none.
	LastHealthy int64
	// Make is the Release to make, nil when none is needed. Its number is
	// Desired.
	Make *Make
	// Marks are what to write down on Releases, in order of their numbers, at
	// most one for each.
	Marks []ReleaseMark
	// Reason is the condition reason, Note the fact that allowed the action,
	// in a sentence.
	Reason string
	Note   string
	// FailedRelease is the number of the Release whose failure the App's
	// status tells of, 0 when there is none.
	FailedRelease int64
	// Recheck is when to look again though nothing was seen to change, zero
	// when only a change matters.
	Recheck time.Time
}

// Make asks for a new Release.
type Make struct {
	Number  int64
	Cause   Cause
	Retry   string // the wishes the new Release answers
	Restart string
}

// Cause is what made a Release necessary. Inputs is refined by whoever knows
// the inputs ("spec", "config shared-settings").
type Cause string

// The causes.
const (
	CauseInputs  Cause = "inputs"
	CauseRetry   Cause = "retry"
	CauseRestart Cause = "restart"
)

// ReleaseMark is what to write down on one Release. Nil fields stay as they
// are.
type ReleaseMark struct {
	Number int64
	// Verdict is set when the Release has proved healthy or failed.
	Verdict *FinalVerdict
	// Superseded tells to mark the Release superseded now.
	Superseded bool
	// Progress is the new high-water mark.
	Progress *Mark
	// Suspect is the new suspicion; the zero Suspicion clears it.
	Suspect *Suspicion
}

// FinalVerdict is how a Release ended.
type FinalVerdict struct {
	Health  Health // Healthy or Failed
	Reason  string // one of the reasons of the Release's condition Healthy
	Message string // the fact in a sentence
	// Evidence tells that the signs of the verdict belong on the Release.
	Evidence bool
}
