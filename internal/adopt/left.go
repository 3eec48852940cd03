package adopt

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Left tells that an App of a name has left an object behind: the operator made
// it for one, and nothing controls it. A label alone does not say so, anybody
// may have written it on something of their own.
func Left(app string, object metav1.Object) bool {
	labels := object.GetLabels()
	return labels[v1alpha1.LabelApp] == app && labels[v1alpha1.LabelManagedBy] == v1alpha1.FieldOwner &&
		metav1.GetControllerOfNoCopy(object) == nil && object.GetDeletionTimestamp() == nil
}
