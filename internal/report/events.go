package report

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// Event is something to tell of an App.
type Event struct {
	Type    string // Normal or Warning
	Reason  string
	Action  string
	Message string
}

// What the operator did when it tells an event.
const (
	actionRelease  = "Release"
	actionJudge    = "Judge"
	actionRollBack = "RollBack"
	actionStall    = "Stall"
	actionHold     = "Hold"
	actionResolve  = "Resolve"
	actionObserve  = "Observe"
)

// Events says what to tell of the step from one status to the next: each
// transition once, nothing when nothing changed. made is the Release created in
// this step, nil when there is none.
func Events(before, after v1alpha1.AppStatus, made *v1alpha1.Release) []Event {
	var events []Event
	for _, event := range []*Event{
		releaseCreated(made),
		releaseHealthy(before, after),
		releaseFailed(before, after),
		rolledBackEvent(before, after),
		stalledEvent(before, after),
		heldBack(before, after),
		inputsMissing(before, after),
		imageNotResolved(before, after, made),
		unavailable(before, after),
	} {
		if event != nil {
			event.Message = cut(event.Message, maxText)
			events = append(events, *event)
		}
	}
	return events
}

func releaseCreated(made *v1alpha1.Release) *Event {
	if made == nil {
		return nil
	}
	name := release.Name(made.Spec.App, made.Spec.Number)
	return normal(v1alpha1.EventReleaseCreated, actionRelease,
		name+" made, cause: "+made.Spec.Cause+", image: "+made.Spec.PodImage())
}

// releaseHealthy: the last healthy Release is a newer one. An older one comes
// up when the last healthy one fails, which proves nothing.
func releaseHealthy(before, after v1alpha1.AppStatus) *Event {
	if !newer(after.Release.LastHealthy, before.Release.LastHealthy) {
		return nil
	}
	return normal(v1alpha1.EventReleaseHealthy, actionJudge, after.Release.LastHealthy+" has proved healthy")
}

func releaseFailed(before, after v1alpha1.AppStatus) *Event {
	failure := after.Failure
	if failure.Release == "" || failure.Release == before.Failure.Release {
		return nil
	}
	return warning(v1alpha1.EventReleaseFailed, actionJudge,
		failure.Release+" failed ("+failure.Reason+": "+failure.Message+")")
}

func rolledBackEvent(before, after v1alpha1.AppStatus) *Event {
	now := find(after.Conditions, v1alpha1.ConditionStalled)
	if now == nil || now.Reason != v1alpha1.ReasonRolledBack || stalledAlike(before, after) {
		return nil
	}
	return warning(v1alpha1.EventRolledBack, actionRollBack, now.Message)
}

// stalledEvent tells of every stall but the one after a rollback, which has an
// event of its own.
func stalledEvent(before, after v1alpha1.AppStatus) *Event {
	now := find(after.Conditions, v1alpha1.ConditionStalled)
	if now == nil || now.Reason == v1alpha1.ReasonRolledBack || stalledAlike(before, after) {
		return nil
	}
	return warning(v1alpha1.EventStalled, actionStall, now.Message)
}

// stalledAlike tells whether two statuses stall for the same reason and the
// same failed Release.
func stalledAlike(before, after v1alpha1.AppStatus) bool {
	was := find(before.Conditions, v1alpha1.ConditionStalled)
	is := find(after.Conditions, v1alpha1.ConditionStalled)
	return was != nil && is != nil && was.Reason == is.Reason && before.Failure.Release == after.Failure.Release
}

// heldBack: what a person or the turns of others ask for begins to hold the App
// where it is.
func heldBack(before, after v1alpha1.AppStatus) *Event {
	was := find(before.Conditions, v1alpha1.ConditionRolledOut)
	is := find(after.Conditions, v1alpha1.ConditionRolledOut)
	if is == nil || was != nil && was.Reason == is.Reason && before.Release.Desired == after.Release.Desired {
		return nil
	}
	switch is.Reason {
	case v1alpha1.ReasonPinned:
		return normal(v1alpha1.EventPinned, actionHold, is.Message)
	case v1alpha1.ReasonPaused:
		return normal(v1alpha1.EventPaused, actionHold, is.Message)
	case v1alpha1.ReasonWaitingForTurn:
		return normal(v1alpha1.EventWaitingForTurn, actionHold, is.Message)
	}
	return nil
}

// inputsMissing tells also when something else is missing than before.
func inputsMissing(before, after v1alpha1.AppStatus) *Event {
	was := find(before.Conditions, v1alpha1.ConditionInputsResolved)
	is := find(after.Conditions, v1alpha1.ConditionInputsResolved)
	if is == nil || is.Reason != v1alpha1.ReasonInputsMissing {
		return nil
	}
	if was != nil && was.Reason == is.Reason && was.Message == is.Message {
		return nil
	}
	return warning(v1alpha1.EventInputsMissing, actionResolve, is.Message)
}

// imageNotResolved tells of a Release that runs a tag though a digest was asked
// for, and of an App that waits for one, also when the registry answers
// something else than before.
func imageNotResolved(before, after v1alpha1.AppStatus, made *v1alpha1.Release) *Event {
	if made != nil && made.Spec.DigestProblem != "" {
		name := release.Name(made.Spec.App, made.Spec.Number)
		return warning(v1alpha1.EventImageNotResolved, actionResolve, around("", made.Spec.DigestProblem, "; "+name+runsTheTag))
	}
	was := find(before.Conditions, v1alpha1.ConditionInputsResolved)
	is := find(after.Conditions, v1alpha1.ConditionInputsResolved)
	if is == nil || is.Reason != v1alpha1.ReasonImageNotResolved {
		return nil
	}
	if was != nil && was.Reason == is.Reason && was.Message == is.Message {
		return nil
	}
	return warning(v1alpha1.EventImageNotResolved, actionResolve, is.Message)
}

// unavailable: users were served, and fewer pods serve now. An App that was
// asked to grow serves as many as before.
func unavailable(before, after v1alpha1.AppStatus) *Event {
	was := find(before.Conditions, v1alpha1.ConditionAvailable)
	is := find(after.Conditions, v1alpha1.ConditionAvailable)
	if was == nil || is == nil || was.Status != metav1.ConditionTrue || is.Status != metav1.ConditionFalse {
		return nil
	}
	if ptr.Deref(after.AvailableReplicas, 0) >= ptr.Deref(before.AvailableReplicas, 0) {
		return nil
	}
	return warning(v1alpha1.EventUnavailable, actionObserve, is.Message)
}

// newer tells whether the Release named now has a higher number than the one
// named then, if one was.
func newer(now, then string) bool { return numberIn(now) > numberIn(then) }

// numberIn returns the number at the end of a Release's name, 0 when there is
// none.
func numberIn(name string) int64 {
	digits := name[strings.LastIndexByte(name, '-')+1:]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func normal(reason, action, message string) *Event {
	return &Event{Type: corev1.EventTypeNormal, Reason: reason, Action: action, Message: message}
}

func warning(reason, action, message string) *Event {
	return &Event{Type: corev1.EventTypeWarning, Reason: reason, Action: action, Message: message}
}
