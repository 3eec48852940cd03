package observe

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/internal/health"
)

// unhealthy is the reason of the events in which a kubelet tells of a probe that
// failed (k8s.io/kubernetes pkg/kubelet/events).
const unhealthy = "Unhealthy"

// ProbeFailures reads what the kubelets last said of failing probes of the given
// pods: no status tells it, only events do. Events are not cached, so this is
// one request for each pod, to be made only when a Release has failed.
func ProbeFailures(ctx context.Context, reader client.Reader, namespace string, pods []string) ([]health.ProbeFailure, error) {
	var failures []health.ProbeFailure
	for _, pod := range pods {
		list := &corev1.EventList{}
		about := fields.Set{"involvedObject.kind": "Pod", "involvedObject.name": pod, "reason": unhealthy}
		if err := reader.List(ctx, list, client.InNamespace(namespace), client.MatchingFieldsSelector{Selector: about.AsSelector()}); err != nil {
			return nil, fmt.Errorf("read the events of pod %q: %w", pod, err)
		}
		for i := range list.Items {
			event := &list.Items[i]
			failures = append(failures, health.ProbeFailure{
				Pod:       pod,
				Container: containerIn(event.InvolvedObject.FieldPath),
				Message:   event.Message,
				At:        lastSeen(event),
			})
		}
	}
	return failures, nil
}

// containerIn reads the name of a container from a field path such as
// spec.containers{app}.
func containerIn(path string) string {
	_, name, _ := strings.Cut(path, "{")
	return strings.TrimSuffix(name, "}")
}

// lastSeen is when an event was last told, in whichever of its fields that is.
func lastSeen(event *corev1.Event) time.Time {
	last := event.EventTime.Time
	if event.Series != nil && event.Series.LastObservedTime.After(last) {
		last = event.Series.LastObservedTime.Time
	}
	if event.LastTimestamp.After(last) {
		last = event.LastTimestamp.Time
	}
	return last
}
