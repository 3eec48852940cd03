package binding_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/binding"
)

func TestMappingFor(t *testing.T) {
	widgets := schema.GroupResource{Group: "example.com", Resource: "widgets"}
	template := func(version, volumes string) servicebindingv1.ClusterWorkloadResourceMappingTemplate {
		return servicebindingv1.ClusterWorkloadResourceMappingTemplate{Version: version, Volumes: volumes}
	}
	spec := func(t ...servicebindingv1.ClusterWorkloadResourceMappingTemplate) *servicebindingv1.ClusterWorkloadResourceMappingSpec {
		return &servicebindingv1.ClusterWorkloadResourceMappingSpec{Versions: t}
	}
	for name, c := range map[string]struct {
		kind    schema.GroupResource
		version string
		spec    *servicebindingv1.ClusterWorkloadResourceMappingSpec
		volumes string
	}{
		"none":                        {widgets, "v1", nil, ".spec.template.spec.volumes"},
		"empty":                       {widgets, "v1", spec(), ".spec.template.spec.volumes"},
		"of the version":              {widgets, "v1", spec(template("*", ".any"), template("v1", ".one")), ".one"},
		"of any version":              {widgets, "v2", spec(template("*", ".any"), template("v1", ".one")), ".any"},
		"of another version":          {widgets, "v2", spec(template("v1", ".one")), ".spec.template.spec.volumes"},
		"cron jobs":                   {schema.GroupResource{Group: "batch", Resource: "cronjobs"}, "v1", nil, ".spec.jobTemplate.spec.template.spec.volumes"},
		"cron jobs that are mapped":   {schema.GroupResource{Group: "batch", Resource: "cronjobs"}, "v1", spec(template("*", ".x")), ".x"},
		"cron jobs of another group":  {schema.GroupResource{Group: "example.com", Resource: "cronjobs"}, "v1", nil, ".spec.template.spec.volumes"},
		"pod templates":               {schema.GroupResource{Resource: "podtemplates"}, "v1", nil, ".template.spec.volumes"},
		"pods":                        {schema.GroupResource{Resource: "pods"}, "v1", nil, ".spec.volumes"},
		"what a version leaves empty": {widgets, "v1", spec(template("v1", "")), ".spec.template.spec.volumes"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := binding.MappingFor(c.kind, c.version, c.spec)
			if err != nil || got.Volumes != c.volumes {
				t.Errorf("volumes at %s, want %s; %v", got.Volumes, c.volumes, err)
			}
		})
	}
}

func TestMappingDefaults(t *testing.T) {
	got, err := binding.MappingFor(schema.GroupResource{Group: "example.com", Resource: "widgets"}, "v1", &servicebindingv1.ClusterWorkloadResourceMappingSpec{
		Versions: []servicebindingv1.ClusterWorkloadResourceMappingTemplate{{
			Version:    "v1",
			Containers: []servicebindingv1.ClusterWorkloadResourceMappingContainer{{Path: ".spec.main"}, {Path: "..c[?(@.name)]", Name: ".id", Env: ".vars", VolumeMounts: "['mounts']"}},
		}},
	})
	want := binding.Mapping{
		Annotations: ".spec.template.metadata.annotations",
		Volumes:     ".spec.template.spec.volumes",
		Containers: []binding.Container{
			{Path: ".spec.main", Env: ".env", VolumeMounts: ".volumeMounts"},
			{Path: "..c[?(@.name)]", Name: ".id", Env: ".vars", VolumeMounts: "['mounts']"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff([]binding.Container{
		{Path: ".spec.template.spec.containers[*]", Name: ".name", Env: ".env", VolumeMounts: ".volumeMounts"},
		{Path: ".spec.template.spec.initContainers[*]", Name: ".name", Env: ".env", VolumeMounts: ".volumeMounts"},
	}, binding.PodSpecAble().Containers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMappingsThatCannotBeFollowed(t *testing.T) {
	const fixed = " is no fixed path: it may consist of fields only, such as .spec.template or .spec['template']"
	for path, message := range map[string]string{
		".a[0]":       ".a[0]:" + fixed,
		".a[*]":       ".a[*]:" + fixed,
		"..a":         "..a:" + fixed,
		"a":           "a:" + fixed,
		".a.":         ".a.:" + fixed,
		".a.*":        ".a.*:" + fixed,
		".a[?(@)]":    ".a[?(@)]:" + fixed,
		".a['b":       ".a['b:" + fixed,
		"{.a}":        "{.a}:" + fixed,
		`.a\.b`:       `.a\.b:` + fixed,
		".a['b','c']": ".a['b','c']:" + fixed,
	} {
		t.Run(path, func(t *testing.T) {
			for field, template := range map[string]servicebindingv1.ClusterWorkloadResourceMappingTemplate{
				"volumes ":                  {Volumes: path},
				"annotations ":              {Annotations: path},
				"containers, name ":         {Containers: []servicebindingv1.ClusterWorkloadResourceMappingContainer{{Path: ".a", Name: path}}},
				"containers, env ":          {Containers: []servicebindingv1.ClusterWorkloadResourceMappingContainer{{Path: ".a", Env: path}}},
				"containers, volumeMounts ": {Containers: []servicebindingv1.ClusterWorkloadResourceMappingContainer{{Path: ".a", VolumeMounts: path}}},
			} {
				template.Version = "*"
				checkInvalid(t, template, `ClusterWorkloadResourceMapping "widgets.example.com", version "*", `+field+message)
			}
		})
	}
	checkInvalid(t, servicebindingv1.ClusterWorkloadResourceMappingTemplate{
		Version: "v1", Containers: []servicebindingv1.ClusterWorkloadResourceMappingContainer{{Path: ".a[?("}},
	}, `ClusterWorkloadResourceMapping "widgets.example.com", version "v1", containers, path .a[?(: is no JSONPath: unterminated filter`)
	checkInvalid(t, servicebindingv1.ClusterWorkloadResourceMappingTemplate{
		Version: "v1", Containers: []servicebindingv1.ClusterWorkloadResourceMappingContainer{{Path: ".a}{range .b"}},
	}, `ClusterWorkloadResourceMapping "widgets.example.com", version "v1", containers, path .a}{range .b: is no JSONPath: it is written without braces, such as .spec.template.spec.containers[*]`)
}

func checkInvalid(t *testing.T, template servicebindingv1.ClusterWorkloadResourceMappingTemplate, message string) {
	t.Helper()
	spec := &servicebindingv1.ClusterWorkloadResourceMappingSpec{Versions: []servicebindingv1.ClusterWorkloadResourceMappingTemplate{template}}
	_, err := binding.MappingFor(schema.GroupResource{Group: "example.com", Resource: "widgets"}, "v1", spec)
	var refusal *binding.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != servicebindingv1.ReasonMappingInvalid || refusal.Message != message {
		t.Errorf("got  %v\nwant %s", err, message)
	}
}

// A kind that is nothing like a Deployment: containers of several shapes at
// several depths, found by a full JSONPath, missing parents, fields with dots.
func TestProjectFollowsTheMapping(t *testing.T) {
	mapping := binding.Mapping{
		Annotations: ".spec.pods['meta.data'].annotations",
		Volumes:     ".spec.pods.storage.volumes",
		Containers: []binding.Container{
			{Path: ".spec..programs[?(@.kind==\"service\")]", Name: ".id.name", Env: ".vars", VolumeMounts: ".disk.mounts"},
			{Path: ".spec.helper", Env: ".env", VolumeMounts: ".volumeMounts"},
			{Path: ".spec.nothing.here[*]", Env: ".env", VolumeMounts: ".volumeMounts"},
		},
	}
	workload := parse(t, `
spec:
  groups:
    - programs: [{kind: service, id: {name: web}}, {kind: task, id: {name: job}}]
    - programs: [{kind: service, id: {name: api}, vars: []}]
  helper: {}
`)
	b := binding.Binding{Key: "k", Name: "db", Secret: "s", Type: "t", Containers: []string{"api"}}
	got := project(t, workload, mapping, b)
	want := parse(t, `
spec:
  groups:
    - programs: [{kind: service, id: {name: web}}, {kind: task, id: {name: job}}]
    - programs:
        - kind: service
          id: {name: api}
          vars: [{name: SERVICE_BINDING_ROOT, value: /bindings}]
          disk: {mounts: [{name: binding-k-8254c329, mountPath: /bindings/db, readOnly: true}]}
  helper:
    env: [{name: SERVICE_BINDING_ROOT, value: /bindings}]
    volumeMounts: [{name: binding-k-8254c329, mountPath: /bindings/db, readOnly: true}]
  pods:
    meta.data: {annotations: {bowline.dev/type-k-8254c329: t}}
    storage:
      volumes:
        - name: binding-k-8254c329
          projected:
            defaultMode: 420
            sources:
              - secret: {name: s}
              - downwardAPI: {items: [{path: type, fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['bowline.dev/type-k-8254c329']"}}]}
`)
	if diff := cmp.Diff(want["spec"], got["spec"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(workload, withoutMetadata(unproject(t, got, "k"))); diff != "" {
		t.Errorf("unprojected (-want +got):\n%s", diff)
	}
}

// withoutMetadata drops metadata, which is there in every object but in some
// tests'.
func withoutMetadata(object map[string]any) map[string]any {
	if metadata, ok := object["metadata"].(map[string]any); ok && len(metadata) == 0 {
		delete(object, "metadata")
	}
	return object
}

func TestCheckName(t *testing.T) {
	for name, fine := range map[string]bool{
		"db": true, "a.b-c.0": true, "-": true, "...": true, "..a": true,
		".": false, "..": false, "": false, "A": false, "a/b": false, "a_b": false, "ü": false, "a\n": false,
	} {
		err := binding.CheckName(name)
		if (err == nil) != fine {
			t.Errorf("%q: %v", name, err)
		}
	}
	long := slices.Repeat([]byte("a"), 253)
	if err := binding.CheckName(string(long)); err != nil {
		t.Error(err)
	}
	if err := binding.CheckName(string(long) + "a"); err == nil {
		t.Error("254 characters are accepted")
	}
	want := `spec.name: ".." is no name of a directory: use lower case letters, digits, - and . only, and neither . nor ..`
	if err := binding.CheckName(".."); err == nil || err.Error() != want {
		t.Error(err)
	}
}

func TestCheckEntries(t *testing.T) {
	for name, c := range map[string]struct {
		b       binding.Binding
		keys    []string
		message string
	}{
		"all there":           {binding.Binding{Env: []binding.Env{{Name: "A", Key: "uri"}}}, []string{"type", "uri"}, ""},
		"type of the binding": {binding.Binding{Type: "x"}, nil, ""},
		"env of an override":  {binding.Binding{Type: "x", Provider: "y", Env: []binding.Env{{Name: "A", Key: "type"}, {Name: "B", Key: "provider"}}}, nil, ""},
		"no type":             {binding.Binding{Secret: "s"}, []string{"Type"}, `Secret "s" has no entry "type": add it, or set spec.type of the ServiceBinding`},
		"no entry for env":    {binding.Binding{Secret: "s", Env: []binding.Env{{Name: "A", Key: "uri"}}}, []string{"type"}, `Secret "s" has no entry "uri", which spec.env makes A of: add it, or correct the key`},
		"no provider for env": {binding.Binding{Secret: "s", Type: "x", Env: []binding.Env{{Name: "A", Key: "provider"}}}, nil, `Secret "s" has no entry "provider", which spec.env makes A of: add it, or correct the key`},
		"provider is no type": {binding.Binding{Secret: "s", Provider: "x"}, nil, `Secret "s" has no entry "type": add it, or set spec.type of the ServiceBinding`},
	} {
		t.Run(name, func(t *testing.T) {
			err := binding.CheckEntries(c.b, c.keys)
			if (err == nil) != (c.message == "") || err != nil && err.Error() != c.message {
				t.Errorf("got %v, want %q", err, c.message)
			}
		})
	}
}

func TestOf(t *testing.T) {
	object := &servicebindingv1.ServiceBinding{}
	object.Name = "orders"
	object.Spec.Type, object.Spec.Provider = "t", "p"
	object.Spec.Workload.Containers = []string{"b", "a", "b"}
	object.Spec.Env = []servicebindingv1.EnvMapping{{Name: "Z", Key: "z"}, {Name: "A", Key: "a"}}
	want := binding.Binding{
		Key: "orders", Name: "orders", Secret: "s", Type: "t", Provider: "p", Containers: []string{"a", "b"},
		Env: []binding.Env{{Name: "A", Key: "a"}, {Name: "Z", Key: "z"}},
	}
	if diff := cmp.Diff(want, binding.Of(object, "s")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	object.Spec.Name = "db"
	if got := binding.Of(object, "s"); got.Key != "orders" || got.Name != "db" {
		t.Errorf("%+v", got)
	}
}
