package advice

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const (
	alertsFile = "../../config/prometheus/alerts.yaml"
	ruleFile   = "../../config/prometheus/rule.yaml"
	playedFile = "../../test/integration/observability/testdata/alerts.test.yaml"
	observing  = "../../docs/observability.md"
	runbook    = "https://github.com/bowline-dev/bowline/blob/main/docs/troubleshooting.md#"
)

type alert struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

type groups struct {
	Groups []struct {
		Name  string
		Rules []alert
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(read(t, file), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func alerts(t *testing.T) []alert {
	t.Helper()
	var file groups
	decode(t, alertsFile, &file)
	var out []alert
	for _, group := range file.Groups {
		out = append(out, group.Rules...)
	}
	return out
}

// TestAlertsHaveAdvice: who is alerted finds what to do.
func TestAlertsHaveAdvice(t *testing.T) {
	var advised, told []string
	for _, a := range Alerts {
		advised = append(advised, a.Reason)
	}
	headings := anchors(string(read(t, "../../docs/troubleshooting.md")))
	for _, a := range alerts(t) {
		told = append(told, a.Alert)
		for _, annotation := range []string{"summary", "description", "runbook_url"} {
			if a.Annotations[annotation] == "" {
				t.Errorf("%s has no %s", a.Alert, annotation)
			}
		}
		anchor, ok := strings.CutPrefix(a.Annotations["runbook_url"], runbook)
		if !ok || !slices.Contains(headings, anchor) {
			t.Errorf("%s: %s is no heading of docs/troubleshooting.md", a.Alert, a.Annotations["runbook_url"])
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, a.Labels["severity"]) {
			t.Errorf("%s: severity %q", a.Alert, a.Labels["severity"])
		}
	}
	slices.Sort(advised)
	slices.Sort(told)
	if diff := cmp.Diff(told, advised); diff != "" {
		t.Errorf("alerts (-%s +advice):\n%s", alertsFile, diff)
	}
}

var heading = regexp.MustCompile(`(?m)^#+ (.*)$`)

// anchors are those that GitHub gives the headings of a page.
func anchors(page string) []string {
	var out []string
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		slug := strings.ReplaceAll(strings.ToLower(match[1]), " ", "-")
		slug = regexp.MustCompile(`[^\p{L}\p{N}_-]`).ReplaceAllString(slug, "")
		anchor := slug
		for n := 1; slices.Contains(out, anchor); n++ {
			anchor = fmt.Sprintf("%s-%d", slug, n)
		}
		out = append(out, anchor)
	}
	return out
}

// TestAnchors: the second heading of a name gets a number.
func TestAnchors(t *testing.T) {
	got := anchors("# What pods show\n\n### RolledBack\n## `x`: y\n### RolledBack\n")
	if diff := cmp.Diff([]string{"what-pods-show", "rolledback", "x-y", "rolledback-1"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestEveryAlertIsPlayed: promtool plays each, once when it must fire and once
// when it must not.
func TestEveryAlertIsPlayed(t *testing.T) {
	var played struct {
		RuleFiles          []string `json:"rule_files"`
		EvaluationInterval string   `json:"evaluation_interval"`
		Tests              []struct {
			Name          string              `json:"name"`
			Interval      string              `json:"interval"`
			InputSeries   []map[string]string `json:"input_series"`
			AlertRuleTest []struct {
				EvalTime  string           `json:"eval_time"`
				Alertname string           `json:"alertname"`
				ExpAlerts []map[string]any `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		}
	}
	decode(t, playedFile, &played)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range played.Tests {
		for _, moment := range test.AlertRuleTest {
			if len(moment.ExpAlerts) > 0 {
				fires[moment.Alertname] = true
			} else {
				silent[moment.Alertname] = true
			}
		}
	}
	for _, a := range alerts(t) {
		if !fires[a.Alert] || !silent[a.Alert] {
			t.Errorf("%s: it must fire in one case of %s and stay silent in another", a.Alert, playedFile)
		}
	}
}

// TestRule: the Prometheus operator is given the same groups.
func TestRule(t *testing.T) {
	_, text, ok := strings.Cut(string(read(t, alertsFile)), "\ngroups:\n")
	if !ok {
		t.Fatalf("%s has no groups", alertsFile)
	}
	var want bytes.Buffer
	want.WriteString(`# Written from alerts.yaml by: go test ./internal/advice -update
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: bowline-controller-manager
  namespace: bowline-system
  labels:
    app.kubernetes.io/component: controller-manager
spec:
  groups:
`)
	for line := range strings.Lines(text) {
		want.WriteString("  " + line)
	}
	wantFile(t, ruleFile, want.Bytes())
}

// TestAlertsInTheDocs holds the table of docs/observability.md against the
// alerts.
func TestAlertsInTheDocs(t *testing.T) {
	var table strings.Builder
	table.WriteString("| alert | severity | after | what it means for users |\n|---|---|---|---|\n")
	for _, a := range alerts(t) {
		after := a.For
		if after == "" {
			after = "at once"
		}
		fmt.Fprintf(&table, "| [%s](troubleshooting.md#%s) | %s | %s | %s |\n", a.Alert, strings.ToLower(a.Alert), a.Labels["severity"], after, a.Annotations["description"])
	}
	page := string(read(t, observing))
	before, rest, ok := strings.Cut(page, "<!-- alerts: go test ./internal/advice -update -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end of alerts -->")
	if !ok || !ended {
		t.Fatalf("%s has no place for the alerts", observing)
	}
	wantFile(t, observing, []byte(before+"<!-- alerts: go test ./internal/advice -update -->\n"+table.String()+"<!-- end of alerts -->"+after))
}

// wantFile holds a file against what it should be, and writes it with -update.
func wantFile(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(want), string(read(t, file))); diff != "" {
		t.Errorf("%s (-want +got), write it with `go test ./internal/advice -update`:\n%s", file, diff)
	}
}
