package render

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

// container returns the App's container. When it ends with an error and left
// no message, the last lines of its log become the message: it is the evidence
// that survives a rollback.
func container(r *v1alpha1.ReleaseSpec) *corev1ac.ContainerApplyConfiguration {
	w := &r.Workload
	out := corev1ac.Container().
		WithName(overlay.Container).
		WithImage(r.PodImage()).
		WithCommand(w.Command...).
		WithArgs(w.Args...).
		WithPorts(containerPorts(w.Ports)...).
		WithEnvFrom(envFrom(r)...).
		WithEnv(env(r)...).
		WithVolumeMounts(mounts(r)...).
		WithSecurityContext(containerSecurity(w.ProfileOrDefault())).
		WithTerminationMessagePolicy(corev1.TerminationMessageFallbackToLogsOnError)
	if w.ImagePullPolicy != "" {
		out.WithImagePullPolicy(w.ImagePullPolicy)
	}
	addResources(out, &w.Resources)
	addProbes(out, w.Health)
	return out
}

// addResources adds requests and limits, when there are any.
func addResources(out *corev1ac.ContainerApplyConfiguration, r *corev1.ResourceRequirements) {
	if len(r.Requests)+len(r.Limits)+len(r.Claims) > 0 {
		out.WithResources(convert[corev1ac.ResourceRequirementsApplyConfiguration](r))
	}
}

// addProbes adds the probes that are set.
func addProbes(out *corev1ac.ContainerApplyConfiguration, h v1alpha1.HealthSpec) {
	out.ReadinessProbe = probe(h.Readiness)
	out.LivenessProbe = probe(h.Liveness)
	out.StartupProbe = probe(h.Startup)
}

// probe converts a probe. One without any field is as good as none.
func probe(p *corev1.Probe) *corev1ac.ProbeApplyConfiguration {
	if p == nil || *p == (corev1.Probe{}) {
		return nil
	}
	return convert[corev1ac.ProbeApplyConfiguration](p)
}

// containerPorts returns the container's ports. The protocol is stated because
// it is part of the key by which the API server merges them.
func containerPorts(ports []v1alpha1.PortSpec) []*corev1ac.ContainerPortApplyConfiguration {
	var out []*corev1ac.ContainerPortApplyConfiguration
	for _, p := range ports {
		out = append(out, corev1ac.ContainerPort().
			WithName(p.Name).
			WithContainerPort(p.Port).
			WithProtocol(protocol(p)))
	}
	return out
}

// protocol returns a port's protocol or its default.
func protocol(p v1alpha1.PortSpec) corev1.Protocol { return cmp.Or(p.Protocol, corev1.ProtocolTCP) }

// containerSecurity returns the container's part of a security profile.
func containerSecurity(profile v1alpha1.SecurityProfile) *corev1ac.SecurityContextApplyConfiguration {
	out := corev1ac.SecurityContext().WithAllowPrivilegeEscalation(false)
	if profile == v1alpha1.SecurityRestricted {
		out.WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))
	}
	return out
}
