package world

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"
)

// The examples in the comment of reconcileOldReplicaSets (rolling.go): 10
// replicas, maxUnavailable 2, maxSurge 3, and a new template that crashes.
func TestABrokenRolloutSparesTheOldPods(t *testing.T) {
	w, intent := deployed(t, 10, "3", "2")
	w.SetOutcome("shop:2", Outcome{RunsFor: time.Second})
	w.Apply(intent.release(2, "shop:2"))
	pass(w, 20*time.Second)
	if got, want := sizes(w), "8/5"; got != want {
		t.Fatalf("sizes %s, want %s", got, want)
	}

	w.SetNodes(2)
	pass(w, 20*time.Second)
	if got, want := sizes(w), "8/5"; got != want {
		t.Errorf("sizes %s after a node was lost, want still %s", got, want)
	}
	w.SetNodes(3)

	w.Apply(intent)
	wantCourse(t, course(w, 30*time.Second, sizes), "8/5", "8/0", "10/0")
}

// halfWay is a rollout of 3 replicas with as many old pods as new ones.
func halfWay(t *testing.T) (*World, Intent) {
	t.Helper()
	w, intent := deployed(t, 3, "1", "0")
	w.SetOutcome("shop:2", Outcome{ReadyAfter: 10 * time.Second})
	intent = intent.release(2, "shop:2")
	w.Apply(intent)
	for sizes(w) != "2/2" {
		w.Advance()
	}
	return w, intent
}

func TestOfEqualReplicaSetsTheNewerGrowsAndTheOlderShrinks(t *testing.T) {
	tests := map[string]struct {
		to   int32
		want string
	}{
		"up":      {4, "2/3"},
		"down":    {2, "1/2"},
		"to zero": {0, "0/0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w, intent := halfWay(t)
			intent.Replicas = &tt.to
			w.Apply(intent)
			w.Advance()
			if got := sizes(w); got != tt.want {
				t.Errorf("sizes %s, want %s", got, tt.want)
			}
		})
	}
}

func TestASaturatedReplicaSetEndsTheOthersWhenScaled(t *testing.T) {
	w, intent := halfWay(t)
	fresh, old := w.sets[1], w.sets[0]
	intent.Paused = true
	w.Apply(intent)
	pass(w, 20*time.Second) // two new pods are available, two old ones are there
	intent.Replicas = ptr.To[int32](2)
	w.Apply(intent)
	fresh.desired = 2
	w.Advance()
	if fresh.replicas != 2 || old.replicas != 0 {
		t.Errorf("sizes %s, want 0/2", sizes(w))
	}
}

func TestAPauseEndsWhatWasComplete(t *testing.T) {
	w, intent := deployed(t, 3, "1", "0")
	completed := w.Running().CompletedAt
	intent.Paused = true
	w.Apply(intent)
	w.Advance()
	if got := w.Running().CompletedAt; !got.IsZero() {
		t.Errorf("complete at %v while paused, want zero", got)
	}
	pass(w, time.Minute)
	intent.Paused = false
	w.Apply(intent)
	w.Advance()
	if got := w.Running().CompletedAt; !got.After(completed.Add(time.Minute)) {
		t.Errorf("complete at %v after resuming, want a new time after %v", got, completed)
	}
}

func TestPodsThatGoAreNotOld(t *testing.T) {
	w, intent := deployed(t, 3, "1", "0")
	w.Apply(intent.release(2, "shop:2"))
	if got := w.Running().Old; got != 3 {
		t.Fatalf("%d old pods, want 3", got)
	}
	w.delete(w.pods[0])
	if got := w.Running().Old; got != 2 {
		t.Errorf("%d old pods, want 2 that nobody deleted", got)
	}
}
