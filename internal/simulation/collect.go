package simulation

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// pin is the Release that the App is pinned to, if it is there.
func (c *Cluster) pin() (int64, *rollout.Held) {
	number, ok := release.Number(c.App.Name, c.App.Annotations[v1alpha1.AnnotationRollbackTo])
	if !ok || c.release(number) != nil {
		return number, nil
	}
	return 0, &rollout.Held{Reason: v1alpha1.ReasonInvalidInput, Message: fmt.Sprintf("the App has no Release shop-%d", number)}
}

// makeCopies makes the copies that a Release's pods use, where they are not
// there yet. It returns what cannot be had any more. That a pinned
// Release takes what its sources hold today instead is left out here.
func (o *Operator) makeCopies(target Release) (alive bool, gone error) {
	c := o.cluster
	for _, wanted := range c.lacks(target.Made) {
		if !c.canCopy(wanted) {
			return true, fmt.Errorf("shop-%d is to run, and %s %s is gone", target.Number, wanted.kind, wanted.name)
		}
		c.copies[wanted.kind][wanted.name] = true
		c.changed()
		o.Writes.Copies++
		if o.dies() {
			return false, nil
		}
	}
	return true, nil
}

// collect deletes what no Release needs any more, by the rules that the
// operator collects by.
func (o *Operator) collect(s rollout.State, d rollout.Decision) (alive bool) {
	if rollout.Unknown(s) {
		return true
	}
	c := o.cluster
	var releases []v1alpha1.Release
	for _, r := range c.Releases {
		releases = append(releases, v1alpha1.Release{Spec: r.Made})
	}
	keep := release.Collect(releases, c.App.Spec.Rollout.History(), rollout.Moving(s), rollout.Needed(s, d, c.World.ReleasesWithPods())...)
	for _, stale := range keep.Stale {
		c.Releases = slices.DeleteFunc(c.Releases, func(r Release) bool { return r.Number == stale.Spec.Number })
		if o.deleted() {
			return false
		}
	}
	return o.deleteUnused(c.copies[v1alpha1.SourceConfigMap], keep.ConfigMaps) && o.deleteUnused(c.copies[v1alpha1.SourceSecret], keep.Secrets)
}

func (o *Operator) deleteUnused(have, used map[string]bool) (alive bool) {
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if used[name] {
			continue
		}
		delete(have, name)
		if o.deleted() {
			return false
		}
	}
	return true
}

// deleted counts a deletion, and tells whether the operator dies after it.
func (o *Operator) deleted() bool {
	o.cluster.changed()
	o.Writes.Deletions++
	return o.dies()
}
