package main

import (
	"context"
	"errors"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	warmNamespace = "bench-warm"
	rawNamespace  = "bench-raw"
	// warmUp is how many sets are made beforehand, so that what is measured
	// first does not pay for a cold control plane.
	warmUp = 20
)

// raw measures how long the objects take that make up the Apps when they are
// created one by one.
func (b *bench) raw(ctx context.Context) error {
	progress("warm the control plane up with %d sets of plain objects", min(b.apps, warmUp))
	if _, err := b.createRaw(ctx, warmNamespace, min(b.apps, warmUp)); err != nil {
		return err
	}
	progress("create %d sets of plain objects", b.apps)
	took, err := b.createRaw(ctx, rawNamespace, b.apps)
	b.result.figures.RawSeconds = took.Seconds()
	return err
}

// createRaw creates sets of plain objects, waits until their Deployments are
// available, and removes them again.
func (b *bench) createRaw(ctx context.Context, namespace string, n int) (time.Duration, error) {
	if err := b.createNamespace(ctx, namespace); err != nil {
		return 0, err
	}
	sets := make([][]client.Object, n)
	for i := range sets {
		objects, err := b.shape.plainObjects(b.shape.newApp(namespace, appName(i)))
		if err != nil {
			return 0, err
		}
		sets[i] = objects
	}
	start := time.Now()
	creating := b.inParallel(n, func(i int) error {
		for _, object := range sets[i] {
			if err := b.client.Create(ctx, object); err != nil {
				return err
			}
		}
		return nil
	})
	err := awaitAll(ctx, b.client, &appsv1.DeploymentList{}, n, deploymentAvailable, client.InNamespace(namespace))
	took := time.Since(start)
	if err := errors.Join(<-creating, err); err != nil {
		return 0, err
	}
	if namespace == rawNamespace {
		if err := b.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: appName(0)}, &b.result.rawDeployment); err != nil {
			return 0, err
		}
	}
	return took, b.deleteNamespace(ctx, namespace)
}

func deploymentAvailable(d *appsv1.Deployment) bool {
	for _, condition := range d.Status.Conditions {
		if condition.Type == appsv1.DeploymentAvailable {
			return condition.Status == corev1.ConditionTrue && d.Status.ObservedGeneration == d.Generation
		}
	}
	return false
}

// inParallel does something for each number below n, some of them at a time.
// The channel gives the errors when all are done.
func (b *bench) inParallel(n int, do func(i int) error) <-chan error {
	numbers, errs := make(chan int), make([]error, n)
	var workers sync.WaitGroup
	for range b.parallel {
		workers.Go(func() {
			for i := range numbers {
				errs[i] = do(i)
			}
		})
	}
	done := make(chan error, 1)
	go func() {
		for i := range n {
			numbers <- i
		}
		close(numbers)
		workers.Wait()
		done <- errors.Join(errs...)
	}()
	return done
}

func (b *bench) createNamespace(ctx context.Context, name string) error {
	return b.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
}

// deleteNamespace deletes a namespace and waits until it is gone, and so
// everything that was in it.
func (b *bench) deleteNamespace(ctx context.Context, name string) error {
	progress("delete what is in %s", name)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := b.client.Delete(ctx, namespace); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		err := b.client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}
