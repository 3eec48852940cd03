package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

var seed = flag.Int64("seed", 1, "the first seed of random tests")

// forRandomInputs calls a check with 300 random inputs and prints the seed of
// the first that fails.
func forRandomInputs(t *testing.T, check func(*testing.T, world, Input)) {
	t.Helper()
	for i := range int64(300) {
		seed := *seed + i
		w := newWorld(seed)
		check(t, w, w.input())
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestRenderIsDeterministicAndChangesNoInput(t *testing.T) {
	forRandomInputs(t, func(t *testing.T, _ world, in Input) {
		before := text(t, in)
		first := text(t, rendered(t, in))
		if again := text(t, rendered(t, deepCopy(in))); again != first {
			t.Errorf("rendered again:\n%s\nat first:\n%s", again, first)
		}
		if after := text(t, in); after != before {
			t.Errorf("the input became:\n%s\nit was:\n%s", after, before)
		}
	})
}

func deepCopy(in Input) Input {
	in.App, in.Release = in.App.DeepCopy(), in.Release.DeepCopy()
	if in.Replicas != nil {
		in.Replicas = ptr.To(*in.Replicas)
	}
	return in
}

// TestPodsAreAFunctionOfTheRelease: whatever else changes, the same Release has
// the same pods, the same configuration and the same Service.
func TestPodsAreAFunctionOfTheRelease(t *testing.T) {
	forRandomInputs(t, func(t *testing.T, w world, in Input) {
		before := rendered(t, in)
		later := deepCopy(in)
		w.live(&later)
		later.App.Labels = map[string]string{"team": "blue"}
		later.App.Annotations = map[string]string{v1alpha1.AnnotationRestart: "now"}
		later.App.Spec.WorkloadSpec = w.workload()
		later.App.Spec.Availability.Spread = pick(w, v1alpha1.SpreadNode, v1alpha1.SpreadZone, v1alpha1.SpreadNone)
		later.Release.Status.Evidence = []v1alpha1.Evidence{{Reason: "Error"}}
		after := rendered(t, later)
		same(t, "pod template", after.Deployment.Spec.Template, before.Deployment.Spec.Template)
		same(t, "ConfigMap", after.Config, before.Config)
		same(t, "Service", after.Service, before.Service)
	})
}

// TestLiveObjectsDoNotDependOnTheRelease: a rollback takes no scaling back.
func TestLiveObjectsDoNotDependOnTheRelease(t *testing.T) {
	forRandomInputs(t, func(t *testing.T, w world, in Input) {
		before := rendered(t, in)
		in.Release = newWorld(w.Int64()).input().Release
		after := rendered(t, in)
		same(t, "HorizontalPodAutoscaler", after.Autoscaler, before.Autoscaler)
		same(t, "PodDisruptionBudget", after.Budget, before.Budget)
		after.Deployment.Spec.Template, before.Deployment.Spec.Template = nil, nil
		same(t, "Deployment besides its template", after.Deployment, before.Deployment)
	})
}

func TestNothingIsEmpty(t *testing.T) {
	forRandomInputs(t, func(t *testing.T, _ world, in Input) {
		objects := reflect.ValueOf(rendered(t, in))
		for i := range objects.NumField() {
			if object := objects.Field(i); !object.IsNil() {
				notEmpty(t, objects.Type().Field(i).Name, parsed(t, object.Interface()))
			}
		}
		notEmpty(t, "ConfigCopy", parsed(t, ConfigCopy(in.App, "copy", nil, map[string][]byte{})))
		notEmpty(t, "SecretCopy", parsed(t, SecretCopy(in.App, "copy", map[string][]byte{})))
	})
}

// notEmpty fails for every list, map and null with nothing in it.
func notEmpty(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", path)
	case map[string]any:
		if len(v) == 0 {
			t.Errorf("%s is an empty map", path)
		}
		for key, value := range v {
			if m, ok := value.(map[string]any); ok && len(m) == 0 && (key == "emptyDir" || key == "labelSelector") {
				continue // the overlay says something with it
			}
			notEmpty(t, path+"."+key, value)
		}
	case []any:
		if len(v) == 0 {
			t.Errorf("%s is an empty list", path)
		}
		for _, value := range v {
			notEmpty(t, path+"[]", value)
		}
	}
}

// TestOverlaysPassTheCheck: what is merged here at random is what an App may
// say, and the same Release without its overlay loses nothing but that.
func TestOverlaysPassTheCheck(t *testing.T) {
	forRandomInputs(t, func(t *testing.T, _ world, in Input) {
		if err := overlay.Check(&in.Release.Spec.Workload); err != nil {
			t.Fatal(err)
		}
		if in.Release.Spec.Workload.PodTemplate == nil {
			return
		}
		with := rendered(t, in)
		plain := deepCopy(in)
		plain.Release.Spec.Workload.PodTemplate = nil
		without := rendered(t, plain)
		before, after := without.Deployment.Spec.Template, with.Deployment.Spec.Template
		for label, value := range before.Labels {
			if after.Labels[label] != value {
				t.Errorf("label %s is %q, it was %q", label, after.Labels[label], value)
			}
		}
		if got, want := *after.Spec.Containers[0].Name+*after.Spec.Containers[0].Image, "app"+in.Release.Spec.Image; got != want {
			t.Errorf("the first container is %s, want %s", got, want)
		}
		same(t, "envFrom", after.Spec.Containers[0].EnvFrom, before.Spec.Containers[0].EnvFrom)
		for i := range before.Spec.Volumes {
			same(t, "a volume", after.Spec.Volumes[i], before.Spec.Volumes[i])
		}
		after.Spec, before.Spec, after.ObjectMetaApplyConfiguration, before.ObjectMetaApplyConfiguration = nil, nil, nil, nil
		same(t, "all but the pods", with, without)
	})
}

// TestPodsAreCoherent: names are legal and unique, and everything a container
// refers to is there.
func TestPodsAreCoherent(t *testing.T) {
	forRandomInputs(t, func(t *testing.T, _ world, in Input) {
		out := rendered(t, in)
		pod := out.Deployment.Spec.Template.Spec
		config := ptr.Deref(out.Config, corev1ac.ConfigMapApplyConfiguration{})
		legalKeys(t, config.Data)
		coherentEnv(t, pod.Containers[0].Env, config)
		wholeEnv(t, pod.Containers[0].Env, in.Release.Spec.Workload)
		coherentMounts(t, pod, config.Data)
	})
}

func legalKeys(t *testing.T, data map[string]string) {
	t.Helper()
	for key := range data {
		if problems := validation.IsConfigMapKey(key); problems != nil {
			t.Errorf("key %q: %v", key, problems)
		}
	}
}

func coherentEnv(t *testing.T, env []corev1ac.EnvVarApplyConfiguration, config corev1ac.ConfigMapApplyConfiguration) {
	t.Helper()
	for _, e := range env {
		if e.ValueFrom == nil || e.ValueFrom.ConfigMapKeyRef == nil {
			continue
		}
		ref := e.ValueFrom.ConfigMapKeyRef
		if _, ok := config.Data[*ref.Key]; !ok || *ref.Name != *config.Name {
			t.Errorf("variable %s refers to nothing", *e.Name)
		}
	}
}

// wholeEnv: every literal and every variable stands once.
func wholeEnv(t *testing.T, env []corev1ac.EnvVarApplyConfiguration, w v1alpha1.WorkloadSpec) {
	t.Helper()
	want := map[string]bool{}
	for key := range w.Config.Data {
		want[key] = true
	}
	for _, e := range w.Env {
		want[e.Name] = true
	}
	for _, name := range []string{"OVERLAID", "KEY_0"} {
		if w.PodTemplate != nil && bytes.Contains(w.PodTemplate.Raw, []byte("OVERLAID")) {
			want[name] = true
		}
	}
	var got []string
	for _, e := range env {
		got = append(got, *e.Name)
	}
	slices.Sort(got)
	if want := slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
		t.Errorf("variables %v, want %v", got, want)
	}
}

func coherentMounts(t *testing.T, pod *corev1ac.PodSpecApplyConfiguration, data map[string]string) {
	t.Helper()
	var volumes, paths []string
	for _, v := range pod.Volumes {
		volumes = append(volumes, *v.Name)
		if problems := validation.IsDNS1123Label(*v.Name); problems != nil {
			t.Errorf("volume %q: %v", *v.Name, problems)
		}
	}
	for _, m := range pod.Containers[0].VolumeMounts {
		paths = append(paths, *m.MountPath)
		if !slices.Contains(volumes, *m.Name) {
			t.Errorf("mount %s: no volume %s", *m.MountPath, *m.Name)
		}
		if m.SubPath == nil {
			continue
		}
		if _, ok := data[*m.SubPath]; !ok {
			t.Errorf("mount %s: no key %s", *m.MountPath, *m.SubPath)
		}
	}
	unique(t, "volume", volumes)
	unique(t, "mount path", paths)
}

func unique(t *testing.T, what string, names []string) {
	t.Helper()
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			t.Errorf("%s %s stands twice", what, names[i])
		}
	}
}

// TestConfigNameFollowsContent: the name changes if and only if literals or
// files do.
func TestConfigNameFollowsContent(t *testing.T) {
	forRandomInputs(t, func(t *testing.T, w world, in Input) {
		workload := in.Release.Spec.Workload
		name := ConfigName("shop", workload)

		other := w.workload()
		other.Config.Data = workload.Config.Data
		other.Config.Files = slices.Clone(workload.Config.Files)
		w.Shuffle(len(other.Config.Files), func(i, j int) {
			other.Config.Files[i], other.Config.Files[j] = other.Config.Files[j], other.Config.Files[i]
		})
		if got := ConfigName("shop", other); got != name {
			t.Errorf("%q with the same literals and files, %q before", got, name)
		}

		changed := workload.DeepCopy()
		changeContent(w.Rand, changed)
		if got := ConfigName("shop", *changed); got == name {
			t.Errorf("%q also with other content: %v, before %v", got, changed.Config, workload.Config)
		}
	})
}

// changeContent changes one literal or file, or adds one.
func changeContent(r *rand.Rand, w *v1alpha1.WorkloadSpec) {
	switch n := len(w.Config.Files); {
	case n > 0 && r.IntN(2) == 0:
		f := &w.Config.Files[r.IntN(n)]
		f.Content = ptr.To(ptr.Deref(f.Content, "") + "!")
	case n > 0 && r.IntN(2) == 0:
		w.Config.Files[r.IntN(n)].Path += ".new"
	case w.Config.Data != nil:
		w.Config.Data["KEY_3"] += "!"
	default:
		w.Config.Data = map[string]v1alpha1.ConfigValue{"KEY_3": ""}
	}
}

// same fails when two values have different JSON.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if got, want := text(t, got), text(t, want); got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func parsed(t *testing.T, v any) any {
	t.Helper()
	var out any
	if err := json.Unmarshal([]byte(text(t, v)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRenderFailsOnAnOverlayThatCannotBeRead: another operator let it pass. There
// is no Deployment without it, and the operator lives on.
func TestRenderFailsOnAnOverlayThatCannotBeRead(t *testing.T) {
	in := inputOf(newApp(func(s *v1alpha1.AppSpec) {
		s.PodTemplate = &runtime.RawExtension{Raw: []byte(`{"spec":{"fromTheFuture":1}}`)}
	}))
	objects, err := Render(in)
	want := `spec.podTemplate.spec.fromTheFuture: there is no such field: correct its name or remove it`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if objects != (Objects{}) {
		t.Errorf("objects: %s", text(t, objects))
	}
}

func BenchmarkRender(b *testing.B) {
	for name, file := range map[string]string{
		"minimal": "testdata/minimal.app.yaml",
		"full":    "testdata/full.app.yaml",
		"sources": "testdata/files-and-sources.app.yaml",
		"overlay": "testdata/overlay.app.yaml",
	} {
		b.Run(name, func(b *testing.B) {
			in := inputOf(readApp(b, file))
			b.ReportAllocs()
			for b.Loop() {
				rendered(b, in)
			}
		})
	}
}
