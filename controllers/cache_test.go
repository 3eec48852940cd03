package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// TestSlimPodKeepsWhichContainersStay: a sidecar is judged otherwise than an
// init container, and of the rest of the spec nothing is.
func TestSlimPodKeepsWhichContainersStay(t *testing.T) {
	always := ptr.To(corev1.ContainerRestartPolicyAlways)
	pod := &corev1.Pod{Spec: corev1.PodSpec{
		NodeName:       "node-1",
		Containers:     []corev1.Container{{Name: "app", Image: "shop:1"}},
		InitContainers: []corev1.Container{{Name: "migrate", Image: "shop:1"}, {Name: "proxy", Image: "proxy:1", RestartPolicy: always}},
	}}
	slim, err := slimPod(pod)
	if err != nil {
		t.Fatal(err)
	}
	want := corev1.PodSpec{NodeName: "node-1", InitContainers: []corev1.Container{{Name: "proxy", RestartPolicy: always}}}
	if diff := cmp.Diff(want, slim.(*corev1.Pod).Spec); diff != "" {
		t.Errorf("spec: want -, got +:\n%s", diff)
	}
}
