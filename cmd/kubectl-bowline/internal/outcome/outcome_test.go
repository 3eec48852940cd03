package outcome

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

const (
	yes     = metav1.ConditionTrue
	no      = metav1.ConditionFalse
	unknown = metav1.ConditionUnknown
)

// app is an App of generation 2 whose conditions Ready and RolledOut say the
// same.
func app(status metav1.ConditionStatus, reason string, change ...func(*v1alpha1.App)) *view.View {
	a := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop", Generation: 2}}
	a.Status.ObservedGeneration = 2
	a.Status.Release = v1alpha1.ReleaseRoles{Desired: "shop-2", Running: "shop-2"}
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionRolledOut} {
		a.Status.Conditions = append(a.Status.Conditions, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: "said"})
	}
	for _, c := range change {
		c(a)
	}
	answered := v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{App: "shop", Number: 2, RetryToken: "old", RestartToken: "old"}}
	return &view.View{App: a, Releases: []v1alpha1.Release{answered}}
}

func stalled(a *v1alpha1.App) {
	a.Status.Conditions = append(a.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionStalled, Status: yes})
}

func annotated(name, value string) func(*v1alpha1.App) {
	return func(a *v1alpha1.App) { a.Annotations = map[string]string{name: value} }
}

func said(message string) func(*v1alpha1.App) {
	return func(a *v1alpha1.App) {
		for i := range a.Status.Conditions {
			a.Status.Conditions[i].Message = message
		}
	}
}

const (
	free     = `Deployment "shop" exists in namespace "default", which nothing controls: it was not touched; delete or rename it, give the App another name, or set the annotation bowline.dev/adopt to take it over`
	leftOver = `ConfigMap "shop-config-1" exists in namespace "default", which nothing controls: it was not touched; delete or rename it, give the App another name, or set the annotation bowline.dev/adopt to take it over`
	differs  = `Deployment "shop" is not taken over, and nothing was touched: it does not run what the App says, and its pods would be restarted (x); let the App say what runs, or set the annotation bowline.dev/adopt to rollout`
	inPause  = `Deployment "shop" is not taken over, and nothing was touched: the annotation bowline.dev/paused is set; remove it to go on`
	wrong    = `annotation bowline.dev/adopt: "yes" is neither "true" (take over what runs what the App says) nor "rollout" (take over, then roll out what the App says)`
)

func TestOf(t *testing.T) {
	cases := map[string]struct {
		view *view.View
		want Outcome
	}{
		"healthy":      {app(yes, "Healthy"), Outcome{Healthy, "Healthy", "said"}},
		"on its way":   {app(unknown, "Progressing"), Outcome{Pending, "Progressing", "said"}},
		"rolling back": {app(no, "RollingBack"), Outcome{Pending, "RollingBack", "said"}},
		"rolled back":  {app(no, "RolledBack", stalled), Outcome{Failed, "RolledBack", "said"}},
		"paused":       {app(no, "Paused", annotated(v1alpha1.AnnotationPaused, "true")), Outcome{Failed, "Paused", "said"}},
		"paused by its spec": {
			app(no, "Paused", func(a *v1alpha1.App) { a.Spec.Rollout.State = v1alpha1.RolloutPaused }), Outcome{Failed, "Paused", "said"},
		},
		"an end of a pause that was not seen": {app(no, "Paused"), Outcome{Pending, "NotObserved", "the end of the pause is not seen yet"}},
		"in the way is what nothing controls": {app(no, "Conflict", stalled, said(free)), Outcome{Failed, "Conflict", free}},
		"a takeover that was not seen": {
			app(no, "Conflict", stalled, said(free), annotated(v1alpha1.AnnotationAdopt, "true")),
			Outcome{Pending, "NotObserved", "annotation bowline.dev/adopt=true is not answered yet"},
		},
		"a takeover that was refused": {
			app(no, "Conflict", stalled, said(differs), annotated(v1alpha1.AnnotationAdopt, "true")), Outcome{Failed, "Conflict", differs},
		},
		"a takeover with a rollout that was not seen": {
			app(no, "Conflict", stalled, said(differs), annotated(v1alpha1.AnnotationAdopt, "rollout")),
			Outcome{Pending, "NotObserved", "annotation bowline.dev/adopt=rollout is not answered yet"},
		},
		"what is not taken over in a pause": {
			app(no, "Conflict", stalled, said(inPause), annotated(v1alpha1.AnnotationPaused, "true")), Outcome{Failed, "Conflict", inPause},
		},
		"an end of such a pause that was not seen": {
			app(no, "Conflict", stalled, said(inPause), annotated(v1alpha1.AnnotationAdopt, "true")),
			Outcome{Pending, "NotObserved", "the end of the pause is not seen yet"},
		},
		"what is not taken over without its Deployment": {
			app(no, "Conflict", stalled, said(leftOver), annotated(v1alpha1.AnnotationAdopt, "true")), Outcome{Failed, "Conflict", leftOver},
		},
		"an annotation that says nothing": {
			app(no, "InvalidInput", stalled, said(wrong), annotated(v1alpha1.AnnotationAdopt, "yes")), Outcome{Failed, "InvalidInput", wrong},
		},
		"a corrected annotation that was not seen": {
			app(no, "InvalidInput", stalled, said(wrong), annotated(v1alpha1.AnnotationAdopt, "true")),
			Outcome{Pending, "NotObserved", "annotation bowline.dev/adopt was corrected, which is not seen yet"},
		},
		"something may still come": {
			app(no, "InputsMissing"), Outcome{Pending, "InputsMissing", "said"},
		},
		"what it says is of an earlier spec": {
			app(yes, "Healthy", func(a *v1alpha1.App) { a.Generation = 3 }),
			Outcome{Pending, "NotObserved", "the operator has not looked at generation 3 of the App yet; if that stays, see whether it runs"},
		},
		"it says nothing": {
			app(yes, "Healthy", func(a *v1alpha1.App) { a.Status = v1alpha1.AppStatus{ObservedGeneration: -1} }),
			Outcome{Pending, "NotObserved", "the operator has not looked at generation 2 of the App yet; if that stays, see whether it runs"},
		},
		"a retry that was not seen": {
			app(no, "RolledBack", stalled, annotated(v1alpha1.AnnotationRetry, "new")),
			Outcome{Pending, "NotObserved", "annotation bowline.dev/retry=new is not answered yet"},
		},
		"a restart that was not seen": {
			app(yes, "Healthy", annotated(v1alpha1.AnnotationRestart, "new")),
			Outcome{Pending, "NotObserved", "annotation bowline.dev/restart=new is not answered yet"},
		},
		"a retry that was answered": {
			app(no, "RolledBack", stalled, annotated(v1alpha1.AnnotationRetry, "old")), Outcome{Failed, "RolledBack", "said"},
		},
		"a restart that cannot be answered": {
			app(no, "Paused", annotated(v1alpha1.AnnotationRestart, "new"), func(a *v1alpha1.App) { a.Spec.Rollout.State = v1alpha1.RolloutPaused }), Outcome{Failed, "Paused", "said"},
		},
		"pinned": {
			app(yes, "Pinned", annotated(v1alpha1.AnnotationRollbackTo, "shop-2")), Outcome{Healthy, "Pinned", "said"},
		},
		"a pin that was not seen": {
			app(yes, "Healthy", annotated(v1alpha1.AnnotationRollbackTo, "shop-1")),
			Outcome{Pending, "NotObserved", "annotation bowline.dev/rollback-to=shop-1 is not answered yet"},
		},
		"another pin that was not seen": {
			app(yes, "Pinned", annotated(v1alpha1.AnnotationRollbackTo, "shop-1")),
			Outcome{Pending, "NotObserved", "annotation bowline.dev/rollback-to=shop-1 is not answered yet"},
		},
		"an end of a pin that was not seen": {
			app(yes, "Pinned"), Outcome{Pending, "NotObserved", "the end of annotation bowline.dev/rollback-to is not seen yet"},
		},
		"a pin to what is not there": {
			app(no, "InvalidInput", stalled, annotated(v1alpha1.AnnotationRollbackTo, "shop-9")), Outcome{Failed, "InvalidInput", "said"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Of(c.view)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
