package world

import (
	"fmt"
	"time"
)

// evictAfter is how long pods stay on a lost node: the toleration of
// node.kubernetes.io/unreachable that every pod gets by default.
const evictAfter = 300 * time.Second

// node is a node, lost or not.
type node struct {
	name   string
	ready  bool
	lostAt time.Time
}

func newNode(number int) *node { return &node{name: fmt.Sprintf("node-%d", number), ready: true} }

// SetNodes makes the first n nodes ready and loses the others.
func (w *World) SetNodes(n int) {
	for i, node := range w.nodes {
		w.setNode(node, i < n)
	}
}

// setNode loses a node or brings it back. The pods on a lost node are not ready
// any more though their containers may well run: that is what the node
// lifecycle controller writes, and what matters for who is served.
func (w *World) setNode(n *node, ready bool) {
	if n.ready == ready {
		return
	}
	n.ready, n.lostAt = ready, w.now
	w.changed()
	for _, p := range w.pods {
		if p.node == n {
			w.setReady(p, ready && p.main.ready && !p.deleting())
		}
	}
}

// nodesReady tells whether any node can run pods.
func (w *World) nodesReady() bool {
	for _, n := range w.nodes {
		if n.ready {
			return true
		}
	}
	return false
}

// schedule gives the pod to the ready node with the fewest pods.
func (w *World) schedule(p *pod) {
	var best *node
	fewest := 0
	for _, n := range w.nodes {
		if !n.ready {
			continue
		}
		if count := w.podsOn(n); best == nil || count < fewest {
			best, fewest = n, count
		}
	}
	if best == nil || w.outcome(p.set.template).Unschedulable {
		w.refuseToSchedule(p)
		return
	}
	p.node, p.unschedulable = best, ""
	w.changed()
}

func (w *World) refuseToSchedule(p *pod) {
	message := fmt.Sprintf("0/%d nodes are available: the nodes are not ready or do not match the pod", len(w.nodes))
	if p.unschedulable != message {
		p.unschedulable = message
		w.changed()
	}
}

func (w *World) podsOn(n *node) int {
	count := 0
	for _, p := range w.pods {
		if p.node == n {
			count++
		}
	}
	return count
}

// evict deletes the pods of nodes that have been lost for too long.
func (w *World) evict() {
	for _, p := range w.pods {
		if p.node != nil && !p.node.ready && !p.deleting() && w.now.Sub(p.node.lostAt) >= evictAfter {
			w.delete(p)
		}
	}
}
