package view

import (
	"context"
	"errors"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const (
	// settle is how long changes are gathered before they are looked at: one
	// step of a rollout changes many objects.
	settle = 150 * time.Millisecond
	// again is the time between two attempts to watch. What changes meanwhile,
	// or may not be watched, is seen that late.
	again = 2 * time.Second
)

// Follow shows an App to a function now and whenever something of it has
// changed, until that says it has seen enough, or fails. Every tick it is shown
// anew too, if tick is not 0.
func Follow(ctx context.Context, c client.WithWatch, key client.ObjectKey, tick time.Duration, show func(*View) (done bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := make(chan struct{}, 1)
	watchAll(ctx, c, key, changed)
	var ticks <-chan time.Time
	if tick > 0 {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		ticks = ticker.C
	}
	seen, err := Read(ctx, c, key)
	if err != nil {
		return orEnd(ctx, err)
	}
	for {
		if done, err := show(seen); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticks:
		case <-changed:
			if !pause(ctx, settle) {
				return context.Cause(ctx)
			}
			now, err := Read(ctx, c, key)
			switch {
			case errors.Is(err, ErrNoApp), apierrors.IsForbidden(err):
				return err
			case err != nil: // the API server may be back soon
				if !pause(ctx, again) {
					return context.Cause(ctx)
				}
				tell(changed)
			default:
				seen = now
			}
		}
	}
}

// orEnd prefers the end of a context to what it broke.
func orEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// watchAll tells by a channel that something of an App has changed.
func watchAll(ctx context.Context, c client.WithWatch, key client.ObjectKey, changed chan<- struct{}) {
	ofApp := Of(key)
	go watchKind(ctx, changed, func() (watch.Interface, error) {
		return c.Watch(ctx, &v1alpha1.AppList{}, client.InNamespace(key.Namespace), client.MatchingFields{"metadata.name": key.Name})
	})
	for _, list := range []func() client.ObjectList{
		func() client.ObjectList { return &v1alpha1.ReleaseList{} },
		func() client.ObjectList { return &appsv1.ReplicaSetList{} },
		func() client.ObjectList { return &corev1.PodList{} },
	} {
		go watchKind(ctx, changed, func() (watch.Interface, error) { return c.Watch(ctx, list(), ofApp...) })
	}
}

// watchKind watches one kind for as long as the context lasts. The end of a
// watch counts as a change: something may have been missed.
func watchKind(ctx context.Context, changed chan<- struct{}, begin func() (watch.Interface, error)) {
	for ctx.Err() == nil {
		if watcher, err := begin(); err == nil {
			for range watcher.ResultChan() {
				tell(changed)
			}
			watcher.Stop()
		}
		if !pause(ctx, again) {
			return
		}
		tell(changed)
	}
}

func tell(changed chan<- struct{}) {
	select {
	case changed <- struct{}{}:
	default: // it is known already
	}
}

// pause waits, and tells whether the context lasts.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
