package main

import (
	"context"
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/fluxcd/pkg/runtime/conditions/check"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// verdict is what is thought of one version of an App.
type verdict struct {
	UID             string `json:"uid"`
	ResourceVersion string `json:"resourceVersion"`
	// Status is kstatus's word for it: InProgress, Current, Failed or Terminating.
	Status string `json:"status"`
	// Problems are what is wrong with it.
	Problems []string `json:"problems,omitempty"`
}

func judge(app *unstructured.Unstructured) verdict {
	v := verdict{UID: string(app.GetUID()), ResourceVersion: app.GetResourceVersion()}
	computed, err := status.Compute(app)
	if err != nil {
		v.Problems = append(v.Problems, fmt.Sprintf("kstatus cannot read it: %v", err))
		return v
	}
	v.Status = computed.Status.String()
	if want := meant(app); v.Status != want {
		v.Problems = append(v.Problems, fmt.Sprintf("kstatus takes it for %s, it means %s", v.Status, want))
	}
	return v.flux(app)
}

// meant is what who waits for an App should do: go on (Current), give up
// (Failed) or wait (InProgress).
func meant(app *unstructured.Unstructured) string {
	getter := conditions.UnstructuredGetter(app)
	switch {
	case app.GetDeletionTimestamp() != nil:
		return status.TerminatingStatus.String()
	case behind(app):
		return status.InProgressStatus.String()
	case conditions.IsStalled(getter):
		return status.FailedStatus.String()
	case conditions.IsReady(getter):
		return status.CurrentStatus.String()
	}
	return status.InProgressStatus.String()
}

// flux runs Flux's checks: all of them on an App at rest, those for an object
// in the middle of its way on any other. An App that nobody has looked at yet
// has nothing to check.
func (v verdict) flux(app *unstructured.Unstructured) verdict {
	if observed(app) < 0 {
		return v
	}
	getter := conditions.UnstructuredGetter(app)
	checker := check.NewInProgressChecker(nil)
	if !behind(app) && !conditions.IsReconciling(getter) {
		checker = check.NewChecker(nil, &check.Conditions{NegativePolarity: []string{"Stalled", "Reconciling"}})
	}
	checker.DisableFetch = true
	fail, warn := checker.Check(context.Background(), getter)
	for _, found := range []error{fail, warn} {
		if found != nil {
			v.Problems = append(v.Problems, fmt.Sprintf("flux: %v", found))
		}
	}
	return v
}

// behind tells whether the status speaks of an older generation.
func behind(app *unstructured.Unstructured) bool { return observed(app) < app.GetGeneration() }

func observed(app *unstructured.Unstructured) int64 {
	generation, _, _ := unstructured.NestedInt64(app.Object, "status", "observedGeneration")
	return generation
}
