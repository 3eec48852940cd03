package main

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// condition writes a condition as "True Healthy".
func condition(conditions []metav1.Condition, kind string) string {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil {
		return "absent"
	}
	return string(c.Status) + " " + c.Reason
}

// message returns a condition's message.
func message(conditions []metav1.Condition, kind string) string {
	if c := meta.FindStatusCondition(conditions, kind); c != nil {
		return c.Message
	}
	return ""
}

// alwaysAvailable checks that every status the App has had since a mark says
// that it is available, and returns how many those are.
func alwaysAvailable(t *tape, mark int) (int, error) {
	seen := versions[*v1alpha1.App](t, mark)
	for _, s := range seen {
		status := s.object.(*v1alpha1.App).Status
		err := expect("the App's condition Available in every status", "True MinimumReplicasAvailable",
			condition(status.Conditions, v1alpha1.ConditionAvailable))
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, message(status.Conditions, v1alpha1.ConditionAvailable))
		}
	}
	return len(seen), nil
}

// neverFewer checks that at every moment since a mark at least so many pods
// were ready.
func neverFewer(t *tape, mark, want int) error {
	fewest := fewestReady(versions[*corev1.Pod](t, 0), len(versions[*corev1.Pod](t, mark)))
	if fewest >= want {
		return nil
	}
	return &unmet{want: fmt.Sprintf("at least %s ready at every moment", count(want, "pod")), saw: fmt.Sprint(fewest)}
}

// fewestReady replays pods and returns the least number that was ready, before
// and after each of the last sights.
func fewestReady(pods []sight, last int) int {
	ready := map[types.UID]bool{}
	fewest := len(pods) // more there cannot be
	look := func(seen int) {
		if seen >= len(pods)-last {
			fewest = min(fewest, len(ready))
		}
	}
	look(0)
	for i, s := range pods {
		pod := s.object.(*corev1.Pod)
		delete(ready, pod.UID)
		if !s.deleted && serves(pod) {
			ready[pod.UID] = true
		}
		look(i + 1)
	}
	return fewest
}

// uses returns the names of the ConfigMaps and Secrets a pod takes its
// environment and its files from.
func uses(pod corev1.PodSpec) []string {
	var list []string
	for _, container := range pod.Containers {
		for _, env := range container.Env {
			switch from := env.ValueFrom; {
			case from == nil:
			case from.ConfigMapKeyRef != nil:
				list = append(list, from.ConfigMapKeyRef.Name)
			case from.SecretKeyRef != nil:
				list = append(list, from.SecretKeyRef.Name)
			}
		}
		for _, from := range container.EnvFrom {
			if from.ConfigMapRef != nil {
				list = append(list, from.ConfigMapRef.Name)
			}
			if from.SecretRef != nil {
				list = append(list, from.SecretRef.Name)
			}
		}
	}
	for _, volume := range pod.Volumes {
		if volume.ConfigMap != nil {
			list = append(list, volume.ConfigMap.Name)
		}
		if volume.Secret != nil {
			list = append(list, volume.Secret.SecretName)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// literals returns the variables of a pod's containers that have a value of
// their own.
func literals(pod corev1.PodSpec) []string {
	var list []string
	for _, container := range pod.Containers {
		for _, env := range container.Env {
			if env.ValueFrom == nil {
				list = append(list, env.Name+"="+env.Value)
			}
		}
	}
	return list
}

// serves tells whether a Service sends requests to a pod.
func serves(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp == nil && slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// podUIDs returns who the pods are: a pod that was replaced has another UID.
func podUIDs(pods []*corev1.Pod) []types.UID {
	var list []types.UID
	for _, pod := range pods {
		list = append(list, pod.UID)
	}
	slices.Sort(list)
	return list
}

// expectSamePods checks that pods are the same ones as before.
func expectSamePods(before, after []*corev1.Pod) error {
	if slices.Equal(podUIDs(before), podUIDs(after)) {
		return nil
	}
	return &unmet{
		want: "the same pods, with the same UIDs: " + names(before),
		saw:  names(after),
	}
}

// sizes returns the sizes a Deployment was asked to have since a mark.
func sizes(t *tape, mark int) []int32 {
	var list []int32
	for _, s := range versions[*appsv1.Deployment](t, mark) {
		list = append(list, *s.object.(*appsv1.Deployment).Spec.Replicas)
	}
	return list
}

// alwaysSize checks that a Deployment was never asked to have another size.
func alwaysSize(t *tape, mark int, want int32) (int, error) {
	list := sizes(t, mark)
	for _, size := range list {
		if size != want {
			return 0, &unmet{want: fmt.Sprintf("spec.replicas of the Deployment %d at every moment", want), saw: fmt.Sprint(list)}
		}
	}
	return len(list), nil
}

// firstWaiting returns when a pod that is not one of before was first seen waiting
// for one of the reasons.
func firstWaiting(t *tape, mark int, before []*corev1.Pod, reasons ...string) (sight, bool) {
	for _, s := range versions[*corev1.Pod](t, mark) {
		pod := s.object.(*corev1.Pod)
		if slices.Contains(podUIDs(before), pod.UID) {
			continue
		}
		for _, status := range pod.Status.ContainerStatuses {
			if status.State.Waiting != nil && slices.Contains(reasons, status.State.Waiting.Reason) {
				return s, true
			}
		}
	}
	return sight{}, false
}

// verdict returns when a Release was first seen to be healthy or failed.
func verdict(t *tape, name string) (sight, bool) {
	for _, s := range versions[*v1alpha1.Release](t, 0) {
		release := s.object.(*v1alpha1.Release)
		if release.Name == name && !meta.IsStatusConditionPresentAndEqual(release.Status.Conditions, v1alpha1.ConditionHealthy, metav1.ConditionUnknown) {
			return s, true
		}
	}
	return sight{}, false
}
