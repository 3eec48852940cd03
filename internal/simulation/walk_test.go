package simulation

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/world"
)

// leastSteps is how many steps are walked in all, at the least.
const leastSteps = 10_000

// TestNothingNeededIsCollectedAndNothingElseStays walks at random through what
// can happen to an App, its ConfigMaps and its Secrets, and lets the operator
// die after any of its writes. After every look all that a pod uses, and all that
// may have to return, is there, and nothing else is: see keeping. A walk that
// fails is cut to the steps that matter; it says how to walk it again.
func TestNothingNeededIsCollectedAndNothingElseStays(t *testing.T) {
	byDefault := walksAreLong(t, "150")
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		w := startWalk(t)
		actions := w.actions()
		for name, action := range actions {
			actions[name] = func(t *rapid.T) {
				steps++
				action(t)
				w.p.Play(Wait(rapid.SampledFrom([]int{0, 0, 1, 3, 12}).Draw(t, "seconds")))
			}
		}
		actions[""] = w.check
		t.Repeat(actions)
		w.comeToRest(t)
	})
	t.Logf("%d steps", steps)
	if byDefault && !t.Failed() && steps < leastSteps {
		t.Errorf("%d steps were walked, want %d", steps, leastSteps)
	}
}

// walksAreLong sets how many steps a walk has on average, unless it was said on
// the command line. It tells whether all is left as it is by default.
func walksAreLong(t *testing.T, average string) bool {
	t.Helper()
	said := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { said[f.Name] = true })
	if !said["rapid.steps"] {
		if err := flag.Set("rapid.steps", average); err != nil {
			t.Fatal(err)
		}
	}
	return !said["rapid.steps"] && !said["rapid.checks"] && !testing.Short()
}

// walk is a random walk under way.
type walk struct{ p *Player }

// shared are the ConfigMaps and Secrets that the App of a walk may refer to.
var shared = []source{
	{v1alpha1.SourceConfigMap, "colors"},
	{v1alpha1.SourceConfigMap, "sizes"},
	{v1alpha1.SourceSecret, "mail"},
	{v1alpha1.SourceSecret, "queue"},
}

// images are few, so that what was there before often comes back.
var images = []string{"shop:1", "shop:2", "shop:3"}

func startWalk(t *rapid.T) *walk {
	w := &walk{NewPlayer()}
	for _, s := range shared {
		w.p.Cluster.sources[s] = "a"
	}
	w.p.Play(Create(images[0], 3,
		Deadline(rapid.SampledFrom([]int32{5, 60}).Draw(t, "deadline")),
		Bake(rapid.SampledFrom([]int32{0, 5, 20}).Draw(t, "bake")),
		MaxRestarts(rapid.SampledFrom([]int32{0, 2}).Draw(t, "restarts")),
		History(rapid.Int32Range(1, 6).Draw(t, "history")),
		Surge("1", rapid.SampledFrom([]string{"0", "1"}).Draw(t, "unavailable")),
	), Wait(60))
	return w
}

// check reports what is not as it must be.
func (w *walk) check(t *rapid.T) {
	if problems := w.p.TakeProblems(); len(problems) > 0 {
		t.Fatalf("%v\n%s\n%s", problems[0], w.p.Transcript, w.p.End())
	}
}

// actions are what can happen, by name.
func (w *walk) actions() map[string]func(*rapid.T) {
	play := func(step func(*rapid.T) Step) func(*rapid.T) { return func(t *rapid.T) { w.p.Play(step(t)) } }
	return map[string]func(*rapid.T){
		"image":          play(func(t *rapid.T) Step { return SetImage(anImage(t)) }),
		"literals":       play(setLiterals),
		"refer":          play(refer),
		"content":        play(w.setContent),
		"delete source":  play(w.deleteSource),
		"image becomes":  play(func(t *rapid.T) Step { return Becomes(anImage(t), anOutcome(t)) }),
		"all become":     w.allBecome,
		"fail and fail":  w.failAndFailToReturn,
		"rotate":         w.rotate,
		"scale":          play(func(t *rapid.T) Step { return Scale(rapid.Int32Range(0, 4).Draw(t, "replicas")) }),
		"history":        play(setHistory),
		"pin":            play(w.pin),
		"unpin":          play(func(*rapid.T) Step { return Unpin() }),
		"retry":          play(func(t *rapid.T) Step { return Retry(aToken(t)) }),
		"restart":        play(func(t *rapid.T) Step { return Restart(aToken(t)) }),
		"pause":          play(func(*rapid.T) Step { return Pause() }),
		"resume":         play(func(*rapid.T) Step { return Resume() }),
		"rollback":       play(setRollback),
		"quota":          play(func(t *rapid.T) Step { return Quota(rapid.SampledFrom([]int{-1, -1, 0, 2, 4}).Draw(t, "pods")) }),
		"lag":            play(func(t *rapid.T) Step { return Lag(rapid.IntRange(0, 4).Draw(t, "seconds")) }),
		"operator away":  play(func(t *rapid.T) Step { return Away(rapid.SampledFrom([]int{1, 5, 30}).Draw(t, "seconds")) }),
		"operator dies":  w.operatorDies,
		"time passes":    play(func(t *rapid.T) Step { return Wait(rapid.IntRange(1, 90).Draw(t, "seconds")) }),
		"time passes on": play(func(t *rapid.T) Step { return Wait(rapid.IntRange(1, 90).Draw(t, "seconds")) }),
	}
}

func anImage(t *rapid.T) string { return rapid.SampledFrom(images).Draw(t, "image") }

func aToken(t *rapid.T) string {
	return rapid.SampledFrom([]string{"1", "2", "3", ""}).Draw(t, "token")
}

func aSource(t *rapid.T) source { return rapid.SampledFrom(shared).Draw(t, "source") }

// anOutcome is how pods end, more often well than not.
func anOutcome(t *rapid.T) world.Outcome {
	return rapid.SampledFrom([]world.Outcome{
		{}, {}, {}, {}, {ImageMissing: true}, {NeverReady: true}, {RunsFor: time.Second}, {RunsFor: 10 * time.Second}, {ReadyAfter: 10 * time.Second}, {Refused: true},
	}).Draw(t, "outcome")
}

func setLiterals(t *rapid.T) Step {
	level := rapid.SampledFrom([]string{"", "info", "debug"}).Draw(t, "level")
	return edit("you change the literals to "+level, func(app *v1alpha1.App) {
		app.Spec.Config.Data = nil
		if level != "" {
			app.Spec.Config.Data = map[string]v1alpha1.ConfigValue{"LEVEL": v1alpha1.ConfigValue(level)}
		}
	})
}

// refer lets the App refer to a source, in another way, or not any more.
func refer(t *rapid.T) Step {
	to := aSource(t)
	ref := v1alpha1.SourceSpec{
		Name: to.name, As: v1alpha1.SourceEnv,
		Policy:   rapid.SampledFrom([]v1alpha1.SourcePolicy{v1alpha1.PolicyPinned, v1alpha1.PolicyPinned, v1alpha1.PolicyLive}).Draw(t, "policy"),
		Optional: rapid.Bool().Draw(t, "optional"),
	}
	wanted := rapid.IntRange(0, 3).Draw(t, "wanted") > 0
	says := fmt.Sprintf("you refer to %s: %t, %s, optional %t", to, wanted, ref.Policy, ref.Optional)
	return edit(says, func(app *v1alpha1.App) {
		isIt := func(name string) bool { return name == to.name }
		spec := &app.Spec
		spec.Config.From = slices.DeleteFunc(spec.Config.From, func(s v1alpha1.SourceSpec) bool { return isIt(s.Name) })
		spec.Secrets = slices.DeleteFunc(spec.Secrets, func(s v1alpha1.SecretSpec) bool { return isIt(s.Name) })
		switch {
		case !wanted:
		case to.kind == v1alpha1.SourceConfigMap:
			spec.Config.From = append(spec.Config.From, ref)
		default:
			spec.Secrets = append(spec.Secrets, v1alpha1.SecretSpec{SourceSpec: ref})
		}
	})
}

// setContent changes what a source holds, or makes it again. Two sources often
// hold the same, and what they held before.
func (w *walk) setContent(t *rapid.T) Step {
	of, content := aSource(t), rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "content")
	return Step{fmt.Sprintf("%s changes to %s", of, content), func(Stage) {
		w.p.Cluster.sources[of] = content
		w.p.Cluster.asks()
	}}
}

func (w *walk) deleteSource(t *rapid.T) Step {
	of := aSource(t)
	return Step{of.String() + " is deleted", func(Stage) {
		delete(w.p.Cluster.sources, of)
		w.p.Cluster.asks()
	}}
}

func setHistory(t *rapid.T) Step {
	limit := rapid.Int32Range(1, 6).Draw(t, "limit")
	return edit(fmt.Sprintf("you keep %d Releases", limit), func(app *v1alpha1.App) { app.Spec.Rollout.HistoryLimit = limit })
}

func setRollback(t *rapid.T) Step {
	policy := rapid.SampledFrom([]v1alpha1.RollbackPolicy{v1alpha1.RollbackAutomatic, v1alpha1.RollbackAutomatic, v1alpha1.RollbackManual}).Draw(t, "policy")
	return edit("you let rollbacks be "+string(policy), func(app *v1alpha1.App) { app.Spec.Rollout.Rollback = policy })
}

// pin pins one of the Releases that have all they need.
func (w *walk) pin(t *rapid.T) Step {
	var numbers []int64
	for _, r := range w.p.Cluster.Releases {
		if len(w.p.Cluster.lacks(r.Made)) == 0 {
			numbers = append(numbers, r.Number)
		}
	}
	if len(numbers) == 0 {
		t.Skip("there is no Release to pin") // so rapid draws another step; the walk goes on
	}
	return PinTo(rapid.SampledFrom(numbers).Draw(t, "Release"))
}

func (w *walk) allBecome(t *rapid.T) {
	outcome := anOutcome(t)
	for _, image := range images {
		w.p.Play(Becomes(image, outcome))
	}
}

// failAndFailToReturn lets the next Release fail, and then, for a while, what
// should return instead.
func (w *walk) failAndFailToReturn(t *rapid.T) {
	w.p.Play(SetImage(anImage(t)), Restart(fmt.Sprint(w.p.Cluster.World.Elapsed())), Wait(rapid.IntRange(1, 8).Draw(t, "goes for")))
	w.allBecome(t)
	w.p.Play(Wait(rapid.IntRange(20, 150).Draw(t, "lasts")))
	for _, image := range images {
		w.p.Play(Becomes(image, world.Outcome{}))
	}
}

// rotate changes what the Secrets hold, often enough apart for the Releases to
// prove healthy.
func (w *walk) rotate(t *rapid.T) {
	for range rapid.IntRange(1, 3).Draw(t, "times") {
		w.p.Play(w.setContent(t), Wait(rapid.SampledFrom([]int{5, 40}).Draw(t, "lasts")))
	}
}

// operatorDies lets the operator die after one of its next writes.
func (w *walk) operatorDies(t *rapid.T) {
	w.p.DieAt(w.p.Operator.Writes.Total() + rapid.IntRange(1, 8).Draw(t, "writes"))
}

// comeToRest takes the trouble away, and waits until nothing happens any more. An
// operator that then looks at everything anew finds nothing to write or collect.
func (w *walk) comeToRest(t *rapid.T) {
	for _, image := range images {
		w.p.Play(Becomes(image, world.Outcome{}))
	}
	for _, s := range shared {
		w.p.Cluster.sources[s] = "a"
	}
	w.p.Cluster.asks()
	w.p.Play(Quota(-1), Lag(0), Unpin(), Resume(), Wait(60))
	for waited := 0; waited < 900 && atRest(w.p.Decision) != nil; waited += 30 {
		w.p.Play(Wait(30))
	}
	w.p.Play(Wait(30))
	writes := w.p.Operator.Writes
	w.p.Play(Away(0), Wait(1))
	w.check(t)
	if now := w.p.Operator.Writes; now != writes {
		t.Fatalf("at rest, an operator that starts anew writes: %+v, then %+v\n%s\n%s", writes, now, w.p.Transcript, w.p.End())
	}
}
