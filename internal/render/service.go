package render

import (
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// service returns the Service in front of the pods, nil without ports. Its
// type stays absent: whoever sets it, to reach the App from outside, keeps it.
func service(in Input) *corev1ac.ServiceApplyConfiguration {
	app, r := in.App, &in.Release.Spec
	if len(r.Workload.Ports) == 0 {
		return nil
	}
	return corev1ac.Service(app.Name, app.Namespace).
		WithLabels(labels(app)).
		WithOwnerReferences(owner(app)).
		WithSpec(corev1ac.ServiceSpec().
			WithSelector(map[string]string{v1alpha1.LabelApp: app.Name}).
			WithPorts(servicePorts(r.Workload.Ports, in.Unnamed)...))
}

// servicePorts returns the Service's ports. They point to the container's by
// name, so that a Release that moves a port to another number is served
// together with one that did not yet; unless there may be ports without names.
// The protocol is stated because it is
// part of the key by which the API server merges ports.
func servicePorts(ports []v1alpha1.PortSpec, unnamed bool) []*corev1ac.ServicePortApplyConfiguration {
	var out []*corev1ac.ServicePortApplyConfiguration
	for _, p := range ports {
		target := intstr.FromString(p.Name)
		if unnamed {
			target = intstr.FromInt32(p.Port)
		}
		out = append(out, corev1ac.ServicePort().
			WithName(p.Name).
			WithPort(p.Port).
			WithTargetPort(target).
			WithProtocol(protocol(p)))
	}
	return out
}
