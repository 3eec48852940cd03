package overlay

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// harden gives the pod and every container in it their parts of a security
// profile, where they say nothing themselves. Pods of Windows have no such
// parts.
func harden(pod *corev1.PodSpec, profile v1alpha1.SecurityProfile) {
	if pod.OS != nil && pod.OS.Name == corev1.Windows {
		return
	}
	if pod.SecurityContext == nil {
		pod.SecurityContext = &corev1.PodSecurityContext{}
	}
	hardenPod(pod.SecurityContext, profile)
	for _, c := range containersOf(pod) {
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		hardenContainer(c.SecurityContext, profile)
	}
}

func hardenPod(s *corev1.PodSecurityContext, profile v1alpha1.SecurityProfile) {
	if s.SeccompProfile == nil {
		s.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	if profile == v1alpha1.SecurityRestricted && s.RunAsNonRoot == nil {
		s.RunAsNonRoot = ptr.To(true)
	}
}

func hardenContainer(s *corev1.SecurityContext, profile v1alpha1.SecurityProfile) {
	if s.AllowPrivilegeEscalation == nil && !needsEscalation(s) {
		s.AllowPrivilegeEscalation = ptr.To(false)
	}
	if profile != v1alpha1.SecurityRestricted || ptr.Deref(s.Privileged, false) {
		return
	}
	if s.Capabilities == nil {
		s.Capabilities = &corev1.Capabilities{}
	}
	if s.Capabilities.Drop == nil {
		s.Capabilities.Drop = []corev1.Capability{"ALL"}
	}
}
