package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// maxStatus is how large a status may be, in bytes of JSON.
const maxStatus = 64 << 10

// CheckInvariants returns every violated invariant of an App's status. A status
// may lag behind its App, which it says by its observedGeneration, and the
// operator may not have looked yet; neither is a violation.
func CheckInvariants(app *v1alpha1.App) error {
	if len(app.Status.Conditions) == 0 && app.Status.ObservedGeneration <= 0 {
		return nil
	}
	var violations []error
	for _, invariant := range invariants {
		violations = append(violations, invariant(app)...)
	}
	return errors.Join(violations...)
}

var invariants = []func(*v1alpha1.App) []error{
	generationsAgree,
	conditionsInOrder,
	conditionsMeanSomething,
	oneWayAtATime,
	readySumsUp,
	releasesAgree,
	failureIsTold,
	countsAgree,
	fieldsAreThere,
	statusIsSmall,
}

// possible are the reasons of every condition for every status it can have. No
// reasons at all means that the reason is foreign. It repeats the table beside
// the condition types.
var possible = map[string]map[metav1.ConditionStatus][]string{
	v1alpha1.ConditionReady: {
		metav1.ConditionTrue: {v1alpha1.ReasonHealthy, v1alpha1.ReasonPinned},
		metav1.ConditionFalse: {
			v1alpha1.ReasonRolledBack, v1alpha1.ReasonFailed, v1alpha1.ReasonRollbackFailed, v1alpha1.ReasonReturnFailed,
			v1alpha1.ReasonRollingBack, v1alpha1.ReasonPaused, v1alpha1.ReasonInputsMissing, v1alpha1.ReasonInvalidImage, v1alpha1.ReasonInvalidInput,
			v1alpha1.ReasonImageNotResolved, v1alpha1.ReasonServiceBindingsNotReady,
			v1alpha1.ReasonConflict, v1alpha1.ReasonRefused, v1alpha1.ReasonUnavailable,
		},
		metav1.ConditionUnknown: {
			v1alpha1.ReasonProgressing, v1alpha1.ReasonBaking, v1alpha1.ReasonWaitingForTurn, v1alpha1.ReasonPinned,
			v1alpha1.ReasonNotObserved, v1alpha1.ReasonReadFailed, v1alpha1.ReasonResolvingImage,
		},
	},
	v1alpha1.ConditionInputsResolved: {
		metav1.ConditionTrue: {v1alpha1.ReasonResolved},
		metav1.ConditionFalse: {
			v1alpha1.ReasonInputsMissing, v1alpha1.ReasonInvalidImage, v1alpha1.ReasonInvalidInput, v1alpha1.ReasonImageNotResolved,
			v1alpha1.ReasonServiceBindingsNotReady,
		},
		metav1.ConditionUnknown: {v1alpha1.ReasonReadFailed, v1alpha1.ReasonResolvingImage},
	},
	v1alpha1.ConditionAvailable: {
		metav1.ConditionTrue:    {v1alpha1.ReasonMinimumReplicasAvailable, v1alpha1.ReasonScaledToZero},
		metav1.ConditionFalse:   {v1alpha1.ReasonMinimumReplicasUnavailable, v1alpha1.ReasonNothingRuns},
		metav1.ConditionUnknown: {v1alpha1.ReasonNotObserved},
	},
	v1alpha1.ConditionRolledOut: {
		metav1.ConditionTrue: {v1alpha1.ReasonHealthy, v1alpha1.ReasonPinned},
		metav1.ConditionFalse: {
			v1alpha1.ReasonRolledBack, v1alpha1.ReasonFailed, v1alpha1.ReasonRollbackFailed, v1alpha1.ReasonReturnFailed,
			v1alpha1.ReasonRollingBack, v1alpha1.ReasonConflict, v1alpha1.ReasonRefused, v1alpha1.ReasonInputsMissing, v1alpha1.ReasonInvalidImage,
			v1alpha1.ReasonInvalidInput, v1alpha1.ReasonPaused, v1alpha1.ReasonImageNotResolved,
			v1alpha1.ReasonServiceBindingsNotReady,
		},
		metav1.ConditionUnknown: {
			v1alpha1.ReasonProgressing, v1alpha1.ReasonBaking, v1alpha1.ReasonWaitingForTurn, v1alpha1.ReasonPinned,
			v1alpha1.ReasonReadFailed, v1alpha1.ReasonResolvingImage,
		},
	},
	v1alpha1.ConditionServiceBindingsReady: {
		metav1.ConditionTrue: {v1alpha1.ReasonBound},
		metav1.ConditionFalse: {
			v1alpha1.ReasonServiceNotFound, v1alpha1.ReasonServiceNotReady, v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretIncomplete,
			v1alpha1.ReasonBindingRefused,
		},
		metav1.ConditionUnknown: {v1alpha1.ReasonForbidden, v1alpha1.ReasonNotObserved},
	},
	v1alpha1.ConditionScalingActive: {
		metav1.ConditionTrue:    nil,
		metav1.ConditionFalse:   nil,
		metav1.ConditionUnknown: {v1alpha1.ReasonScalingUnknown},
	},
	v1alpha1.ConditionReconciling: {metav1.ConditionTrue: nil},
	v1alpha1.ConditionStalled:     {metav1.ConditionTrue: nil},
}

// generationsAgree: the status speaks of one generation, which exists.
func generationsAgree(app *v1alpha1.App) (violations []error) {
	observed := app.Status.ObservedGeneration
	if observed < 1 || observed > app.Generation {
		violations = append(violations, fmt.Errorf("observedGeneration is %d, the App's generation is %d", observed, app.Generation))
	}
	for _, c := range app.Status.Conditions {
		if c.ObservedGeneration != observed {
			violations = append(violations, fmt.Errorf("%s speaks of generation %d, the status of %d", c.Type, c.ObservedGeneration, observed))
		}
	}
	return violations
}

// conditionsInOrder: every condition is known, stands once and in its place,
// and those that are always there are there.
func conditionsInOrder(app *v1alpha1.App) (violations []error) {
	place := -1
	for _, c := range app.Status.Conditions {
		at := slices.Index(order, c.Type)
		if at <= place {
			violations = append(violations, fmt.Errorf("%s is unknown, stands twice or out of order", c.Type))
		}
		place = max(place, at)
	}
	for _, kind := range order[:4] {
		if find(app.Status.Conditions, kind) == nil {
			violations = append(violations, fmt.Errorf("%s is missing", kind))
		}
	}
	return violations
}

// conditionsMeanSomething: every condition has a reason that goes with its
// status, a message of bounded length and a time.
func conditionsMeanSomething(app *v1alpha1.App) (violations []error) {
	for _, c := range app.Status.Conditions {
		reasons, ok := possible[c.Type][c.Status]
		switch {
		case !ok:
			violations = append(violations, fmt.Errorf("%s is never %s", c.Type, c.Status))
		case !isReason(c.Reason), len(reasons) > 0 && !slices.Contains(reasons, c.Reason):
			violations = append(violations, fmt.Errorf("%s is %s for the reason %q", c.Type, c.Status, c.Reason))
		}
		if c.Message == "" || len(c.Message) > maxText || !utf8.ValidString(c.Message) {
			violations = append(violations, fmt.Errorf("the message of %s is empty, longer than %d bytes or no UTF-8", c.Type, maxText))
		}
		if c.LastTransitionTime.IsZero() {
			violations = append(violations, fmt.Errorf("%s has no lastTransitionTime", c.Type))
		}
	}
	return violations
}

// oneWayAtATime: an App is ready, or the operator works on it, or a person
// must; always exactly one of these. Who waits for an App waits until his time
// is over when it is none, and gives up or goes on too early when it is two.
// What is stalled is not ready for certain, and what is unknown is being worked
// on.
func oneWayAtATime(app *v1alpha1.App) (violations []error) {
	ready := find(app.Status.Conditions, v1alpha1.ConditionReady)
	reconciling := find(app.Status.Conditions, v1alpha1.ConditionReconciling)
	stalled := find(app.Status.Conditions, v1alpha1.ConditionStalled)
	if ready == nil {
		return nil
	}
	ways := 0
	for _, way := range []bool{ready.Status == metav1.ConditionTrue, reconciling != nil, stalled != nil} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		violations = append(violations, fmt.Errorf("%d of Ready, Reconciling and Stalled are True, not 1", ways))
	}
	if stalled != nil && ready.Status != metav1.ConditionFalse {
		violations = append(violations, fmt.Errorf("Stalled, but Ready is %s", ready.Status))
	}
	if reconciling == nil && ready.Status == metav1.ConditionUnknown {
		violations = append(violations, errors.New("Ready is Unknown, but not Reconciling"))
	}
	for _, why := range []*metav1.Condition{reconciling, stalled} {
		if why != nil && (why.Reason != ready.Reason || why.Message != ready.Message) {
			violations = append(violations, fmt.Errorf("%s gives another reason or message than Ready", why.Type))
		}
	}
	return violations
}

// readySumsUp: Ready is True when what it sums up is, and never else. Only a
// change of the size can keep it waiting.
func readySumsUp(app *v1alpha1.App) []error {
	all := true
	for _, kind := range []string{v1alpha1.ConditionInputsResolved, v1alpha1.ConditionAvailable, v1alpha1.ConditionRolledOut} {
		all = all && is(app, kind, metav1.ConditionTrue)
	}
	ready := find(app.Status.Conditions, v1alpha1.ConditionReady)
	isReady := ready != nil && ready.Status == metav1.ConditionTrue
	if isReady != all && (isReady || ready == nil || ready.Reason != v1alpha1.ReasonProgressing) {
		return []error{errors.New("Ready does not sum up InputsResolved, Available and RolledOut")}
	}
	if !is(app, v1alpha1.ConditionInputsResolved, metav1.ConditionTrue) && is(app, v1alpha1.ConditionRolledOut, metav1.ConditionTrue) {
		return []error{errors.New("RolledOut, but the inputs are not resolved")}
	}
	return nil
}

// releasesAgree: what is rolled out runs, and what came back is another Release
// than the one that failed.
func releasesAgree(app *v1alpha1.App) (violations []error) {
	roles, failed := app.Status.Release, app.Status.Failure.Release
	switch rolledOut := find(app.Status.Conditions, v1alpha1.ConditionRolledOut); {
	case rolledOut == nil:
	case rolledOut.Reason == v1alpha1.ReasonHealthy && (roles.Desired == "" || roles.Desired != roles.Running):
		violations = append(violations, fmt.Errorf("%q is rolled out, but %q runs", roles.Desired, roles.Running))
	case rolledOut.Status == metav1.ConditionTrue && roles.Running == "":
		violations = append(violations, errors.New("rolled out, but nothing runs"))
	case rolledOut.Reason == v1alpha1.ReasonRolledBack && (roles.Running == failed || roles.LastHealthy == ""):
		violations = append(violations, fmt.Errorf("%q runs after a rollback of %q to %q", roles.Running, failed, roles.LastHealthy))
	}
	return violations
}

// failureIsTold: a failure that shows in RolledOut is told in full.
func failureIsTold(app *v1alpha1.App) (violations []error) {
	failure := app.Status.Failure
	if rolledOut := find(app.Status.Conditions, v1alpha1.ConditionRolledOut); rolledOut != nil && failure.Release == "" {
		switch rolledOut.Reason {
		case v1alpha1.ReasonRolledBack, v1alpha1.ReasonRollingBack, v1alpha1.ReasonRollbackFailed, v1alpha1.ReasonFailed:
			violations = append(violations, fmt.Errorf("RolledOut is False for the reason %s, but no failure is told", rolledOut.Reason))
		}
	}
	if (failure.Release == "") != (failure.Reason == "") || len(failure.Message) > maxText {
		violations = append(violations, errors.New("the failure lacks its Release or its reason, or its message is too long"))
	}
	return violations
}

// countsAgree: the numbers of pods are all known or all unknown, and who is
// served is served by somebody.
func countsAgree(app *v1alpha1.App) (violations []error) {
	status := app.Status
	known := 0
	for _, count := range []*int32{status.Replicas, status.ReadyReplicas, status.UpdatedReplicas, status.AvailableReplicas} {
		if count == nil {
			continue
		}
		known++
		if *count < 0 {
			violations = append(violations, fmt.Errorf("a number of pods is %d", *count))
		}
	}
	if known != 0 && known != 4 {
		violations = append(violations, fmt.Errorf("%d of 4 numbers of pods are known", known))
	}
	available := find(status.Conditions, v1alpha1.ConditionAvailable)
	if available != nil && available.Reason == v1alpha1.ReasonMinimumReplicasAvailable &&
		(status.AvailableReplicas == nil || *status.AvailableReplicas == 0) {
		violations = append(violations, errors.New("available, but no pod is"))
	}
	return violations
}

// fieldsAreThere: what scale and columns show is never empty.
func fieldsAreThere(app *v1alpha1.App) (violations []error) {
	if want := v1alpha1.LabelApp + "=" + app.Name; app.Status.Selector != want {
		violations = append(violations, fmt.Errorf("the selector is %q, not %q", app.Status.Selector, want))
	}
	if app.Status.Range == "" {
		violations = append(violations, errors.New("the range is empty"))
	}
	return violations
}

// statusIsSmall: every informer holds it.
func statusIsSmall(app *v1alpha1.App) []error {
	data, err := json.Marshal(app.Status)
	if err != nil {
		return []error{fmt.Errorf("the status is no JSON: %w", err)}
	}
	if len(data) > maxStatus {
		return []error{fmt.Errorf("the status has %d bytes, more than %d", len(data), maxStatus)}
	}
	return nil
}

func is(app *v1alpha1.App, kind string, status metav1.ConditionStatus) bool {
	c := find(app.Status.Conditions, kind)
	return c != nil && c.Status == status
}
