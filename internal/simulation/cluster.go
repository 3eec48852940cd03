package simulation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// Cluster is everything that outlives the operator: the App, its Releases, and
// the world.
type Cluster struct {
	App      *v1alpha1.App // nil while there is none
	Held     *rollout.Held // set while an input of the App is missing
	turn     *rollout.Held // set while others have all turns
	Releases []Release
	World    *world.World

	// sources are the contents of the ConfigMaps and Secrets that Apps may refer
	// to, each in a word.
	sources map[source]string
	// copies are the names of the ConfigMaps and Secrets that were made for the
	// App.
	copies copies

	changes int // of the App and what belongs to it
	asked   *asked
}

// NewCluster returns an empty cluster of three nodes.
func NewCluster() *Cluster {
	return &Cluster{
		World:   world.New("shop", 3),
		sources: map[source]string{settings: ""},
		copies:  copies{v1alpha1.SourceConfigMap: {}, v1alpha1.SourceSecret: {}},
	}
}

// Release is a Release with what its pods are made of.
type Release struct {
	rollout.Release
	Made     v1alpha1.ReleaseSpec
	Template world.Template
	Evidence []health.Sign
}

// changed notes that a watch shows something new.
func (c *Cluster) changed() { c.changes++ }

// asks notes that the App, or something that it refers to, has changed.
func (c *Cluster) asks() {
	c.asked = nil
	c.changed()
}

// Changes counts what the operator's watches would have shown until now.
func (c *Cluster) Changes() int { return c.changes + c.World.Changes() }

// State is what the operator reads, put together as Decide wants it.
func (c *Cluster) State() rollout.State {
	rolling := c.App.Spec.Rollout
	pinned, held := c.pin()
	state := rollout.State{
		Now: c.World.Now(),
		Policy: rollout.Policy{
			Paused:           c.App.PausedBy(),
			ManualRollback:   rolling.Rollback == v1alpha1.RollbackManual,
			ProgressDeadline: rolling.ProgressDeadline(),
			Bake:             rolling.Bake(),
			MaxRestarts:      rolling.RestartBudget(),
		},
		Held:     cmp.Or(c.Held, c.resolve().held, held),
		Turn:     c.turn,
		Retry:    c.App.Annotations[v1alpha1.AnnotationRetry],
		Restart:  c.App.Annotations[v1alpha1.AnnotationRestart],
		PinnedTo: pinned,
		Running:  c.World.Running(),
		Verdict:  health.Assess(c.World.Facts()),
	}
	if state.Held == nil {
		state.InputHash = c.resolve().hash
	}
	for _, r := range c.Releases {
		r.Lost = !release.Whole(r.Made, c.copies)
		state.Releases = append(state.Releases, r.Release)
	}
	return state
}

// template is the pod template of a Release of what the App asks for now.
func (c *Cluster) template(number int64) world.Template {
	var config []string
	for key, value := range c.App.Spec.Config.Data {
		config = append(config, key+"="+string(value))
	}
	if shared := c.sources[settings]; shared != "" {
		config = append(config, shared)
	}
	slices.Sort(config)
	return world.Template{Release: number, Image: c.App.Spec.Image, Config: strings.Join(config, ",")}
}

// intent is what the Deployment should be when it runs the given Release. An
// autoscaled App names no replicas, except to start at the least of its range;
// one that names none itself keeps the size it has.
func (c *Cluster) intent(target Release, d rollout.Decision) world.Intent {
	spec := c.App.Spec
	intent := world.Intent{
		Template:       target.Template,
		MaxSurge:       spec.Rollout.Surge(),
		MaxUnavailable: spec.Rollout.Unavailable(),
		Paused:         c.paused(d),
	}
	switch {
	case !spec.Autoscale.Enabled():
		intent.Replicas = spec.Replicas
	case !c.World.Running().Exists:
		intent.Replicas = ptr.To(spec.Autoscale.MinReplicas())
	}
	return intent
}

// paused tells whether the Deployment is to be paused: only to stop a rollout
// half way. While nothing is known, it stays as it is.
func (c *Cluster) paused(d rollout.Decision) bool {
	if d.Action == rollout.Await {
		return c.World.Paused()
	}
	return d.Action == rollout.Hold && d.Reason == v1alpha1.ReasonPaused
}

// release returns the Release with the given number.
func (c *Cluster) release(number int64) *Release {
	for i := range c.Releases {
		if c.Releases[i].Number == number {
			return &c.Releases[i]
		}
	}
	return nil
}

// make makes a Release of what the App asks for now.
func (c *Cluster) make(wanted rollout.Make) {
	inputs := c.resolve().inputs
	c.Releases = append(c.Releases, Release{
		Release: rollout.Release{
			Number:    wanted.Number,
			InputHash: c.resolve().hash,
			Cause:     wanted.Cause,
			Health:    rollout.Unproven,
			Created:   c.World.Now().Truncate(time.Second),
			Retry:     wanted.Retry,
			Restart:   wanted.Restart,
		},
		Made: v1alpha1.ReleaseSpec{
			Number:     wanted.Number,
			ConfigName: render.ConfigName(c.App.Name, inputs.Workload),
			Sources:    inputs.Sources,
		},
		Template: c.template(wanted.Number),
	})
	c.changed()
}

// mark writes down what was decided on a Release. Times are kept as the API
// keeps them: in seconds, but for the suspicion's.
func (c *Cluster) mark(mark rollout.ReleaseMark, signs []health.Sign) {
	c.changed()
	r := c.release(mark.Number)
	if mark.Superseded {
		r.Superseded = true
	}
	if mark.Progress != nil {
		r.Progress = *mark.Progress
		r.Progress.At = r.Progress.At.Truncate(time.Second)
	}
	if mark.Suspect != nil {
		r.Suspect = *mark.Suspect
	}
	if v := mark.Verdict; v != nil {
		r.Health, r.Reason, r.Message, r.Finished = v.Health, v.Reason, v.Message, c.World.Now().Truncate(time.Second)
		if v.Evidence {
			r.Evidence = signs
		}
	}
}
