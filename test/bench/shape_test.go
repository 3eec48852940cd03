package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlainObjects(t *testing.T) {
	objects, err := plainObjects(newApp("a", "web"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, object := range objects {
		got = append(got, fmt.Sprintf("%T %s/%s", object, object.GetNamespace(), object.GetName()))
		if owners := object.GetOwnerReferences(); len(owners) > 0 {
			t.Errorf("%T has owners: %v", object, owners)
		}
	}
	want := []string{
		"*v1.ConfigMap a/" + objects[0].GetName(),
		"*v1.Service a/web",
		"*v1.Deployment a/web",
		"*v2.HorizontalPodAutoscaler a/web",
		"*v1.PodDisruptionBudget a/web",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(objects) != children {
		t.Errorf("%d objects, want %d, (-want +got):\n%s", len(objects), children, diff)
	}
}
