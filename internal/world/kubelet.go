package world

import (
	"fmt"
	"time"
)

const (
	initTime = time.Second // how long a failing init container runs
	soonest  = time.Second // how long after its start a container is ready, at the earliest
)

// stepPods lets the scheduler and the kubelets do one second of work.
func (w *World) stepPods() {
	kept := w.pods[:0]
	for _, p := range w.pods {
		if w.stopped(p) {
			w.changed()
			continue
		}
		kept = append(kept, p)
		w.stepPod(p)
	}
	clear(w.pods[len(kept):])
	w.pods = kept
}

// stopped tells whether a deleted pod is gone. Only its kubelet can say so: on
// a lost node it stays, deleting, until the node is back.
func (w *World) stopped(p *pod) bool {
	if !p.deleting() {
		return false
	}
	if p.node == nil {
		return true
	}
	return p.node.ready && w.now.Sub(p.deletedAt) >= stopTime
}

func (w *World) stepPod(p *pod) {
	switch {
	case p.deleting():
	case p.node == nil:
		w.schedule(p)
	case p.node.ready:
		w.runPod(p)
	}
}

// runPod is the kubelet's work on one pod.
func (w *World) runPod(p *pod) {
	o := w.outcome(p.set.template)
	if o.InitFails && p.pending() {
		w.runContainer(p.initContainer(), Outcome{RunsFor: initTime, NeverReady: true})
		w.wait(p.main, "PodInitializing", "")
		return
	}
	p.init = nil // it has done its work, if there was one
	w.runContainer(p.main, o)
	w.setReady(p, p.main.ready)
}

// initContainer returns the pod's init container, which only pods have that
// fail in it.
func (p *pod) initContainer() *container {
	if p.init == nil {
		p.init = &container{name: "migrate", image: p.main.image}
	}
	return p.init
}

// runContainer brings one container one second further.
func (w *World) runContainer(c *container, o Outcome) {
	if c.running {
		w.watch(c, o)
		return
	}
	if c.waiting == "" && c.ended == nil {
		w.wait(c, "ContainerCreating", "")
		return
	}
	// kuberuntime_manager.go: first the back-off, then the image, then the
	// configuration, then the start.
	if end := c.end(); !end.IsZero() {
		if c.restart.holds(end, w.now) {
			w.wait(c, "CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s", c.restart.delay, c.name))
			return
		}
		c.restart.next(end, w.now)
	}
	if !w.pull(c, o) {
		return
	}
	if o.ConfigMissing {
		w.wait(c, "CreateContainerConfigError", `couldn't find key LOG_LEVEL in ConfigMap default/shared-settings`)
		return
	}
	w.start(c)
}

// end is when the container ended, if it was started before.
func (c *container) end() (at time.Time) {
	switch {
	case c.ended != nil:
		return c.ended.At
	case c.lastEnded != nil:
		return c.lastEnded.At
	}
	return at
}

// watch looks at a running container.
func (w *World) watch(c *container, o Outcome) {
	age := w.now.Sub(c.startedAt)
	if o.RunsFor > 0 && age >= o.RunsFor {
		w.end(c, o)
		return
	}
	c.ready = !o.NeverReady && age >= max(o.ReadyAfter, soonest)
}

// pull tells whether the image is there, and pulls it if it is not. An image
// that was pulled once is not pulled again (IfNotPresent).
func (w *World) pull(c *container, o Outcome) bool {
	if w.pulled[c.image] {
		return true
	}
	// image_manager.go: while it holds, the reason is ImagePullBackOff and the
	// message still tells what went wrong; after a try it is ErrImagePull.
	if c.pull.holds(c.pull.updated, w.now) {
		w.wait(c, "ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", c.image, c.pullErr))
		return false
	}
	switch {
	case w.registryDown:
		c.pullErr = fmt.Sprintf("failed to pull and unpack image %q: failed to resolve reference %q: "+
			"unexpected status from HEAD request to https://registry.example/v2/: 503 Service Unavailable", c.image, c.image)
	case o.ImageMissing:
		c.pullErr = fmt.Sprintf("rpc error: code = NotFound desc = failed to pull and unpack image %q: "+
			"failed to resolve reference %q: %s: not found", c.image, c.image, c.image)
	default:
		w.pulled[c.image] = true
		return true
	}
	c.pull.next(c.pull.updated, w.now)
	w.wait(c, "ErrImagePull", c.pullErr)
	return false
}
