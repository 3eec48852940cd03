package adopt

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// TestLeft: what an App takes over it may delete, so it must be the operator's.
func TestLeft(t *testing.T) {
	labels := func(app, manager string) map[string]string {
		return map[string]string{"bowline.dev/app": app, "app.kubernetes.io/managed-by": manager}
	}
	for name, c := range map[string]struct {
		object metav1.ObjectMeta
		want   bool
	}{
		"made for an App of the name": {metav1.ObjectMeta{Labels: labels("shop", "bowline")}, true},
		"made for another App":        {metav1.ObjectMeta{Labels: labels("market", "bowline")}, false},
		"labeled by a person":         {metav1.ObjectMeta{Labels: map[string]string{"bowline.dev/app": "shop"}}, false},
		"managed by another tool":     {metav1.ObjectMeta{Labels: labels("shop", "Helm")}, false},
		"owned, but not controlled":   {metav1.ObjectMeta{Labels: labels("shop", "bowline"), OwnerReferences: []metav1.OwnerReference{{Name: "it"}}}, true},
		"controlled": {metav1.ObjectMeta{
			Labels: labels("shop", "bowline"), OwnerReferences: []metav1.OwnerReference{{Name: "it", Controller: ptr.To(true)}},
		}, false},
		"going away": {metav1.ObjectMeta{Labels: labels("shop", "bowline"), DeletionTimestamp: &metav1.Time{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Left("shop", &c.object); got != c.want {
				t.Errorf("Left = %t, want %t", got, c.want)
			}
		})
	}
}
