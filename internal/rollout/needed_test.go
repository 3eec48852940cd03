package rollout

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNeeded(t *testing.T) {
	all := []Release{proven(1), proven(2), failing(3, 15), proven(4), going(5)}
	cases := map[string]struct {
		state    State
		decision Decision
		withPods []int64
		want     []int64
	}{
		"nothing yet":                         {want: []int64{0}},
		"a rollout, and two that may return":  {State{Releases: all, Running: runs(5)}, Decision{Desired: 5, Target: 5, LastHealthy: 4}, nil, []int64{0, 2, 4, 5}},
		"a rollback, and one more in reserve": {State{Releases: all[:4], Running: runs(3)}, Decision{Desired: 3, Target: 2, LastHealthy: 2}, nil, []int64{0, 1, 2, 3}},
		"nothing is healthy before the first": {State{Releases: all[:1], Running: runs(1)}, Decision{Desired: 1, Target: 1, LastHealthy: 1}, nil, []int64{0, 1}},
		"a failed one is no reserve":          {State{Releases: []Release{failing(1, 3), proven(2)}, Running: runs(2)}, Decision{Desired: 2, Target: 2, LastHealthy: 2}, nil, []int64{0, 2}},
		"pinned, and others still have pods":  {State{Releases: all, PinnedTo: 3, Running: runs(5)}, Decision{Desired: 3, Target: 3, LastHealthy: 4}, []int64{5, 1}, []int64{1, 2, 3, 4, 5}},
		"one that lost its Secrets is none":   {State{Releases: []Release{proven(1), lost(proven(2)), proven(3)}, Running: runs(3)}, Decision{Desired: 3, Target: 3, LastHealthy: 3}, nil, []int64{0, 1, 3}},
		"an older one proves itself": {
			State{Releases: []Release{proven(1), going(2), proven(3)}, Running: runs(2)},
			Decision{Desired: 2, Target: 2, LastHealthy: 3, Marks: []ReleaseMark{{Number: 2, Verdict: &FinalVerdict{Health: Healthy}}}},
			nil,
			[]int64{0, 2, 3},
		},
		"in the pass in which it proves itself": {State{Releases: all, Running: runs(5)}, Decision{Desired: 5, Target: 5, LastHealthy: 5}, nil, []int64{0, 4, 5}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := Needed(c.state, c.decision, c.withPods)
			slices.Sort(got)
			if diff := cmp.Diff(c.want, slices.Compact(got)); diff != "" {
				t.Errorf("Needed: want -, got +:\n%s", diff)
			}
		})
	}
}
