package world

import (
	"fmt"
	"slices"
)

// unlimited is the quota of a namespace that has none.
const unlimited = -1

// replicaSet is a ReplicaSet. The order of creation is the order in World.sets.
type replicaSet struct {
	template Template
	replicas int32 // wanted
	made     int   // pods made so far, for their names

	// desired and most are the annotations desired-replicas and max-replicas:
	// the Deployment's size, without and with surge, when this ReplicaSet was
	// last scaled.
	desired, most int32

	// status
	pods, ready int32
	failure     string // the condition ReplicaFailure
}

// available is the number of pods that may serve. It equals ready because
// minReadySeconds is 0.
func (s *replicaSet) available() int32 { return s.ready }

// SetQuota limits the pods of the namespace; a negative number lifts the limit.
func (w *World) SetQuota(pods int) { w.quota = pods }

// syncReplicaSets makes and deletes pods until every ReplicaSet has as many as
// it wants, and counts them.
func (w *World) syncReplicaSets() {
	for _, s := range w.sets {
		w.count(s)
		switch surplus := int(s.pods - s.replicas); {
		case surplus == 0:
			s.failure = ""
			continue
		case surplus < 0:
			s.failure = w.makePods(s, -surplus)
		default:
			s.failure = ""
			pods := w.activePods(s)
			slices.SortFunc(pods, expendable)
			for _, p := range pods[:surplus] {
				w.delete(p)
			}
		}
		w.count(s)
	}
}

// activePods are the pods that a ReplicaSet counts: those nobody deleted.
func (w *World) activePods(s *replicaSet) []*pod {
	var active []*pod
	for _, p := range w.pods {
		if p.set == s && !p.deleting() {
			active = append(active, p)
		}
	}
	return active
}

// makePods makes n pods and returns why it could not, if it could not.
func (w *World) makePods(s *replicaSet, n int) (failure string) {
	prefix := fmt.Sprintf("%s-%d-", w.app, s.template.Release)
	for range n {
		if w.outcome(s.template).Refused {
			return fmt.Sprintf("admission webhook \"policy.example\" denied the request: pods %q is not allowed", prefix)
		}
		if w.quota != unlimited && len(w.pods) >= w.quota {
			return fmt.Sprintf("pods %q is forbidden: exceeded quota: pods, requested: pods=1, used: pods=%d, limited: pods=%d",
				prefix, len(w.pods), w.quota)
		}
		s.made++
		w.podsMade++
		w.pods = append(w.pods, &pod{
			name:    fmt.Sprintf("%sp%d", prefix, s.made),
			serial:  w.podsMade,
			set:     s,
			created: w.now,
			main:    &container{name: w.app, image: s.template.Image},
		})
		w.changed()
	}
	return ""
}

// expendable orders pods by who goes first, as ActivePodsWithRanks does in
// controller_utils.go: without a node, pending, not ready, ready for a shorter
// time, restarted more often, younger.
func expendable(a, b *pod) int {
	first := func(aGoes, bGoes bool) int {
		switch {
		case aGoes == bGoes:
			return 0
		case aGoes:
			return -1
		}
		return 1
	}
	for _, order := range []int{
		first(a.node == nil, b.node == nil),
		first(a.pending(), b.pending()),
		first(!a.ready, !b.ready),
		youngerReady(a, b),
		int(b.main.restarts - a.main.restarts),
	} {
		if order != 0 {
			return order
		}
	}
	return b.serial - a.serial
}

// youngerReady orders two ready pods by who is ready for a shorter time.
func youngerReady(a, b *pod) int {
	if !a.ready || !b.ready {
		return 0
	}
	return b.readySince.Compare(a.readySince)
}

// count brings the ReplicaSet's status up to date.
func (w *World) count(s *replicaSet) {
	s.pods, s.ready = 0, 0
	for _, p := range w.pods {
		if p.set != s || p.deleting() {
			continue
		}
		s.pods++
		if p.ready {
			s.ready++
		}
	}
}
