package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// autoscale is step 6.
func autoscale(ctx context.Context, s *story) error {
	mark, pods, releases := s.tape.mark(), all[*corev1.Pod](s.tape), all[*v1alpha1.Release](s.tape)
	for _, turn := range []func(context.Context, *story) error{autoscaleOn, autoscaleOff} {
		if err := turn(ctx, s); err != nil {
			return err
		}
	}
	versions, err := alwaysSize(s.tape, mark, 3)
	if err != nil {
		return err
	}
	err = first(
		expectSamePods(pods, all[*corev1.Pod](s.tape)),
		expect("the Releases", names(releases), names(all[*v1alpha1.Release](s.tape))),
	)
	if err != nil {
		return err
	}
	s.out.held("spec.replicas of the Deployment is 3 in each of its %s; no new Release, the same pods", count(versions, "version"))
	return s.servedThroughout(mark)
}

func autoscaleOn(ctx context.Context, s *story) error {
	if err := s.apply(ctx, "autoscale"); err != nil {
		return err
	}
	// Without a look at the cluster it would prove little: so it is waited for.
	err := s.until(ctx, 60*time.Second, "the HorizontalPodAutoscaler has looked at the Deployment, and the App says what it reports", func() (string, bool) {
		hpa, _ := named[*autoscalingv2.HorizontalPodAutoscaler](s.tape, appName)
		app, _ := named[*v1alpha1.App](s.tape, appName)
		saw := condition(app.Status.Conditions, v1alpha1.ConditionScalingActive)
		return saw, hpa != nil && len(hpa.Status.Conditions) > 0 && saw != "absent" && !strings.HasSuffix(saw, v1alpha1.ReasonScalingUnknown)
	})
	if err != nil {
		return err
	}
	hpa, _ := named[*autoscalingv2.HorizontalPodAutoscaler](s.tape, appName)
	if err := expect("the range of the HorizontalPodAutoscaler", "3-6", fmt.Sprintf("%d-%d", *hpa.Spec.MinReplicas, hpa.Spec.MaxReplicas)); err != nil {
		return err
	}
	deployment, err := s.deployment()
	if err != nil {
		return err
	}
	if owners := ownersOfSize(deployment); slices.Contains(owners, v1alpha1.FieldOwner) {
		return &unmet{want: "spec.replicas of the Deployment not owned by the operator", saw: strings.Join(owners, ", ")}
	}
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	app, _ := named[*v1alpha1.App](s.tape, appName)
	s.out.held("a HorizontalPodAutoscaler owns the size, from 3 to 6 (it reports %s: there are no metrics here)",
		meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionScalingActive).Reason)
	return nil
}

func autoscaleOff(ctx context.Context, s *story) error {
	if err := s.apply(ctx, "config"); err != nil {
		return err
	}
	err := s.until(ctx, 30*time.Second, "no HorizontalPodAutoscaler, and spec.replicas owned by the operator", func() (string, bool) {
		deployment, _ := named[*appsv1.Deployment](s.tape, appName)
		owners, autoscalers := ownersOfSize(deployment), all[*autoscalingv2.HorizontalPodAutoscaler](s.tape)
		saw := fmt.Sprintf("%s, spec.replicas owned by %s", count(len(autoscalers), "HorizontalPodAutoscaler"), strings.Join(owners, ", "))
		return saw, len(autoscalers) == 0 && slices.Contains(owners, v1alpha1.FieldOwner)
	})
	if err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	s.out.held("the HorizontalPodAutoscaler is gone, and the App's own replicas count again")
	return nil
}

// ownersOfSize returns the field managers that own a Deployment's replicas.
func ownersOfSize(deployment *appsv1.Deployment) []string {
	var owners []string
	for _, entry := range deployment.ManagedFields {
		if entry.FieldsV1 != nil && strings.Contains(entry.FieldsV1.String(), `"f:replicas"`) && entry.Subresource != "status" {
			owners = append(owners, entry.Manager)
		}
	}
	return owners
}

// scale is step 7.
func scale(ctx context.Context, s *story) error {
	releases, before := all[*v1alpha1.Release](s.tape), all[*corev1.Pod](s.tape)
	mark := s.tape.mark()
	for _, size := range []int{5, 3} {
		if _, err := s.kubectl(ctx, "scale", "app/"+appName, fmt.Sprintf("--replicas=%d", size)); err != nil {
			return err
		}
		if err := s.scaled(ctx, size); err != nil {
			return err
		}
	}
	err := first(
		expect("the Releases", names(releases), names(all[*v1alpha1.Release](s.tape))),
		expect("the sizes the Deployment had", "[3 5 3]", fmt.Sprint(slices.Compact(append([]int32{int32(len(before))}, sizes(s.tape, mark)...)))),
	)
	if err != nil {
		return err
	}
	if err := neverFewer(s.tape, mark, 3); err != nil {
		return err
	}
	s.out.held("no new Release came of it, and never were fewer than 3 pods ready")
	return nil
}

// scaled waits until the App has a size and is ready.
func (s *story) scaled(ctx context.Context, size int) error {
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	want := fmt.Sprintf("%d of %d pods available (shop-2)", size, size)
	err := s.until(ctx, 30*time.Second, want+", and as many pods there and told", func() (string, bool) {
		app, _ := named[*v1alpha1.App](s.tape, appName)
		saw, pods, told := message(app.Status.Conditions, v1alpha1.ConditionReady), len(all[*corev1.Pod](s.tape)), available(app)
		return fmt.Sprintf("%s, %s, %d told", saw, count(pods, "pod"), told), saw == want && pods == size && int(told) == size
	})
	if err != nil {
		return err
	}
	s.out.held("%s", want)
	return nil
}
