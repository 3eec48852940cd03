package simulation

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An operator that is restarted every second tells the same story, to the
// second and to the write: nothing that matters is in its memory.
func TestRestartsChangeNothing(t *testing.T) {
	for _, s := range Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			steady, restarted := NewPlayer(), NewPlayer()
			restarted.RestartAlways = true
			play(t, steady, s.Steps)
			play(t, restarted, s.Steps)
			if diff := cmp.Diff(s.transcript(steady), s.transcript(restarted)); diff != "" {
				t.Errorf("-steady +restarted:\n%s", diff)
			}
		})
	}
}

// mostWrites is what no scenario needs.
const mostWrites = 30

// An operator that dies after any one of its writes ends where one ends that
// does not.
func TestADeathAfterAnyWriteIsMended(t *testing.T) {
	for _, s := range Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			whole := NewPlayer()
			play(t, whole, s.Steps)
			if writes := whole.Operator.Writes.Total(); writes > mostWrites {
				t.Fatalf("%d writes, want at most %d in any scenario", writes, mostWrites)
			}
			for write := 1; write <= whole.Operator.Writes.Total(); write++ {
				t.Run(fmt.Sprintf("write %d", write), func(t *testing.T) {
					p := NewPlayer()
					p.DieAt(write)
					play(t, p, s.Steps)
					s.checkEnd(t, p)
					if got, want := p.Operator.Writes.Releases, whole.Operator.Writes.Releases; got != want {
						t.Errorf("%d Releases were made, want %d", got, want)
					}
				})
			}
		})
	}
}
