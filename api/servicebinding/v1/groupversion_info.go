// Package v1 holds the API of the Service Binding Specification for Kubernetes
// 1.1: ServiceBinding and ClusterWorkloadResourceMapping. The schema is the
// specification's; what it says in words and what would only fail later is
// checked by the API server.
//
// +kubebuilder:object:generate=true
// +groupName=servicebinding.io
package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion is the API group and version of this package.
	GroupVersion = schema.GroupVersion{Group: "servicebinding.io", Version: "v1"}

	// SchemeBuilder collects the functions that register this package's types.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers the types with a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &ServiceBinding{}, &ServiceBindingList{}, &ClusterWorkloadResourceMapping{}, &ClusterWorkloadResourceMappingList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
