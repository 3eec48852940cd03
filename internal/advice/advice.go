package advice

import (
	"slices"
	"strings"
)

// Advice is what a reason means and what a person does about it.
type Advice struct {
	Reason  string
	Meaning string
	// Do are steps, the most likely remedy first. A step may hold a command
	// between backquotes.
	Do []string
}

// Of returns what there is to say of a reason.
func Of(reason string) (Advice, bool) {
	for _, table := range [][]Advice{Failures, Conditions, Signs} {
		if i := slices.IndexFunc(table, func(a Advice) bool { return a.Reason == reason }); i >= 0 {
			return table[i], true
		}
	}
	return Advice{}, false
}

// For returns the steps with the name of an App in the place of APP.
func (a Advice) For(app string) []string {
	out := make([]string, len(a.Do))
	for i, step := range a.Do {
		out[i] = strings.ReplaceAll(step, "APP", app)
	}
	return out
}
