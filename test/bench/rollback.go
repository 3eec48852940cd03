package main

import (
	"context"
	"errors"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// rollback gives a healthy App an image that does not exist and measures the
// time from the first sign of it in a pod until the Release counts as failed
// and the Deployment is told to run the old one.
func (b *bench) rollback(ctx context.Context) error {
	progress("give an App an image that does not exist")
	key := client.ObjectKey{Namespace: appNamespace, Name: appName(0)}
	healthy := &appsv1.Deployment{}
	if err := b.client.Get(ctx, key, healthy); err != nil {
		return err
	}
	var failing, failed, restored time.Time
	ours := []client.ListOption{client.InNamespace(key.Namespace), client.MatchingLabels{v1alpha1.LabelApp: key.Name}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := make(chan error, 3)
	go func() { seen <- instant(ctx, b.client, &corev1.PodList{}, &failing, cannotPull, ours...) }()
	go func() { seen <- instant(ctx, b.client, &v1alpha1.ReleaseList{}, &failed, releaseFailed, ours...) }()
	changed := false
	go func() {
		seen <- instant(ctx, b.client, &appsv1.DeploymentList{}, &restored, func(d *appsv1.Deployment) bool {
			same := equality.Semantic.DeepEqual(d.Spec.Template, healthy.Spec.Template)
			changed = changed || !same
			return changed && same
		}, ours...)
	}()
	if err := b.setImage(ctx, key, absentImage); err != nil {
		return err
	}
	for range 3 {
		if err := <-seen; err != nil {
			return err
		}
	}
	if failed.Before(failing) || restored.Before(failing) {
		return errors.New("it was rolled back before a pod showed the failure")
	}
	b.result.marked, b.result.restored = failed.Sub(failing), restored.Sub(failing)
	b.result.figures.RollbackSeconds = max(b.result.marked, b.result.restored).Seconds()
	return nil
}

func (b *bench) setImage(ctx context.Context, key client.ObjectKey, image string) error {
	app := &v1alpha1.App{}
	if err := b.client.Get(ctx, key, app); err != nil {
		return err
	}
	before := app.DeepCopy()
	app.Spec.Image = image
	return b.client.Patch(ctx, app, client.MergeFrom(before))
}

// instant notes when an object is first seen to be as wanted.
func instant[T client.Object](ctx context.Context, c client.WithWatch, list client.ObjectList, at *time.Time, wanted func(T) bool, opts ...client.ListOption) error {
	return follow(ctx, c, list, func(_ watch.EventType, object T) bool {
		*at = time.Now()
		return wanted(object)
	}, opts...)
}

func cannotPull(pod *corev1.Pod) bool {
	for _, status := range pod.Status.ContainerStatuses {
		if waiting := status.State.Waiting; waiting != nil && (waiting.Reason == "ErrImagePull" || waiting.Reason == "ImagePullBackOff") {
			return true
		}
	}
	return false
}

func releaseFailed(release *v1alpha1.Release) bool {
	return meta.IsStatusConditionFalse(release.Status.Conditions, v1alpha1.ConditionHealthy)
}
