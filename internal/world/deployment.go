package world

import (
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Template is a pod template, as far as it matters here. Two templates are
// equal when all of it is.
type Template struct {
	Release int64
	Image   string
	Config  string
}

// Intent is what somebody wants the Deployment to be.
type Intent struct {
	Template Template
	// Replicas is the wanted size. Nil leaves it as it is, and makes it 1 when
	// the Deployment is created.
	Replicas                 *int32
	MaxSurge, MaxUnavailable intstr.IntOrString
	Paused                   bool
}

// deployment is the Deployment, with its status.
type deployment struct {
	generation               int64
	template                 Template
	replicas                 int32
	maxSurge, maxUnavailable intstr.IntOrString
	paused                   bool

	status status
	// shown are the statuses a reader has still to see, the one it sees now
	// first.
	shown []status
}

// Apply creates the Deployment, or changes it to what is wanted, and tells
// whether anything had to be written.
func (w *World) Apply(want Intent) (written bool) {
	d := w.deployment
	if d == nil {
		d = &deployment{replicas: 1, shown: []status{{}}}
		w.deployment = d
	}
	before := *d
	d.template = want.Template
	d.maxSurge, d.maxUnavailable = want.MaxSurge, want.MaxUnavailable
	d.paused = want.Paused
	if want.Replicas != nil {
		d.replicas = *want.Replicas
	}
	if d.generation > 0 && d.template == before.template && d.replicas == before.replicas && d.paused == before.paused &&
		d.maxSurge == before.maxSurge && d.maxUnavailable == before.maxUnavailable {
		return false
	}
	d.generation++
	w.changed()
	return true
}

// Replicas returns how many pods the Deployment asks for.
func (w *World) Replicas() int32 {
	if w.deployment == nil {
		return 0
	}
	return w.deployment.replicas
}

// Paused tells whether the Deployment is paused.
func (w *World) Paused() bool { return w.deployment != nil && w.deployment.paused }

// setReplicas is a write through the scale subresource.
func (w *World) setReplicas(n int32) {
	if w.deployment.replicas == n {
		return
	}
	w.deployment.replicas = n
	w.deployment.generation++
	w.changed()
}

// fences are maxSurge and maxUnavailable in pods: surge rounds up, unavailable
// rounds down, and when both come to 0 one pod may be unavailable, because
// otherwise none could be replaced (ResolveFenceposts).
func (d *deployment) fences() (surge, unavailable int32) {
	surge = scaled(d.maxSurge, d.replicas, true)
	unavailable = scaled(d.maxUnavailable, d.replicas, false)
	if surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	return surge, min(unavailable, d.replicas)
}

// scaled is a number of pods or a percentage of them. What is neither counts
// as 0: the API server would have refused it.
func scaled(value intstr.IntOrString, of int32, up bool) int32 {
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, int(of), up)
	if err != nil {
		return 0
	}
	return int32(n)
}

// MinAvailable is how many pods a rolling update keeps available.
func (w *World) MinAvailable() int32 {
	if w.deployment == nil {
		return 0
	}
	_, unavailable := w.deployment.fences()
	return w.deployment.replicas - unavailable
}

// MaxPods is how many pods a rolling update makes at most.
func (w *World) MaxPods() int32 {
	if w.deployment == nil {
		return 0
	}
	surge, _ := w.deployment.fences()
	return w.deployment.replicas + surge
}

// controller is the Deployment controller in one of its passes.
type controller struct {
	w     *World
	d     *deployment
	fresh *replicaSet   // the one with the Deployment's template, nil when there is none
	old   []*replicaSet // the others, in order of their creation
	all   []*replicaSet // the old ones and the new one
}

// syncDeployment is the Deployment controller's work (syncDeployment).
func (w *World) syncDeployment() {
	d := w.deployment
	if d == nil {
		return
	}
	c := &controller{w: w, d: d}
	for _, set := range w.sets {
		if set.template == d.template && c.fresh == nil {
			c.fresh = set
		} else {
			c.old = append(c.old, set)
		}
	}
	c.all = c.old[:len(c.old):len(c.old)]
	if c.fresh != nil {
		c.all = append(c.all, c.fresh)
	}
	c.notePause()
	if d.paused || c.scalingEvent() {
		c.scale()
		c.report()
		return
	}
	c.roll()
}

// active are those of the given ReplicaSets that want pods.
func active(sets []*replicaSet) []*replicaSet {
	var out []*replicaSet
	for _, set := range sets {
		if set.replicas > 0 {
			out = append(out, set)
		}
	}
	return out
}

// wanted is the number of pods the given ReplicaSets want.
func wanted(sets []*replicaSet) (n int32) {
	for _, set := range sets {
		n += set.replicas
	}
	return n
}

// availableOf is the number of available pods of the given ReplicaSets.
func availableOf(sets []*replicaSet) (n int32) {
	for _, set := range sets {
		n += set.available()
	}
	return n
}

// resize changes how many pods a ReplicaSet wants, and notes on it for which
// size of the Deployment that was right (scaleReplicaSet).
func (c *controller) resize(set *replicaSet, replicas int32) (scaled bool) {
	surge, _ := c.d.fences()
	set.desired, set.most = c.d.replicas, c.d.replicas+surge
	if set.replicas == replicas {
		return false
	}
	set.replicas = replicas
	c.w.changed()
	return true
}
