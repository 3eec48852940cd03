package controllers

import (
	"cmp"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/observe"
	"github.com/bowline-dev/bowline/internal/resolve"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// stateOf gathers what a decision depends on.
func (p *pass) stateOf() rollout.State {
	state := rollout.State{
		Now:      p.now,
		Policy:   observe.Policy(p.app),
		Held:     p.inputs.Held,
		Retry:    p.app.Annotations[v1alpha1.AnnotationRetry],
		Restart:  p.app.Annotations[v1alpha1.AnnotationRestart],
		Releases: p.snapshot.History(),
		Running:  p.snapshot.Running(),
		Verdict:  p.verdict,
	}
	pinned, held := resolve.Pin(p.app, p.snapshot.Releases)
	state.PinnedTo = pinned
	state.Held = cmp.Or(state.Held, held, resolve.Wishes(p.app))
	if state.Held == nil {
		state.InputHash = p.inputs.Hash
	}
	return state
}

// numbered returns the Release with a number, nil when there is none.
func (p *pass) numbered(number int64) *v1alpha1.Release {
	for i := range p.releases {
		if p.releases[i].Spec.Number == number {
			return &p.releases[i]
		}
	}
	return nil
}
