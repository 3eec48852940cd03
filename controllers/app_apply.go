package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/internal/resolve"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// copyGrace is how long a copy that was just made is taken to exist though the
// caches do not show it.
const copyGrace = time.Minute

// apply makes the cluster hold the target Release and nothing that no Release
// needs. It returns the first problem that only a person can solve.
func (p *pass) apply(ctx context.Context) (*report.Problem, error) {
	target := p.numbered(p.decision.Target)
	if problem, err := problemOf(p.offer(ctx, target)); problem != nil || err != nil {
		return problem, err
	}
	if target == nil || p.app.Spec.Unreadable != "" {
		// A spec that cannot be read says nothing of size or rollout either:
		// what there is stays as it is.
		return nil, nil
	}
	problem, err := p.applyTarget(ctx, target)
	if err != nil {
		return nil, err
	}
	// A problem may last, and what is not needed meanwhile goes all the same.
	return problem, p.collect(ctx)
}

// applyTarget makes what runs a Release, as far as it goes.
func (p *pass) applyTarget(ctx context.Context, target *v1alpha1.Release) (*report.Problem, error) {
	if problem, err := problemOf(p.copySources(ctx, target)); problem != nil || err != nil {
		return problem, err
	}
	if err := p.followServices(ctx, target); err != nil {
		return nil, err
	}
	objects, err := render.Render(render.Input{
		App:      p.app,
		Release:  target,
		Replicas: p.replicas(),
		Paused:   p.paused(),
		Today:    p.today,
		Moved:    p.moved,
		Unnamed:  p.adoptedBefore(),
	})
	if err != nil {
		return unreadable(target, err), nil
	}
	if problem, err := problemOf(p.copyConfig(ctx, target, objects)); problem != nil || err != nil {
		return problem, err
	}
	for _, together := range p.steps(objects) {
		problem, err := inParallel(ctx, together)
		if problem != nil || err != nil {
			return problem, err
		}
	}
	return nil, nil
}

// unreadable is the problem of a Release that another operator made and this one
// cannot read: nothing is touched.
func unreadable(target *v1alpha1.Release, err error) *report.Problem {
	return &report.Problem{
		Reason:  v1alpha1.ReasonRefused,
		Message: fmt.Sprintf("Release %q: %v", target.Name, err),
	}
}

// step makes one child what it should be.
type step func(context.Context) error

// inParallel does steps that do not depend on each other. One that a person
// must help with holds back no other; the first of these is returned.
func inParallel(ctx context.Context, steps []step) (*report.Problem, error) {
	problems := make([]*report.Problem, len(steps))
	var group errgroup.Group
	for i, do := range steps {
		group.Go(func() (err error) {
			problems[i], err = problemOf(do(ctx))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, problem := range problems {
		if problem != nil {
			return problem, nil
		}
	}
	return nil, nil
}

// steps are the children: one list after the other, what stands in one list
// together. The Deployment comes before what aims at it: an autoscaler must not
// scale somebody else's of the same name. Only an autoscaler that is not wanted
// goes before it, so that two do not scale at a time.
func (p *pass) steps(objects render.Objects) [][]step {
	s, a := p.snapshot, p.Applier
	deployment := func(ctx context.Context) error {
		_, err := a.Deployment(ctx, p.app, s.Deployment, objects.Deployment, ptr.Deref(p.size, p.app.Spec.Autoscale.MinReplicas()))
		return err
	}
	service := func(ctx context.Context) error { return child(ctx, p, s.Service, objects.Service) }
	budget := func(ctx context.Context) error { return child(ctx, p, s.Budget, objects.Budget) }
	scale := func(ctx context.Context) error { return child(ctx, p, s.Autoscaler, objects.Autoscaler) }
	if objects.Autoscaler == nil {
		return [][]step{{scale}, {deployment}, {service, budget}}
	}
	return [][]step{{deployment}, {service, budget, scale}}
}

// replicas returns the number of pods the operator states, nil when the
// autoscaler owns it. An App that names none keeps the size it has.
func (p *pass) replicas() *int32 {
	switch {
	case p.app.Spec.Autoscale.Enabled():
		return nil
	case p.app.Spec.Replicas != nil:
		return p.app.Spec.Replicas
	case p.snapshot.Deployment != nil && p.snapshot.Deployment.Spec.Replicas != nil:
		return p.snapshot.Deployment.Spec.Replicas
	case p.size != nil:
		return p.size
	}
	return ptr.To[int32](1)
}

// paused tells whether the Deployment is paused. It is so only to stop a
// rollout half way: being paused makes it forget that its last rollout was
// complete. While nothing is known, it stays as it is.
func (p *pass) paused() bool {
	switch p.decision.Action {
	case rollout.Hold:
		return p.decision.Reason == v1alpha1.ReasonPaused
	case rollout.Await:
		return p.snapshot.Deployment.Spec.Paused
	case rollout.Advance, rollout.Wait, rollout.Bake, rollout.RollBack, rollout.Stall, rollout.Settled:
	}
	return false
}

// copyConfig makes the ConfigMap with a Release's literals and files, where it is
// not there yet.
func (p *pass) copyConfig(ctx context.Context, target *v1alpha1.Release, objects render.Objects) error {
	if objects.Config == nil {
		return nil
	}
	return p.copyOnce(p.snapshot.ConfigMaps, target.Spec.ConfigName, func() error {
		return apply.Copy(ctx, p.Applier, p.app, objects.Config)
	})
}

// copySources makes the copies that a Release's pods use, where they are not
// there yet. A person who goes back to a Release that is so old that its copies
// are gone gets the content of today instead.
func (p *pass) copySources(ctx context.Context, target *v1alpha1.Release) error {
	for _, source := range resolve.Copied(&target.Spec) {
		known := p.snapshot.ConfigMaps
		if source.Kind == v1alpha1.SourceSecret {
			known = p.snapshot.Secrets
		}
		err := p.copyOnce(known, source.CopyName, func() error { return p.copySource(ctx, target, source) })
		if errors.Is(err, resolve.ErrContentChanged) && p.state.PinnedTo == target.Spec.Number {
			p.today = append(p.today, source)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) copySource(ctx context.Context, target *v1alpha1.Release, source v1alpha1.PinnedSource) error {
	content, err := p.Resolver.Content(ctx, p.app, &target.Spec, source, &p.inputs)
	if err != nil {
		return fmt.Errorf("make the copy of %s %q for Release %q: %w", source.Kind, source.Name, target.Name, err)
	}
	if source.Kind == v1alpha1.SourceSecret {
		return apply.Copy(ctx, p.Applier, p.app, render.SecretCopy(p.app, source.CopyName, content.Binary))
	}
	return apply.Copy(ctx, p.Applier, p.app, render.ConfigCopy(p.app, source.CopyName, content.Data, content.Binary))
}

// copyOnce makes a copy unless it is there, or was made so lately that the
// caches may not show it.
func (p *pass) copyOnce(known map[string]metav1.PartialObjectMetadata, name string, makeCopy func() error) error {
	key := p.copyKey(name)
	if _, ok := known[name]; ok {
		p.copied.Remove(key)
		return nil
	}
	if at, ok := p.copied.Get(key); ok && p.now.Sub(at.(time.Time)) < copyGrace {
		return nil
	}
	if err := makeCopy(); err != nil {
		return err
	}
	p.copied.Add(key, p.now)
	return nil
}

func (p *pass) copyKey(name string) string { return string(p.app.UID) + "/" + name }

// collect deletes Releases that are too many and copies that no Release needs.
func (p *pass) collect(ctx context.Context) error {
	if rollout.Unknown(p.state) {
		return nil // the status that follows is a change that is watched
	}
	needed := rollout.Needed(p.state, p.decision, p.snapshot.ReleasesWithPods())
	keep := release.Collect(p.releases, p.app.Spec.Rollout.History(), rollout.Moving(p.state), needed...)
	for i := range keep.Stale {
		if err := p.Applier.Delete(ctx, &keep.Stale[i]); err != nil {
			return err
		}
	}
	if err := p.deleteUnused(ctx, "ConfigMap", p.snapshot.ConfigMaps, keep.ConfigMaps); err != nil {
		return err
	}
	keep.Secrets[release.KeyName(p.app.Name)] = true
	for _, name := range release.SecretNames(&p.app.Spec.WorkloadSpec) {
		keep.Secrets[name] = true
	}
	keep.Secrets[p.offered] = true
	return p.deleteUnused(ctx, "Secret", p.snapshot.Secrets, keep.Secrets)
}

func (p *pass) deleteUnused(ctx context.Context, kind string, have map[string]metav1.PartialObjectMetadata, used map[string]bool) error {
	for _, name := range sortedNames(have) {
		if used[name] {
			continue
		}
		unused := have[name]
		unused.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
		p.copied.Remove(p.copyKey(name))
		if err := p.Applier.Delete(ctx, &unused); err != nil {
			return err
		}
	}
	return nil
}

func sortedNames(objects map[string]metav1.PartialObjectMetadata) []string {
	names := make([]string, 0, len(objects))
	for name := range objects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// problemOf tells what a person must solve from what is worth a retry.
func problemOf(err error) (*report.Problem, error) {
	var conflict *apply.ConflictError
	var refused *apply.RefusedError
	switch {
	case errors.As(err, &conflict):
		return &report.Problem{Reason: v1alpha1.ReasonConflict, Message: conflict.Error()}, nil
	case errors.As(err, &refused):
		return &report.Problem{Reason: v1alpha1.ReasonRefused, Message: refused.Error()}, nil
	case errors.Is(err, resolve.ErrContentGone):
		return &report.Problem{Reason: v1alpha1.ReasonRefused, Message: err.Error()}, nil
	}
	return nil, err
}

// pointer is a pointer to an object that may be nil.
type pointer[T any] interface {
	*T
	client.Object
}

// child makes a child hold its intent, or deletes it when there is none.
func child[T any, P pointer[T], I apply.Intent[I]](ctx context.Context, p *pass, live P, intent I) error {
	var none I
	if intent == none {
		return drop(ctx, p.Applier, live)
	}
	var known client.Object
	if live != nil {
		known = live
	}
	_, err := apply.Child(ctx, p.Applier, p.app, known, intent)
	return err
}

// drop deletes a child that is not wanted, if there is one.
func drop[T any, P pointer[T]](ctx context.Context, a *apply.Applier, live P) error {
	if live == nil {
		return nil
	}
	return a.Delete(ctx, live)
}
