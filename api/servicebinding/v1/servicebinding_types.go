package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ServiceBindingSpec says which service is projected into which workloads.
type ServiceBindingSpec struct {
	// Name of the directory below $SERVICE_BINDING_ROOT that the service is
	// projected into. Defaults to the name of the ServiceBinding.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9.-]{1,253}$') && self != '.' && self != '..'",message="is the name of a directory: lower case letters, digits, - and . only, and neither . nor .."
	// +optional
	Name string `json:"name,omitempty"`
	// Type replaces the entry "type" of the Secret.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Type string `json:"type,omitempty"`
	// Provider replaces the entry "provider" of the Secret.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Provider string `json:"provider,omitempty"`
	// Workload is what the service is projected into.
	// +required
	Workload ServiceBindingWorkloadReference `json:"workload"`
	// Service is a Provisioned Service, which names a Secret in
	// .status.binding.name, or a Secret itself.
	// +required
	Service ServiceBindingServiceReference `json:"service"`
	// Env makes environment variables of entries of the Secret.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=256
	// +optional
	Env []EnvMapping `json:"env,omitempty"`
}

// ServiceBindingWorkloadReference refers to workloads of one kind in the
// namespace of the ServiceBinding, by name or by label.
// +kubebuilder:validation:XValidation:rule="(has(self.name) && size(self.name) > 0) != has(self.selector)",message="names one workload by name, or selects them by selector: exactly one of the two is set"
type ServiceBindingWorkloadReference struct {
	// APIVersion of the workload, such as apps/v1. It cannot be changed.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed: make another ServiceBinding for another kind of workload"
	// +required
	APIVersion string `json:"apiVersion"`
	// Kind of the workload, such as Deployment. It cannot be changed.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed: make another ServiceBinding for another kind of workload"
	// +required
	Kind string `json:"kind"`
	// Name of the workload.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Name string `json:"name,omitempty"`
	// Selector selects workloads by their labels. Every one is bound.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	// Containers are the names of the containers to bind, init containers
	// included. All, if there is none.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=253
	// +optional
	Containers []string `json:"containers,omitempty"`
}

// ServiceBindingServiceReference refers to a service in the namespace of the
// ServiceBinding.
type ServiceBindingServiceReference struct {
	// APIVersion of the service.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	// +required
	APIVersion string `json:"apiVersion"`
	// Kind of the service.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Kind string `json:"kind"`
	// Name of the service.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`
}

// EnvMapping makes an environment variable of an entry of the Secret.
// +kubebuilder:validation:XValidation:rule="self.name != 'SERVICE_BINDING_ROOT'",message="SERVICE_BINDING_ROOT says where bindings are, and is set by the workload or by the projection"
type EnvMapping struct {
	// Name of the environment variable.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:Pattern=`^[ -<>-~]+$`
	// +required
	Name string `json:"name"`
	// Key of the Secret's entry.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	// +required
	Key string `json:"key"`
}

// ServiceBindingStatus says what came of a ServiceBinding.
type ServiceBindingStatus struct {
	// ObservedGeneration is the generation of the ServiceBinding that the rest
	// of the status tells of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions are Ready and ServiceAvailable.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Binding names the Secret that is projected.
	// +optional
	Binding *ServiceBindingSecretReference `json:"binding,omitempty"`
}

// ServiceBindingSecretReference refers to a Secret in the namespace of the
// ServiceBinding.
type ServiceBindingSecretReference struct {
	// Name of the Secret.
	// +required
	Name string `json:"name"`
}

// ServiceBinding projects the Secret of a service into workloads, as files and,
// on request, as environment variables.
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:metadata:labels="bowline.dev/service-bindings=enabled"
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
	Spec ServiceBindingSpec `json:"spec"`
	// Status is what came of it.
	// +optional
	Status ServiceBindingStatus `json:"status,omitempty"`
}

// ServiceBindingList is a list of ServiceBindings.
// +kubebuilder:object:root=true
type ServiceBindingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ServiceBinding `json:"items"`
}

// Directory is the name of the directory that the service is projected into.
func (b *ServiceBinding) Directory() string {
	if b.Spec.Name != "" {
		return b.Spec.Name
	}
	return b.Name
}
