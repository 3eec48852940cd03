package world

import (
	"cmp"
	"math"
	"slices"
)

// scalingEvent tells whether the Deployment's size was changed since its
// ReplicaSets were last scaled (isScalingEvent).
func (c *controller) scalingEvent() bool {
	for _, set := range active(c.all) {
		if set.desired != c.d.replicas {
			return true
		}
	}
	return false
}

// scale answers a change of size, also while the Deployment is paused. In
// mid-rollout it scales all ReplicaSets in proportion, so that a change of size
// does not hasten the rollout.
func (c *controller) scale() {
	if set, only := c.activeOrLatest(); only {
		if set != nil && set.replicas != c.d.replicas {
			c.resize(set, c.d.replicas)
		}
		return
	}
	if c.saturated() {
		for _, set := range active(c.old) {
			c.resize(set, 0)
		}
		return
	}
	c.scaleInProportion()
}

// activeOrLatest is the only ReplicaSet that wants pods, or the newest one when
// none does (FindActiveOrLatest). It is not only when several want pods.
func (c *controller) activeOrLatest() (set *replicaSet, only bool) {
	switch running := active(c.all); {
	case len(running) > 1:
		return nil, false
	case len(running) == 1:
		return running[0], true
	case c.fresh != nil:
		return c.fresh, true
	case len(c.old) > 0:
		return c.old[len(c.old)-1], true
	}
	return nil, true
}

// saturated tells whether the new ReplicaSet has all the pods it should
// (IsSaturated).
func (c *controller) saturated() bool {
	return c.fresh != nil && c.fresh.replicas == c.d.replicas && c.fresh.desired == c.d.replicas &&
		c.fresh.available() == c.d.replicas
}

// scaleInProportion adds or removes pods in proportion to the sizes the
// ReplicaSets have, the largest first, which also gets what rounding leaves.
func (c *controller) scaleInProportion() {
	sets := active(c.all)
	surge, _ := c.d.fences()
	allowed := int32(0)
	if c.d.replicas > 0 {
		allowed = c.d.replicas + surge
	}
	add := allowed - wanted(sets)
	c.sortForScaling(sets, add > 0)

	sizes := make([]int32, len(sets))
	added := int32(0)
	for i, set := range sets {
		share := c.share(set, add, added)
		sizes[i] = set.replicas + share
		added += share
	}
	sizes[0] = max(sizes[0]+add-added, 0)
	for i, set := range sets {
		c.resize(set, sizes[i])
	}
}

// sortForScaling puts larger ReplicaSets first, and of equal ones the newer
// first when pods are added, the older first when they are removed.
func (c *controller) sortForScaling(sets []*replicaSet, adding bool) {
	slices.SortStableFunc(sets, func(a, b *replicaSet) int {
		age := slices.Index(c.w.sets, a) - slices.Index(c.w.sets, b)
		if adding {
			age = -age
		}
		return cmp.Or(cmp.Compare(b.replicas, a.replicas), age)
	})
}

// share is by how many pods one ReplicaSet grows or shrinks when add pods are to
// be added to all, of which added are given out (GetReplicaSetProportion).
func (c *controller) share(set *replicaSet, add, added int32) int32 {
	if add == 0 || add == added {
		return 0
	}
	if add > 0 {
		return min(c.fraction(set), add-added)
	}
	return max(c.fraction(set), add-added)
}

// fraction is by how many pods a ReplicaSet would grow or shrink to keep its
// part of the whole (getReplicaSetFraction).
func (c *controller) fraction(set *replicaSet) int32 {
	if c.d.replicas == 0 {
		return -set.replicas
	}
	surge, _ := c.d.fences()
	before := set.most
	if before == 0 {
		before = c.d.status.pods
	}
	if before == 0 {
		return 0
	}
	size := float64(set.replicas*(c.d.replicas+surge)) / float64(before)
	return int32(math.Round(size)) - set.replicas
}
