package controllers

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// replicaSets returns those of a Deployment.
func (p *pass) replicaSets(ctx context.Context, live *appsv1.Deployment) ([]appsv1.ReplicaSet, error) {
	selector, err := metav1.LabelSelectorAsSelector(live.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("read the selector of Deployment %q: %w", live.Name, err)
	}
	list := &appsv1.ReplicaSetList{}
	if err := p.Live.List(ctx, list, client.InNamespace(live.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return nil, fmt.Errorf("list ReplicaSets: %w", err)
	}
	return slices.DeleteFunc(list.Items, func(s appsv1.ReplicaSet) bool { return !metav1.IsControlledBy(&s, live) }), nil
}

// takeReplicaSets takes over what a Deployment has left behind that is gone.
func (p *pass) takeReplicaSets(ctx context.Context) error {
	if p.left.Any() {
		if p.decision.Action == rollout.Hold {
			return nil
		}
		return p.claim(ctx)
	}
	adopted := lastAdopted(p.snapshot.Releases)
	if adopted == nil {
		return nil
	}
	waiting, err := p.prepareReplicaSets(ctx, adopted)
	if waiting && p.decision.Action == rollout.Hold {
		// Somebody must look after them meanwhile.
		p.decision.Desired, p.decision.Target = adopted.Spec.Number, adopted.Spec.Number
	}
	return err
}

// prepareReplicaSets labels what a Deployment has left behind that was taken
// over, so that the one to be made next finds it. It tells whether there is any.
func (p *pass) prepareReplicaSets(ctx context.Context, adopted *v1alpha1.Release) (waiting bool, err error) {
	list := &appsv1.ReplicaSetList{}
	if err := p.Live.List(ctx, list, client.InNamespace(p.app.Namespace), client.MatchingLabels{v1alpha1.LabelApp: p.app.Name}); err != nil {
		return false, fmt.Errorf("list ReplicaSets: %w", err)
	}
	var size int32
	for i := range list.Items {
		set := &list.Items[i]
		n := ptr.Deref(set.Spec.Replicas, 1)
		if metav1.GetControllerOf(set) != nil || n == 0 {
			continue
		}
		size += n
		if p.releaseOf(set.Spec.Template.Labels) != nil && !isOf(set.Spec.Template.Labels, adopted) {
			continue // another Release's, which somebody left without its Deployment
		}
		if err := p.prepare(ctx, set, adopted.Spec.Number); err != nil {
			return false, err
		}
		waiting = true
	}
	if size > 0 {
		p.size = &size
	}
	return waiting, nil
}

// prepare labels what a ReplicaSet makes from now on, and then what it has made.
func (p *pass) prepare(ctx context.Context, set *appsv1.ReplicaSet, number int64) error {
	needed := render.AdoptedLabels(p.app.Name, number, set.Spec.Template.Labels)
	if !carries(set.Spec.Template.Labels, needed) {
		if err := p.Applier.Label(ctx, "ReplicaSet", set, nil, needed); err != nil {
			return err
		}
	}
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		return fmt.Errorf("read the selector of ReplicaSet %q: %w", set.Name, err)
	}
	pods := &corev1.PodList{}
	if err := p.Live.List(ctx, pods, client.InNamespace(set.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return fmt.Errorf("list the pods of ReplicaSet %q: %w", set.Name, err)
	}
	for i := range pods.Items {
		if pod := &pods.Items[i]; metav1.IsControlledBy(pod, set) && !carries(pod.Labels, needed) {
			if err := p.Applier.Label(ctx, "Pod", pod, needed, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func carries(have, needed map[string]string) bool {
	for key, value := range needed {
		if have[key] != value {
			return false
		}
	}
	return true
}
