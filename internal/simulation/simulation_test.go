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

func (s Scenario) checkEnd(t *testing.T, p *Player) {
	t.Helper()
	end := fmt.Sprintf("shop-%d runs, %s, %s (%s)", p.Cluster.World.Running().Release, p.Fates(), p.Decision.Action, p.Decision.Reason)
	want := fmt.Sprintf("shop-%d runs, %s, %s (%s)", s.Runs, s.Fates, s.Action, s.Reason)
	if end != want {
		t.Errorf("in the end: %s\n      want: %s", end, want)
	}
	if err := atRest(p.Decision); err != nil {
		t.Errorf("not at rest: %v", err)
	}
}

func (s Scenario) transcript(p *Player) string {
	title := "# " + s.Name + "\n\n"
	if len(s.Answers) > 0 {
		title += "answers " + strings.Join(s.Answers, ", ") + "\n\n"
	}
	return title + p.Transcript.String() + "\n" + p.End()
}

func TestScenarios(t *testing.T) {
	for _, s := range Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			p := NewPlayer()
			play(t, p, s.Steps)
			s.checkEnd(t, p)
			got := s.transcript(p)
			if *update {
				if err := os.WriteFile(s.File(), []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(s.File())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the transcript differs from %s (-want +got); -update writes it anew:\n%s", s.File(), diff)
			}
		})
	}
}
