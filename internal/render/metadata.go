package render

import (
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// labels returns the labels of every child.
func labels(app *v1alpha1.App) map[string]string {
	return map[string]string{
		v1alpha1.LabelApp:       app.Name,
		v1alpha1.LabelName:      app.Name,
		v1alpha1.LabelManagedBy: v1alpha1.FieldOwner,
	}
}

// selector returns the selector of an App's pods. A Deployment's selector can
// never change, so it is one label that never does.
func selector(app string) *metav1ac.LabelSelectorApplyConfiguration {
	return metav1ac.LabelSelector().WithMatchLabels(map[string]string{v1alpha1.LabelApp: app})
}

// owner returns the reference that makes the App a child's controller, so that
// the child goes with the App.
func owner(app *v1alpha1.App) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(v1alpha1.GroupVersion.String()).
		WithKind("App").
		WithName(app.Name).
		WithUID(app.UID).
		WithController(true).
		WithBlockOwnerDeletion(true)
}
