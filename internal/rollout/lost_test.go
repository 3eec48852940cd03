package rollout

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
)

func lost(release Release) Release {
	release.Lost = true
	return release
}

// TestWhatLostItsSecretsDoesNotReturn: when there were two newer healthy
// Releases, the copies of its Secrets were collected.
func TestWhatLostItsSecretsDoesNotReturn(t *testing.T) {
	failed := failing(4, 15)
	onReturn := func(r Release) Release {
		r.Health, r.Finished = Failed, at(20)
		return r
	}
	cases := map[string]struct {
		releases []Release
		running  Running
		want     Decision
	}{
		"the one before it returns": {
			[]Release{proven(1), proven(2), lost(proven(3)), failed},
			runs(4),
			Decision{
				Action: RollBack, Desired: 4, Target: 2, LastHealthy: 2, FailedRelease: 4, Reason: v1alpha1.ReasonRollingBack,
				Note: "Release 4 failed (CannotStart: no such image); Release 2 is the last healthy one",
			},
		},
		"there is none": {
			[]Release{lost(proven(1)), failed},
			runs(4),
			Decision{
				Action: Stall, Desired: 4, Target: 4, FailedRelease: 4, Reason: v1alpha1.ReasonFailed,
				Note: "Release 4 failed and there is no healthy one to return to",
			},
		},
		"nor after a failed return": {
			[]Release{lost(proven(1)), onReturn(proven(2)), failed},
			runs(2),
			Decision{
				Action: Stall, Desired: 4, Target: 2, FailedRelease: 4, Reason: v1alpha1.ReasonRollbackFailed,
				Note: "Release 4 failed, and so did what should have returned",
			},
		},
		"what runs has them, or is about to": {
			[]Release{proven(2), lost(proven(3)), failed},
			out(3, 18),
			Decision{
				Action: Stall, Desired: 4, Target: 3, LastHealthy: 3, FailedRelease: 4, Reason: v1alpha1.ReasonRolledBack,
				Note: "Release 4 failed (CannotStart: no such image); Release 3 serves again",
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			state := State{InputHash: hash(4), Releases: c.releases, Running: c.running, Now: at(21), Verdict: health.Verdict{NodesReady: true}}
			if diff := cmp.Diff(c.want, Decide(state)); diff != "" {
				t.Errorf("Decide: want -, got +:\n%s", diff)
			}
		})
	}
}

// A person who goes back to the inputs of a healthy Release has the content that
// it lost.
func TestWhatLostItsSecretsIsDesiredAgain(t *testing.T) {
	state := State{InputHash: hash(2), Releases: []Release{lost(proven(2)), failing(3, 15)}, Running: runs(3), Now: at(21)}
	if d := Decide(state); d.Desired != 2 || d.Target != 2 || d.Make != nil {
		t.Errorf("Decide = %+v, want Release 2 to run again", d)
	}
}

// A pinned Release that cannot start is not written to at every look.
func TestWhatCannotStartIsNotRewound(t *testing.T) {
	came := proven(1)
	came.Progress = Mark{At: at(5)}
	state := State{PinnedTo: 1, Releases: []Release{lost(came), proven(2)}, Running: out(2, -900), Now: at(21)}
	if d := Decide(state); d.Target != 1 || len(d.Marks) > 0 {
		t.Errorf("Decide = %+v, want Release 1 as the target and no marks", d)
	}
}

// A Release that a person had pinned, and that is desired afterwards, proves
// healthy after a newer one: the newer one is still the last.
func TestTheLastHealthyIsTheNewest(t *testing.T) {
	state := State{InputHash: hash(1), Policy: Policy{}, Releases: []Release{going(1), proven(2)}, Running: out(1, 8), Now: at(39)}
	d := Decide(state)
	if d.LastHealthy != 2 || len(d.Marks) == 0 || d.Marks[0].Verdict == nil {
		t.Errorf("Decide = %+v, want Release 1 to prove healthy, and 2 to be the last healthy one", d)
	}
}

// A failed Release that the App does not ask for any more is not what is told of
// when the one that it asks for fails.
func TestWhatIsLeftBehindIsNotDesired(t *testing.T) {
	state := State{
		InputHash: hash(1), Policy: Policy{MaxRestarts: 2}, Releases: []Release{going(1), failing(2, 15)}, Running: runs(1), Now: at(21),
		Verdict: health.Verdict{Restarts: 3, NodesReady: true},
	}
	if d := Decide(state); d.Desired != 1 || d.Reason != v1alpha1.ReasonFailed {
		t.Errorf("Decide = %+v, want Release 1 to be desired and Failed", d)
	}
}

func TestWhatIsNotKnownYet(t *testing.T) {
	unseen, fewer := out(1, 5), out(1, 5)
	unseen.Observed, fewer.Updated = false, 2
	cases := map[string]struct {
		running         Running
		unknown, moving bool
	}{
		"no Deployment":                       {Running{}, false, false},
		"complete":                            {out(1, 5), false, false},
		"rolling":                             {runs(1), false, true},
		"its controller has not looked":       {unseen, true, false},
		"complete once, and pods are missing": {fewer, false, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := State{Running: c.running}
			if Unknown(s) != c.unknown || Moving(s) != c.moving {
				t.Errorf("Unknown = %t, Moving = %t, want %t and %t", Unknown(s), Moving(s), c.unknown, c.moving)
			}
		})
	}
}
