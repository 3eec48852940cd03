package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden renders the App in each testdata/<case>.app.yaml and compares the
// children with testdata/<case>.children.yaml. Release 7 of the App runs.
//
// A diff in a pod template means that an upgrade of the operator restarts the
// pods of every such App.
func TestGolden(t *testing.T) {
	apps, err := filepath.Glob("testdata/*.app.yaml")
	if err != nil || len(apps) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range apps {
		name := strings.TrimSuffix(filepath.Base(file), ".app.yaml")
		t.Run(name, func(t *testing.T) {
			app := readApp(t, file)
			got := childrenYAML(t, rendered(t, inputOf(app)))
			compareGolden(t, filepath.Join("testdata", name+".children.yaml"), got)
		})
	}
}

// rendered is Render of what can be rendered.
func rendered(t testing.TB, in Input) Objects {
	t.Helper()
	out, err := Render(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inputOf is what the operator would ask for when a Release of the App as it is
// runs.
func inputOf(app *v1alpha1.App) Input {
	in := Input{App: app, Release: releaseOf(app), Paused: app.Spec.Rollout.Paused()}
	if !app.Spec.Autoscale.Enabled() {
		in.Replicas = ptr.To(ptr.Deref(app.Spec.Replicas, 1))
	}
	return in
}

// releaseOf is Release 7 of an App, all of whose sources were found, but those
// named missing, and copied, but the live ones.
func releaseOf(app *v1alpha1.App) *v1alpha1.Release {
	w := *app.Spec.WorkloadSpec.DeepCopy()
	spec := v1alpha1.ReleaseSpec{
		App:        app.Name,
		Number:     7,
		Image:      w.Image + "@sha256:5f70bf18",
		Workload:   w,
		Spread:     app.Spec.Availability.SpreadOrDefault(),
		ConfigName: ConfigName(app.Name, w),
	}
	seen := map[string]bool{}
	for _, ref := range release.References(&w) {
		digest := string(ref.Kind) + " " + ref.Name
		if seen[digest] || ref.Name == "missing" {
			continue
		}
		seen[digest] = true
		pinned := v1alpha1.PinnedSource{Kind: ref.Kind, Name: ref.Name, Digest: digest}
		if !ref.Live() {
			pinned.CopyName = release.CopyName(app.Name, ref.Kind, digest)
		}
		spec.Sources = append(spec.Sources, pinned)
	}
	for _, b := range w.Bindings {
		pinned := v1alpha1.PinnedBinding{Name: b.Name, SecretName: b.ServiceRef.Name + "-credentials", Digest: b.Name}
		if b.Pinned() {
			pinned.CopyName = release.SecretCopyName(app.Name, b.Name)
		}
		if b.EnvPrefix != "" {
			pinned.Keys = []string{"host", "private-key", "type"}
		}
		spec.Bindings = append(spec.Bindings, pinned)
	}
	return &v1alpha1.Release{Spec: spec}
}

func readApp(t testing.TB, file string) *v1alpha1.App {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	app := &v1alpha1.App{}
	if err := yaml.UnmarshalStrict(data, app); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return app
}

// childrenYAML is every wanted object, in the order of the fields of Objects.
func childrenYAML(t *testing.T, objects Objects) []byte {
	t.Helper()
	var docs [][]byte
	for v, i := reflect.ValueOf(objects), 0; i < v.NumField(); i++ {
		if v.Field(i).IsNil() {
			continue
		}
		doc, err := yaml.Marshal(v.Field(i).Interface())
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc)
	}
	return bytes.Join(docs, []byte("---\n"))
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with -update and read it)", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (write it anew with -update and read the diff), from line %d on:\n%s", file, firstDiff(got, want), got)
	}
}

// firstDiff is the number of the first line in which two texts differ.
func firstDiff(a, b []byte) int {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return i + 1
		}
	}
	return min(len(as), len(bs)) + 1
}
