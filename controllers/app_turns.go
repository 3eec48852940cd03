package controllers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/turns"
)

// decide decides what to do. A change of nothing but a source that many Apps
// use waits for its turn. While it is not known whose turn it is, nothing is
// decided, and it returns in how long to look again.
func (p *pass) decide(ctx context.Context) (undecided time.Duration, err error) {
	p.decision = rollout.Decide(p.state)
	if p.Turns.Limit() == 0 {
		return 0, nil
	}
	claims, err := p.claims(ctx)
	if err != nil {
		return 0, fmt.Errorf("find out whose turn it is: %w", err)
	}
	if len(claims) == 0 {
		p.leave(client.ObjectKeyFromObject(p.app))
		return 0, nil
	}
	ok, again := p.Turns.Ask(p.now, p.app.Name, p.specChanged(), claims)
	switch {
	case ok:
		return 0, nil
	case again.Sub(p.now) <= turns.Gather:
		return again.Sub(p.now), nil
	}
	p.state.Turn = &rollout.Held{Reason: v1alpha1.ReasonWaitingForTurn, Message: p.waits(claims)}
	p.decision = rollout.Decide(p.state)
	p.decision.Recheck = sooner(p.decision.Recheck, again)
	return 0, nil
}

// waits says what an App waits for. It counts nobody: that would be another
// status of every App that waits whenever one of them goes.
func (p *pass) waits(claims []turns.Claim) string {
	var names []string
	for _, claim := range claims {
		names = append(names, fmt.Sprintf("%s %q", claim.Source.Kind, claim.Source.Name))
	}
	return fmt.Sprintf("%s changed: at most %d of the Apps that use it roll that out at a time, and this one waits for its turn; a change of its spec goes out at once",
		strings.Join(names, " and "), p.Turns.Limit())
}

// claims are what the App needs turns for. It needs none for a change of its
// own, and none while what runs has not proved healthy: then there is nothing to
// rest on.
func (p *pass) claims(ctx context.Context) ([]turns.Claim, error) {
	releases := p.snapshot.Releases
	if p.decision.Make == nil || p.decision.Make.Cause != rollout.CauseInputs || len(releases) == 0 || !p.state.Rests() {
		return nil, nil
	}
	var claims []turns.Claim
	for _, change := range release.Changed(releases[len(releases)-1].Spec, p.inputs.Inputs) {
		users, err := p.usersOf(ctx, change.Origin)
		if err != nil {
			return nil, err
		}
		if len(users) <= p.Turns.Limit() {
			continue
		}
		held, err := p.holders(ctx, change.Origin, users)
		if err != nil {
			return nil, err
		}
		claims = append(claims, turns.Claim{Source: turnOf(p.app.Namespace, change.Origin), Users: len(users), Held: held})
	}
	return claims, nil
}

func turnOf(namespace string, origin release.Origin) turns.Source {
	return turns.Source{Namespace: namespace, Kind: origin.Kind, Name: origin.Name}
}

// usersOf are the Apps that take input from an object, by name.
func (p *pass) usersOf(ctx context.Context, origin release.Origin) (map[string]*v1alpha1.App, error) {
	indexes := map[string]string{appServiceIndex: originKey(origin)}
	switch origin.Kind {
	case string(v1alpha1.SourceConfigMap):
		indexes = map[string]string{configIndex: origin.Name}
	case string(v1alpha1.SourceSecret):
		indexes[secretIndex] = origin.Name
	}
	users := map[string]*v1alpha1.App{}
	for index, value := range indexes {
		apps := &v1alpha1.AppList{}
		if err := p.List(ctx, apps, client.InNamespace(p.app.Namespace), client.MatchingFields{index: value}); err != nil {
			return nil, err
		}
		for i := range apps.Items {
			users[apps.Items[i].Name] = &apps.Items[i]
		}
	}
	return users, nil
}

// holders are the Apps that roll out a change of a source now: the Release they
// desire was made because of it and has not ended. One that is held or paused
// does not go on by itself and must not keep all others waiting.
func (p *pass) holders(ctx context.Context, origin release.Origin, users map[string]*v1alpha1.App) ([]string, error) {
	list := &v1alpha1.ReleaseList{}
	if err := p.List(ctx, list, client.InNamespace(p.app.Namespace), client.MatchingFields{causeIndex: originKey(origin)}); err != nil {
		return nil, err
	}
	var holders []string
	for i := range list.Items {
		app := users[list.Items[i].Spec.App]
		if app != nil && app.DeletionTimestamp.IsZero() && desires(app, &list.Items[i]) && goesOn(app) {
			holders = append(holders, app.Name)
		}
	}
	slices.Sort(holders)
	return slices.Compact(holders), nil
}

// desires tells that an App desires a Release, or will say so at its next look:
// an operator may have ended between the making of a Release and the report.
func desires(app *v1alpha1.App, r *v1alpha1.Release) bool {
	if app.Status.Release.Desired == r.Name {
		return true
	}
	said, _ := release.Number(app.Name, app.Status.Release.Desired)
	return r.Spec.Number > said && app.Annotations[v1alpha1.AnnotationRollbackTo] == ""
}

func goesOn(app *v1alpha1.App) bool {
	return !app.Spec.Rollout.Paused() && !meta.IsStatusConditionFalse(app.Status.Conditions, v1alpha1.ConditionInputsResolved)
}

// causeIndex finds the Releases that a change of a source made necessary and
// that have not ended.
const causeIndex = "bowline.dev/cause"

func indexCause(object client.Object) []string {
	r, ok := object.(*v1alpha1.Release)
	if !ok || hasEnded(r) {
		return nil
	}
	var keys []string
	for _, origin := range release.Caused(&r.Spec) {
		keys = append(keys, originKey(origin))
	}
	return keys
}

// hasEnded tells that a Release proved healthy, failed or was superseded.
func hasEnded(r *v1alpha1.Release) bool {
	return !r.Status.FinishTime.IsZero() || !r.Status.SupersededTime.IsZero()
}

func originKey(origin release.Origin) string { return origin.Kind + "/" + origin.Name }

// specChanged is when the App's own spec last made a Release necessary.
func (p *pass) specChanged() time.Time {
	for _, r := range slices.Backward(p.snapshot.Releases) {
		if len(release.Caused(&r.Spec)) == 0 {
			return r.CreationTimestamp.Time
		}
	}
	return time.Time{}
}

// next finds the Apps that may go next in any line of an object's namespace. It
// is asked when the caches show that a turn has ended, not when the operator
// wrote what ended it: who is called must find it free.
func (r *AppReconciler) next(_ context.Context, object client.Object) []reconcile.Request {
	r.endTurns(object)
	var requests []reconcile.Request
	for _, source := range r.Turns.All(object.GetNamespace()) {
		for _, name := range r.Turns.Next(source) {
			requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: source.Namespace, Name: name}})
		}
	}
	return requests
}

// endTurns forgets the turns that ended with a Release or an App. A quick one
// ends before anybody saw it on objects. Of an update both objects come by: a
// Release on its way is the one before, and one that had ended before, and is
// deleted now, has no turn to end.
func (r *AppReconciler) endTurns(object client.Object) {
	now, namespace := r.Clock.Now(), object.GetNamespace()
	switch object := object.(type) {
	case *v1alpha1.Release:
		if hasEnded(object) {
			return
		}
		for _, origin := range release.Caused(&object.Spec) {
			r.Turns.End(now, object.Spec.App, turnOf(namespace, origin))
		}
	case *v1alpha1.App:
		if goesOn(object) && object.DeletionTimestamp.IsZero() {
			return
		}
		for _, source := range r.Turns.All(namespace) {
			r.Turns.End(now, object.Name, source)
		}
	}
}

var (
	// releaseEnded lets through that a Release is no longer on its way.
	releaseEnded = predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return len(indexCause(e.ObjectOld)) > 0 && len(indexCause(e.ObjectNew)) == 0
		},
	}
	// appLetGo lets through that an App desires another Release than before, or
	// does not go on by itself any more.
	appLetGo = predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok1 := e.ObjectOld.(*v1alpha1.App)
			after, ok2 := e.ObjectNew.(*v1alpha1.App)
			return ok1 && ok2 && (before.Status.Release.Desired != after.Status.Release.Desired || goesOn(before) && !goesOn(after))
		},
	}
)

// leave takes an App out of line, and calls those who were behind it.
func (r *AppReconciler) leave(app types.NamespacedName) {
	r.call(r.Turns.Leave(app.Namespace, app.Name))
}

// call has those looked at who may go next in line for a source.
func (r *AppReconciler) call(sources []turns.Source) {
	for _, source := range sources {
		for _, name := range r.Turns.Next(source) {
			r.called <- calling(types.NamespacedName{Namespace: source.Namespace, Name: name})
		}
	}
}

// calling has an App looked at.
func calling(app types.NamespacedName) event.GenericEvent {
	return event.GenericEvent{Object: &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, Name: app.Name}}}
}
