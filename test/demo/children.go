package main

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// children are the objects the App controls, its Releases aside, by kind and
// name: everything of them that somebody wrote, in bytes.
type children map[string]string

// readChildren reads them from the API server.
func (s *story) readChildren(ctx context.Context) (children, error) {
	found := children{}
	for kind, list := range map[string]client.ObjectList{
		"Deployment":              &appsv1.DeploymentList{},
		"Service":                 &corev1.ServiceList{},
		"ConfigMap":               &corev1.ConfigMapList{},
		"Secret":                  &corev1.SecretList{},
		"HorizontalPodAutoscaler": &autoscalingv2.HorizontalPodAutoscalerList{},
		"PodDisruptionBudget":     &policyv1.PodDisruptionBudgetList{},
	} {
		if err := s.list(ctx, list); err != nil {
			return nil, err
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			object := item.(client.Object)
			if owner := metav1.GetControllerOf(object); owner == nil || owner.Kind != "App" {
				return nil
			}
			content, err := written(object)
			found[kind+" "+object.GetName()] = content
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// written returns what of an object was written by somebody: all but its
// status, its versions, and the count that the Deployment's controller keeps.
func written(object client.Object) (string, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return "", err
	}
	delete(fields, "status")
	metadata := fields["metadata"].(map[string]any)
	for _, name := range []string{"resourceVersion", "generation", "managedFields"} {
		delete(metadata, name)
	}
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		delete(annotations, "deployment.kubernetes.io/revision")
	}
	content, err := json.MarshalIndent(fields, "", " ")
	return string(content), err
}

// expectSame checks that all children are byte for byte what they were, and
// that there are no others but the extra ones.
func (c children) expectSame(after children, extra ...string) error {
	for _, name := range c.names() {
		if c[name] != after[name] {
			return &unmet{want: name + " byte for byte as it was", saw: strings.Join(lineDiff(c[name], after[name]), "\n")}
		}
	}
	want := slices.Sorted(slices.Values(append(c.names(), extra...)))
	return expect("the App's objects", strings.Join(want, ", "), strings.Join(after.names(), ", "))
}

func (c children) names() []string { return slices.Sorted(maps.Keys(c)) }
