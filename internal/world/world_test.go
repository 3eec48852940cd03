package world

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// deployed is a world in which Release 1 with the given size has been complete
// for a while.
func deployed(t *testing.T, replicas int32, surge, unavailable string) (*World, Intent) {
	t.Helper()
	w := New("shop", 3)
	intent := Intent{
		Template:       Template{Release: 1, Image: "shop:1"},
		Replicas:       ptr.To(replicas),
		MaxSurge:       intstr.Parse(surge),
		MaxUnavailable: intstr.Parse(unavailable),
	}
	w.Apply(intent)
	pass(w, 10*time.Second)
	if running := w.Running(); running.CompletedAt.IsZero() || running.UpdatedAvailable != replicas {
		t.Fatalf("Release 1 did not come up: %+v", running)
	}
	return w, intent
}

func pass(w *World, d time.Duration) {
	for range d / Step {
		w.Advance()
	}
}

// release makes the intent one for another Release.
func (i Intent) release(number int64, image string) Intent {
	i.Template = Template{Release: number, Image: image}
	return i
}

// sizes are the wanted sizes of the ReplicaSets, oldest first.
func sizes(w *World) string {
	var out []string
	for _, set := range w.sets {
		out = append(out, fmt.Sprint(set.replicas))
	}
	return strings.Join(out, "/")
}

// course is every different answer of look in the given time.
func course(w *World, d time.Duration, look func(*World) string) []string {
	var out []string
	for range d / Step {
		if seen := look(w); len(out) == 0 || out[len(out)-1] != seen {
			out = append(out, seen)
		}
		w.Advance()
	}
	return out
}

func wantCourse(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

func TestFences(t *testing.T) {
	tests := map[string]struct {
		surge, unavailable string
		replicas           int32
		wantSurge          int32
		wantUnavailable    int32
	}{
		"surge rounds up, unavailable down": {"25%", "25%", 3, 1, 0},
		"exact":                             {"25%", "25%", 4, 1, 1},
		"numbers":                           {"2", "1", 5, 2, 1},
		"both come to nothing, one may be unavailable": {"0", "25%", 3, 0, 1},
		"no more than there are":                       {"1", "5", 3, 1, 3},
		"nothing wanted":                               {"25%", "25%", 0, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := deployment{replicas: tt.replicas, maxSurge: intstr.Parse(tt.surge), maxUnavailable: intstr.Parse(tt.unavailable)}
			surge, unavailable := d.fences()
			if surge != tt.wantSurge || unavailable != tt.wantUnavailable {
				t.Errorf("fences() = %d, %d, want %d, %d", surge, unavailable, tt.wantSurge, tt.wantUnavailable)
			}
		})
	}
}

func TestRollingUpdate(t *testing.T) {
	tests := map[string]struct {
		surge, unavailable string
		replicas           int32
		outcome            Outcome
		want               []string
	}{
		"one more, none less":   {"1", "0", 3, Outcome{}, []string{"3", "3/1", "2/1", "2/2", "1/2", "1/3", "0/3"}},
		"none more, one less":   {"0", "1", 3, Outcome{}, []string{"3", "2/0", "2/1", "1/1", "1/2", "0/2", "0/3"}},
		"all at once":           {"100%", "0", 3, Outcome{}, []string{"3", "3/3", "0/3"}},
		"broken, none less":     {"1", "0", 3, Outcome{ImageMissing: true}, []string{"3", "3/1"}},
		"broken, two more, one": {"2", "1", 4, Outcome{RunsFor: time.Second}, []string{"4", "3/2", "3/3"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w, intent := deployed(t, tt.replicas, tt.surge, tt.unavailable)
			w.SetOutcome("shop:2", tt.outcome)
			w.Apply(intent.release(2, "shop:2"))
			least := w.Serving()
			got := course(w, time.Minute, func(w *World) string {
				least = min(least, w.Serving())
				return sizes(w)
			})
			wantCourse(t, got, tt.want...)
			if least < w.MinAvailable() {
				t.Errorf("%d pods served, the rolling update keeps %d", least, w.MinAvailable())
			}
		})
	}
}

func TestARolloutThatIsTakenBackUsesTheOldReplicaSet(t *testing.T) {
	w, first := deployed(t, 3, "1", "0")
	before := w.PodNames()
	w.SetOutcome("shop:2", Outcome{ImageMissing: true})
	w.Apply(first.release(2, "shop:2"))
	pass(w, 30*time.Second)
	w.Apply(first)
	pass(w, 30*time.Second)
	if after := w.PodNames(); !slices.Equal(after, before) {
		t.Errorf("pods %v, want those from before: %v", after, before)
	}
}

func TestUnhealthyOldPodsGoFirst(t *testing.T) {
	w, intent := deployed(t, 4, "1", "1")
	w.SetOutcome("shop:2", Outcome{NeverReady: true})
	w.Apply(intent.release(2, "shop:2"))
	pass(w, 30*time.Second)
	if got, want := sizes(w), "3/2"; got != want {
		t.Fatalf("sizes %s, want %s", got, want)
	}
	w.Apply(intent.release(3, "shop:3"))
	wantCourse(t, course(w, 30*time.Second, sizes), "3/2", "3/0/0", "3/0/2", "1/0/2", "1/0/4", "0/0/4")
}

// The example of the Kubernetes documentation: 10 replicas, maxSurge 3,
// maxUnavailable 2, stuck, scaled to 15.
func TestScalingInMidRolloutIsProportional(t *testing.T) {
	w, intent := deployed(t, 10, "3", "2")
	w.SetOutcome("shop:2", Outcome{ImageMissing: true})
	intent = intent.release(2, "shop:2")
	w.Apply(intent)
	pass(w, 30*time.Second)
	if got, want := sizes(w), "8/5"; got != want {
		t.Fatalf("sizes %s, want %s", got, want)
	}
	intent.Replicas = ptr.To[int32](15)
	w.Apply(intent)
	w.Advance()
	if got, want := sizes(w), "11/7"; got != want {
		t.Errorf("sizes %s, want %s", got, want)
	}
}

func TestScaling(t *testing.T) {
	tests := map[string]struct {
		to   int32
		want []string
	}{
		"up":      {5, []string{"3", "5"}},
		"down":    {1, []string{"3", "1"}},
		"to zero": {0, []string{"3", "0"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w, intent := deployed(t, 3, "1", "0")
			completed := w.Running().CompletedAt
			intent.Replicas = &tt.to
			w.Apply(intent)
			wantCourse(t, course(w, 20*time.Second, sizes), tt.want...)
			if got := w.Serving(); got != tt.to {
				t.Errorf("%d pods serve, want %d", got, tt.to)
			}
			if got := w.Running().CompletedAt; !got.Equal(completed) {
				t.Errorf("scaling moved CompletedAt from %v to %v", completed, got)
			}
		})
	}
}

func TestAPausedDeploymentScalesAndDoesNotRoll(t *testing.T) {
	w, intent := deployed(t, 3, "1", "0")
	intent = intent.release(2, "shop:2")
	intent.Paused = true
	w.Apply(intent)
	pass(w, 20*time.Second)
	if got, want := sizes(w), "3"; got != want {
		t.Errorf("sizes %s while paused, want %s", got, want)
	}
	intent.Replicas = ptr.To[int32](4)
	w.Apply(intent)
	pass(w, 20*time.Second)
	if got, want := sizes(w), "4"; got != want {
		t.Errorf("sizes %s after scaling while paused, want %s", got, want)
	}
	intent.Paused = false
	w.Apply(intent)
	pass(w, 40*time.Second)
	if got, want := sizes(w), "0/4"; got != want {
		t.Errorf("sizes %s after resuming, want %s", got, want)
	}
}

func TestCompletedAt(t *testing.T) {
	w, intent := deployed(t, 2, "1", "0")
	completed := w.Running().CompletedAt

	w.SetOutcome("shop:1", Outcome{RunsFor: 5 * time.Second})
	pass(w, 30*time.Second)
	w.SetOutcome("shop:1", Outcome{})
	pass(w, 60*time.Second)
	if got := w.Running().CompletedAt; !got.Equal(completed) {
		t.Errorf("pods that crash move it from %v to %v", completed, got)
	}

	w.Apply(intent.release(2, "shop:2"))
	w.Advance()
	if got := w.Running().CompletedAt; !got.IsZero() {
		t.Errorf("it is %v right after a new template, want zero", got)
	}
	pass(w, 30*time.Second)
	second := w.Running().CompletedAt
	if !second.After(completed) {
		t.Errorf("it is %v after the second rollout, want later than %v", second, completed)
	}

	w.Apply(intent)
	w.Advance()
	if running := w.Running(); !running.Observed || !running.CompletedAt.IsZero() {
		t.Errorf("right after going back to a known template: %+v, want observed and not complete", running)
	}
}

func TestServing(t *testing.T) {
	w, _ := deployed(t, 4, "1", "1")
	w.SetOutcome("shop:1", Outcome{RunsFor: time.Second})
	w.Advance()
	if running := w.Running(); running.Serving || running.Available != 0 || running.Total != 4 {
		t.Errorf("after all pods crashed: %+v", running)
	}
	if got := w.Losses(); got != 4 {
		t.Errorf("%d losses, want 4", got)
	}
}

func TestAReaderLagsBehind(t *testing.T) {
	w, intent := deployed(t, 3, "1", "0")
	w.SetLag(3)
	pass(w, 5*time.Second)
	w.Apply(intent.release(2, "shop:2"))
	observed := course(w, 8*time.Second, func(w *World) string { return fmt.Sprint(w.Running().Observed, " ", w.Running().Total) })
	wantCourse(t, observed, "false 3", "true 3", "true 4")
	for range 3 {
		w.Advance()
	}
	if w.Running().Total != 4 {
		t.Errorf("total %d, want 4", w.Running().Total)
	}
}

func TestTheAutoscalerKeepsItsRange(t *testing.T) {
	w, intent := deployed(t, 2, "1", "0")
	intent.Replicas = nil
	w.Autoscale(2, 5)
	w.SetLoad(9)
	pass(w, 30*time.Second)
	if got := w.Replicas(); got != 5 {
		t.Errorf("%d replicas under load, want the most, 5", got)
	}
	w.Apply(intent.release(2, "shop:2"))
	if got := w.Replicas(); got != 5 {
		t.Errorf("%d replicas after an intent that names none, want 5", got)
	}
	w.SetLoad(0)
	pass(w, 30*time.Second)
	if got := w.Replicas(); got != 2 {
		t.Errorf("%d replicas without load, want the least, 2", got)
	}
}

func TestTheSameCallsGiveTheSameWorld(t *testing.T) {
	play := func() *World {
		w, intent := deployed(t, 5, "25%", "25%")
		w.SetOutcome("shop:2", Outcome{RunsFor: 7 * time.Second})
		w.Apply(intent.release(2, "shop:2"))
		pass(w, 100*time.Second)
		w.SetNodes(1)
		pass(w, 400*time.Second)
		return w
	}
	first, second := play(), play()
	if a, b := first.Facts(), second.Facts(); !reflect.DeepEqual(a, b) {
		t.Errorf("two runs differ:\n%+v\n%+v", a, b)
	}
	if a, b := first.Changes(), second.Changes(); a != b {
		t.Errorf("%d changes, then %d", a, b)
	}
}

func TestNothingChangesWhereNothingHappens(t *testing.T) {
	w, intent := deployed(t, 3, "1", "0")
	before := w.Changes()
	if w.Apply(intent) {
		t.Error("an equal intent was written")
	}
	pass(w, time.Minute)
	if got := w.Changes(); got != before {
		t.Errorf("%d changes in a world at rest", got-before)
	}
}
