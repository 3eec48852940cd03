package render

import (
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// budget returns the PodDisruptionBudget, nil for an App that may have a single
// pod: there is nobody to take over from it, so a budget could only block the
// drain of its node or allow everything.
//
// Pods that are not ready may always be evicted. They serve nobody, and
// otherwise a Release that does not start would block every drain until a
// person comes.
func budget(app *v1alpha1.App, replicas *int32) *policyv1ac.PodDisruptionBudgetApplyConfiguration {
	if leastReplicas(app, replicas) < 2 {
		return nil
	}
	return policyv1ac.PodDisruptionBudget(app.Name, app.Namespace).
		WithLabels(labels(app)).
		WithOwnerReferences(owner(app)).
		WithSpec(policyv1ac.PodDisruptionBudgetSpec().
			WithSelector(selector(app.Name)).
			WithMaxUnavailable(ptr.Deref(app.Spec.Availability.MaxUnavailable, intstr.FromInt32(1))).
			WithUnhealthyPodEvictionPolicy(policyv1.AlwaysAllow))
}

// leastReplicas returns how many pods the App has at least, 0 when it is not
// known. With autoscale, the number of the moment says nothing.
func leastReplicas(app *v1alpha1.App, replicas *int32) int32 {
	if app.Spec.Autoscale.Enabled() {
		return app.Spec.Autoscale.MinReplicas()
	}
	return ptr.Deref(replicas, 0)
}
