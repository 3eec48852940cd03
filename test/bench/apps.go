package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const appNamespace = "bench-apps"

// create creates the Apps and measures how soon they serve, how soon they are
// settled, and what that costs the operator.
func (b *bench) create(ctx context.Context, operator *process, when *span) error {
	if err := b.createNamespace(ctx, appNamespace); err != nil {
		return err
	}
	if err := b.createSecrets(ctx); err != nil {
		return err
	}
	cpu, err := operator.idle(ctx)
	if err != nil {
		return err
	}
	if b.result.rssIdle, err = operator.rss(ctx); err != nil {
		return err
	}
	progress("create %d Apps", b.apps)
	when.from = time.Now()
	creating := b.inParallel(b.apps, func(i int) error { return b.client.Create(ctx, b.shape.newApp(appNamespace, appName(i))) })
	err = b.awaitApps(ctx, is(v1alpha1.ConditionAvailable))
	took := time.Since(when.from)
	if err := errors.Join(<-creating, err); err != nil {
		return err
	}
	b.result.figures.Seconds = took.Seconds()
	b.result.figures.Ratio = took.Seconds() / b.result.figures.RawSeconds

	progress("wait until %d Apps are settled", b.apps)
	if err := b.awaitApps(ctx, is(v1alpha1.ConditionReady)); err != nil {
		return err
	}
	b.result.settled = time.Since(when.from)
	cpuAfter, err := operator.idle(ctx)
	if err != nil {
		return err
	}
	when.to = time.Now()
	b.result.figures.CPUMsPerApp = float64((cpuAfter - cpu).Milliseconds()) / float64(b.apps)
	if b.result.rssSettled, err = operator.rss(ctx); err != nil {
		return err
	}
	return b.compare(ctx)
}

// createSecrets creates what the Apps refer to. It is there before them, and not
// measured.
func (b *bench) createSecrets(ctx context.Context) error {
	return <-b.inParallel(b.apps, func(i int) error {
		for _, secret := range b.shape.newSecrets(appNamespace, appName(i)) {
			if err := b.client.Create(ctx, secret); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) awaitApps(ctx context.Context, wanted func(*v1alpha1.App) bool) error {
	return awaitAll(ctx, b.client, &v1alpha1.AppList{}, b.apps, wanted, client.InNamespace(appNamespace))
}

func is(condition string) func(*v1alpha1.App) bool {
	return func(app *v1alpha1.App) bool {
		return app.Status.ObservedGeneration == app.Generation && meta.IsStatusConditionTrue(app.Status.Conditions, condition)
	}
}

// compare checks that the operator made the same of an App as was created
// without it, else the ratio would say nothing.
func (b *bench) compare(ctx context.Context) error {
	made := &appsv1.Deployment{}
	if err := b.client.Get(ctx, client.ObjectKey{Namespace: appNamespace, Name: appName(0)}, made); err != nil {
		return err
	}
	plain, err := withoutDigests(b.result.rawDeployment.Spec)
	if err != nil {
		return err
	}
	ours, err := withoutDigests(made.Spec)
	if err != nil {
		return err
	}
	if !equality.Semantic.DeepEqual(plain, ours) {
		return fmt.Errorf("the operator's Deployment differs from the plain one: %v and %v", made.Spec, b.result.rawDeployment.Spec)
	}
	return nil
}

var secretCopy = regexp.MustCompile(`-secret-[0-9a-f]{8}"`)

// withoutDigests is a spec in which the names of copies of Secrets do not tell
// their contents: those of an App are made with a key of its own.
func withoutDigests(spec appsv1.DeploymentSpec) (out appsv1.DeploymentSpec, err error) {
	encoded, err := json.Marshal(spec)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(secretCopy.ReplaceAll(encoded, []byte(`-secret"`)), &out)
}
