package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// folder has the shape of resource_customizations in Argo CD, so that it can
// be handed in there.
const folder = "../../../config/gitops/argocd/bowline.dev/App"

// update writes what follows from the scripts and from the testdata.
var update = flag.Bool("update", false, "write health_test.yaml and argocd-cm.yaml anew")

// healthTests is a health_test.yaml.
type healthTests struct {
	Tests []healthTest `json:"tests"`
}

type healthTest struct {
	HealthStatus healthStatus `json:"healthStatus"`
	InputPath    string       `json:"inputPath"`
}

type healthStatus struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// words are what Argo CD calls an App of the testdata; the message is the one
// of its condition Ready.
var words = map[string]string{
	"unobserved":     "Progressing",
	"progressing":    "Progressing",
	"baking":         "Progressing",
	"outdated":       "Progressing",
	"inputs-missing": "Progressing",
	"healthy":        "Healthy",
	"pinned":         "Healthy",
	"rolled-back":    "Degraded",
	"failed":         "Degraded",
	"unavailable":    "Degraded",
	"paused":         "Suspended",
	"paused-in-spec": "Suspended",
}

func TestHealth(t *testing.T) {
	script := content(t, "health.lua")
	files, err := filepath.Glob(filepath.Join(folder, "testdata", "*.yaml"))
	if err != nil || len(files) != len(words) {
		t.Errorf("%d Apps in the testdata, %d have a word: %v", len(files), len(words), err)
	}
	var got healthTests
	for _, file := range files {
		path := "testdata/" + filepath.Base(file)
		status, message, err := healthOf(script, app(t, path))
		if err != nil {
			t.Fatal(err)
		}
		if want := words[strings.TrimSuffix(filepath.Base(file), ".yaml")]; status != want {
			t.Errorf("%s: got %s: %s, want %s", path, status, message, want)
		}
		got.Tests = append(got.Tests, healthTest{healthStatus{status, message}, path})
	}
	data, err := yaml.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	same(t, filepath.Join(folder, "health_test.yaml"), data)
}

// TestConfigMap: what is copied into a ConfigMap is what was tested.
func TestConfigMap(t *testing.T) {
	type action struct {
		Name   string `json:"name"`
		Script string `json:"action.lua"`
	}
	var actions struct {
		Discovery   string   `json:"discovery.lua"`
		Definitions []action `json:"definitions"`
	}
	actions.Discovery = content(t, "actions/discovery.lua")
	for _, name := range []string{"pause", "restart", "resume", "retry"} {
		actions.Definitions = append(actions.Definitions, action{name, content(t, filepath.Join("actions", name, "action.lua"))})
	}
	text, err := yaml.Marshal(actions)
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"name": "argocd-cm", "namespace": "argocd", "labels": map[string]any{"app.kubernetes.io/part-of": "argocd"}},
		"data": map[string]any{
			"resource.customizations.health.bowline.dev_App":  content(t, "health.lua"),
			"resource.customizations.actions.bowline.dev_App": string(text),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	const head = "# What Argo CD is to know of Apps: merge it into its ConfigMap, as with\n# kubectl apply --server-side. Written by make test-gitops UPDATE=1.\n"
	same(t, filepath.Join(folder, "..", "..", "argocd-cm.yaml"), append([]byte(head), data...))
}

// same compares a file with what it should hold, or writes it.
func same(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is out of date, run make test-gitops UPDATE=1: want -, got +:\n%s", file, diff)
	}
}

// actionTests is an action_test.yaml.
type actionTests struct {
	DiscoveryTests []struct {
		InputPath string
		Result    []offered
	}
	ActionTests []struct{ Action, InputPath, ExpectedOutputPath string }
}

// offered is an action as Argo CD offers it.
type offered struct {
	Name        string
	Disabled    bool
	DisplayName string
}

func TestActionsOffered(t *testing.T) {
	script := content(t, "actions/discovery.lua")
	var tests actionTests
	decode(t, "actions/action_test.yaml", &tests)
	if len(tests.DiscoveryTests) == 0 {
		t.Fatal("no tests")
	}
	for _, test := range tests.DiscoveryTests {
		t.Run(test.InputPath, func(t *testing.T) {
			said, err := execute(script, app(t, filepath.Join("actions", test.InputPath)))
			if err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(said)
			if err != nil {
				t.Fatal(err)
			}
			byName := map[string]offered{}
			if err := json.Unmarshal(data, &byName); err != nil {
				t.Fatal(err)
			}
			got := []offered{}
			for name, action := range byName {
				action.Name = name
				got = append(got, action)
				if _, err := os.Stat(filepath.Join(folder, "actions", name, "action.lua")); err != nil {
					t.Errorf("the action %s is offered and does not exist: %v", name, err)
				}
			}
			order := func(a, b offered) int { return strings.Compare(a.Name, b.Name) }
			slices.SortFunc(got, order)
			slices.SortFunc(test.Result, order)
			if diff := cmp.Diff(test.Result, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// now is the moment an action writes down.
var now = regexp.MustCompile(`Argo CD \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

func TestActions(t *testing.T) {
	var tests actionTests
	decode(t, "actions/action_test.yaml", &tests)
	tried := map[string]bool{}
	for _, test := range tests.ActionTests {
		tried[test.Action] = true
		t.Run(test.Action, func(t *testing.T) {
			before := app(t, filepath.Join("actions", test.InputPath))
			after, err := execute(content(t, filepath.Join("actions", test.Action, "action.lua")), before)
			if err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(restore(after, before))
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(now.ReplaceAll(data, []byte("Argo CD 0001-01-01T00:00:00Z")), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(app(t, filepath.Join("actions", test.ExpectedOutputPath)), got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
	scripts, err := filepath.Glob(filepath.Join(folder, "actions", "*", "action.lua"))
	if err != nil || len(scripts) != len(tried) {
		t.Errorf("%d actions exist, %d are tried: %v", len(scripts), len(tried), err)
	}
}

// TestRestrictions: what Argo CD forbids is forbidden here.
func TestRestrictions(t *testing.T) {
	for script, want := range map[string]string{
		`return {string.format("x")}`:                                      "attempt to index a non-table object(nil) with key 'format'",
		`return {math.max(1, 2)}`:                                          "attempt to index a non-table object(nil) with key 'max'",
		`return {os.date()}`:                                               "attempt to index a non-table object(nil) with key 'date'",
		`return {require("os").exit()}`:                                    "attempt to call a non-function object",
		`return {require("os").getenv("A")}`:                               "attempt to call a non-function object",
		`local os = require("os"); local all = _G.os; return {all.exit()}`: "attempt to index a non-table object(nil) with key 'exit'",
		`while true do end`:                                                "context deadline exceeded",
	} {
		_, err := execute(script, map[string]any{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", script, err, want)
		}
	}
}

func TestHealthMustBeKnown(t *testing.T) {
	for script, want := range map[string]string{
		`return {status = "Fine"}`: `"Fine" is no health that Argo CD knows`,
		`return "Healthy"`:         "the script returns Healthy, no table",
	} {
		if _, _, err := healthOf(script, nil); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", script, err, want)
		}
	}
}

func TestPatch(t *testing.T) {
	for _, test := range []struct{ before, after, want string }{
		{`{"a":{"b":1,"c":[1]}}`, `{"a":{"b":1,"c":[1]}}`, `null`},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":3}}`, `{"a":{"b":3,"c":null}}`},
		{`{"a":1}`, `{"a":1,"d":{"e":"f"}}`, `{"d":{"e":"f"}}`},
	} {
		var before, after any
		if err := json.Unmarshal([]byte(test.before), &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(test.after), &after); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(patch(before, after))
		if err != nil || string(got) != test.want {
			t.Errorf("from %s to %s: got %s, want %s", test.before, test.after, got, test.want)
		}
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := read(filepath.Join(folder, path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(content(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// app reads an App.
func app(t *testing.T, path string) map[string]any {
	t.Helper()
	object := map[string]any{}
	decode(t, path, &object)
	return object
}
