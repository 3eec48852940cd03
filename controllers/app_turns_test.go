package controllers

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// TestDesires: whose turn is taken by a Release that has not ended.
func TestDesires(t *testing.T) {
	for name, c := range map[string]struct {
		said   string // status.release.desired
		pinned string
		number int64
		want   bool
	}{
		"it says so":                        {said: "shop-2", number: 2, want: true},
		"it was made, and not reported yet": {said: "shop-1", number: 2, want: true},
		"its first, not reported yet":       {number: 1, want: true},
		"it has gone back, or on":           {said: "shop-3", number: 2, want: false},
		"it is pinned to another":           {said: "shop-1", pinned: "shop-1", number: 2, want: false},
	} {
		t.Run(name, func(t *testing.T) {
			app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
			app.Status.Release.Desired = c.said
			if c.pinned != "" {
				app.Annotations = map[string]string{v1alpha1.AnnotationRollbackTo: c.pinned}
			}
			r := &v1alpha1.Release{ObjectMeta: metav1.ObjectMeta{Name: release.Name("shop", c.number)}, Spec: v1alpha1.ReleaseSpec{Number: c.number}}
			if got := desires(app, r); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}
