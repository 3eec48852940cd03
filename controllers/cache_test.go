package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/internal/adopt"
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

// TestSlimMetadataKeepsWhoseItIs: by what is kept of a Secret an App tells what an
// App of its name has left behind from what a person has labeled.
func TestSlimMetadataKeepsWhoseItIs(t *testing.T) {
	for manager, want := range map[string]bool{"bowline": true, "": false, "Helm": false} {
		secret := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop-secret-1", Labels: map[string]string{
			"bowline.dev/app": "shop", "app.kubernetes.io/managed-by": manager, "app.kubernetes.io/name": "shop",
		}}}
		slim, err := slimMetadata(secret)
		if err != nil {
			t.Fatal(err)
		}
		if got := adopt.Left("shop", slim.(*metav1.PartialObjectMetadata)); got != want {
			t.Errorf("managed by %q: Left = %t, want %t", manager, got, want)
		}
	}
}
