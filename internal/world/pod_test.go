package world

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// starting is a world in which one pod with the given outcome is to start.
func starting(o Outcome) *World {
	w := New("shop", 2)
	w.SetOutcome("shop:1", o)
	w.Apply(Intent{
		Template: Template{Release: 1, Image: "shop:1"}, Replicas: ptr.To[int32](1),
		MaxSurge: intstr.FromInt32(1), MaxUnavailable: intstr.FromInt32(0),
	})
	return w
}

// state is the state of the first pod's container in a word or two.
func state(w *World) string {
	pods := w.Facts().Pods
	if len(pods) == 0 {
		return "no pod"
	}
	pod := pods[0]
	container := pod.Containers[0]
	if len(pod.Init) > 0 && container.Waiting == "PodInitializing" {
		container = pod.Init[0]
	}
	switch {
	case pod.Unschedulable != "":
		return "Unschedulable"
	case container.Waiting != "":
		return container.Waiting
	case container.Ended != nil:
		return fmt.Sprintf("%s %d", container.Ended.Reason, container.Ended.ExitCode)
	case pod.Ready:
		return "ready"
	case container.Started:
		return "running"
	}
	return "new"
}

func TestWhatBecomesOfAPod(t *testing.T) {
	tests := map[string]struct {
		outcome Outcome
		want    []string
	}{
		"works":               {Outcome{}, []string{"no pod", "new", "ContainerCreating", "running", "ready"}},
		"image missing":       {Outcome{ImageMissing: true}, []string{"no pod", "new", "ContainerCreating", "ErrImagePull", "ImagePullBackOff", "ErrImagePull", "ImagePullBackOff"}},
		"configuration":       {Outcome{ConfigMissing: true}, []string{"no pod", "new", "ContainerCreating", "CreateContainerConfigError"}},
		"crash loop":          {Outcome{RunsFor: time.Second}, []string{"no pod", "new", "ContainerCreating", "running", "Error 1", "running", "Error 1", "CrashLoopBackOff", "running", "Error 1", "CrashLoopBackOff"}},
		"crashes when ready":  {Outcome{RunsFor: 5 * time.Second}, []string{"no pod", "new", "ContainerCreating", "running", "ready", "Error 1", "running", "ready", "Error 1", "CrashLoopBackOff", "running", "ready"}},
		"out of memory":       {Outcome{RunsFor: 20 * time.Second, OutOfMemory: true}, []string{"no pod", "new", "ContainerCreating", "running", "ready", "OOMKilled 137", "running", "ready"}},
		"never ready":         {Outcome{NeverReady: true}, []string{"no pod", "new", "ContainerCreating", "running"}},
		"slow":                {Outcome{ReadyAfter: 20 * time.Second}, []string{"no pod", "new", "ContainerCreating", "running", "ready"}},
		"no node fits":        {Outcome{Unschedulable: true}, []string{"no pod", "new", "Unschedulable"}},
		"init container":      {Outcome{InitFails: true}, []string{"no pod", "new", "ContainerCreating", "running", "Error 1", "running", "Error 1", "CrashLoopBackOff", "running", "Error 1", "CrashLoopBackOff"}},
		"refused by the door": {Outcome{Refused: true}, []string{"no pod"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			wantCourse(t, course(starting(tt.outcome), 30*time.Second, state), tt.want...)
		})
	}
}

func TestBackOff(t *testing.T) {
	w := starting(Outcome{RunsFor: time.Second})
	var waits []string
	var ended time.Time
	for range 900 {
		w.Advance()
		switch c := w.pods; {
		case len(c) == 0:
		case c[0].main.ended != nil && c[0].main.ended.At.Equal(w.now):
			ended = w.now
		case c[0].main.running && c[0].main.startedAt.Equal(w.now) && !ended.IsZero():
			waits = append(waits, w.now.Sub(ended).String())
		}
	}
	wantCourse(t, waits, "1s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s")
	restarts := w.Facts().Pods[0].Containers[0].Restarts
	if restarts != 7 {
		t.Errorf("%d restarts, want 7", restarts)
	}
}

func TestBackOffForgetsAfterAQuietTime(t *testing.T) {
	var b backoff
	b.next(Start, Start)
	b.next(Start, Start.Add(time.Second))
	if !b.holds(Start.Add(time.Second), Start.Add(20*time.Second)) {
		t.Error("20 s back-off does not hold after 19 s")
	}
	later := Start.Add(quietAfter + 2*time.Second)
	if b.holds(later, later) {
		t.Error("it holds after a quiet time")
	}
	b.next(later, later)
	if b.delay != firstBackoff {
		t.Errorf("delay %v after a quiet time, want %v", b.delay, firstBackoff)
	}
}

func TestARegistryThatComesBack(t *testing.T) {
	w := starting(Outcome{})
	w.SetRegistry(false)
	pass(w, time.Minute)
	waiting := w.Facts().Pods[0].Containers[0]
	if waiting.Waiting != "ImagePullBackOff" || !strings.Contains(waiting.WaitingMessage, "503 Service Unavailable") {
		t.Errorf("waits for %s: %s", waiting.Waiting, waiting.WaitingMessage)
	}
	w.SetRegistry(true)
	pass(w, time.Minute)
	if got := state(w); got != "ready" {
		t.Errorf("the pod is %s, want ready", got)
	}
	w.SetRegistry(false)
	w.SetNodes(0)
	pass(w, evictAfter)
	w.SetNodes(2)
	pass(w, 10*time.Second)
	if got := w.Serving(); got != 1 {
		t.Errorf("%d pods serve, want 1: a pulled image needs no registry", got)
	}
}

func TestPodsThatCannotBeMade(t *testing.T) {
	tests := map[string]struct {
		prepare, repair func(*World)
		want            string
	}{
		"quota":     {func(w *World) { w.SetQuota(0) }, func(w *World) { w.SetQuota(unlimited) }, "exceeded quota"},
		"admission": {func(w *World) { w.SetOutcome("shop:1", Outcome{Refused: true}) }, func(w *World) { w.SetOutcome("shop:1", Outcome{}) }, "denied the request"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := starting(Outcome{})
			tt.prepare(w)
			pass(w, 5*time.Second)
			if got := w.Facts().ReplicaFailure; !strings.Contains(got, tt.want) {
				t.Errorf("ReplicaFailure %q, want one with %q", got, tt.want)
			}
			tt.repair(w)
			pass(w, 10*time.Second)
			if got := w.Facts().ReplicaFailure; got != "" || w.Serving() != 1 {
				t.Errorf("ReplicaFailure %q and %d pods serve, want none and 1", got, w.Serving())
			}
		})
	}
}

func TestALostNode(t *testing.T) {
	w, _ := deployed(t, 2, "1", "0")
	before := w.PodNames()
	w.SetNodes(1)
	if got := w.Serving(); got != 1 {
		t.Fatalf("%d pods serve without the second node, want 1", got)
	}
	pass(w, time.Minute)
	w.SetNodes(3)
	if after := w.PodNames(); w.Serving() != 2 || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("back after a minute: %d pods serve of %v, want those of %v", w.Serving(), after, before)
	}

	w.SetNodes(1)
	pass(w, evictAfter+10*time.Second)
	if after := w.PodNames(); w.Serving() != 2 || fmt.Sprint(after) == fmt.Sprint(before) {
		t.Errorf("after the eviction: %d pods serve of %v, want a new one", w.Serving(), after)
	}
	if got := len(w.pods); got != 3 {
		t.Errorf("%d pods, want 3: the one on the lost node cannot go", got)
	}
	w.SetNodes(3)
	pass(w, 3*time.Second)
	if got := len(w.pods); got != 2 {
		t.Errorf("%d pods, want 2: the node is back and the deleted pod gone", got)
	}
}

func TestScalingDownTakesWhatDoesNotServe(t *testing.T) {
	w, intent := deployed(t, 3, "1", "0")
	w.SetNodes(2)
	intent.Replicas = ptr.To[int32](2)
	w.Apply(intent)
	pass(w, 10*time.Second)
	if got := w.Serving(); got != 2 {
		t.Errorf("%d pods serve of %v, want the 2 that did before", got, w.PodNames())
	}
}

func TestWhoGoesFirst(t *testing.T) {
	node := newNode(1)
	at := func(seconds int) time.Time { return Start.Add(time.Duration(seconds) * time.Second) }
	running := func() *container { return &container{running: true} }
	pods := []*pod{
		{name: "unscheduled", serial: 1, main: &container{}},
		{name: "pending", serial: 2, node: node, main: &container{waiting: "ContainerCreating"}},
		{name: "not ready", serial: 3, node: node, main: running()},
		{name: "just ready", serial: 4, node: node, main: running(), ready: true, readySince: at(9)},
		{name: "restarted", serial: 5, node: node, main: &container{running: true, restarts: 1}, ready: true, readySince: at(5)},
		{name: "young", serial: 7, node: node, main: running(), ready: true, readySince: at(5)},
		{name: "old", serial: 6, node: node, main: running(), ready: true, readySince: at(5)},
	}
	for i, a := range pods {
		for j, b := range pods {
			if got, want := expendable(a, b) < 0, i < j; got != want {
				t.Errorf("%q goes before %q: %v, want %v", a.name, b.name, got, want)
			}
		}
	}
}
