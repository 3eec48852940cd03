package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// row is a figure beside what it may be at most.
type row struct {
	what     string
	measured float64
	budget   float64
	free     bool // it has no budget
	promise  bool // more is not only too much but wrong
}

func (r row) met() bool { return r.free || r.measured <= r.budget }

// table puts the figures beside their budgets, for Apps of some shape. The content
// of a Secret is in no cache: it is read once, and so is the key for its digest.
func table(f figures, of shape) []row {
	reads := 0
	if of.secrets > 0 {
		reads = of.secrets + 1
	}
	return []row{
		{what: "plain objects to available, s", measured: f.RawSeconds, free: true},
		{what: "Apps to Available, s", measured: f.Seconds, free: true},
		{what: "ratio of the two", measured: f.Ratio, budget: 1.2},
		{what: "writes per App, create to settled", measured: f.WritesPerApp, budget: float64(of.children() + 6)},
		{what: "reads per App", measured: f.ReadsPerApp, budget: float64(reads), promise: true},
		{what: "events per App", measured: f.EventsPerApp, free: true},
		{what: "requests in 60 s, idle", measured: f.IdleRequests60s, budget: 0, promise: true},
		{what: "writes after a restart", measured: f.RestartWrites, budget: 0, promise: true},
		{what: "reads after a restart, besides caches", measured: f.RestartReads, budget: 0},
		{what: "CPU per App, ms", measured: f.CPUMsPerApp, budget: 10},
		{what: "resident memory per App at rest, KiB", measured: f.RSSKiBPerApp, budget: 25},
		{what: "failing pod to rollback, s", measured: f.RollbackSeconds, budget: 12},
	}
}

func formatTable(rows []row) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tmeasured\tbudget\tmet?")
	for _, r := range rows {
		budget, met := fmt.Sprintf("%g", r.budget), "yes"
		switch {
		case r.free:
			budget, met = "-", "-"
		case r.met():
		case r.promise:
			met = "NO, a promise"
		default:
			met = "no"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.what, number(r.measured), budget, met)
	}
	_ = w.Flush() // to a strings.Builder
	return out.String()
}

// number writes a figure with two decimals, unless it is whole.
func number(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// broken names the promises that were not kept.
func broken(rows []row) error {
	var names []string
	for _, r := range rows {
		if r.promise && !r.met() {
			names = append(names, fmt.Sprintf("%s: %s, not %g", r.what, number(r.measured), r.budget))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("promises are broken: %s", strings.Join(names, "; "))
}
