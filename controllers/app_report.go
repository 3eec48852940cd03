package controllers

import (
	"context"
	"fmt"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/internal/rollout"
)

const (
	// countsEvery spaces out writes of a status in which only numbers of pods
	// moved: every write refreshes whoever watches the App.
	countsEvery = time.Second
	// soonest keeps a check that is due from becoming no check at all.
	soonest = 10 * time.Millisecond
)

// report writes the status, if it says anything new, tells of the step from
// the old one, and says when to look again.
func (p *pass) report(ctx context.Context, problem *report.Problem) (ctrl.Result, error) {
	before := p.app.Status
	after := report.Status(report.Input{
		Now:      p.now,
		App:      p.app,
		Decision: p.decision,
		Held:     p.state.Held,
		Running:  p.state.Running,
		Releases: p.releases,
		Problem:  problem,
		Today:    p.today,
		Offered:  p.offered,
		Unbound:  p.inputs.Unbound,
		Bound:    p.inputs.Bound,
		Scaling:  scaling(p.snapshot.Autoscaler, p.app),
	})
	next := p.next(problem)
	if equality.Semantic.DeepEqual(before, after) {
		return p.result(next), nil
	}
	if due := p.countsDue(before, after); due.After(p.now) {
		return p.result(sooner(next, due)), nil
	}
	if err := p.writeStatus(ctx, after); err != nil {
		return ctrl.Result{}, err
	}
	p.tell(ctx, before, after)
	return p.result(next), nil
}

// countsDue is when a status may be written in which only numbers moved; any
// other may be written at once.
func (p *pass) countsDue(before, after v1alpha1.AppStatus) time.Time {
	last, ok := p.written.Get(p.app.UID)
	if !ok || !report.OnlyCounts(before, after) {
		return time.Time{}
	}
	return last.(time.Time).Add(countsEvery)
}

func (p *pass) writeStatus(ctx context.Context, after v1alpha1.AppStatus) error {
	patch, err := statusPatch(p.app, p.app.Status, after)
	if err != nil {
		return err
	}
	if err := p.Status().Patch(ctx, p.app, patch); err != nil {
		return fmt.Errorf("write the status of App %q: %w", p.app.Name, err)
	}
	p.written.Add(p.app.UID, p.now)
	return nil
}

// tell writes events and one log line about the step from one status to the
// next. It comes after the status was written, so that a step is told once. How
// far a step is belongs into the log of who asks for more.
func (p *pass) tell(ctx context.Context, before, after v1alpha1.AppStatus) {
	for _, event := range report.Events(before, after, p.made) {
		p.Events.Eventf(p.app, nil, event.Type, event.Reason, event.Action, "%s", event.Message)
		if event.Reason == v1alpha1.EventRolledBack {
			p.Metrics.RolledBack(after.Failure.Reason)
		}
	}
	if p.decision.Action == rollout.Await || report.OnlyCounts(before, after) {
		return
	}
	level := 1
	if report.NewStep(before, after) {
		level = 0
	}
	ctrl.LoggerFrom(ctx).V(level).Info("decided",
		"action", p.decision.Action,
		"reason", p.decision.Reason,
		"note", p.decision.Note,
		"desired", p.decision.Desired,
		"running", p.state.Running.Release,
		"lastHealthy", p.decision.LastHealthy,
	)
}

// next is when to look again though nothing changed, zero when only a change
// matters.
func (p *pass) next(problem *report.Problem) time.Time {
	next := p.decision.Recheck
	if problem == nil && (p.decision.Action == rollout.Advance || p.decision.Action == rollout.RollBack) {
		// What was set out may be there already, and then no change follows.
		next = sooner(next, p.now.Add(staleRetry))
	}
	if p.inputs.Poll {
		next = sooner(next, p.now.Add(recheck))
	}
	switch {
	case problem == nil:
	case problem.Reason == v1alpha1.ReasonConflict:
		next = sooner(next, p.now.Add(apply.RetryConflict))
	default:
		next = sooner(next, p.now.Add(apply.RetryRefused))
	}
	return next
}

func (p *pass) result(next time.Time) ctrl.Result {
	if next.IsZero() {
		return ctrl.Result{}
	}
	return ctrl.Result{RequeueAfter: max(next.Sub(p.now), soonest)}
}

// scaling says what the HorizontalPodAutoscaler reports of itself.
func scaling(autoscaler *autoscalingv2.HorizontalPodAutoscaler, app *v1alpha1.App) *report.Scaling {
	if !app.Spec.Autoscale.Enabled() {
		return nil
	}
	if autoscaler == nil {
		return &report.Scaling{}
	}
	for _, condition := range autoscaler.Status.Conditions {
		if condition.Type == autoscalingv2.ScalingActive {
			return &report.Scaling{
				Known:   true,
				Active:  condition.Status == corev1.ConditionTrue,
				Reason:  condition.Reason,
				Message: condition.Message,
			}
		}
	}
	return &report.Scaling{}
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
