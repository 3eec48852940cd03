package simulation

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts in testdata anew")

// mostProblems is how many violated invariants are worth reading.
const mostProblems = 5

// play plays a scenario and reports violated invariants.
func play(t *testing.T, p *Player, steps []Step) {
	t.Helper()
	p.Play(steps...)
	problems := p.TakeProblems()
	for i, problem := range problems {
		if i == mostProblems {
			t.Errorf("and %d more", len(problems)-i)
			return
		}
		t.Error(problem)
	}
}

func (s scenario) checkEnd(t *testing.T, p *Player) {
	t.Helper()
	var fates []string
	for _, r := range p.Cluster.Releases {
		fate, _, _ := strings.Cut(r.fate(), ", evidence")
		fates = append(fates, fate)
	}
	end := fmt.Sprintf("shop-%d runs, %s, %s (%s)", p.Cluster.World.Running().Release, strings.Join(fates, "; "), p.Decision.Action, p.Decision.Reason)
	want := fmt.Sprintf("shop-%d runs, %s, %s (%s)", s.runs, s.fates, s.action, s.reason)
	if end != want {
		t.Errorf("in the end: %s\n      want: %s", end, want)
	}
	if err := atRest(p.Decision); err != nil {
		t.Errorf("not at rest: %v", err)
	}
}

func (s scenario) transcript(p *Player) string {
	return "# " + s.name + "\n\n" + p.Transcript.String() + "\n" + p.End()
}

func TestScenarios(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			p := NewPlayer()
			play(t, p, s.steps)
			s.checkEnd(t, p)
			got := s.transcript(p)
			if *update {
				if err := os.WriteFile(s.file(), []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(s.file())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the transcript differs from %s (-want +got); -update writes it anew:\n%s", s.file(), diff)
			}
		})
	}
}
