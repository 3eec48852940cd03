package controllers

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func TestStatusPatch(t *testing.T) {
	release := &v1alpha1.Release{ObjectMeta: metav1.ObjectMeta{Name: "shop-1", ResourceVersion: "7"}}
	standing := v1alpha1.ReleaseStatus{Progress: v1alpha1.ProgressMark{Available: ptr.To[int32](2)}}
	running := v1alpha1.ReleaseStatus{Progress: v1alpha1.ProgressMark{Available: ptr.To[int32](2), Time: metav1.Unix(0, 0)}}
	cases := map[string]struct {
		before, after v1alpha1.ReleaseStatus
		want          string
	}{
		"what joins":             {standing, running, `{"metadata":{"resourceVersion":"7"},"status":{"progress":{"time":"1970-01-01T00:00:00Z"}}}`},
		"what goes, also inside": {running, standing, `{"metadata":{"resourceVersion":"7"},"status":{"progress":{"time":null}}}`},
		"what goes as a whole":   {running, v1alpha1.ReleaseStatus{}, `{"metadata":{"resourceVersion":"7"},"status":{"progress":null}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			patch, err := statusPatch(release, c.before, c.after)
			if err != nil {
				t.Fatal(err)
			}
			got, err := patch.Data(release)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("patch = %s\nwant    %s", got, c.want)
			}
		})
	}
}
