package simulation

import (
	"fmt"
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

// copySecret makes the copy that a Release's pods use, where it is not there
// yet. Its content can be had only while it is what the App asks for now.
func (c *Cluster) copySecret(target Release, pinned bool) {
	name := target.Template.Config
	if name == "" {
		return // it has none
	}
	if !c.secrets[name] && name != c.template(0).Config && !pinned {
		c.lost = fmt.Errorf("shop-%d is to run, and the copy of its Secret has been collected", target.Number)
	}
	c.secrets[name] = true
}

// collect deletes what no Release needs any more, by the rules that the
// operator collects by.
func (c *Cluster) collect(s rollout.State, d rollout.Decision) {
	var releases []v1alpha1.Release
	for _, r := range c.Releases {
		releases = append(releases, v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{
			Number:  r.Number,
			Sources: []v1alpha1.PinnedSource{{Kind: v1alpha1.SourceSecret, Name: "stripe", CopyName: r.Template.Config}},
		}})
	}
	keep := release.Collect(releases, c.App.Spec.Rollout.History(), rollout.Needed(s, d, c.World.ReleasesWithPods())...)
	c.Releases = slices.DeleteFunc(c.Releases, func(r Release) bool {
		return slices.ContainsFunc(keep.Stale, func(stale v1alpha1.Release) bool { return stale.Spec.Number == r.Number })
	})
	c.secrets = keep.Secrets
}
