package world

import "time"

// Reasons of the condition Progressing, as far as they matter here.
const (
	reasonCreated   = "NewReplicaSetCreated"
	reasonUpdated   = "ReplicaSetUpdated"
	reasonAvailable = "NewReplicaSetAvailable"
	reasonPaused    = "DeploymentPaused"
	reasonResumed   = "DeploymentResumed"
)

// status is the status of the Deployment.
type status struct {
	generation int64 // observedGeneration
	pods       int32
	updated    int32
	ready      int32
	available  int32
	serving    bool // the condition Available

	// The condition Progressing, with its lastUpdateTime.
	reason     string
	progressed time.Time

	failure string // the condition ReplicaFailure
}

// progress sets the condition Progressing, with a new time.
func (s *status) progress(reason string, now time.Time) { s.reason, s.progressed = reason, now }

// SetLag delays the Deployment's status: a reader sees the one from so many
// seconds ago. Pods are seen at once.
func (w *World) SetLag(seconds int) { w.lag = seconds }

// notePause marks the condition Progressing when the Deployment was paused or
// resumed (checkPausedConditions). So a pause also ends what
// NewReplicaSetAvailable remembered; the first pass afterwards finds the
// Deployment complete again, at a new time.
func (c *controller) notePause() {
	paused := c.d.status.reason == reasonPaused
	switch {
	case c.d.paused && !paused:
		c.d.status.progress(reasonPaused, c.w.now)
	case !c.d.paused && paused:
		c.d.status.progress(reasonResumed, c.w.now)
	}
}

// counted is the status as it is now, with the condition Progressing as it was
// (calculateStatus).
func (c *controller) counted() status {
	now := c.d.status
	now.generation = c.d.generation
	now.pods, now.ready, now.failure = 0, 0, ""
	for _, set := range c.all {
		now.pods += set.pods
		now.ready += set.ready
		if set.failure != "" {
			now.failure = set.failure
		}
	}
	now.updated = 0
	if c.fresh != nil {
		now.updated = c.fresh.pods
		if c.fresh.failure != "" {
			now.failure = c.fresh.failure
		}
	}
	now.available = availableOf(c.all)
	_, unavailable := c.d.fences()
	now.serving = now.available >= c.d.replicas-unavailable
	return now
}

// report writes the status (syncDeploymentStatus).
func (c *controller) report() { c.publish(c.counted()) }

// reportRollout writes the status and judges the progress of the rollout
// (syncRolloutStatus). Once a rollout was complete, pods that come and go do not
// make it a rollout again.
func (c *controller) reportRollout() {
	was, now := c.d.status, c.counted()
	switch {
	case now.pods == now.updated && was.reason == reasonAvailable:
	case now.updated == c.d.replicas && now.pods == c.d.replicas && now.available == c.d.replicas:
		now.progress(reasonAvailable, c.w.now)
	case now.updated > was.updated, now.pods-now.updated < was.pods-was.updated,
		now.ready > was.ready, now.available > was.available:
		now.progress(reasonUpdated, c.w.now)
	}
	c.publish(now)
}

// publish writes the status, which readers see after the lag.
func (c *controller) publish(now status) {
	c.d.status = now
	c.d.shown = append(c.d.shown, now)
	if surplus := len(c.d.shown) - 1 - c.w.lag; surplus > 0 {
		if c.d.shown[0] != c.d.shown[surplus] {
			c.w.changed()
		}
		c.d.shown = c.d.shown[surplus:]
	}
}
