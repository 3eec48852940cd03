package report

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// ready sums up: it says what the condition that decides says. RolledOut
// decides first; it is not True while the inputs are not resolved.
func ready(rolledOut, available *finding) *finding {
	switch {
	case !rolledOut.isTrue():
		return &finding{rolledOut.status, rolledOut.reason, rolledOut.message}
	case available.status == metav1.ConditionFalse:
		return no(v1alpha1.ReasonUnavailable, available.message)
	case !available.isTrue():
		return unknown(available.reason, available.message)
	default:
		return yes(rolledOut.reason, available.message)
	}
}

// reconciling is there while the App is not ready and no person is needed.
func reconciling(in Input, ready *finding) *finding {
	if ready.isTrue() || needsPerson(in) {
		return nil
	}
	return yes(ready.reason, ready.message)
}

// stalled is there while nothing more happens until a person acts.
func stalled(in Input, ready *finding) *finding {
	if !needsPerson(in) {
		return nil
	}
	return yes(ready.reason, ready.message)
}

// needsPerson tells whether waiting does not help. In each of these cases
// RolledOut, and with it Ready, is False.
func needsPerson(in Input) bool {
	switch {
	case in.Problem != nil:
		return true
	case in.Held != nil:
		return in.Held.Reason == v1alpha1.ReasonInvalidImage || in.Held.Reason == v1alpha1.ReasonInvalidInput
	default:
		return in.Decision.Action == rollout.Stall
	}
}
