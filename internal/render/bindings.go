package render

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	kjson "sigs.k8s.io/json"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/binding"
)

// bound returns a template with a Release's bindings projected into all its
// containers, also those that the overlay adds. An error says which binding
// cannot be.
func bound(template *corev1ac.PodTemplateSpecApplyConfiguration, r *v1alpha1.ReleaseSpec) (*corev1ac.PodTemplateSpecApplyConfiguration, error) {
	data, err := json.Marshal(template)
	if err != nil {
		return nil, fmt.Errorf("write the pod template: %w", err)
	}
	var fields map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &fields); err != nil {
		return nil, fmt.Errorf("read the pod template: %w", err)
	}
	projected, err := binding.Into(fields, binding.Pods(), bindings(r))
	if err != nil {
		return nil, fmt.Errorf("the pods: %w", err)
	}
	if data, err = json.Marshal(projected); err != nil {
		return nil, fmt.Errorf("write the bound pod template: %w", err)
	}
	out := corev1ac.PodTemplateSpec()
	if err := json.Unmarshal(data, out); err != nil {
		return nil, fmt.Errorf("read the bound pod template: %w", err)
	}
	return out, nil
}

// bindings returns what a Release's bindings project: copies, or what the
// services hand out themselves.
func bindings(r *v1alpha1.ReleaseSpec) []binding.Binding {
	var out []binding.Binding
	for at, spec := range r.Workload.Bindings {
		i := slices.IndexFunc(r.Bindings, func(p v1alpha1.PinnedBinding) bool { return p.Name == spec.Name })
		if i < 0 {
			continue // made before there were bindings
		}
		pinned := &r.Bindings[i]
		secret := pinned.SecretName
		if pinned.CopyName != "" {
			secret = pinned.CopyName
		}
		out = append(out, binding.OfApp(binding.FieldOf(at, &spec), spec, secret, pinned.Keys))
	}
	return out
}

// follow returns a Release whose bindings lead to other Secrets.
func follow(r *v1alpha1.Release, moved map[string]string) *v1alpha1.Release {
	out := *r
	out.Spec.Bindings = slices.Clone(r.Spec.Bindings)
	for i := range out.Spec.Bindings {
		if secret, ok := moved[out.Spec.Bindings[i].Name]; ok {
			out.Spec.Bindings[i].SecretName = secret
		}
	}
	return &out
}
