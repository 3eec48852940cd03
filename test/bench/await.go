package main

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// patience is how long to wait for anything.
const patience = 10 * time.Minute

// awaitAll waits until n objects of a list are as wanted at the same time.
func awaitAll[T client.Object](ctx context.Context, c client.WithWatch, list client.ObjectList, n int, wanted func(T) bool, opts ...client.ListOption) error {
	fine := map[string]bool{}
	err := follow(ctx, c, list, func(kind watch.EventType, object T) bool {
		if kind == watch.Deleted || !wanted(object) {
			delete(fine, object.GetName())
		} else {
			fine[object.GetName()] = true
		}
		return len(fine) == n
	}, opts...)
	if err != nil {
		return fmt.Errorf("wait for %d objects of %T, of which %d are as wanted: %w", n, list, len(fine), err)
	}
	return nil
}

// follow shows every object of a list as it is, and then each change, until it
// has seen enough.
func follow[T client.Object](ctx context.Context, c client.WithWatch, list client.ObjectList, enough func(watch.EventType, T) bool, opts ...client.ListOption) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("nothing more within %s", patience))
	defer cancel()
	for {
		done, err := followOnce(ctx, c, list, enough, opts...)
		switch {
		case done:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		}
	}
}

// followOnce follows one watch to its end.
func followOnce[T client.Object](ctx context.Context, c client.WithWatch, list client.ObjectList, enough func(watch.EventType, T) bool, opts ...client.ListOption) (bool, error) {
	w, err := c.Watch(ctx, list, opts...)
	if err != nil {
		return false, err
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		object, ok := e.Object.(T)
		if !ok {
			return false, apierrors.FromObject(e.Object)
		}
		if enough(e.Type, object) {
			return true, nil
		}
	}
	return false, nil
}
