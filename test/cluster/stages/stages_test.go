package stages

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
	"sigs.k8s.io/yaml"
)

// document is as much of a Stage as the tests look at.
type document struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		ResourceRef struct {
			Kind string `json:"kind"`
		} `json:"resourceRef"`
		Selector struct {
			MatchExpressions []struct {
				JQ struct {
					Key    string   `json:"key"`
					Values []string `json:"values"`
				} `json:"jq"`
			} `json:"matchExpressions"`
		} `json:"selector"`
		Delay struct {
			DurationFrom struct {
				JQ struct {
					Expression string `json:"expression"`
				} `json:"jq"`
			} `json:"durationFrom"`
		} `json:"delay"`
	} `json:"spec"`
}

func documents(t *testing.T) []document {
	t.Helper()
	stream, err := Documents()
	if err != nil {
		t.Fatal(err)
	}
	var all []document
	for _, text := range bytes.Split(stream, []byte("---\n"))[1:] {
		var d document
		if err := yaml.Unmarshal(text, &d); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		all = append(all, d)
	}
	return all
}

// Two stages for one moment would be played by chance.
func TestEachMomentHasOneStage(t *testing.T) {
	stageOf := map[string]string{}
	for _, d := range documents(t) {
		if d.Spec.ResourceRef.Kind != "Pod" {
			continue
		}
		for _, moment := range d.Spec.Selector.MatchExpressions[0].JQ.Values {
			if other, taken := stageOf[moment]; taken {
				t.Errorf("%s and %s both play %q", other, d.Metadata.Name, moment)
			}
			stageOf[moment] = d.Metadata.Name
		}
	}
	for _, outcome := range Outcomes() {
		if _, ok := stageOf[outcome.Name+" new"]; !ok {
			t.Errorf("no stage begins %q", outcome.Name)
		}
	}
}

func TestStagesNameKnownOutcomes(t *testing.T) {
	known := []string{"ready", "job", "deleted"}
	for _, outcome := range Outcomes() {
		known = append(known, outcome.Name)
	}
	for _, d := range documents(t) {
		if d.Spec.ResourceRef.Kind != "Pod" {
			continue
		}
		for _, moment := range d.Spec.Selector.MatchExpressions[0].JQ.Values {
			outcome, _, _ := strings.Cut(moment, " ")
			if !slices.Contains(known, outcome) {
				t.Errorf("%s plays %q, and there is no outcome %q", d.Metadata.Name, moment, outcome)
			}
		}
	}
}

// kwok takes a query that fails for one without an answer, and goes on at once.
func TestQueriesCompile(t *testing.T) {
	compile := func(stage, query string) {
		parsed, err := gojq.Parse(query)
		if err == nil {
			_, err = gojq.Compile(parsed)
		}
		if err != nil {
			t.Errorf("%s: %v in\n%s", stage, err, query)
		}
	}
	for _, d := range documents(t) {
		for _, expression := range d.Spec.Selector.MatchExpressions {
			compile(d.Metadata.Name, expression.JQ.Key)
		}
		if query := d.Spec.Delay.DurationFrom.JQ.Expression; query != "" {
			compile(d.Metadata.Name, query)
		}
	}
}

func TestDelays(t *testing.T) {
	delayOf := map[string]string{}
	for _, d := range documents(t) {
		delayOf[d.Metadata.Name] = strings.TrimPrefix(d.Spec.Delay.DurationFrom.JQ.Expression, mustQuery(t, ""))
	}
	pod := func(image, status string) string {
		return `{spec: {containers: [{name: a, image: "a:` + image + `"}]}, status: {containerStatuses: [{name: a, ` + status + `}]}}`
	}
	const noon = `{startedAt: "2026-01-01T12:00:00Z", finishedAt: "2026-01-01T12:00:00Z"}`
	tests := map[string]struct{ stage, pod, want string }{
		"crash-loop exits":          {"pod-crash", pod("crash-loop", `started: true, state: {running: `+noon+`}`), "2026-01-01T12:00:01Z"},
		"crash-later exits":         {"pod-crash", pod("crash-later", `started: true, state: {running: `+noon+`}`), "2026-01-01T12:00:05Z"},
		"oom is killed":             {"pod-oom-kill", pod("oom", `started: true, state: {running: `+noon+`}`), "2026-01-01T12:00:01Z"},
		"slow-start is ready":       {"pod-started", pod("slow-start", `started: false, state: {running: `+noon+`}`), "2026-01-01T12:00:08Z"},
		"the first restart":         {"pod-restart", pod("oom", `restartCount: 0, state: {terminated: `+noon+`}`), "2026-01-01T12:00:01Z"},
		"the second restart":        {"pod-restart", pod("oom", `restartCount: 1, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: `+noon+`}`), "2026-01-01T12:00:10Z"},
		"the third restart":         {"pod-restart-ready", pod("crash-later", `restartCount: 2, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: `+noon+`}`), "2026-01-01T12:00:20Z"},
		"the first pull":            {"pod-image-not-found", `{spec: {containers: [{name: a, image: "a:image-not-found"}]}, status: {}}`, "1s"},
		"a Job's work":              {"pod-complete", pod("v1", `started: true, state: {running: `+noon+`}`), "2026-01-01T12:00:01Z"},
		"a pull after a long while": {"pod-registry-5xx", `{spec: {containers: [{name: a, image: "a:registry-5xx"}]}, status: {startTime: "2026-01-01T12:00:00Z", containerStatuses: [{name: a, state: {waiting: {reason: ImagePullBackOff}}}]}}`, "300s"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			query, ok := delayOf[test.stage]
			if !ok || query == "" {
				t.Fatalf("stage %s has no delay", test.stage)
			}
			if got := ask(t, query, test.pod); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func mustQuery(t *testing.T, query string) string {
	t.Helper()
	program, err := Query(query)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func TestReadmeListsTheOutcomes(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, outcome := range Outcomes() {
		row := "| `" + outcome.Name + "` | " + outcome.Meaning + " |"
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks the row\n%s", row)
		}
	}
}
