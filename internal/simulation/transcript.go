package simulation

import (
	"fmt"
	"strings"
	"time"

	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/world"
)

// Transcript tells a scenario as a story.
type Transcript struct {
	world *world.World
	text  strings.Builder
	last  string
}

// Line adds a line, after the second and how many pods serve of how many are
// wanted.
func (t *Transcript) Line(format string, args ...any) {
	fmt.Fprintf(&t.text, "%5ds %d/%d  %s\n", int(t.world.Elapsed()/time.Second), t.world.Serving(), t.world.Replicas(),
		fmt.Sprintf(format, args...))
}

// Pass tells of a pass of the operator, unless it saw what it had seen before.
func (t *Transcript) Pass(state rollout.State, d rollout.Decision) {
	if d.Make != nil {
		t.Line("shop-%d is made (%s)", d.Make.Number, d.Make.Cause)
	}
	for _, mark := range d.Marks {
		if v := mark.Verdict; v != nil {
			t.Line("shop-%d %s (%s): %s", mark.Number, fates[v.Health], v.Reason, v.Message)
		}
		if mark.Superseded {
			t.Line("shop-%d is superseded", mark.Number)
		}
	}
	gist := gist(state, d)
	if d.Action == rollout.Await || gist == t.last {
		return
	}
	t.last = gist
	t.Line("%s (%s): %s", d.Action, d.Reason, d.Note)
}

var fates = map[rollout.Health]string{rollout.Healthy: "proved healthy", rollout.Failed: "failed"}

// gist is what makes a decision worth a line. How a pod that merely is not
// ready yet comes to be so is not told step by step.
func gist(state rollout.State, d rollout.Decision) string {
	class := state.Verdict.Class
	if class == health.NotReady {
		class = health.None
	}
	note, _, _ := strings.Cut(d.Note, ": ")
	return fmt.Sprint(d.Action, d.Reason, d.Target, note, class)
}

// String is the story.
func (t *Transcript) String() string { return t.text.String() }

// End tells how the cluster looks in the end, and what it took.
func (p *Player) End() string {
	var out strings.Builder
	running := p.Cluster.World.Running()
	fmt.Fprintf(&out, "shop-%d runs, %d of %d pods serve\n", running.Release, p.Cluster.World.Serving(), running.Want)
	for _, r := range p.Cluster.Releases {
		fmt.Fprintf(&out, "shop-%d %s\n", r.Number, r.fate())
	}
	w := p.Operator.Writes
	fmt.Fprintf(&out, "%d writes: %d Releases, %d marks on Releases, %d of the Deployment\n", w.OfRollout(), w.Releases, w.Marks, w.Deployment)
	return out.String()
}

// Fates are what became of the Releases, in order of their numbers.
func (p *Player) Fates() string {
	var fates []string
	for _, r := range p.Cluster.Releases {
		fates = append(fates, r.Fate())
	}
	return strings.Join(fates, "; ")
}

// Fate is what became of a Release.
func (r Release) Fate() string {
	fate := string(r.Health)
	if r.Health == rollout.Failed {
		fate += " " + r.Reason
	}
	if r.Superseded {
		fate += ", superseded"
	}
	return fate
}

// fate is the same with the first of the evidence.
func (r Release) fate() string {
	fate := r.Fate()
	if len(r.Evidence) > 0 {
		fate += fmt.Sprintf(", evidence: %s in %s", r.Evidence[0].Reason, orNoPod(r.Evidence[0].Pod))
	}
	return fate
}

func orNoPod(pod string) string {
	if pod == "" {
		return "no pod"
	}
	return pod
}
