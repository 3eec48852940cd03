package render

import (
	appsv1 "k8s.io/api/apps/v1"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// replicasOwned is the value of AnnotationReplicas.
const replicasOwned = "owned"

// deployment returns the App's Deployment: the Release's pod template, with the
// App's live settings around it.
//
// minReadySeconds stays absent: the bake is counted by the operator, and so it
// holds no pod back from serving.
func deployment(in Input) (*appsv1ac.DeploymentApplyConfiguration, error) {
	app := in.App
	template, err := podTemplate(app.Name, &in.Release.Spec)
	if err != nil {
		return nil, err
	}
	spec := appsv1ac.DeploymentSpec().
		WithSelector(selector(app.Name)).
		WithTemplate(template).
		WithStrategy(strategy(app.Spec.Rollout)).
		WithRevisionHistoryLimit(int32(app.Spec.Rollout.History())).
		WithProgressDeadlineSeconds(int32(app.Spec.Rollout.ProgressDeadline().Seconds()))
	out := appsv1ac.Deployment(app.Name, app.Namespace).
		WithLabels(labels(app)).
		WithOwnerReferences(owner(app)).
		WithSpec(spec)
	if in.Replicas != nil {
		spec.WithReplicas(*in.Replicas)
		out.WithAnnotations(map[string]string{v1alpha1.AnnotationReplicas: replicasOwned})
	}
	if in.Paused {
		spec.WithPaused(true)
	}
	return out, nil
}

// strategy returns how pods of one Release replace those of another.
func strategy(r v1alpha1.RolloutSpec) *appsv1ac.DeploymentStrategyApplyConfiguration {
	return appsv1ac.DeploymentStrategy().
		WithType(appsv1.RollingUpdateDeploymentStrategyType).
		WithRollingUpdate(appsv1ac.RollingUpdateDeployment().
			WithMaxSurge(r.Surge()).
			WithMaxUnavailable(r.Unavailable()))
}
