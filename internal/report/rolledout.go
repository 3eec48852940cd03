package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// The ways out of a stall.
const (
	wayOutOfRefusal = "; change the spec or lift what refuses it; it is tried again every 5 minutes"
	wayOutOfFailure = "change the spec, or set the annotation " + v1alpha1.AnnotationRetry + " to try the same inputs again"
	wayOutOfPin     = "remove the annotation to run what the spec says"
	becauseOfPin    = "because the annotation " + v1alpha1.AnnotationRollbackTo + " asks for it"
)

// rolledOut tells whether the desired Release runs and is healthy.
func rolledOut(in Input, available *finding) *finding {
	decision := in.Decision
	switch {
	case in.Problem != nil:
		return blocked(in.Problem)
	case in.Held != nil:
		return held(in)
	case decision.Action == rollout.Hold && decision.Reason == v1alpha1.ReasonPaused:
		return paused(in)
	case decision.Action == rollout.Hold && decision.Reason == v1alpha1.ReasonWaitingForTurn:
		return unknown(v1alpha1.ReasonWaitingForTurn, around("", decision.Note, ""))
	case decision.Action == rollout.Await:
		return standing(in)
	case decision.Action == rollout.Stall:
		return stuck(in, available)
	case decision.Reason == v1alpha1.ReasonRollingBack:
		return no(v1alpha1.ReasonRollingBack, failedText(in, returning(in)))
	case decision.Reason == v1alpha1.ReasonPinned:
		return pinned(in)
	case decision.Action == rollout.Settled && in.runs(decision.Desired):
		return settled(in)
	case decision.Action == rollout.Bake:
		return unknown(v1alpha1.ReasonBaking, noted(in, in.name(decision.Desired), "stays under watch"))
	default:
		return unknown(v1alpha1.ReasonProgressing, noted(in, in.name(decision.Desired), "goes out"))
	}
}

// settled: nothing is left to do. Without pods there is nothing to be healthy.
func settled(in Input) *finding {
	if in.Running.Want == 0 {
		return yes(v1alpha1.ReasonHealthy, in.name(in.Decision.Desired)+" is out, and no pods are wanted")
	}
	return yes(v1alpha1.ReasonHealthy, in.name(in.Decision.Desired)+" runs and is healthy")
}

// blocked: a child cannot be applied. A conflict is ours to word, with its way
// out; a refusal is in the words of the API server.
func blocked(problem *Problem) *finding {
	if problem.Reason == v1alpha1.ReasonConflict {
		return no(v1alpha1.ReasonConflict, cmp.Or(problem.Message, "the name of a child is taken by somebody else's object"))
	}
	return no(v1alpha1.ReasonRefused, around("", cmp.Or(problem.Message, "an object is refused"), wayOutOfRefusal))
}

// held: which Release is desired is not known while the inputs are not.
func held(in Input) *finding {
	resolved := inputsResolved(in)
	return &finding{resolved.status, resolved.reason, resolved.message}
}

// paused: something waits to be done. An App that has nothing to do is settled,
// paused or not.
func paused(in Input) *finding {
	waits := cmp.Or(in.Decision.Note, in.App.PausedBy()+"; a change waits")
	return no(v1alpha1.ReasonPaused, around("", waits, WayOutOfPause(in.App)))
}

// WayOutOfPause is how a person lets a paused App go on, to be said after what
// pauses it.
func WayOutOfPause(app *v1alpha1.App) string {
	switch {
	case !app.Spec.Rollout.Paused():
		return "; remove it to go on"
	case app.PausedAside():
		return "; set it to Active and remove the annotation " + v1alpha1.AnnotationPaused + " to go on"
	}
	return "; set it to Active to go on"
}

// standing: nothing can be concluded now, so what was reported stands, as long
// as it was reported of the same Releases. What was in the way before is not
// any more, or another rule would have matched.
func standing(in Input) *finding {
	before := find(in.App.Status.Conditions, v1alpha1.ConditionRolledOut)
	if before != nil && (stands(before.Reason, in.Decision.Reason) || stillPaused(in, before.Reason)) && sameStep(in) {
		return &finding{before.Status, before.Reason, before.Message}
	}
	switch {
	case in.Decision.FailedRelease != 0:
		return no(v1alpha1.ReasonRollingBack, failedText(in, returning(in)))
	case in.Decision.Reason == v1alpha1.ReasonPinned:
		return pinned(in)
	default:
		return unknown(v1alpha1.ReasonProgressing, noted(in, in.name(in.Decision.Desired), "goes out"))
	}
}

// stands tells whether a reason of RolledOut says how a rollout goes, and not
// what was in its way.
func stands(reason, decided string) bool {
	switch reason {
	case v1alpha1.ReasonPinned:
		return decided == v1alpha1.ReasonPinned
	case v1alpha1.ReasonHealthy, v1alpha1.ReasonProgressing, v1alpha1.ReasonBaking,
		v1alpha1.ReasonRollingBack, v1alpha1.ReasonRolledBack, v1alpha1.ReasonFailed, v1alpha1.ReasonRollbackFailed, v1alpha1.ReasonReturnFailed:
		return decided != v1alpha1.ReasonPinned
	}
	return false
}

// stillPaused tells that a pause was reported and goes on: pausing changes the
// Deployment, and until its controller has looked nothing is known.
func stillPaused(in Input, reason string) bool {
	return reason == v1alpha1.ReasonPaused && in.App.PausedBy() != ""
}

// sameStep tells whether the status the App has speaks of the same Releases.
func sameStep(in Input) bool {
	before := in.App.Status
	return before.Release == roles(in) && before.Failure.Release == in.name(in.Decision.FailedRelease)
}

// stuck: nothing more happens until a person acts.
func stuck(in Input, available *finding) *finding {
	running := cmp.Or(roles(in).Running, "nothing")
	switch in.Decision.Reason {
	case v1alpha1.ReasonRolledBack:
		again := " runs again: "
		if available.isTrue() {
			again = " serves again: "
		}
		return no(v1alpha1.ReasonRolledBack, failedText(in, "; "+running+again+wayOutOfFailure))
	case v1alpha1.ReasonRollbackFailed:
		return no(v1alpha1.ReasonRollbackFailed, failedText(in, ", and so did what should have come back; "+running+" runs: "+wayOutOfFailure))
	case v1alpha1.ReasonReturnFailed:
		return no(v1alpha1.ReasonReturnFailed, around(in.name(in.Decision.Desired)+" was healthy before and does not come up again: ",
			in.Decision.Note, "; what serves keeps serving: change the spec, or repair what its pods lack"))
	default:
		return no(v1alpha1.ReasonFailed, failedText(in, kept(in)+": "+wayOut(in)))
	}
}

// kept says that a failed Release runs on, for its pods to be looked at.
func kept(in Input) string {
	if in.runs(in.Decision.FailedRelease) {
		return "; its pods are kept"
	}
	return ""
}

// wayOut names, besides a new attempt, the Release that could come back when
// nothing comes back by itself.
func wayOut(in Input) string {
	last := in.name(in.Decision.LastHealthy)
	if last == "" {
		return wayOutOfFailure
	}
	return wayOutOfFailure + ", or set the annotation " + v1alpha1.AnnotationRollbackTo + " to " + last + " to return to it"
}

// returning says which Release comes back.
func returning(in Input) string {
	return "; " + in.name(in.Decision.Target) + " comes back"
}

// failedText says which Release failed, why, and what follows. What follows is
// never cut.
func failedText(in Input, follows string) string {
	failed := in.Decision.FailedRelease
	name := cmp.Or(in.name(failed), "a Release") + madeFor(in, failed)
	reason, message := in.cause(failed)
	if message == "" {
		return name + " failed (" + reason + ")" + follows
	}
	return around(name+" failed ("+reason+": ", message, ")"+follows)
}

// madeFor says what a Release was made for when that was no change of the spec:
// who changed a Secret need not look for the fault in the image.
func madeFor(in Input, number int64) string {
	for i := range in.Releases {
		if spec := in.Releases[i].Spec; spec.Number == number && spec.Cause != "" && spec.Cause != "spec" {
			return " (cause: " + spec.Cause + ")"
		}
	}
	return ""
}

// pinned: a person asked for a Release; when it is out, that is what was asked
// for.
func pinned(in Input) *finding {
	name := in.name(in.Decision.Desired)
	if in.runs(in.Decision.Desired) && pinIsOut(in) {
		return yes(v1alpha1.ReasonPinned, name+" runs "+becauseOfPin+today(in)+"; "+wayOutOfPin)
	}
	return unknown(v1alpha1.ReasonPinned, noted(in, name, "goes out "+becauseOfPin+today(in)))
}

// today says which content of an old Release is not that of then.
func today(in Input) string {
	if len(in.Today) == 0 {
		return ""
	}
	var names []string
	for _, source := range in.Today {
		names = append(names, fmt.Sprintf("%s %q", source.Kind, source.Name))
	}
	return ", with the content of today of " + strings.Join(names, ", ") + ", whose content of then is gone"
}

// pinIsOut tells whether the rollout of the pinned Release, which the
// Deployment runs, is complete. Pods that come and go later do not undo it.
func pinIsOut(in Input) bool {
	running := in.Running
	return in.Decision.Action == rollout.Settled || running.Observed && running.Old == 0 && !running.CompletedAt.IsZero()
}

// noted says what happens to a Release and the fact that allowed it.
func noted(in Input, name, happens string) string {
	happens = cmp.Or(name, "a Release") + " " + happens
	if in.Decision.Note == "" {
		return happens
	}
	return around(happens+": ", in.Decision.Note, "")
}
