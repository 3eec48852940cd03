package controllers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// bindingCRDs are the definitions that service bindings need.
var bindingCRDs = []string{"servicebindings.servicebinding.io", "clusterworkloadresourcemappings.servicebinding.io"}

// checkImplementation refuses to go on where the definitions are missing or
// belong to another implementation: two would fight over every workload.
func checkImplementation(ctx context.Context, reader client.Reader) error {
	for _, name := range bindingCRDs {
		crd := &metav1.PartialObjectMetadata{}
		crd.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
		err := reader.Get(ctx, types.NamespacedName{Name: name}, crd)
		switch {
		case apierrors.IsNotFound(err):
			return fmt.Errorf("service bindings: CustomResourceDefinition %q does not exist: install it with `kubectl apply --server-side -k config/crd/servicebinding`, or start with --service-bindings=false", name)
		case err != nil:
			return fmt.Errorf("service bindings: read CustomResourceDefinition %q: %w", name, err)
		case crd.Labels[servicebindingv1.LabelImplementation] != servicebindingv1.ImplementationEnabled:
			return fmt.Errorf("service bindings: CustomResourceDefinition %q belongs to another implementation (%s): two would fight over every workload. "+
				"Start with --service-bindings=false, or remove the other one and hand its definitions over with `kubectl label crd %s %s=%s`",
				name, owner(crd), strings.Join(bindingCRDs, " "), servicebindingv1.LabelImplementation, servicebindingv1.ImplementationEnabled)
		}
	}
	return nil
}

// owner says what an object tells of who installed it.
func owner(crd *metav1.PartialObjectMetadata) string {
	var signs []string
	for _, label := range []string{"app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by"} {
		if value := crd.Labels[label]; value != "" {
			signs = append(signs, label+"="+value)
		}
	}
	if value := crd.Annotations["meta.helm.sh/release-name"]; value != "" {
		signs = append(signs, "Helm release "+value)
	}
	var managers []string
	for _, entry := range crd.ManagedFields {
		if entry.Subresource == "" && !slices.Contains(managers, entry.Manager) {
			managers = append(managers, entry.Manager)
		}
	}
	if len(managers) > 0 {
		signs = append(signs, "written by "+strings.Join(managers, ", "))
	}
	if len(signs) == 0 {
		return "nothing in it says which"
	}
	return strings.Join(signs, ", ")
}
