package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestPlainObjects(t *testing.T) {
	of := shape{keys: 2}
	objects, err := of.plainObjects(of.newApp("a", "web"))
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
	if diff := cmp.Diff(want, got); diff != "" || len(objects) != of.children()-1 {
		t.Errorf("%d objects, want %d, (-want +got):\n%s", len(objects), of.children()-1, diff)
	}
}

// TestPlainObjectsOfAnAppWithSecrets: who has no operator makes the copies too,
// but needs no key for digests, and nothing to be bound to.
func TestPlainObjectsOfAnAppWithSecrets(t *testing.T) {
	of := shape{keys: 20, secrets: 5}
	app := of.newApp("a", "web")
	objects, err := of.plainObjects(app)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(objects), of.children()-2; got != want {
		t.Errorf("%d objects, want %d", got, want)
	}
	if got := len(app.Spec.Config.Data); got != 20 {
		t.Errorf("%d literals, want 20", got)
	}
	names := map[string]bool{}
	for _, object := range objects[:5] {
		secret, ok := object.(*corev1.Secret)
		if !ok {
			t.Fatalf("%T stands where a copy of a Secret should", object)
		}
		if len(secret.Data) != 20 {
			t.Errorf("a copy has %d keys, want 20", len(secret.Data))
		}
		names[secret.Name] = true
	}
	if len(names) != 5 {
		t.Errorf("%d copies with names of their own, want 5", len(names))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := options{apps: 20, parallel: 8, shape: shape{keys: 20, secrets: 5}}
	if err := good.check(); err != nil {
		t.Errorf("%+v: %v", good, err)
	}
	for want, spoil := range map[string]func(*options){
		"-n is at least 2 and -parallel at least 1":               func(o *options) { o.apps = 1 },
		"-config-keys is from 1 to 256 and -secrets from 0 to 32": func(o *options) { o.shape.keys = 0 },
	} {
		bad := good
		spoil(&bad)
		if err := bad.check(); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", bad, err, want)
		}
	}
}
