package observe

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestContainerIn(t *testing.T) {
	for path, want := range map[string]string{
		"spec.containers{app}":       "app",
		"spec.initContainers{proxy}": "proxy",
		"spec.containers":            "",
		"":                           "",
	} {
		if got := containerIn(path); got != want {
			t.Errorf("containerIn(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestLastSeen(t *testing.T) {
	first, later := t0, t0.Add(time.Minute)
	cases := map[string]struct {
		event corev1.Event
		want  time.Time
	}{
		"counted, as kubelets do": {corev1.Event{FirstTimestamp: metav1.NewTime(first), LastTimestamp: metav1.NewTime(later)}, later},
		"told once":               {corev1.Event{EventTime: metav1.NewMicroTime(first)}, first},
		"a series": {
			corev1.Event{EventTime: metav1.NewMicroTime(first), Series: &corev1.EventSeries{LastObservedTime: metav1.NewMicroTime(later)}}, later,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := lastSeen(&c.event); !got.Equal(c.want) {
				t.Errorf("lastSeen = %s, want %s", got, c.want)
			}
		})
	}
}
