package world

// roll is one step of a rolling update: make the new ReplicaSet if need be,
// then either grow it or shrink the old ones (rolloutRolling).
func (c *controller) roll() {
	if c.fresh == nil {
		c.create()
	}
	if !c.growFresh() {
		c.shrinkOld()
	}
	c.reportRollout()
}

// create makes the new ReplicaSet, with as many pods as there is room for.
func (c *controller) create() {
	c.fresh = &replicaSet{template: c.d.template}
	c.w.sets = append(c.w.sets, c.fresh)
	c.all = append(c.all, c.fresh)
	c.resize(c.fresh, c.room())
	c.d.status.progress(reasonCreated, c.w.now)
	c.w.changed()
}

// growFresh scales the new ReplicaSet (reconcileNewReplicaSet).
func (c *controller) growFresh() (scaled bool) {
	switch {
	case c.fresh.replicas == c.d.replicas:
		return false
	case c.fresh.replicas > c.d.replicas:
		return c.resize(c.fresh, c.d.replicas)
	}
	size := c.room()
	return size != c.fresh.replicas && c.resize(c.fresh, size)
}

// room is the size of the new ReplicaSet that surge leaves room for
// (NewRSNewReplicas).
func (c *controller) room() int32 {
	surge, _ := c.d.fences()
	free := c.d.replicas + surge - wanted(c.all)
	if free <= 0 {
		return c.fresh.replicas
	}
	return c.fresh.replicas + min(free, c.d.replicas-c.fresh.replicas)
}

// shrinkOld scales the old ReplicaSets down as far as enough pods stay
// available, pods that do not serve first, because they would block the rollout
// forever (reconcileOldReplicaSets). Pods of the new ReplicaSet that are not
// available count as if they never would be.
func (c *controller) shrinkOld() {
	if wanted(c.old) == 0 {
		return
	}
	_, unavailable := c.d.fences()
	minAvailable := c.d.replicas - unavailable
	spare := wanted(c.all) - minAvailable - (c.fresh.replicas - c.fresh.available())
	if spare <= 0 {
		return
	}
	c.dropUnhealthy(spare)
	c.dropHealthy(availableOf(c.all) - minAvailable)
}

// dropUnhealthy scales old ReplicaSets down by their pods that do not serve,
// the oldest first (cleanupUnhealthyReplicas).
func (c *controller) dropUnhealthy(most int32) {
	for _, set := range active(c.old) {
		n := min(most, set.replicas-set.available())
		if n <= 0 {
			continue
		}
		c.resize(set, set.replicas-n)
		most -= n
	}
}

// dropHealthy scales old ReplicaSets down by pods that serve, the oldest first
// (scaleDownOldReplicaSetsForRollingUpdate).
func (c *controller) dropHealthy(most int32) {
	for _, set := range active(c.old) {
		n := min(most, set.replicas)
		if n <= 0 {
			continue
		}
		c.resize(set, set.replicas-n)
		most -= n
	}
}
