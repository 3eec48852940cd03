// Package outcome says whether a rollout has come to its end. It is pure.
//
//	situation                                        verdict
//	-----------------------------------------------  -----------------------------
//	the operator has not looked at the newest spec   Pending
//	a wish (retry, restart) is not answered yet      Pending
//	the App was pinned or unpinned and not looked at Pending
//	it was resumed, which was not looked at          Pending
//	what an annotation said wrong was corrected      Pending
//	it may take over what was in its way by now      Pending
//	Ready is True                                    Healthy
//	Stalled is True                                  Failed: a person must act
//	Ready is False because it is paused              Failed: nothing happens by itself
//	otherwise                                        Pending
package outcome

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/internal/resolve"
)

// Verdict is how a rollout ended, if it did.
type Verdict int

// The verdicts.
const (
	Pending Verdict = iota
	Healthy
	Failed
)

// String is the verdict in one word.
func (v Verdict) String() string { return [...]string{"Pending", "Healthy", "Failed"}[v] }

// Outcome is a verdict and its reason.
type Outcome struct {
	Verdict Verdict
	Reason  string
	Message string
}

// Of says how the rollout of an App's newest spec and wishes goes.
func Of(v *view.View) Outcome {
	if waits := unseen(v); waits != "" {
		return Outcome{Pending, "NotObserved", waits}
	}
	conditions := v.App.Status.Conditions
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return Outcome{Pending, "NotObserved", "the operator has not looked at the App yet; if that stays, see whether it runs"}
	case ready.Status == metav1.ConditionTrue:
		return Outcome{Healthy, ready.Reason, ready.Message}
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled), ready.Reason == v1alpha1.ReasonPaused:
		return Outcome{Failed, ready.Reason, ready.Message}
	}
	return Outcome{Pending, ready.Reason, ready.Message}
}

// unseen says what the operator has not looked at, empty when it has seen all.
func unseen(v *view.View) string {
	app := v.App
	if app.Status.ObservedGeneration < app.Generation {
		return fmt.Sprintf("the operator has not looked at generation %d of the App yet; if that stays, see whether it runs", app.Generation)
	}
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		if waits := stale(app, ready); waits != "" {
			return waits
		}
	}
	rolledOut := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionRolledOut)
	if rolledOut == nil || held(rolledOut.Reason) {
		return "" // nothing is answered before that is solved
	}
	pin, pinned := app.Annotations[v1alpha1.AnnotationRollbackTo], rolledOut.Reason == v1alpha1.ReasonPinned
	switch {
	case pin != "" && (!pinned || app.Status.Release.Desired != pin):
		return fmt.Sprintf("annotation %s=%s is not answered yet", v1alpha1.AnnotationRollbackTo, pin)
	case pin == "" && pinned:
		return fmt.Sprintf("the end of annotation %s is not seen yet", v1alpha1.AnnotationRollbackTo)
	case pin != "":
		return "" // wishes wait while it is pinned
	}
	return unanswered(v)
}

// stale says which annotation was changed since Ready was written, where what it
// says cannot be true any more. Annotations move no generation.
func stale(app *v1alpha1.App, ready *metav1.Condition) string {
	switch ready.Reason {
	case v1alpha1.ReasonPaused:
		if app.PausedBy() == "" {
			return "the end of the pause is not seen yet"
		}
	case v1alpha1.ReasonInvalidInput:
		for _, annotation := range []string{v1alpha1.AnnotationRetry, v1alpha1.AnnotationRestart, v1alpha1.AnnotationAdopt} {
			if strings.HasPrefix(ready.Message, "annotation "+annotation+":") && resolve.Wishes(app) == nil {
				return fmt.Sprintf("annotation %s was corrected, which is not seen yet", annotation)
			}
		}
	case v1alpha1.ReasonConflict:
		if app.PausedBy() == "" && strings.HasSuffix(ready.Message, pausedAside()) {
			return "the end of the pause is not seen yet" // in which nothing is taken over
		}
		if value := app.Annotations[v1alpha1.AnnotationAdopt]; allowed(value, ready.Message) {
			return fmt.Sprintf("annotation %s=%s is not answered yet", v1alpha1.AnnotationAdopt, value)
		}
	}
	return ""
}

// pausedAside is how the operator tells of an App that the annotation pauses.
func pausedAside() string {
	app := &v1alpha1.App{}
	app.Annotations = map[string]string{v1alpha1.AnnotationPaused: "true"}
	return app.PausedBy() + report.WayOutOfPause(app)
}

// allowed tells that the annotation says what a conflict's message asks for.
func allowed(adopt, message string) bool {
	switch {
	case adopt == v1alpha1.AdoptAndRollOut && strings.HasSuffix(message, apply.WayOutRollOut):
		return true
	case adopt == "" || !strings.HasSuffix(message, apply.WayOutAdopt):
		return false
	}
	// What an App of this name has left behind is taken over only with its
	// Deployment.
	kind, _, _ := strings.Cut(message, " ")
	return slices.Contains([]string{"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"}, kind)
}

// unanswered says which wish no Release has answered. Every Release carries the
// wishes of those before it, so the newest knows all.
func unanswered(v *view.View) string {
	var newest v1alpha1.ReleaseSpec
	if n := len(v.Releases); n > 0 {
		newest = v.Releases[n-1].Spec
	}
	for _, wish := range []struct{ annotation, answered string }{
		{v1alpha1.AnnotationRetry, newest.RetryToken}, {v1alpha1.AnnotationRestart, newest.RestartToken},
	} {
		if asked := v.App.Annotations[wish.annotation]; asked != "" && asked != wish.answered {
			return fmt.Sprintf("annotation %s=%s is not answered yet", wish.annotation, asked)
		}
	}
	return ""
}

// held tells that the operator can answer nobody until something is solved.
func held(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInputsMissing, v1alpha1.ReasonInvalidImage, v1alpha1.ReasonInvalidInput, v1alpha1.ReasonImageNotResolved,
		v1alpha1.ReasonServiceBindingsNotReady, v1alpha1.ReasonConflict, v1alpha1.ReasonRefused, v1alpha1.ReasonPaused:
		return true
	}
	return false
}

// Line is an outcome in one line.
func (o Outcome) Line() string {
	return cmp.Or(o.Reason, o.Verdict.String()) + ": " + o.Message
}
