package render

import (
	"encoding/json"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

// podTemplate returns the template of a Release's pods. It takes the App's name
// and not the App, so that nothing live can reach it. An error names the field
// of the Release's overlay that cannot be read.
func podTemplate(app string, r *v1alpha1.ReleaseSpec) (*corev1ac.PodTemplateSpecApplyConfiguration, error) {
	if r.Adopted != nil {
		return adopted(app, r)
	}
	template := generatedTemplate(app, r)
	if r.Workload.PodTemplate != nil {
		var err error
		if template, err = overlaid(template, r); err != nil {
			return nil, err
		}
	}
	drain(template, r)
	if len(r.Bindings) == 0 {
		return template, nil
	}
	return bound(template, r)
}

// adopted returns the template of the Deployment that a Release was taken over
// from, with the labels by which the operator finds its pods.
func adopted(app string, r *v1alpha1.ReleaseSpec) (*corev1ac.PodTemplateSpecApplyConfiguration, error) {
	out := corev1ac.PodTemplateSpec()
	if err := json.Unmarshal(r.Adopted.Raw, out); err != nil {
		return nil, fmt.Errorf("spec.adopted: %w", err)
	}
	return out.WithLabels(AdoptedLabels(app, r.Number, out.Labels)), nil
}

// AdoptedLabels are the labels that pods need which were not made for an App,
// to be those of a Release, beside the labels they have.
func AdoptedLabels(app string, number int64, have map[string]string) map[string]string {
	needed := podLabels(app, number)
	if name, ok := have[v1alpha1.LabelName]; ok { // a selector may name it
		needed[v1alpha1.LabelName] = name
	}
	return needed
}

// podLabels are the labels of a Release's pods.
func podLabels(app string, number int64) map[string]string {
	return map[string]string{
		v1alpha1.LabelApp:     app,
		v1alpha1.LabelRelease: strconv.FormatInt(number, 10),
		v1alpha1.LabelName:    app,
	}
}

// overlaid returns a template with a Release's overlay merged over it.
func overlaid(generated *corev1ac.PodTemplateSpecApplyConfiguration, r *v1alpha1.ReleaseSpec) (*corev1ac.PodTemplateSpecApplyConfiguration, error) {
	template, err := json.Marshal(generated)
	if err != nil {
		return nil, fmt.Errorf("write the generated pod template: %w", err)
	}
	merged, err := overlay.Merge(template, r.Workload.PodTemplate.Raw, r.Workload.ProfileOrDefault())
	if err != nil {
		return nil, err
	}
	out := corev1ac.PodTemplateSpec()
	if err := json.Unmarshal(merged, out); err != nil {
		return nil, fmt.Errorf("read the merged pod template: %w", err)
	}
	return out, nil
}

// generatedTemplate returns the template before the overlay is merged over it.
func generatedTemplate(app string, r *v1alpha1.ReleaseSpec) *corev1ac.PodTemplateSpecApplyConfiguration {
	return corev1ac.PodTemplateSpec().
		WithLabels(podLabels(app, r.Number)).
		WithSpec(podSpec(app, r))
}

// podSpec returns the spec of a Release's pods.
//
// Service links stay off: they would give a container the addresses of whatever
// Services the namespace happens to have when it starts, which is no part of
// the Release, and thousands of them keep a container from starting.
func podSpec(app string, r *v1alpha1.ReleaseSpec) *corev1ac.PodSpecApplyConfiguration {
	w := &r.Workload
	out := corev1ac.PodSpec().
		WithContainers(container(r)).
		WithVolumes(volumes(r)...).
		WithSecurityContext(podSecurity(w.ProfileOrDefault())).
		WithTerminationGracePeriodSeconds(w.GracePeriod()).
		WithEnableServiceLinks(false).
		WithTopologySpreadConstraints(spread(app, r.Spread)...)
	addIdentity(out, w)
	addScheduling(out, w.Scheduling)
	return out
}

// addIdentity adds as whom the pods run and pull their image. A token of the
// namespace's default service account is of no use to an App that named none,
// and of use to whoever breaks into it.
func addIdentity(out *corev1ac.PodSpecApplyConfiguration, w *v1alpha1.WorkloadSpec) {
	out.WithAutomountServiceAccountToken(w.ServiceAccountName != "")
	if w.ServiceAccountName != "" {
		out.WithServiceAccountName(w.ServiceAccountName)
	}
	for _, s := range w.ImagePullSecrets {
		out.WithImagePullSecrets(corev1ac.LocalObjectReference().WithName(s.Name))
	}
}

// addScheduling adds where the pods may run.
func addScheduling(out *corev1ac.PodSpecApplyConfiguration, s v1alpha1.SchedulingSpec) {
	out.WithNodeSelector(s.NodeSelector).
		WithTolerations(convertAll[corev1ac.TolerationApplyConfiguration](s.Tolerations)...)
	if s.PriorityClassName != "" {
		out.WithPriorityClassName(s.PriorityClassName)
	}
}

// podSecurity returns the pod's part of a security profile.
func podSecurity(profile v1alpha1.SecurityProfile) *corev1ac.PodSecurityContextApplyConfiguration {
	out := corev1ac.PodSecurityContext().
		WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))
	if profile == v1alpha1.SecurityRestricted {
		out.WithRunAsNonRoot(true)
	}
	return out
}

// topologyKeys are the node labels over whose values pods are spread.
var topologyKeys = map[v1alpha1.Spread]string{
	v1alpha1.SpreadNode: corev1.LabelHostname,
	v1alpha1.SpreadZone: corev1.LabelTopologyZone,
}

// spread returns the constraints that spread the pods. They are soft: an App
// on one node is better than none. The pods of each Release are counted apart,
// else a new one would be placed around the old one, which then goes away.
func spread(app string, over v1alpha1.Spread) []*corev1ac.TopologySpreadConstraintApplyConfiguration {
	key, ok := topologyKeys[v1alpha1.AvailabilitySpec{Spread: over}.SpreadOrDefault()]
	if !ok {
		return nil
	}
	return []*corev1ac.TopologySpreadConstraintApplyConfiguration{
		corev1ac.TopologySpreadConstraint().
			WithMaxSkew(1).
			WithTopologyKey(key).
			WithWhenUnsatisfiable(corev1.ScheduleAnyway).
			WithLabelSelector(selector(app)).
			WithMatchLabelKeys("pod-template-hash"),
	}
}
