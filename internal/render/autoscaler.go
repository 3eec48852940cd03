package render

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	autoscalingv2ac "k8s.io/client-go/applyconfigurations/autoscaling/v2"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// autoscaler returns the HorizontalPodAutoscaler of the App's Deployment, nil
// without autoscale.
func autoscaler(app *v1alpha1.App) *autoscalingv2ac.HorizontalPodAutoscalerApplyConfiguration {
	a := &app.Spec.Autoscale
	if !a.Enabled() {
		return nil
	}
	spec := autoscalingv2ac.HorizontalPodAutoscalerSpec().
		WithScaleTargetRef(autoscalingv2ac.CrossVersionObjectReference().
			WithAPIVersion("apps/v1").
			WithKind("Deployment").
			WithName(app.Name)).
		WithMinReplicas(a.MinReplicas()).
		WithMaxReplicas(a.Max).
		WithMetrics(metrics(a)...)
	if a.Behavior != nil && *a.Behavior != (autoscalingv2.HorizontalPodAutoscalerBehavior{}) {
		spec.WithBehavior(convert[autoscalingv2ac.HorizontalPodAutoscalerBehaviorApplyConfiguration](a.Behavior))
	}
	return autoscalingv2ac.HorizontalPodAutoscaler(app.Name, app.Namespace).
		WithLabels(labels(app)).
		WithOwnerReferences(owner(app)).
		WithSpec(spec)
}

// metrics returns the targets: CPU, memory, then those written in full. With
// none of them, the target is CPU at its default.
func metrics(a *v1alpha1.AutoscaleSpec) []*autoscalingv2ac.MetricSpecApplyConfiguration {
	var out []*autoscalingv2ac.MetricSpecApplyConfiguration
	if a.CPU > 0 {
		out = append(out, utilization(corev1.ResourceCPU, a.CPU))
	}
	if a.Memory > 0 {
		out = append(out, utilization(corev1.ResourceMemory, a.Memory))
	}
	out = append(out, convertAll[autoscalingv2ac.MetricSpecApplyConfiguration](a.Metrics)...)
	if len(out) == 0 {
		out = append(out, utilization(corev1.ResourceCPU, v1alpha1.DefaultCPUTarget))
	}
	return out
}

// utilization returns the target to use so many percent of what is requested.
func utilization(name corev1.ResourceName, percent int32) *autoscalingv2ac.MetricSpecApplyConfiguration {
	return autoscalingv2ac.MetricSpec().
		WithType(autoscalingv2.ResourceMetricSourceType).
		WithResource(autoscalingv2ac.ResourceMetricSource().
			WithName(name).
			WithTarget(autoscalingv2ac.MetricTarget().
				WithType(autoscalingv2.UtilizationMetricType).
				WithAverageUtilization(percent)))
}
