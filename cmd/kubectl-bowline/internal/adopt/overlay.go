package adopt

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

// overlay puts what is left of the pod template into spec.podTemplate.
func (a *App) overlay(d *appsv1.Deployment, pod *corev1.PodSpec, at int) error {
	pod.Containers[at].Name = overlay.Container
	for i := range pod.Containers {
		if i != at && pod.Containers[i].Name == overlay.Container {
			pod.Containers[i].Name = overlay.Container + "-2"
			a.noteDifference("container %q is called %q now: the App's own is named so", overlay.Container, pod.Containers[i].Name)
		}
	}
	for i := range pod.Volumes {
		rename(pod, &pod.Volumes[i])
	}
	spec, err := left(pod)
	if err != nil {
		return err
	}
	template := map[string]any{}
	if len(spec) > 0 {
		template["spec"] = spec
	}
	if kept := metadata(d); len(kept) > 0 {
		template["metadata"] = kept
	}
	if len(template) == 0 {
		return nil
	}
	raw, err := json.Marshal(template)
	if err != nil {
		return fmt.Errorf("write spec.podTemplate: %w", err)
	}
	a.Spec.PodTemplate = &runtime.RawExtension{Raw: raw}
	return nil
}

// rename gives a volume another name where the operator makes such names. That
// restarts no pod: see internal/adopt.
func rename(pod *corev1.PodSpec, v *corev1.Volume) {
	taken := v.Name == overlay.FilesVolume
	for _, prefix := range []string{overlay.ConfigPrefix, overlay.SecretPrefix, overlay.BindingPrefix} {
		taken = taken || strings.HasPrefix(v.Name, prefix)
	}
	if !taken {
		return
	}
	before, after := v.Name, "own-"+v.Name
	if len(after) > 63 {
		after = after[:63]
	}
	v.Name = after
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range containers {
			for j := range containers[i].VolumeMounts {
				if containers[i].VolumeMounts[j].Name == before {
					containers[i].VolumeMounts[j].Name = after
				}
			}
		}
	}
}

// left are the fields of the pod that are left. A container of which only the
// name is left says nothing.
func left(pod *corev1.PodSpec) (map[string]any, error) {
	data, err := json.Marshal(pod)
	if err != nil {
		return nil, fmt.Errorf("write the rest of the pod: %w", err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("read the rest of the pod: %w", err)
	}
	var kept []any
	for _, list := range []string{"initContainers", "containers"} {
		containers, _ := fields[list].([]any)
		for _, c := range containers {
			container, _ := c.(map[string]any)
			if resources, ok := container["resources"].(map[string]any); ok && len(resources) == 0 {
				delete(container, "resources")
			}
			if list == "containers" && len(container) > 1 {
				kept = append(kept, container)
			}
		}
	}
	fields["containers"] = kept
	if len(kept) == 0 {
		delete(fields, "containers")
	}
	return fields, nil
}

// metadata are the labels and annotations of the pods that a person may set. The
// labels by which the Deployment found its pods are among them: Services and
// policies may select by them, and the Deployment takes no pods that have an
// owner.
func metadata(d *appsv1.Deployment) map[string]any {
	out := map[string]any{}
	for field, entries := range map[string]map[string]string{"labels": maps.Clone(d.Spec.Template.Labels), "annotations": maps.Clone(d.Spec.Template.Annotations)} {
		for key := range entries {
			if reserved(key) {
				delete(entries, key)
			}
		}
		if len(entries) > 0 {
			out[field] = entries
		}
	}
	return out
}

// reserved are keys that the operator or kubectl sets.
func reserved(key string) bool {
	return strings.HasPrefix(key, v1alpha1.GroupVersion.Group+"/") || key == v1alpha1.LabelName ||
		key == appsv1.DefaultDeploymentUniqueLabelKey || strings.HasPrefix(key, "kubectl.kubernetes.io/restartedAt")
}

func percent(value string) *intstr.IntOrString { return ptr.To(intstr.FromString(value)) }
