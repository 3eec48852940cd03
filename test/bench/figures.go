package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// figures are what is kept of a run. The names are for whoever compares runs.
type figures struct {
	ConfigKeys      int     `json:"config_keys"`
	Secrets         int     `json:"secrets"`
	RawSeconds      float64 `json:"raw_seconds"`
	Seconds         float64 `json:"seconds"`
	Ratio           float64 `json:"ratio"`
	WritesPerApp    float64 `json:"writes_per_app"`
	ReadsPerApp     float64 `json:"reads_per_app"`
	EventsPerApp    float64 `json:"events_per_app"`
	IdleRequests60s float64 `json:"idle_requests_60s"`
	RestartWrites   float64 `json:"restart_writes"`
	RestartReads    float64 `json:"restart_reads"`
	CPUMsPerApp     float64 `json:"cpu_ms_per_app"`
	RSSKiBPerApp    float64 `json:"rss_kib_per_app"`
	RollbackSeconds float64 `json:"rollback_seconds"`
}

// measurement is all that a run has found out.
type measurement struct {
	figures               figures
	apps                  int
	shape                 shape
	loadBefore, loadAfter string
	rawDeployment         appsv1.Deployment

	settled    time.Duration // from the first App created to the last one Ready
	reconciles int           // by the first operator
	// resident memory in KiB: with no Apps, once they are settled, after the
	// idle minute, and of a new operator that has looked at them all.
	rssIdle, rssSettled, rssLater, rssRestarted int64
	looked                                      time.Duration // from the start of the new operator until it had looked at all Apps
	restartCPU                                  time.Duration
	marked, restored                            time.Duration // from the first failing pod

	create, idle, restart counts
}

// describe says what the table leaves out.
func (m *measurement) describe() string {
	var out strings.Builder
	n := float64(m.apps)
	fmt.Fprintf(&out, "%d Apps of %d children and %d pods each, with %d literals and %d Secrets of as many keys; bakeSeconds %d, the default; load of the machine %s before, %s after\n",
		m.apps, m.shape.children(), replicas, m.shape.keys, m.shape.secrets, v1alpha1.DefaultBakeSeconds, m.loadBefore, m.loadAfter)
	fmt.Fprintf(&out, "settled after %.1f s, bake included; %.1f looks at each App\n", m.settled.Seconds(), float64(m.reconciles)/n)
	fmt.Fprintf(&out, "resident: %d KiB with no Apps, %d settled (%.1f per App), %d a minute later (%.1f), %d in a new operator (%.1f)\n",
		m.rssIdle, m.rssSettled, float64(m.rssSettled-m.rssIdle)/n, m.rssLater, float64(m.rssLater-m.rssIdle)/n, m.rssRestarted, float64(m.rssRestarted-m.rssIdle)/n)
	fmt.Fprintf(&out, "restart: all Apps looked at %.1f s after the start, with %d ms of CPU\n", m.looked.Seconds(), m.restartCPU.Milliseconds())
	fmt.Fprintf(&out, "rollback: Release marked %.1f s, Deployment restored %.1f s after the first failing pod\n", m.marked.Seconds(), m.restored.Seconds())
	fmt.Fprintf(&out, "\nrequests, create to settled\n%s", formatCounts(m.create, m.apps))
	fmt.Fprintf(&out, "\nrequests, idle for %s\n%s", idleTime, formatCounts(m.idle, m.apps))
	fmt.Fprintf(&out, "\nrequests, restart\n%s", formatCounts(m.restart, m.apps))
	return out.String()
}

// formatCounts lists requests by class and kind.
func formatCounts(c counts, apps int) string {
	if len(c) == 0 {
		return "none\n"
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "class\trequest\tnumber\tper App\tmost for one object\trefused")
	for _, key := range c.lines() {
		t := c[key]
		fmt.Fprintf(w, "%s\t%s\t%d\t%.2f\t%d\t%d\n", classNames[key.class], key.what, t.requests, float64(t.requests)/float64(apps), t.most(), t.refused)
	}
	_ = w.Flush() // to a strings.Builder
	return out.String()
}

func writeJSON(file string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(content, '\n'), 0o644)
}
