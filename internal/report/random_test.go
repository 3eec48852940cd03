package report

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/rollout"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random test, 0 for a new one")

// TestRandom walks one App through random facts, each status the basis of the
// next: whatever the facts are, the invariants hold, the same facts give the
// same status, and the same facts again give nothing new.
func TestRandom(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	random := dice{rand.New(rand.NewPCG(seed, 0))}
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop", Generation: 1}}
	clock := now
	for i := range 2000 {
		in := random.input(app, clock)
		status := Status(in)
		mustHold(t, in, status)
		mustRest(t, in, status)
		if diff := cmp.Diff(status, Status(in)); diff != "" {
			t.Errorf("not deterministic:\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("case %d of seed %d: %+v", i, seed, in)
		}
		app.Status = status
		clock = clock.Add(time.Second)
	}
}

// dice makes facts as the contracts of the other packages allow them.
type dice struct{ *rand.Rand }

func (d dice) chance(n int) bool { return d.IntN(n) == 0 }

func (d dice) text() string {
	return pick(d, "", "it broke", strings.Repeat("long ", 400), strings.Repeat("ü", 700), "not\xffUTF-8")
}

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

func (d dice) input(app *v1alpha1.App, now time.Time) Input {
	if d.chance(4) {
		app.Generation++
	}
	app.Spec = v1alpha1.AppSpec{Replicas: pick(d, nil, ptr.To[int32](0), ptr.To[int32](3))}
	in := Input{Now: now, App: app, Releases: d.releases()}
	in.Running = d.running(in.Releases)
	in.Decision = d.decision(in)
	if d.chance(6) {
		in.Held = &rollout.Held{
			Reason:  pick(d, "InputsMissing", "InvalidImage", "InvalidInput", "ReadFailed"),
			Message: d.text(),
		}
		in.Decision.Action, in.Decision.Reason = rollout.Hold, in.Held.Reason
	}
	if d.chance(10) {
		in.Problem = &Problem{Reason: pick(d, "Conflict", "Refused"), Message: d.text()}
	}
	if d.chance(3) {
		app.Spec = v1alpha1.AppSpec{Autoscale: v1alpha1.AutoscaleSpec{Min: 2, Max: 10}}
		in.Scaling = &Scaling{Known: d.chance(2), Active: d.chance(2), Reason: d.text(), Message: d.text()}
	}
	return in
}

func (d dice) releases() []v1alpha1.Release {
	var releases []v1alpha1.Release
	from := d.Int64N(5) + 1
	for number := from; number < from+1+d.Int64N(4); number++ {
		releases = append(releases, pick(d, newRelease(number), healthy(number), failed(number, pick(d, "Crashing", "NotReady"), d.text())))
	}
	return releases
}

func (d dice) running(releases []v1alpha1.Release) rollout.Running {
	if d.chance(5) {
		return rollout.Running{}
	}
	return rollout.Running{
		Exists: true, Release: pick(d, releases...).Spec.Number, Observed: !d.chance(4), Want: d.Int32N(4),
		Total: d.Int32N(6), Updated: d.Int32N(4), Ready: d.Int32N(6), Available: d.Int32N(6), UpdatedAvailable: d.Int32N(4),
		Old: d.Int32N(2), Serving: d.chance(2), CompletedAt: pick(d, time.Time{}, before),
	}
}

func (d dice) decision(in Input) rollout.Decision {
	desired := pick(d, in.Releases...).Spec.Number
	decision := rollout.Decision{Desired: desired, Target: desired, LastHealthy: pick(d, 0, 1, in.Releases[0].Spec.Number), Note: d.text()}
	switch d.IntN(9) {
	case 0:
		decision.Action, decision.Reason = rollout.Hold, "Paused"
	case 1:
		decision.Action, decision.Reason = pick(d, rollout.Advance, rollout.Wait, rollout.Settled, rollout.Await), "Pinned"
	case 2:
		decision.Action, decision.Reason = pick(d, rollout.Advance, rollout.Wait), "Progressing"
	case 3:
		decision.Action, decision.Note = rollout.Await, ""
		decision.FailedRelease = pick(d, 0, desired)
	case 4:
		decision.Action, decision.Reason = rollout.Bake, "Baking"
	case 5:
		decision.Action, decision.Reason = rollout.Settled, "Healthy"
	case 6:
		decision.Action, decision.Reason, decision.FailedRelease = pick(d, rollout.RollBack, rollout.Wait), "RollingBack", desired
	case 7:
		decision.Action, decision.Reason, decision.FailedRelease = rollout.Stall, pick(d, "Failed", "RollbackFailed"), desired
	case 8:
		if !in.Running.Exists {
			return decision
		}
		back := in.Running.Release
		decision.Action, decision.Reason = rollout.Stall, "RolledBack"
		decision.Desired, decision.FailedRelease, decision.Target, decision.LastHealthy = back+1, back+1, back, back
	}
	return decision
}

// TestAbsurd: no facts make a status large or one that the API refuses.
func TestAbsurd(t *testing.T) {
	const name = 253
	huge := strings.Repeat("a\xffü", 1<<14)
	releases := make([]v1alpha1.Release, 0, 1000)
	for number := range int64(1000) {
		r := failed(number+1, huge, huge)
		r.Spec.Image = huge
		releases = append(releases, r)
	}
	reasons := []string{"", huge, "Paused", "Pinned", "RolledBack", "RollbackFailed", "RollingBack", "Failed", "Healthy", "Baking"}
	actions := []rollout.Action{
		"", rollout.Action(huge), rollout.Hold, rollout.Advance, rollout.Wait, rollout.Bake, rollout.RollBack, rollout.Stall, rollout.Settled, rollout.Await,
	}
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: strings.Repeat("a", name), Generation: 1}}
	app.Status.Image = huge
	app.Status.Failure = v1alpha1.FailureStatus{Release: "shop-1", Reason: "Failed", Message: huge}
	for i, action := range slices.Repeat(actions, len(reasons)) {
		in := Input{
			Now: now, App: app, Releases: releases,
			Running:  rollout.Running{Exists: true, Release: 1000, Observed: i%2 == 0, Want: 1 << 30, Available: 1 << 30, Serving: true},
			Decision: rollout.Decision{Action: action, Reason: reasons[i/len(actions)], Note: huge, Desired: 1 << 62, FailedRelease: int64(i%3) * 500, Target: 1, LastHealthy: 1 << 62},
			Scaling:  &Scaling{Known: true, Reason: huge, Message: huge},
		}
		if i%5 == 0 {
			in.Held = &rollout.Held{Reason: huge, Message: huge}
		}
		if i%7 == 0 {
			in.Problem = &Problem{Reason: huge, Message: huge}
		}
		status := Status(in)
		data, err := json.Marshal(status)
		if err != nil || len(data) > 64<<10 {
			t.Fatalf("%.20q %.20q: %d bytes, %v", action, in.Decision.Reason, len(data), err)
		}
		for _, c := range status.Conditions {
			if !isReason(c.Reason) || len(c.Message) > 1024 || !utf8.ValidString(c.Message) || c.Message == "" {
				t.Errorf("%.20q %.20q: %s", action, in.Decision.Reason, c.Type)
			}
		}
	}
	marked := ReleaseStatus(v1alpha1.ReleaseStatus{}, rollout.ReleaseMark{
		Verdict: &rollout.FinalVerdict{Health: rollout.Failed, Reason: huge, Message: huge, Evidence: true},
	}, slices.Repeat([]health.Sign{{Class: health.Class(huge), Pod: huge, Container: huge, Reason: huge, Message: huge}}, 20), now)
	if data, err := json.Marshal(marked); err != nil || len(data) > 64<<10 {
		t.Errorf("a Release's status of %d bytes, %v", len(data), err)
	}
}
