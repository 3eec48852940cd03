package world

import (
	"time"

	"github.com/bowline-dev/bowline/internal/health"
)

// stopTime is how long a container takes to stop when its pod is deleted.
const stopTime = 2 * time.Second

// pod is a pod and what its kubelet knows of it.
type pod struct {
	name      string
	serial    int // over all pods of the world: a larger one is younger
	set       *replicaSet
	created   time.Time
	deletedAt time.Time // zero while nobody deleted it

	node          *node
	unschedulable string

	ready      bool
	readySince time.Time

	init *container // nil in most pods
	main *container
}

// container is a container and what its kubelet knows of it.
type container struct {
	name  string
	image string

	waiting, waitingMessage string // the state Waiting, while it is not running
	running                 bool
	startedAt               time.Time
	ready                   bool
	restarts                int32
	ended                   *health.Termination // the state Terminated
	lastEnded               *health.Termination

	restart backoff
	pull    backoff
	pullErr string
}

func (p *pod) deleting() bool { return !p.deletedAt.IsZero() }

// pending tells whether the pod is in the phase Pending: its containers have
// not all been started yet. A container that waits to be started again does
// not bring its pod back there.
func (p *pod) pending() bool {
	return !p.main.running && p.main.ended == nil && p.main.lastEnded == nil
}

// setReady notes whether the pod's condition Ready is True. A pod that is being
// deleted is not lost: somebody wanted it to go.
func (w *World) setReady(p *pod, ready bool) {
	if p.ready == ready {
		return
	}
	p.ready = ready
	p.readySince = w.now
	if !ready && !p.deleting() {
		w.losses++
	}
	w.changed()
}

// delete lets the pod stop. From here on it serves nobody.
func (w *World) delete(p *pod) {
	p.deletedAt = w.now
	w.changed()
}

// wait puts the container in the state Waiting.
func (w *World) wait(c *container, reason, message string) {
	if c.waiting == reason && c.waitingMessage == message {
		return
	}
	if c.ended != nil {
		c.lastEnded, c.ended = c.ended, nil
	}
	c.waiting, c.waitingMessage = reason, message
	w.changed()
}

// start puts the container in the state Running.
func (w *World) start(c *container) {
	if c.ended != nil {
		c.lastEnded, c.ended = c.ended, nil
	}
	if c.lastEnded != nil {
		c.restarts++
	}
	c.waiting, c.waitingMessage = "", ""
	c.running, c.startedAt = true, w.now
	w.changed()
}

// end puts the container in the state Terminated.
func (w *World) end(c *container, o Outcome) {
	end := &health.Termination{Reason: "Error", ExitCode: 1, Message: "panic: it does not work", At: w.now}
	if o.OutOfMemory {
		end = &health.Termination{Reason: "OOMKilled", ExitCode: 137, At: w.now}
	}
	c.running, c.ready = false, false
	c.ended = end
	w.changed()
}
