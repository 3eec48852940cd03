package world

import "time"

// autoscaleEvery is how often the autoscaler looks.
const autoscaleEvery = 15 * time.Second

// autoscaler is a HorizontalPodAutoscaler of the Deployment.
type autoscaler struct {
	min, max int32
	load     int32 // how many pods the load asks for
	looked   time.Time
}

// Autoscale makes an autoscaler with the given range, or changes its range.
func (w *World) Autoscale(least, most int32) {
	if w.autoscaler == nil {
		w.autoscaler = &autoscaler{load: least}
	}
	w.autoscaler.min, w.autoscaler.max = least, most
}

// StopAutoscaling deletes the autoscaler. The replicas stay what they are.
func (w *World) StopAutoscaling() { w.autoscaler = nil }

// SetLoad decides how many pods the load asks for.
func (w *World) SetLoad(pods int32) {
	if w.autoscaler != nil {
		w.autoscaler.load = pods
	}
}

// scaleAutomatically is the autoscaler's work. It leaves a Deployment alone
// that is scaled to zero.
func (w *World) scaleAutomatically() {
	a, d := w.autoscaler, w.deployment
	if a == nil || d == nil || d.replicas == 0 || w.now.Sub(a.looked) < autoscaleEvery {
		return
	}
	a.looked = w.now
	w.setReplicas(min(max(a.load, a.min), a.max))
}
