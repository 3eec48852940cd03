package world

import (
	"slices"
	"strings"
	"time"

	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// Running returns what a reader sees of the Deployment.
func (w *World) Running() rollout.Running {
	d := w.deployment
	if d == nil {
		return rollout.Running{}
	}
	seen := d.shown[0]
	running := rollout.Running{
		Exists:           true,
		Release:          d.template.Release,
		Observed:         seen.generation == d.generation,
		Want:             d.replicas,
		Total:            seen.pods,
		Updated:          seen.updated,
		Ready:            seen.ready,
		Available:        seen.available,
		UpdatedAvailable: w.availablePods(d.template.Release),
		Old:              w.otherPods(d.template.Release),
		Serving:          seen.serving,
	}
	// When a rollout goes back to a ReplicaSet that exists, the condition keeps
	// telling of the last complete rollout until the first pod moves. That the
	// pods are not all of the new template gives it away.
	if running.Observed && seen.reason == reasonAvailable && seen.pods == seen.updated {
		running.CompletedAt = inSeconds(seen.progressed)
	}
	return running
}

// Facts returns what a reader sees of the pods of the Release that the
// Deployment runs.
func (w *World) Facts() health.Facts {
	facts := health.Facts{NodesReady: w.nodesReady()}
	if w.deployment == nil {
		return facts
	}
	running := w.Running()
	facts.CompletedAt = running.CompletedAt
	if running.Observed {
		facts.ReplicaFailure = w.deployment.shown[0].failure
	}
	for _, p := range w.pods {
		if p.set.template.Release == w.deployment.template.Release {
			facts.Pods = append(facts.Pods, p.facts())
		}
	}
	slices.SortFunc(facts.Pods, func(a, b health.Pod) int { return strings.Compare(a.Name, b.Name) })
	return facts
}

// AllPods returns what a reader sees of every pod, of any Release, also of those
// that are going away, oldest first.
func (w *World) AllPods() []health.Pod {
	pods := make([]health.Pod, len(w.pods))
	for i, p := range w.pods {
		pods[i] = p.facts()
	}
	return pods
}

// Serving is how many pods serve, of any Release, without any lag.
func (w *World) Serving() int32 {
	serving := int32(0)
	for _, p := range w.pods {
		if p.ready && !p.deleting() {
			serving++
		}
	}
	return serving
}

// Pods is how many pods there are that nobody deleted.
func (w *World) Pods() int32 {
	pods := int32(0)
	for _, p := range w.pods {
		if !p.deleting() {
			pods++
		}
	}
	return pods
}

// PodNames are the names of the pods that nobody deleted, oldest first.
func (w *World) PodNames() []string {
	var names []string
	for _, p := range w.pods {
		if !p.deleting() {
			names = append(names, p.name)
		}
	}
	return names
}

// ReleasesWithPods are the numbers of the Releases that have pods, those that are
// going away included.
func (w *World) ReleasesWithPods() []int64 {
	var numbers []int64
	for _, p := range w.pods {
		if n := p.set.template.Release; !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func (w *World) availablePods(release int64) int32 {
	available := int32(0)
	for _, p := range w.pods {
		if p.set.template.Release == release && p.ready && !p.deleting() {
			available++
		}
	}
	return available
}

func (w *World) otherPods(release int64) int32 {
	others := int32(0)
	for _, p := range w.pods {
		if p.set.template.Release != release && !p.deleting() {
			others++
		}
	}
	return others
}

func (p *pod) facts() health.Pod {
	out := health.Pod{
		Name:          p.name,
		Release:       p.set.template.Release,
		Created:       inSeconds(p.created),
		Deleting:      p.deleting(),
		Ready:         p.ready,
		Turned:        inSeconds(p.readySince),
		Unschedulable: p.unschedulable,
		Containers:    []health.Container{p.main.facts()},
	}
	if p.node != nil {
		out.NodeName, out.NodeLost = p.node.name, !p.node.ready
	}
	if p.init != nil {
		out.Init = []health.Container{p.init.facts()}
	}
	return out
}

func (c *container) facts() health.Container {
	return health.Container{
		Name:           c.name,
		Image:          c.image,
		Ready:          c.ready,
		Started:        c.running,
		Restarts:       c.restarts,
		Waiting:        c.waiting,
		WaitingMessage: c.waitingMessage,
		Ended:          copied(c.ended),
		LastEnded:      copied(c.lastEnded),
	}
}

// copied keeps the world's own record out of a reader's hands.
func copied(end *health.Termination) *health.Termination {
	if end == nil {
		return nil
	}
	out := *end
	out.At = inSeconds(out.At)
	return &out
}

// inSeconds is a time as the API keeps it.
func inSeconds(t time.Time) time.Time { return t.Truncate(time.Second) }

// Elapsed is how long the world has existed.
func (w *World) Elapsed() time.Duration { return w.now.Sub(Start) }
