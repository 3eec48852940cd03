package main

import (
	"testing"
)

func TestNodesFlag(t *testing.T) {
	for value, want := range map[string]nodes{
		"3":      {count: 3},
		"0":      {},
		"real":   {real: true, count: 2},
		"real:1": {real: true, count: 1},
	} {
		var got nodes
		if err := got.Set(value); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", value, got, err, want)
		}
		var again nodes
		if err := again.Set(got.String()); err != nil || again != want {
			t.Errorf("%s is written as %s, which is %+v, %v", value, got, again, err)
		}
	}
	for _, value := range []string{"", "many", "real:", "real:many", "kind:2", "3:real"} {
		var got nodes
		err := got.Set(value)
		if err == nil || err.Error() != `want a number of simulated nodes, "real" or, for example, "real:1"` {
			t.Errorf("%q: got %v", value, err)
		}
	}
}

func TestUpWithRealNodes(t *testing.T) {
	for value, want := range map[string][2]int{
		"--nodes=5":      {5, 0},
		"--nodes=real":   {0, 2},
		"--nodes=real:1": {0, 1},
	} {
		f, err := parseUp([]string{value})
		if got := [2]int{f.options.Nodes, f.options.RealNodes}; err != nil || got != want {
			t.Errorf("%s: got %v simulated and real nodes, %v, want %v", value, got, err, want)
		}
	}
	if _, err := parseUp([]string{"--nodes=real:0"}); err == nil || err.Error() != "real:0 nodes: choose one or more" {
		t.Errorf("got %v", err)
	}
}
