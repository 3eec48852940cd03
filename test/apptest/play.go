package apptest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/world"
)

// nodes is how many nodes there are.
const nodes = 3

// play is a Deployment with its pods.
type play struct {
	world     *world.World
	offset    time.Duration                    // from the world's time to the clock's
	templates map[int64]corev1.PodTemplateSpec // by Release
	pods      map[string]*corev1.Pod           // as they were last written
}

// run lets time pass until the context ends. What that cuts short is no error.
func (w *World) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := w.second(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		w.await(ctx)
	}
	return nil
}

// second plays one second, if anybody waits for it.
func (w *World) second(ctx context.Context) error {
	list := &appsv1.DeploymentList{}
	if err := w.cached.List(ctx, list); err != nil {
		return fmt.Errorf("list Deployments: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	moved := w.looks.waits()
	there := map[client.ObjectKey]bool{}
	for i := range list.Items {
		d := &list.Items[i]
		key := client.ObjectKeyFromObject(d)
		there[key] = true
		moved = w.follow(key, d) || moved
	}
	for key, p := range w.plays {
		if !there[key] {
			if err := w.clear(ctx, p); err != nil {
				return err
			}
			delete(w.plays, key)
		}
	}
	if moved {
		w.clock.step(world.Step)
	}
	for i := range list.Items {
		d := &list.Items[i]
		if moved {
			w.plays[client.ObjectKeyFromObject(d)].world.Advance()
		}
		if err := w.write(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// await waits until the operator has looked at what happened.
func (w *World) await(ctx context.Context) {
	mark := w.looks.mark()
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if w.looks.passed(mark) {
			return
		}
	}
}

// follow makes the world want what a Deployment says, and tells whether
// anything is still to happen in it.
func (w *World) follow(key client.ObjectKey, d *appsv1.Deployment) bool {
	p := w.plays[key]
	if p == nil {
		p = &play{
			world:     world.New(d.Name, nodes),
			offset:    w.clock.Now().Sub(world.Start),
			templates: map[int64]corev1.PodTemplateSpec{},
			pods:      map[string]*corev1.Pod{},
		}
		for image, outcome := range w.outcomes {
			p.world.SetOutcome(image, outcome)
		}
		w.plays[key] = p
	}
	template := templateOf(d)
	p.templates[template.Release] = d.Spec.Template
	changed := p.world.Apply(world.Intent{
		Template: template, Replicas: d.Spec.Replicas, Paused: d.Spec.Paused,
		MaxSurge: fence(d, true), MaxUnavailable: fence(d, false),
	})
	running := p.world.Running()
	return changed || running.CompletedAt.IsZero() || running.Total != running.Want || d.Status.ObservedGeneration < d.Generation
}

// templateOf is a Deployment's pod template as far as it matters in the world.
func templateOf(d *appsv1.Deployment) world.Template {
	template := world.Template{Image: d.Spec.Template.Spec.Containers[0].Image}
	if _, err := fmt.Sscan(d.Spec.Template.Labels[v1alpha1.LabelRelease], &template.Release); err != nil {
		template.Release = 0
	}
	if text, err := json.Marshal(d.Spec.Template); err == nil {
		template.Config = string(text)
	}
	return template
}

func fence(d *appsv1.Deployment, surge bool) intstr.IntOrString {
	quarter := intstr.FromString("25%")
	rolling := d.Spec.Strategy.RollingUpdate
	switch {
	case rolling == nil:
		return quarter
	case surge:
		return ptr.Deref(rolling.MaxSurge, quarter)
	}
	return ptr.Deref(rolling.MaxUnavailable, quarter)
}

// write makes the API server's pods those of the world, and then tells so on the
// Deployment.
func (w *World) write(ctx context.Context, d *appsv1.Deployment) error {
	p := w.plays[client.ObjectKeyFromObject(d)]
	seen := map[string]bool{}
	for _, facts := range p.world.AllPods() {
		seen[facts.Name] = true
		if err := w.writePod(ctx, d, p, facts); err != nil {
			return err
		}
	}
	for name, pod := range p.pods {
		if !seen[name] {
			if err := w.remove(ctx, pod, 0); err != nil {
				return err
			}
			delete(p.pods, name)
		}
	}
	return w.writeStatus(ctx, d, p)
}

func (w *World) writePod(ctx context.Context, d *appsv1.Deployment, p *play, facts health.Pod) error {
	pod, ok := p.pods[facts.Name]
	if !ok {
		if facts.Deleting {
			return nil
		}
		pod = newPod(d, p.templates[facts.Release], facts.Name)
		w.clock.creates("Pod", pod)
		if err := w.cached.Create(ctx, pod); err != nil {
			return fmt.Errorf("make pod %q of Deployment %q in namespace %q: %w", pod.Name, d.Name, d.Namespace, err)
		}
		p.pods[facts.Name] = pod
	}
	if facts.Deleting {
		if !pod.DeletionTimestamp.IsZero() {
			return nil
		}
		pod.DeletionTimestamp = ptr.To(metav1.NewTime(w.clock.Now()))
		return w.remove(ctx, pod, 30)
	}
	status := podStatus(pod, facts, p.offset)
	if equality.Semantic.DeepEqual(pod.Status, status) {
		return nil
	}
	pod.Status = status
	written := pod.DeepCopy()
	written.ResourceVersion = ""
	if err := w.cached.Status().Update(ctx, written); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write the status of pod %q in namespace %q: %w", pod.Name, pod.Namespace, err)
	}
	return nil
}

// newPod is a pod of a Deployment, on a node.
func newPod(d *appsv1.Deployment, template corev1.PodTemplateSpec, name string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: *template.ObjectMeta.DeepCopy(), Spec: *template.Spec.DeepCopy()}
	pod.Name, pod.Namespace = name, d.Namespace
	pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(d, appsv1.SchemeGroupVersion.WithKind("Deployment"))}
	pod.Spec.NodeName = nodeName(1)
	return pod
}

// remove deletes a pod. It is still there for some seconds, unless it is given
// none.
func (w *World) remove(ctx context.Context, pod *corev1.Pod, seconds int64) error {
	err := w.cached.Delete(ctx, pod.DeepCopy(), client.GracePeriodSeconds(seconds))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete pod %q in namespace %q: %w", pod.Name, pod.Namespace, err)
	}
	return nil
}

// clear deletes the pods of a Deployment that is gone.
func (w *World) clear(ctx context.Context, p *play) error {
	for _, pod := range p.pods {
		if err := w.remove(ctx, pod, 0); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) writeStatus(ctx context.Context, d *appsv1.Deployment, p *play) error {
	status := deploymentStatus(d, p)
	if equality.Semantic.DeepEqual(d.Status, status) {
		return nil
	}
	written := d.DeepCopy()
	written.Status = status
	err := w.cached.Status().Update(ctx, written)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil // it has changed, and the next second speaks of that
	}
	if err != nil {
		return fmt.Errorf("write the status of Deployment %q in namespace %q: %w", d.Name, d.Namespace, err)
	}
	return nil
}

// makeNodes makes the nodes on which pods are said to run.
func (w *World) makeNodes(ctx context.Context) error {
	for number := range nodes {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName(number + 1)}}
		err := w.cached.Create(ctx, node)
		if err == nil {
			node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Played"}}
			err = w.cached.Status().Update(ctx, node)
		}
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("make node %q: %w", node.Name, err)
		}
	}
	return nil
}

func nodeName(number int) string { return fmt.Sprintf("apptest-node-%d", number) }
