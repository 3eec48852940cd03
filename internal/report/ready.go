package report

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// ready sums up: it says what the condition that decides says. RolledOut
// decides first; it is not True while the inputs are not resolved.
func ready(in Input, rolledOut, available *finding) *finding {
	switch {
	case !rolledOut.isTrue():
		return &finding{rolledOut.status, rolledOut.reason, rolledOut.message}
	case available.status == metav1.ConditionFalse:
		return no(v1alpha1.ReasonUnavailable, available.message)
	case !available.isTrue():
		return unknown(available.reason, available.message)
	case in.resizing():
		return unknown(v1alpha1.ReasonProgressing, "the Deployment is to have "+size(in)+" pods instead of "+number(in.Running.Want))
	case in.unsettled():
		return unknown(v1alpha1.ReasonProgressing, notObservedText)
	case rolledOut.reason == v1alpha1.ReasonPinned:
		return yes(rolledOut.reason, rolledOut.message) // it says how to unpin
	default:
		return yes(rolledOut.reason, available.message)
	}
}

// resizing tells whether the Deployment was found with another size than the
// spec asks for. A change of the size is no Release, but nobody who waits for
// it should be told that it is done before it has begun. (Without a Deployment
// the App is not available, which decides first.)
func (in Input) resizing() bool {
	want := in.App.Spec.Replicas
	return want != nil && in.Running.Want != *want
}

// unsettled tells whether the App was not ready before, and nothing was
// observed since by which it could have become so.
func (in Input) unsettled() bool {
	before := find(in.App.Status.Conditions, v1alpha1.ConditionReady)
	return !in.Running.Observed && before != nil && before.Status != metav1.ConditionTrue
}

// reconciling is there while the App is not ready and no person is needed.
func reconciling(rolledOut, ready *finding) *finding {
	if ready.isTrue() || stalls(rolledOut) {
		return nil
	}
	return yes(ready.reason, ready.message)
}

// stalled is there while nothing more happens until a person acts.
func stalled(rolledOut, ready *finding) *finding {
	if !stalls(rolledOut) {
		return nil
	}
	return yes(ready.reason, ready.message)
}

// stalls tells whether waiting does not help. In each of these cases RolledOut,
// and with it Ready, is False.
func stalls(rolledOut *finding) bool {
	switch rolledOut.reason {
	case v1alpha1.ReasonRolledBack, v1alpha1.ReasonFailed, v1alpha1.ReasonRollbackFailed,
		v1alpha1.ReasonReturnFailed, v1alpha1.ReasonConflict, v1alpha1.ReasonRefused,
		v1alpha1.ReasonInvalidImage, v1alpha1.ReasonInvalidInput:
		return true
	}
	return false
}
