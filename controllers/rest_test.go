package controllers

import "testing"

func TestMemoryIsGivenBackOnceAtRest(t *testing.T) {
	freed := 0
	r := &rest{free: func() { freed++ }}
	for _, step := range []struct {
		name  string
		looks int64
		want  int
	}{
		{"before anything happened", 0, 0},
		{"something happens", 3, 0},
		{"and goes on", 2, 0},
		{"nothing happens any more", 0, 1},
		{"still nothing", 0, 1},
		{"something again", 1, 1},
		{"and rest", 0, 2},
	} {
		r.passes.Add(step.looks)
		r.interval()
		if freed != step.want {
			t.Errorf("%s: memory was given back %d times, want %d", step.name, freed, step.want)
		}
	}
}
