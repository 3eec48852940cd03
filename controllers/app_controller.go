// Package controllers connects Bowline's verbs to the API server. What each
// verb promises stands in its package; here is only the order.
package controllers

import (
	"context"
	"errors"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/kinds"
	"github.com/bowline-dev/bowline/internal/metrics"
	"github.com/bowline-dev/bowline/internal/observe"
	"github.com/bowline-dev/bowline/internal/registry"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/internal/resolve"
	"github.com/bowline-dev/bowline/internal/rollout"
	"github.com/bowline-dev/bowline/internal/turns"
)

// AppReconciler runs Apps.
type AppReconciler struct {
	client.Client
	Live     client.Reader // without a cache
	Resolver *resolve.Resolver
	Digests  *registry.Digests
	Applier  *apply.Applier
	Events   events.EventRecorder
	Clock    clock.PassiveClock
	Turns    *turns.Turns
	Metrics  *metrics.Releases

	// serviceBindings tells that ServiceBindings count.
	serviceBindings bool
	// hiddenNodes tells that the nodes may not be read.
	hiddenNodes bool
	// services finds what bindings name, and followed knows whose Secrets that
	// led to.
	services *kinds.Kinds
	followed *waiting

	// called are Apps whose turn may have come because somebody left the line,
	// those to whom a registry has answered, and those whose service changed.
	called chan event.GenericEvent

	rest *rest

	// written is when the status of an App was last written, by UID. It only
	// spaces writes out; losing it costs a write.
	written *lru.Cache
	// copied is when a copy was made, until the caches show it.
	copied *lru.Cache
}

// staleRetry is when to look again after the caches turned out to be behind,
// should the change that is on its way not cause a look before.
const staleRetry = time.Second

// pass is one look at one App.
type pass struct {
	*AppReconciler
	now time.Time
	app *v1alpha1.App
	// snapshot is what there is of the App, with what is left.
	snapshot observe.Snapshot
	// left is what an App of the same name has left behind and this one is to
	// take over.
	left     observe.Left
	inputs   resolve.Result
	verdict  health.Verdict
	state    rollout.State
	decision rollout.Decision
	// releases are the Releases as this pass leaves them.
	releases []v1alpha1.Release
	// today are the sources of the Release that runs whose copies are gone, and
	// of which the pods use the content of today.
	today []v1alpha1.PinnedSource
	// moved are the Secrets that services hand out today, by the names of the
	// bindings, where those that the Release which runs was made with are gone.
	moved map[string]string
	// offered is the Secret with which others reach the App.
	offered string
	// size is how many pods there are that a Deployment of the App is yet to
	// find, nil when there are none.
	size *int32
	// made is the Release that this pass made.
	made *v1alpha1.Release
}

// Reconcile takes one look at an App and does what is to be done: observe,
// resolve, assess, decide, render and apply, report. All reads come before all
// writes, and the status is written last. A write that finds the caches behind
// ends the pass; the change that is on its way starts another.
func (r *AppReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	r.rest.passes.Add(1)
	app := &v1alpha1.App{}
	if err := r.Get(ctx, request.NamespacedName, app); err != nil {
		if apierrors.IsNotFound(err) {
			r.leave(request.NamespacedName)
			r.followed.leave(request)
			r.keepServices(ctx)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !app.DeletionTimestamp.IsZero() {
		r.leave(request.NamespacedName)
		// What was made for the App goes by its owner references; nothing new
		// may be made.
		return ctrl.Result{}, nil
	}
	if err := r.adopt(ctx, app); err != nil {
		return ctrl.Result{}, err
	}
	p := &pass{AppReconciler: r, app: app, now: r.Clock.Now()}
	result, err := p.run(ctx)
	if errors.Is(err, apply.ErrStale) || apierrors.IsConflict(err) {
		ctrl.LoggerFrom(ctx).V(1).Info("pass dropped: the cache is behind", "cause", err.Error())
		return ctrl.Result{RequeueAfter: staleRetry}, nil
	}
	return result, unlessEnding(ctx, err)
}

// unlessEnding is the error of a look, but for one that the end of the operator
// cut short: there is nobody left to look again.
func unlessEnding(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	return err
}

func (p *pass) run(ctx context.Context) (ctrl.Result, error) {
	var err error
	if p.snapshot, err = observe.Read(ctx, p.Client, p.app, !p.hiddenNodes); err != nil {
		return ctrl.Result{}, err
	}
	if err := p.confirm(ctx); err != nil {
		return ctrl.Result{}, err
	}
	if err := p.countLeft(ctx); err != nil {
		return ctrl.Result{}, err
	}
	if p.inputs, err = p.Resolver.Resolve(ctx, p.app, p.snapshot.Releases, p.adopts()); err != nil {
		return ctrl.Result{}, err
	}
	p.verdict = health.Assess(p.snapshot.Facts())
	p.state = p.stateOf()
	if undecided, err := p.decide(ctx); err != nil || undecided > 0 {
		return ctrl.Result{RequeueAfter: undecided}, err
	}
	if problem, err := p.takeOver(ctx); err != nil {
		return ctrl.Result{}, err
	} else if problem != nil || p.left.Any() {
		return p.untouched(ctx, problem) // what was left behind is not the App's yet
	}
	if err := p.pinImage(ctx); err != nil {
		return ctrl.Result{}, err
	}
	if err := p.record(ctx); err != nil {
		return p.afterRefusal(ctx, err)
	}
	problem, err := p.apply(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	return p.report(ctx, problem)
}

// afterRefusal reports what the API server refuses before anything can be
// applied; any other error ends the pass.
func (p *pass) afterRefusal(ctx context.Context, err error) (ctrl.Result, error) {
	problem, err := problemOf(err)
	if err != nil {
		return ctrl.Result{}, err
	}
	return p.untouched(ctx, problem)
}

// untouched reports what stands in the way before anything is applied.
func (p *pass) untouched(ctx context.Context, problem *report.Problem) (ctrl.Result, error) {
	p.made = nil
	if p.releases == nil {
		p.releases = slices.Clone(p.snapshot.Releases)
	}
	p.offered = p.app.Status.Binding.Name // what was offered stands
	return p.report(ctx, problem)
}
