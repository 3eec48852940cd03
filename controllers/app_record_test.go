package controllers

import (
	"testing"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/metrics"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// TestOutcomeOf: how a Release that ends is counted.
func TestOutcomeOf(t *testing.T) {
	for name, c := range map[string]struct {
		mark    rollout.ReleaseMark
		outcome metrics.Outcome
		reason  string
	}{
		"superseded": {rollout.ReleaseMark{Superseded: true}, metrics.Superseded, ""},
		"healthy":    {rollout.ReleaseMark{Verdict: &rollout.FinalVerdict{Health: rollout.Healthy, Reason: v1alpha1.ReasonHealthy}}, metrics.Healthy, ""},
		"failed":     {rollout.ReleaseMark{Verdict: &rollout.FinalVerdict{Health: rollout.Failed, Reason: v1alpha1.FailureCrash}}, metrics.Failed, "Crashing"},
	} {
		t.Run(name, func(t *testing.T) {
			if outcome, reason := outcomeOf(c.mark); outcome != c.outcome || reason != c.reason {
				t.Errorf("%s %q, want %s %q", outcome, reason, c.outcome, c.reason)
			}
		})
	}
}
