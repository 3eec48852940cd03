package report

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// The ways out of a stall.
const (
	wayOutOfConflict = "; delete or rename that object, or give the App another name"
	wayOutOfRefusal  = "; change the spec or lift what refuses it; it is tried again every 5 minutes"
	wayOutOfFailure  = "change the spec, or set the annotation " + v1alpha1.AnnotationRetry + " to try the same inputs again"
	wayOutOfPause    = "spec.rollout.state is Paused; set it to Active to let the change out"
	wayOutOfPin      = "remove the annotation to run what the spec says"
	becauseOfPin     = "because the annotation " + v1alpha1.AnnotationRollbackTo + " asks for it"
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
	case decision.Action == rollout.Stall:
		return stuck(in, available)
	case decision.Action == rollout.RollBack || decision.Reason == v1alpha1.ReasonRollingBack:
		return no(v1alpha1.ReasonRollingBack, failedText(in, returning(in)))
	case decision.Reason == v1alpha1.ReasonPinned:
		return pinned(in)
	case decision.Action == rollout.Settled && in.runs(decision.Desired):
		return yes(v1alpha1.ReasonHealthy, in.name(decision.Desired)+" runs and is healthy")
	case decision.Action == rollout.Bake:
		return unknown(v1alpha1.ReasonBaking, noted(in, in.name(decision.Desired), "stays under watch"))
	default:
		return unknown(v1alpha1.ReasonProgressing, noted(in, in.name(decision.Desired), "goes out"))
	}
}

// blocked: a child cannot be applied.
func blocked(problem *Problem) *finding {
	if problem.Reason == v1alpha1.ReasonConflict {
		return no(v1alpha1.ReasonConflict, around("", problem.Message, wayOutOfConflict))
	}
	return no(v1alpha1.ReasonRefused, around("", problem.Message, wayOutOfRefusal))
}

// held: which Release is desired is not known while the inputs are not.
func held(in Input) *finding {
	resolved := inputsResolved(in)
	return &finding{resolved.status, resolved.reason, resolved.message}
}

// paused: what is out and healthy stays rolled out, a change waits.
func paused(in Input) *finding {
	desired := in.Decision.Desired
	healthy := in.healthy(desired)
	proved := healthy != nil && healthy.Status == metav1.ConditionTrue
	switch {
	case in.runs(desired) && proved && in.Decision.Make == nil:
		return yes(v1alpha1.ReasonHealthy, in.name(desired)+" runs and is healthy")
	case in.release(desired) == nil || in.Decision.Make != nil:
		return no(v1alpha1.ReasonPaused, "a change waits: "+wayOutOfPause)
	default:
		return no(v1alpha1.ReasonPaused, in.name(desired)+" waits: "+wayOutOfPause)
	}
}

// stuck: nothing more happens until a person acts.
func stuck(in Input, available *finding) *finding {
	running := in.name(in.Running.Release)
	switch in.Decision.Reason {
	case v1alpha1.ReasonRolledBack:
		again := " runs again: "
		if available.isTrue() {
			again = " serves again: "
		}
		return no(v1alpha1.ReasonRolledBack, failedText(in, "; "+running+again+wayOutOfFailure))
	case v1alpha1.ReasonRollbackFailed:
		return no(v1alpha1.ReasonRollbackFailed, failedText(in, ", and so did what should have come back; "+running+" runs: "+wayOutOfFailure))
	default:
		return no(v1alpha1.ReasonFailed, failedText(in, "; its pods are kept: "+wayOut(in)))
	}
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
	if failed == 0 {
		failed = in.Decision.Desired
	}
	reason, message := in.cause(failed)
	if message == "" {
		return in.name(failed) + " failed (" + reason + ")" + follows
	}
	return around(in.name(failed)+" failed ("+reason+": ", message, ")"+follows)
}

// pinned: a person asked for a Release; when it is out, that is what was asked
// for.
func pinned(in Input) *finding {
	target := in.Decision.Target
	if target == 0 {
		target = in.Decision.Desired
	}
	name := in.name(target)
	if in.runs(target) && (in.Decision.Action == rollout.Settled || pinIsOut(in, name)) {
		return yes(v1alpha1.ReasonPinned, name+" runs "+becauseOfPin+"; "+wayOutOfPin)
	}
	return unknown(v1alpha1.ReasonPinned, noted(in, name, "goes out "+becauseOfPin))
}

// pinIsOut tells whether the rollout of the pinned Release, which the
// Deployment runs, is complete. Pods that come and go later do not undo it,
// nor does it that the Deployment's controller has to look again.
func pinIsOut(in Input, name string) bool {
	if in.Running.Observed {
		return !in.Running.CompletedAt.IsZero()
	}
	before := find(in.App.Status.Conditions, v1alpha1.ConditionRolledOut)
	return before != nil && before.Status == metav1.ConditionTrue && in.App.Status.Release.Running == name
}

// noted says what happens to a Release and the fact that allowed it.
func noted(in Input, name, happens string) string {
	if name == "" {
		name = "a Release"
	}
	if in.Decision.Note == "" {
		return name + " " + happens
	}
	return around(name+" "+happens+": ", in.Decision.Note, "")
}
