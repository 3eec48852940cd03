package render

import (
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

// drainSeconds is how long a pod that goes away still takes requests before it
// is told to stop. Whoever sends them, kube-proxy on each node, an Ingress, a
// gateway, learns of its end at the same time as the pod does, and a moment
// later acts on it.
const drainSeconds = 5

// drain lets the App's container serve on for a moment when its pod goes away,
// if it has ports and the person who wrote the App has not said what happens
// then. Half of the time that the pod has to stop is left to the program.
func drain(template *corev1ac.PodTemplateSpecApplyConfiguration, r *v1alpha1.ReleaseSpec) {
	grace := int64(v1alpha1.DefaultTerminationGracePeriodSeconds)
	if stated := template.Spec.TerminationGracePeriodSeconds; stated != nil {
		grace = *stated
	}
	seconds := min(drainSeconds, grace/2)
	if len(r.Workload.Ports) == 0 || seconds < 1 {
		return
	}
	for i := range template.Spec.Containers {
		c := &template.Spec.Containers[i]
		if c.Name == nil || *c.Name != overlay.Container {
			continue
		}
		if c.Lifecycle == nil {
			c.Lifecycle = corev1ac.Lifecycle()
		}
		if c.Lifecycle.PreStop == nil {
			c.Lifecycle.PreStop = corev1ac.LifecycleHandler().WithSleep(corev1ac.SleepAction().WithSeconds(seconds))
		}
	}
}
