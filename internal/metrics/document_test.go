package metrics_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/metrics"
)

var update = flag.Bool("update", false, "write the metrics into docs/observability.md anew")

// TestDocument holds the table of docs/observability.md against what is told.
func TestDocument(t *testing.T) {
	const (
		file  = "../../docs/observability.md"
		begin = "<!-- metrics: go test ./internal/metrics -update -->\n"
		end   = "<!-- end of metrics -->"
	)
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, began := strings.Cut(string(page), begin)
	_, after, ended := strings.Cut(rest, end)
	if !began || !ended {
		t.Fatalf("%s has no place for the metrics", file)
	}
	want := before + begin + table(t) + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("%s (-want +got), write it with `go test ./internal/metrics -update`:\n%s", file, diff)
	}
}

// table is what a registry with all metrics tells of them.
func table(t *testing.T) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if _, err := metrics.NewReleases(registry); err != nil {
		t.Fatal(err)
	}
	registry.MustRegister(metrics.NewApps(func(context.Context) ([]v1alpha1.App, error) {
		return []v1alpha1.App{app("web", "")}, nil
	}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	out.WriteString("| metric | type | labels | what it tells |\n|---|---|---|---|\n")
	for _, family := range families {
		var labels []string
		for _, label := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, label.GetName())
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", family.GetName(), strings.ToLower(family.GetType().String()), strings.Join(labels, ", "), family.GetHelp())
	}
	return out.String()
}
