package turns

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(milliseconds int) time.Time { return t0.Add(time.Duration(milliseconds) * time.Millisecond) }

var shared = Source{Namespace: "default", Kind: "ConfigMap", Name: "shared"}

// claim is for a source that five Apps use, some of which hold a turn.
func claim(held ...string) []Claim { return []Claim{{Source: shared, Users: 5, Held: held}} }

func TestAsk(t *testing.T) {
	type question struct {
		at      int // ms
		app     string
		changed int // ms
		claims  []Claim
	}
	type answer struct {
		OK    bool
		Again time.Time
	}
	goes, wait := answer{OK: true}, func(until int) answer { return answer{Again: at(until)} }
	cases := map[string]struct {
		limit int
		asks  []question
		want  []answer
	}{
		"without a limit everybody goes": {
			limit: 0, asks: []question{{0, "a", 0, claim("b", "c", "d")}}, want: []answer{goes},
		},
		"a source of few Apps has no line": {
			limit: 5, asks: []question{{0, "a", 0, claim("b", "c", "d")}}, want: []answer{goes},
		},
		"who comes is made to wait for others, and then goes": {
			limit: 2, asks: []question{{0, "a", 0, claim()}, {500, "a", 0, claim()}}, want: []answer{wait(500), goes},
		},
		"whose look began before the line did waits as long as all": {
			limit: 2, asks: []question{{300, "a", 0, claim()}, {0, "b", 0, claim()}, {500, "b", 0, claim()}, {800, "b", 0, claim()}},
			want: []answer{wait(800), wait(500), wait(800), goes},
		},
		"whose spec changed last goes first": {
			limit: 1,
			asks:  []question{{0, "a", 1, claim()}, {10, "b", 2, claim()}, {500, "a", 1, claim()}, {501, "b", 2, claim()}},
			want:  []answer{wait(500), wait(500), wait(60500), goes},
		},
		"equals go by name": {
			limit: 1,
			asks:  []question{{0, "b", 1, claim()}, {10, "a", 1, claim()}, {500, "b", 1, claim()}, {501, "a", 1, claim()}},
			want:  []answer{wait(500), wait(500), wait(60500), goes},
		},
		"a turn that was given counts before it shows": {
			limit: 1,
			asks:  []question{{0, "a", 0, claim()}, {500, "a", 0, claim()}, {501, "b", 0, claim()}, {5501, "b", 0, claim("a")}, {5502, "b", 0, claim()}},
			want:  []answer{wait(500), goes, wait(60501), wait(65501), goes},
		},
		"a turn that shows to one counts for another who read before": {
			limit: 1,
			asks:  []question{{0, "a", 0, claim()}, {500, "a", 0, claim()}, {501, "b", 0, claim("a")}, {502, "c", 0, claim()}},
			want:  []answer{wait(500), goes, wait(60501), wait(60502)},
		},
		"a turn that never shows is free after a minute": {
			limit: 1,
			asks:  []question{{0, "a", 0, claim()}, {500, "a", 0, claim()}, {60500, "b", 0, claim()}, {60501, "b", 0, claim()}},
			want:  []answer{wait(500), goes, wait(120500), goes},
		},
		"who holds a turn goes on": {
			limit: 1, asks: []question{{0, "a", 0, claim("a")}}, want: []answer{goes},
		},
		"turns held from before a restart count": {
			limit: 2, asks: []question{{0, "c", 0, claim("a", "b")}, {500, "c", 0, claim("a", "b")}, {501, "c", 0, claim("b")}},
			want: []answer{wait(500), wait(60500), goes},
		},
		"who does not ask any more is not waited for": {
			limit: 1,
			asks:  []question{{0, "a", 2, claim()}, {60000, "b", 1, claim()}, {180001, "b", 1, claim()}},
			want:  []answer{wait(500), wait(120000), goes},
		},
		"a claim for two sources needs a turn of both": {
			limit: 1,
			asks: []question{
				{0, "a", 0, []Claim{{Source: shared, Users: 5}, {Source: Source{Name: "other"}, Users: 5, Held: []string{"x"}}}},
				{500, "a", 0, []Claim{{Source: shared, Users: 5}, {Source: Source{Name: "other"}, Users: 5, Held: []string{"x"}}}},
				{501, "a", 0, []Claim{{Source: shared, Users: 5}, {Source: Source{Name: "other"}, Users: 5}}},
			},
			want: []answer{wait(500), wait(60500), goes},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			turns := New(c.limit)
			var got []answer
			for _, q := range c.asks {
				ok, again := turns.Ask(at(q.at), q.app, at(q.changed), q.claims)
				got = append(got, answer{ok, again})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("answers: want -, got +:\n%s", diff)
			}
		})
	}
}

func TestNextAndLeave(t *testing.T) {
	turns := New(2)
	for i, app := range []string{"a", "b", "c", "d"} {
		turns.Ask(t0, app, at(i), claim("x", "y"))
	}
	if diff := cmp.Diff([]string{"d", "c"}, turns.Next(shared)); diff != "" {
		t.Errorf("next: want -, got +:\n%s", diff)
	}
	if diff := cmp.Diff([]Source{shared}, turns.Leave("default", "d")); diff != "" {
		t.Errorf("left: want -, got +:\n%s", diff)
	}
	if left := turns.Leave("elsewhere", "c"); left != nil {
		t.Errorf("left %v in another namespace, want nothing", left)
	}
	if diff := cmp.Diff([]string{"c", "b"}, turns.Next(shared)); diff != "" {
		t.Errorf("next: want -, got +:\n%s", diff)
	}
	for _, app := range []string{"a", "b", "c"} {
		turns.Leave("default", app)
	}
	if all := turns.All("default"); all != nil {
		t.Errorf("lines for %v, want none that nobody stands in", all)
	}
}

// TestEnd ends turns at moments when objects say something else.
func TestEnd(t *testing.T) {
	cases := map[string]struct {
		held, heldAfter []string // what objects show when b asks before and after the end of a's turn
		ask             bool
		want            bool
	}{
		"it ended before anybody saw it on objects": {want: true},
		"objects still show it":                     {heldAfter: []string{"a"}, want: true},
		"objects still show it, as they did before": {ask: true, held: []string{"a"}, heldAfter: []string{"a"}, want: true},
		"another App holds one":                     {ask: true, held: []string{"a"}, heldAfter: []string{"x"}, want: false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			turns := New(1)
			turns.Ask(at(0), "a", at(2), claim())
			turns.Ask(at(1), "b", at(1), claim())
			if ok, _ := turns.Ask(at(500), "a", at(2), claim()); !ok {
				t.Fatal("a has no turn")
			}
			if c.ask {
				if ok, _ := turns.Ask(at(600), "b", at(1), claim(c.held...)); ok {
					t.Fatal("b has the turn of a")
				}
			}
			turns.End(at(700), "a", shared)
			if ok, _ := turns.Ask(at(701), "b", at(1), claim(c.heldAfter...)); ok != c.want {
				t.Errorf("b may go: %v, want %v", ok, c.want)
			}
		})
	}
}

// TestEndHidesNoNewTurn gives a turn again to an App whose last one objects
// still show.
func TestEndHidesNoNewTurn(t *testing.T) {
	turns := New(1)
	turns.Ask(at(0), "a", at(2), claim())
	turns.Ask(at(0), "b", at(1), claim())
	turns.Ask(at(500), "a", at(2), claim())
	turns.End(at(700), "a", shared)
	if ok, _ := turns.Ask(at(701), "a", at(2), claim("a")); !ok {
		t.Fatal("a has no second turn")
	}
	for i, held := range [][]string{{"a"}, nil, {"a"}} {
		if ok, _ := turns.Ask(at(702+i), "b", at(1), claim(held...)); ok {
			t.Errorf("b has a turn beside a, while objects show %q", held)
		}
	}
}

// TestNeverMoreThanTheLimit plays 200 days in the life of a shared source.
func TestNeverMoreThanTheLimit(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		limit, apps := 1+r.IntN(3), 4+r.IntN(6)
		turns := New(limit)
		held := map[string]bool{}
		done := map[string]bool{}
		now := 0
		for step := 0; len(done) < apps; step++ {
			if step == 10_000 {
				t.Fatalf("seed %d: %d of %d Apps have gone after %d steps", seed, len(done), apps, step)
			}
			now += r.IntN(400)
			app := fmt.Sprintf("app-%d", r.IntN(apps))
			if held[app] {
				delete(held, app)
				done[app] = true
				if r.IntN(4) > 0 { // else nobody heard of it
					turns.End(at(now), app, shared)
				}
			}
			if done[app] {
				continue
			}
			var names []string
			for name := range held {
				names = append(names, name)
			}
			if ok, _ := turns.Ask(at(now), app, at(r.IntN(9)), []Claim{{Source: shared, Users: apps, Held: names}}); ok {
				held[app] = true
			}
			if len(held) > limit {
				t.Fatalf("seed %d: %d Apps have a turn, want at most %d", seed, len(held), limit)
			}
		}
	}
}
