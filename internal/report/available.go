package report

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const notObservedText = "the Deployment's status does not speak of its present spec yet"

// available tells whether users are served, by whichever Release. No pod at
// all serves nobody, also where maxUnavailable would allow it.
func available(in Input) *finding {
	running := in.Running
	if !running.Exists {
		return no(v1alpha1.ReasonNothingRuns, "nothing runs")
	}
	if !running.Observed {
		return asBefore(in)
	}
	if running.Want == 0 {
		return yes(v1alpha1.ReasonScaledToZero, "no pods are wanted")
	}
	if running.Serving && running.Available > 0 {
		return yes(v1alpha1.ReasonMinimumReplicasAvailable, availablePods(in))
	}
	return no(v1alpha1.ReasonMinimumReplicasUnavailable, availablePods(in))
}

// asBefore keeps what was known: that the Deployment's controller has not
// looked yet does not end a single pod.
func asBefore(in Input) *finding {
	before := find(in.App.Status.Conditions, v1alpha1.ConditionAvailable)
	if before == nil {
		return unknown(v1alpha1.ReasonNotObserved, notObservedText)
	}
	return &finding{before.Status, before.Reason, before.Message}
}

// availablePods says how many of the wanted pods serve. Surplus pods of a
// rollout are not counted: more than all is no better than all.
func availablePods(in Input) string {
	serve := min(in.Running.Available, in.Running.Want)
	text := number(serve) + " of " + number(in.Running.Want) + " pods available"
	if name := in.name(in.Running.Release); name != "" {
		text += " (" + name + ")"
	}
	return text
}

func (f *finding) isTrue() bool { return f.status == metav1.ConditionTrue }
