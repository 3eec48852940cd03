package main

import (
	"bytes"
	"strings"
	"testing"
)

// condition is a condition that speaks of a generation.
func condition(kind, status, generation string) string {
	return `{"type":"` + kind + `","status":"` + status + `","reason":"Because","message":"so","observedGeneration":` + generation + `,"lastTransitionTime":"2026-01-01T00:00:00Z"}`
}

// app is an App of generation 2 with a status.
func app(observed string, conditions ...string) string {
	return `{"apiVersion":"bowline.dev/v1alpha1","kind":"App","metadata":{"name":"shop","uid":"u","resourceVersion":"7","generation":2},` +
		`"status":{"observedGeneration":` + observed + `,"conditions":[` + strings.Join(conditions, ",") + `]}}`
}

func TestAnswer(t *testing.T) {
	for name, test := range map[string]struct{ app, want string }{
		"nobody has looked yet": {
			app(`-1`),
			`{"uid":"u","resourceVersion":"7","status":"InProgress"}`,
		},
		"ready": {
			app(`2`, condition("Ready", "True", "2")),
			`{"uid":"u","resourceVersion":"7","status":"Current"}`,
		},
		"ready of the generation before": {
			app(`1`, condition("Ready", "True", "1")),
			`{"uid":"u","resourceVersion":"7","status":"InProgress"}`,
		},
		"on its way": {
			app(`2`, condition("Ready", "Unknown", "2"), condition("Reconciling", "True", "2")),
			`{"uid":"u","resourceVersion":"7","status":"InProgress"}`,
		},
		"stalled": {
			app(`2`, condition("Ready", "False", "2"), condition("Stalled", "True", "2")),
			`{"uid":"u","resourceVersion":"7","status":"Failed"}`,
		},
		"stalled and ready": {
			app(`2`, condition("Ready", "True", "2"), condition("Stalled", "True", "2")),
			`{"uid":"u","resourceVersion":"7","status":"Failed","problems":["flux: [Negative polarity condition cannot be True when Ready condition is True: [Stalled], Ready condition must be False when Stalled condition is True]","flux: Negative polarity condition present when Ready condition is True: [Stalled]"]}`,
		},
		"ready and on its way": {
			app(`2`, condition("Ready", "True", "2"), condition("Reconciling", "True", "2")),
			`{"uid":"u","resourceVersion":"7","status":"InProgress"}`,
		},
		"no Ready": {
			app(`2`),
			`{"uid":"u","resourceVersion":"7","status":"Current","problems":["kstatus takes it for Current, it means InProgress","flux: Ready condition must always be present"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := answer(strings.NewReader(test.app+"\n"), &out); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(out.String()); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestAnswerToNonsense(t *testing.T) {
	if err := answer(strings.NewReader("nonsense\n"), &bytes.Buffer{}); err == nil {
		t.Error("got no error")
	}
}
