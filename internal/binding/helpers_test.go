package binding_test

import (
	"testing"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/internal/binding"
)

// parse reads a manifest as the API server's answers are read.
func parse(t testing.TB, manifest string) map[string]any {
	t.Helper()
	encoded, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatalf("%v in\n%s", err, manifest)
	}
	var out map[string]any
	if err := utiljson.Unmarshal(encoded, &out); err != nil {
		t.Fatalf("%v in\n%s", err, manifest)
	}
	return out
}

func written(t testing.TB, object map[string]any) string {
	t.Helper()
	out, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// project projects bindings one after the other.
func project(t testing.TB, workload map[string]any, mapping binding.Mapping, bindings ...binding.Binding) map[string]any {
	t.Helper()
	for _, b := range bindings {
		var err error
		if workload, _, err = binding.Project(workload, mapping, b); err != nil {
			t.Fatalf("project %s: %v", b.Key, err)
		}
	}
	return workload
}

func unproject(t testing.TB, workload map[string]any, keys ...string) map[string]any {
	t.Helper()
	for _, key := range keys {
		out, changed, err := binding.Unproject(workload, key)
		if err != nil || !changed {
			t.Fatalf("unproject %s: changed %t, %v", key, changed, err)
		}
		workload = out
	}
	return workload
}

const plain = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: default}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - {name: app, image: "registry.example/shop:1"}
`
