package main

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// restart replaces the operator by a new one and waits until that has looked
// at every App and reacts to a change.
func (b *bench) restart(ctx context.Context, first *process, when *span) (*process, context.Context, error) {
	progress("restart the operator")
	when.from = time.Now()
	if err := first.Stop(); err != nil {
		return nil, nil, err
	}
	second, ctx, err := b.startOperator(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := b.afterRestart(ctx, second, when); err != nil {
		return nil, nil, errors.Join(err, second.Kill())
	}
	return second, ctx, nil
}

func (b *bench) afterRestart(ctx context.Context, second *process, when *span) error {
	start := time.Now()
	err := wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		state, err := second.scrape(ctx)
		// At first it does not listen yet.
		return err == nil && state.reconciles >= b.apps && state.waiting == 0 && state.working == 0, nil
	})
	if err != nil {
		return err
	}
	b.result.looked = time.Since(start)
	cpu, err := second.idle(ctx)
	if err != nil {
		return err
	}
	b.result.restartCPU = cpu
	if b.result.rssRestarted, err = second.rss(ctx); err != nil {
		return err
	}
	when.to = time.Now()
	return b.touch(ctx)
}

// touch changes an App in a way that restarts nothing, and waits until the
// operator has seen it.
func (b *bench) touch(ctx context.Context) error {
	app := &v1alpha1.App{}
	if err := b.client.Get(ctx, client.ObjectKey{Namespace: appNamespace, Name: appName(1)}, app); err != nil {
		return err
	}
	before := app.DeepCopy()
	app.Spec.Rollout.HistoryLimit = 9
	if err := b.client.Patch(ctx, app, client.MergeFrom(before)); err != nil {
		return err
	}
	return b.awaitApps(ctx, is(v1alpha1.ConditionReady))
}
