package report

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// finding is what one condition says.
type finding struct {
	status  metav1.ConditionStatus
	reason  string
	message string
}

func yes(reason, message string) *finding {
	return &finding{metav1.ConditionTrue, reason, message}
}

func no(reason, message string) *finding {
	return &finding{metav1.ConditionFalse, reason, message}
}

func unknown(reason, message string) *finding {
	return &finding{metav1.ConditionUnknown, reason, message}
}

// order is every condition type an App can have, in the order of the list.
var order = []string{
	v1alpha1.ConditionReady,
	v1alpha1.ConditionInputsResolved,
	v1alpha1.ConditionAvailable,
	v1alpha1.ConditionRolledOut,
	v1alpha1.ConditionServiceBindingsReady,
	v1alpha1.ConditionScalingActive,
	v1alpha1.ConditionReconciling,
	v1alpha1.ConditionStalled,
}

// conditions are all conditions of an App, in their order. A condition whose
// finding is nil is absent.
func conditions(in Input) []metav1.Condition {
	available := available(in)
	rolledOut := rolledOut(in, available)
	ready := ready(in, rolledOut, available)
	findings := map[string]*finding{
		v1alpha1.ConditionReady:                ready,
		v1alpha1.ConditionInputsResolved:       inputsResolved(in),
		v1alpha1.ConditionAvailable:            available,
		v1alpha1.ConditionRolledOut:            rolledOut,
		v1alpha1.ConditionServiceBindingsReady: bindingsReady(in),
		v1alpha1.ConditionScalingActive:        scalingActive(in),
		v1alpha1.ConditionReconciling:          reconciling(rolledOut, ready),
		v1alpha1.ConditionStalled:              stalled(rolledOut, ready),
	}
	list := make([]metav1.Condition, 0, len(order))
	for _, kind := range order {
		if f := findings[kind]; f != nil {
			list = append(list, f.condition(kind, in))
		}
	}
	return list
}

// condition writes a finding down. lastTransitionTime moves only when the
// status does.
func (f *finding) condition(kind string, in Input) metav1.Condition {
	condition := metav1.Condition{
		Type:               kind,
		Status:             f.status,
		ObservedGeneration: in.App.Generation,
		LastTransitionTime: seconds(in.Now),
		Reason:             f.reason,
		Message:            cut(f.message, maxText),
	}
	keepTransition(&condition, find(in.App.Status.Conditions, kind))
	return condition
}

// keepTransition takes the time of the last transition from the condition as
// it was, when the status is the same.
func keepTransition(now *metav1.Condition, before *metav1.Condition) {
	if before != nil && before.Status == now.Status && !before.LastTransitionTime.IsZero() {
		now.LastTransitionTime = before.LastTransitionTime
	}
}

// find returns the condition of a type, nil when it is absent.
func find(conditions []metav1.Condition, kind string) *metav1.Condition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}

// seconds is a time as the API keeps it, so that what is written is what will
// be read.
func seconds(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }
