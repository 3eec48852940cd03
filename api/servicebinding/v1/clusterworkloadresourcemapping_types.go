package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterWorkloadResourceMappingSpec says where in a kind of workload pods are
// described.
type ClusterWorkloadResourceMappingSpec struct {
	// Versions are the mappings of the kind's versions.
	// +listType=map
	// +listMapKey=version
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Versions []ClusterWorkloadResourceMappingTemplate `json:"versions,omitempty"`
}

// ClusterWorkloadResourceMappingTemplate says where in one version of a kind
// pods are described. What is left out is where a Deployment has it.
type ClusterWorkloadResourceMappingTemplate struct {
	// Version of the kind, or * for every version that is not listed.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Version string `json:"version"`
	// Annotations is the fixed path of the annotations that pods get. Defaults to
	// .spec.template.metadata.annotations.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || self.matches('^([.][^][.\\'{}*?@$ \\\\\\\\]+|[[]\\'[^\\']+\\'[]])+$')",message="is a fixed path of fields, such as .spec.template or .spec['template']"
	// +optional
	Annotations string `json:"annotations,omitempty"`
	// Containers are where containers are. Defaults to the containers and init
	// containers of .spec.template.spec.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Containers []ClusterWorkloadResourceMappingContainer `json:"containers,omitempty"`
	// Volumes is the fixed path of the pods' volumes. Defaults to
	// .spec.template.spec.volumes.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || self.matches('^([.][^][.\\'{}*?@$ \\\\\\\\]+|[[]\\'[^\\']+\\'[]])+$')",message="is a fixed path of fields, such as .spec.template or .spec['template']"
	// +optional
	Volumes string `json:"volumes,omitempty"`
}

// ClusterWorkloadResourceMappingContainer says where containers are and what
// their parts are called.
type ClusterWorkloadResourceMappingContainer struct {
	// Path is a JSONPath to all containers that this entry describes.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +required
	Path string `json:"path"`
	// Name is the fixed path of a container's name, from the container on. Without
	// it containers cannot be chosen by name, and are all bound.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || self.matches('^([.][^][.\\'{}*?@$ \\\\\\\\]+|[[]\\'[^\\']+\\'[]])+$')",message="is a fixed path of fields, such as .spec.template or .spec['template']"
	// +optional
	Name string `json:"name,omitempty"`
	// Env is the fixed path of a container's environment variables, from the
	// container on. Defaults to .env.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || self.matches('^([.][^][.\\'{}*?@$ \\\\\\\\]+|[[]\\'[^\\']+\\'[]])+$')",message="is a fixed path of fields, such as .spec.template or .spec['template']"
	// +optional
	Env string `json:"env,omitempty"`
	// VolumeMounts is the fixed path of a container's volume mounts, from the
	// container on. Defaults to .volumeMounts.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || self.matches('^([.][^][.\\'{}*?@$ \\\\\\\\]+|[[]\\'[^\\']+\\'[]])+$')",message="is a fixed path of fields, such as .spec.template or .spec['template']"
	// +optional
	VolumeMounts string `json:"volumeMounts,omitempty"`
}

// ClusterWorkloadResourceMapping describes a kind of workload whose pods are not
// described where a Deployment describes them. Its name is the kind's plural and
// group, such as cronjobs.batch.
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:storageversion
// +kubebuilder:metadata:labels="bowline.dev/service-bindings=enabled"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClusterWorkloadResourceMapping struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec is what a person says of the kind.
	// +optional
	Spec ClusterWorkloadResourceMappingSpec `json:"spec,omitempty"`
}

// ClusterWorkloadResourceMappingList is a list of
// ClusterWorkloadResourceMappings.
// +kubebuilder:object:root=true
type ClusterWorkloadResourceMappingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ClusterWorkloadResourceMapping `json:"items"`
}
