package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	signs := []Sign{
		{Class: Crash, Pod: "a", Container: "app", Reason: "CrashLoopBackOff", Message: "last words", At: t0},
		{Class: NotReady, Pod: "b", Container: "app", Reason: "NotReady", Message: "its readiness probe does not succeed"},
		{Class: NotReady, Pod: "b", Container: "proxy", Reason: "NotStarted", Message: "its startup probe does not succeed"},
		{Class: NotReady, Pod: "c", Container: "app", Reason: "ContainerCreating"},
		{Class: NotReady, Pod: "d", Container: "app", Reason: "NotReady", Message: "its readiness probe does not succeed"},
	}
	if diff := cmp.Diff([]string{"b", "d"}, PodsToAsk(signs, 3)); diff != "" {
		t.Errorf("pods to ask: want -, got +:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b"}, PodsToAsk(signs, 1)); diff != "" {
		t.Errorf("pods to ask, at most one: want -, got +:\n%s", diff)
	}
	got := Explain(signs, []ProbeFailure{
		{Pod: "a", Container: "app", Message: "Liveness probe failed", At: t0},
		{Pod: "b", Container: "app", Message: "Readiness probe failed: HTTP probe failed with statuscode: 503", At: t0.Add(2 * time.Second)},
		{Pod: "b", Container: "app", Message: "Readiness probe failed: connection refused", At: t0},
		{Pod: "c", Container: "app", Message: "Startup probe failed", At: t0},
	})
	want := append([]Sign(nil), signs...)
	want[1].Message, want[1].At = "Readiness probe failed: HTTP probe failed with statuscode: 503", t0.Add(2*time.Second)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("signs: want -, got +:\n%s", diff)
	}
}
