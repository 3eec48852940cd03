// Package v1beta1 serves the API of the Service Binding Specification for
// Kubernetes under its older version. The types are those of v1.
//
// +kubebuilder:object:generate=true
// +groupName=servicebinding.io
package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// ServiceBinding projects the Secret of a service into workloads, as files and,
// on request, as environment variables.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Secret",type=string,JSONPath=`.status.binding.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ServiceBinding struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec is what a person asks for.
	// +required
	Spec servicebindingv1.ServiceBindingSpec `json:"spec"`
	// Status is what came of it.
	// +optional
	Status servicebindingv1.ServiceBindingStatus `json:"status,omitempty"`
}

// ClusterWorkloadResourceMapping describes a kind of workload whose pods are not
// described where a Deployment describes them. Its name is the kind's plural and
// group, such as cronjobs.batch.
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClusterWorkloadResourceMapping struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec is what a person says of the kind.
	// +optional
	Spec servicebindingv1.ClusterWorkloadResourceMappingSpec `json:"spec,omitempty"`
}
