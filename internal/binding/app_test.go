package binding

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func TestOfApp(t *testing.T) {
	spec := v1alpha1.BindingSpec{
		Name: "orders-db", Type: "postgresql", Provider: "acme", Containers: []string{"web", "app"},
		Env: []v1alpha1.BindingVariable{{Name: "PGUSER", Key: "username"}, {Name: "A", Key: "password"}},
	}
	keys := []string{"ca.crt", "password", "private-key", "username"}
	want := Binding{
		Field: "spec.bindings[2]", Key: "orders-db", Name: "orders-db", Secret: "creds", Type: "postgresql", Provider: "acme", Containers: []string{"app", "web"},
		Env: []Env{{"A", "password"}, {"PGUSER", "username"}},
	}
	if diff := cmp.Diff(want, OfApp("spec.bindings[2]", spec, "creds", keys)); diff != "" {
		t.Errorf("without a prefix: want -, got +:\n%s", diff)
	}
	spec.EnvPrefix = "DB_"
	want.Env = []Env{{"A", "password"}, {"DB_CA_CRT", "ca.crt"}, {"DB_PRIVATE_KEY", "private-key"}, {"PGUSER", "username"}}
	if diff := cmp.Diff(want, OfApp("spec.bindings[2]", spec, "creds", keys)); diff != "" {
		t.Errorf("with a prefix: want -, got +:\n%s", diff)
	}
}

func TestIntoLeavesNoMemory(t *testing.T) {
	template := map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "app"}}}}
	got, err := Into(template, Pods(), []Binding{{Key: "b", Name: "b", Secret: "sb", Type: "t"}, {Key: "a", Name: "a", Secret: "sa"}})
	if err != nil {
		t.Fatal(err)
	}
	one, two := Binding{Key: "a", Name: "a", Secret: "sa"}, Binding{Key: "b", Name: "b", Secret: "sb", Type: "t"}
	want := map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{"bowline.dev/type-" + two.id(): "t"}},
		"spec": map[string]any{
			"containers": []any{map[string]any{
				"name": "app", "env": []any{map[string]any{"name": "SERVICE_BINDING_ROOT", "value": "/bindings"}},
				"volumeMounts": []any{one.mount("/bindings/a"), two.mount("/bindings/b")},
			}},
			"volumes": []any{one.volume(), two.volume()},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Into: want -, got +:\n%s", diff)
	}
	if len(template) != 1 {
		t.Error("the template was changed")
	}
}

func TestIntoSaysWhatIsInTheWay(t *testing.T) {
	template := map[string]any{"spec": map[string]any{"containers": []any{map[string]any{
		"name": "app", "volumeMounts": []any{map[string]any{"name": "x", "mountPath": "/bindings/a/"}},
	}}}}
	_, err := Into(template, Pods(), []Binding{{Key: "a", Name: "a", Secret: "sa", Field: "spec.bindings[0]"}})
	want := `container "app" mounts another volume at /bindings/a, where binding "a" belongs: mount it elsewhere, or set spec.bindings[0].name`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAdoptTakesTheOldestAndWhatFits(t *testing.T) {
	object := func(name, directory string, born int64, change ...func(*servicebindingv1.ServiceBinding)) servicebindingv1.ServiceBinding {
		b := servicebindingv1.ServiceBinding{}
		b.Name, b.CreationTimestamp = name, metav1.Unix(born, 0)
		b.Spec.Name = directory
		b.Spec.Service = servicebindingv1.ServiceBindingServiceReference{APIVersion: "v1", Kind: "Secret", Name: name}
		for _, c := range change {
			c(&b)
		}
		return b
	}
	spec := &v1alpha1.AppSpec{WorkloadSpec: v1alpha1.WorkloadSpec{Bindings: []v1alpha1.BindingSpec{{Name: "own"}}}}
	left := Adopt(spec, []servicebindingv1.ServiceBinding{
		object("analytics", "db", 2),
		object("orders", "db", 1),
		object("taken", "own", 1),
		object("long", strings.Repeat("x", 64), 1),
		object("typed", "typed", 1, func(b *servicebindingv1.ServiceBinding) { b.Spec.Type = strings.Repeat("t", 254) }),
		object("spaced", "spaced", 1, func(b *servicebindingv1.ServiceBinding) {
			b.Spec.Env = []servicebindingv1.EnvMapping{{Name: "A B", Key: "k"}}
		}),
		object("twice", "twice", 3, func(b *servicebindingv1.ServiceBinding) { b.Spec.Workload.Containers = []string{"b", "a", "b"} }),
	})
	slices.Sort(left)
	if diff := cmp.Diff([]string{"analytics", "long", "spaced", "taken", "typed"}, left); diff != "" {
		t.Errorf("left: want -, got +:\n%s", diff)
	}
	var got []string
	for _, b := range spec.Bindings {
		got = append(got, b.Name+" "+b.From+" "+strings.Join(b.Containers, ","))
	}
	if diff := cmp.Diff([]string{"own  ", "db orders ", "twice twice a,b"}, got); diff != "" {
		t.Errorf("bindings: want -, got +:\n%s", diff)
	}
}
