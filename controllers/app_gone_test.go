package controllers

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/observe"
)

// TestLost: when an App may have been deleted without the caches knowing it.
func TestLost(t *testing.T) {
	copies := map[string]metav1.PartialObjectMetadata{"shop-config-1": {}, "shop-copy-1": {}}
	whole := func() (*v1alpha1.App, *observe.Snapshot) {
		app := &v1alpha1.App{}
		app.Status.Release.Running = "shop-1"
		r := v1alpha1.Release{ObjectMeta: metav1.ObjectMeta{Name: "shop-1"}}
		r.Spec.ConfigName = "shop-config-1"
		r.Spec.Sources = []v1alpha1.PinnedSource{{Kind: v1alpha1.SourceSecret, Name: "stripe", CopyName: "shop-copy-1"}, {Kind: v1alpha1.SourceConfigMap, Name: "live"}}
		r.Spec.Workload.Ports = []v1alpha1.PortSpec{{Name: "http", Port: 8080}}
		return app, &observe.Snapshot{Deployment: &appsv1.Deployment{}, Service: &corev1.Service{}, Releases: []v1alpha1.Release{r}, ConfigMaps: copies, Secrets: copies}
	}
	for name, c := range map[string]struct {
		change func(*v1alpha1.App, *observe.Snapshot)
		lately string
		want   bool
	}{
		"all is there":            {func(*v1alpha1.App, *observe.Snapshot) {}, "", false},
		"it never ran":            {func(a *v1alpha1.App, s *observe.Snapshot) { a.Status.Release.Running, s.Deployment = "", nil }, "", false},
		"no Deployment":           {func(_ *v1alpha1.App, s *observe.Snapshot) { s.Deployment = nil }, "", true},
		"no Release":              {func(_ *v1alpha1.App, s *observe.Snapshot) { s.Releases = nil }, "", true},
		"no Service":              {func(_ *v1alpha1.App, s *observe.Snapshot) { s.Service = nil }, "", true},
		"no Service, and none is": {func(_ *v1alpha1.App, s *observe.Snapshot) { s.Service, s.Releases[0].Spec.Workload.Ports = nil, nil }, "", false},
		"no config":               {func(_ *v1alpha1.App, s *observe.Snapshot) { s.ConfigMaps = nil }, "", true},
		"config of a moment ago":  {func(_ *v1alpha1.App, s *observe.Snapshot) { s.ConfigMaps = nil }, "shop-config-1", false},
		"no copy of a Secret":     {func(_ *v1alpha1.App, s *observe.Snapshot) { s.Secrets = nil }, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			app, s := whole()
			c.change(app, s)
			if got := lost(app, *s, func(name string) bool { return name == c.lately }); got != c.want {
				t.Errorf("lost: %t, want %t", got, c.want)
			}
		})
	}
}
