package apptest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const (
	// patience is how long is waited where the context has no deadline.
	patience = 30 * time.Second
	// every is how often an App is looked at.
	every = 20 * time.Millisecond
)

// RolledOut waits until a Release of an App runs and has proved healthy, and is
// what the App asks for.
func RolledOut(ctx context.Context, c client.Reader, key client.ObjectKey, release string) error {
	return await(ctx, c, key, "Release "+release+" to be out and healthy", func(app *v1alpha1.App) bool {
		return reason(app) == v1alpha1.ReasonHealthy && app.Status.Release.Running == release && app.Status.Release.Desired == release
	})
}

// RolledBack waits until what an App asks for has failed and a Release of it
// serves again.
func RolledBack(ctx context.Context, c client.Reader, key client.ObjectKey, to string) error {
	return await(ctx, c, key, "the change to be rolled back to Release "+to, func(app *v1alpha1.App) bool {
		return reason(app) == v1alpha1.ReasonRolledBack && app.Status.Release.Running == to
	})
}

// Waits waits until an App is not ready for a reason: one of those that package
// v1alpha1 knows, such as v1alpha1.ReasonInputsMissing.
func Waits(ctx context.Context, c client.Reader, key client.ObjectKey, why string) error {
	return await(ctx, c, key, "it to say "+why, func(app *v1alpha1.App) bool { return reason(app) == why })
}

// await looks at an App until a condition holds of what the operator says of its
// present generation.
func await(ctx context.Context, c client.Reader, key client.ObjectKey, what string, holds func(*v1alpha1.App) bool) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	began, seen := time.Now(), "nothing: the API server did not answer"
	var answered apierrors.APIStatus
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		app := &v1alpha1.App{}
		err := c.Get(ctx, key, app)
		switch {
		case errors.As(err, &answered):
			seen = err.Error()
		case err == nil:
			seen = describe(app)
			if app.Status.ObservedGeneration == app.Generation && holds(app) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("App %q: waited %.1f s for %s; last seen: %s", key, time.Since(began).Seconds(), what, seen)
		case <-tick.C:
		}
	}
}

func reason(app *v1alpha1.App) string {
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

// describe is an App's status in a line.
func describe(app *v1alpha1.App) string {
	if app.Status.ObservedGeneration != app.Generation {
		return fmt.Sprintf("generation %d, of which the operator has not said anything yet", app.Generation)
	}
	var words []string
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		words = append(words, fmt.Sprintf("Ready is %s, %s: %s", ready.Status, ready.Reason, ready.Message))
	}
	running := app.Status.Release.Running
	if running == "" {
		running = "nothing"
	}
	return strings.Join(append(words, running+" runs"), "; ")
}
