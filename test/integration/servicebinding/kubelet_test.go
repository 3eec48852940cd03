package servicebinding_test

import (
	"fmt"
	"path"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

// Files returns the files that the kubelet makes of a container's volumes, by
// path, but for the canary that every Secret has.
func (s *Scene) Files(pod *corev1.Pod, container string) map[string]string {
	GinkgoHelper()
	files := map[string]string{}
	for _, mount := range containerOf(pod, container).VolumeMounts {
		i := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
		Expect(i).NotTo(BeNumerically("<", 0), "no volume %s", mount.Name)
		source := pod.Spec.Volumes[i].Projected
		if source == nil || strings.HasPrefix(mount.Name, "kube-api-access") {
			continue
		}
		Expect(mount.ReadOnly).To(BeTrue())
		for _, part := range source.Sources { // of the same file the later wins
			switch {
			case part.Secret != nil:
				for key, value := range s.secret(part.Secret.Name) {
					if key == harness.CanaryEntry {
						continue
					}
					files[path.Join(mount.MountPath, key)] = string(value)
				}
			case part.DownwardAPI != nil:
				for _, item := range part.DownwardAPI.Items {
					files[path.Join(mount.MountPath, item.Path)] = field(pod, item.FieldRef.FieldPath)
				}
			}
		}
	}
	return files
}

// Env returns the variables that the kubelet gives a container.
func (s *Scene) Env(pod *corev1.Pod, container string) map[string]string {
	GinkgoHelper()
	env := map[string]string{}
	for _, variable := range containerOf(pod, container).Env {
		switch from := variable.ValueFrom; {
		case from == nil:
			env[variable.Name] = variable.Value
		case from.SecretKeyRef != nil:
			env[variable.Name] = string(s.secret(from.SecretKeyRef.Name)[from.SecretKeyRef.Key])
		case from.FieldRef != nil:
			env[variable.Name] = field(pod, from.FieldRef.FieldPath)
		}
	}
	return env
}

func (s *Scene) secret(name string) map[string][]byte {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, secret)).To(Succeed())
	return secret.Data
}

func containerOf(pod *corev1.Pod, name string) corev1.Container {
	GinkgoHelper()
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if c.Name == name {
			return c
		}
	}
	Fail(fmt.Sprintf("pod %s has no container %s", pod.Name, name))
	return corev1.Container{}
}

// field follows the path of an annotation, which is all that a binding uses.
func field(pod *corev1.Pod, fieldPath string) string {
	GinkgoHelper()
	key, ok := strings.CutPrefix(fieldPath, "metadata.annotations['")
	Expect(ok).To(BeTrue(), fieldPath)
	value, ok := pod.Annotations[strings.TrimSuffix(key, "']")]
	Expect(ok).To(BeTrue(), "pod %s has no annotation for %s", pod.Name, fieldPath)
	return value
}
