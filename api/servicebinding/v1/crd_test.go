package v1_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// TestSchema holds the definitions against the fields of the specification: in
// both versions these and no others, with these types, and required where it
// says so.
func TestSchema(t *testing.T) {
	for file, want := range map[string]struct {
		scope  apiextensionsv1.ResourceScope
		fields string
	}{
		"servicebindings": {apiextensionsv1.NamespaceScoped, `
spec! object
spec.env array
spec.env[] object
spec.env[].key! string
spec.env[].name! string
spec.name string
spec.provider string
spec.service! object
spec.service.apiVersion! string
spec.service.kind! string
spec.service.name! string
spec.type string
spec.workload! object
spec.workload.apiVersion! string
spec.workload.containers array
spec.workload.containers[] string
spec.workload.kind! string
spec.workload.name string
spec.workload.selector object
spec.workload.selector.matchExpressions array
spec.workload.selector.matchExpressions[] object
spec.workload.selector.matchExpressions[].key! string
spec.workload.selector.matchExpressions[].operator! string
spec.workload.selector.matchExpressions[].values array
spec.workload.selector.matchExpressions[].values[] string
spec.workload.selector.matchLabels object
status object
status.binding object
status.binding.name! string
status.conditions array
status.conditions[] object
status.conditions[].lastTransitionTime! string
status.conditions[].message! string
status.conditions[].observedGeneration integer
status.conditions[].reason! string
status.conditions[].status! string
status.conditions[].type! string
status.observedGeneration integer
`},
		"clusterworkloadresourcemappings": {apiextensionsv1.ClusterScoped, `
spec object
spec.versions array
spec.versions[] object
spec.versions[].annotations string
spec.versions[].containers array
spec.versions[].containers[] object
spec.versions[].containers[].env string
spec.versions[].containers[].name string
spec.versions[].containers[].path! string
spec.versions[].containers[].volumeMounts string
spec.versions[].version! string
spec.versions[].volumes string
`},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("../../../config/crd/servicebinding/bases/servicebinding.io_" + file + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			crd := &apiextensionsv1.CustomResourceDefinition{}
			if err := yaml.UnmarshalStrict(text, crd); err != nil {
				t.Fatal(err)
			}
			if crd.Spec.Scope != want.scope || crd.Spec.Conversion != nil || crd.Labels[servicebindingv1.LabelImplementation] != servicebindingv1.ImplementationEnabled {
				t.Errorf("scope %s, conversion %v, labels %v", crd.Spec.Scope, crd.Spec.Conversion, crd.Labels)
			}
			versions := map[string]bool{} // of which one is stored
			for _, version := range crd.Spec.Versions {
				versions[version.Name] = version.Storage
				got := describe("", version.Schema.OpenAPIV3Schema)
				if diff := cmp.Diff(strings.Split(strings.TrimSpace(want.fields), "\n"), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", version.Name, diff)
				}
			}
			if !maps.Equal(versions, map[string]bool{"v1": true, "v1beta1": false}) {
				t.Errorf("versions %v", versions)
			}
		})
	}
}

// describe lists the fields below a schema, without those of every object.
func describe(path string, schema *apiextensionsv1.JSONSchemaProps) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if path == "" && (name == "apiVersion" || name == "kind" || name == "metadata") {
			continue
		}
		child, at := schema.Properties[name], strings.TrimPrefix(path+"."+name, ".")
		mark := ""
		if slices.Contains(schema.Required, name) {
			mark = "!"
		}
		out = append(out, at+mark+" "+child.Type)
		out = append(out, describe(at, &child)...)
		if child.Items != nil {
			out = append(out, at+"[] "+child.Items.Schema.Type)
			out = append(out, describe(at+"[]", child.Items.Schema)...)
		}
	}
	return out
}
