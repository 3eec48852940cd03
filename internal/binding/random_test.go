package binding_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bowline-dev/bowline/internal/binding"
)

var seed = flag.Uint64("seed", 0, "play one random case again")

// TestRandomWorkloads holds what doc.go promises against random workloads and
// random sets of bindings.
func TestRandomWorkloads(t *testing.T) {
	start, cases := rand.Uint64()>>1, uint64(1000) // room to count up
	if *seed != 0 {
		start, cases = *seed, 1
	}
	for n := range cases {
		checkRandom(t, start+n)
		if t.Failed() {
			t.Fatalf("again with -args -seed=%d", start+n)
		}
	}
}

func checkRandom(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	workload := randomWorkload(r)
	bindings := randomBindings(r)
	mapping := binding.PodSpecAble()
	before := runtime.DeepCopyJSON(workload)

	one := project(t, workload, mapping, bindings...)
	if !cmp.Equal(before, workload) {
		t.Errorf("Project changed its argument: %s", cmp.Diff(before, workload))
	}
	shuffled := slices.Clone(bindings)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if other := project(t, workload, mapping, shuffled...); !cmp.Equal(one, other) {
		t.Errorf("the order matters: %s", cmp.Diff(one, other))
	}
	for _, b := range bindings {
		if out, changed, err := binding.Project(one, mapping, b); changed || err != nil {
			t.Errorf("projected again: changed %t, %v: %s", changed, err, cmp.Diff(one, out))
		}
	}
	// Taking one out is the same as never having put it in.
	gone := r.IntN(len(bindings))
	rest := slices.Delete(slices.Clone(bindings), gone, gone+1)
	if without, fewer := unproject(t, one, bindings[gone].Key), project(t, workload, mapping, rest...); !cmp.Equal(without, fewer) {
		t.Errorf("taken out: %s", cmp.Diff(fewer, without))
	}
	all := one
	for _, b := range shuffled {
		all = unproject(t, all, b.Key)
	}
	if !cmp.Equal(before, all) {
		t.Errorf("all taken out: %s", cmp.Diff(before, all))
	}
}

func randomWorkload(r *rand.Rand) map[string]any {
	metadata := map[string]any{"name": "shop"}
	if r.IntN(2) == 0 {
		metadata["annotations"] = some(r, map[string]any{"team": "red", "z": "1"})
	}
	pod := map[string]any{"containers": containers(r, "app", 1+r.IntN(3)), "unknown": map[string]any{"kept": []any{int64(1), 2.5, true, "x", nil}}}
	if r.IntN(2) == 0 {
		pod["initContainers"] = containers(r, "init", r.IntN(3))
	}
	if r.IntN(2) == 0 {
		pod["volumes"] = someOf(r, map[string]any{"name": "data", "emptyDir": map[string]any{}}, map[string]any{"name": "z"})
	}
	template := map[string]any{"spec": pod}
	if r.IntN(2) == 0 {
		template["metadata"] = some(r, map[string]any{"labels": map[string]any{"a": "b"}, "annotations": some(r, map[string]any{"x": "y"})})
	}
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
		"spec": map[string]any{"replicas": int64(r.IntN(4)), "template": template},
	}
}

func containers(r *rand.Rand, prefix string, count int) []any {
	out := []any{}
	for n := range count {
		c := map[string]any{"name": fmt.Sprintf("%s-%d", prefix, n), "image": "i"}
		if r.IntN(2) == 0 {
			c["env"] = someOf(r, map[string]any{"name": "A", "value": "1"}, map[string]any{"name": "SERVICE_BINDING_ROOT", "value": []string{"/bindings", "/b/"}[r.IntN(2)]})
		}
		if r.IntN(2) == 0 {
			c["volumeMounts"] = someOf(r, map[string]any{"name": "data", "mountPath": "/data"})
		}
		out = append(out, c)
	}
	return out
}

func some(r *rand.Rand, from map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range from {
		if r.IntN(2) == 0 {
			out[key] = value
		}
	}
	return out
}

func someOf(r *rand.Rand, from ...any) []any {
	out := []any{}
	for _, value := range from {
		if r.IntN(2) == 0 {
			out = append(out, value)
		}
	}
	return out
}

func randomBindings(r *rand.Rand) []binding.Binding {
	var out []binding.Binding
	for n := range 1 + r.IntN(4) {
		b := binding.Binding{Key: fmt.Sprintf("key.%d", n), Name: fmt.Sprintf("dir-%d", n), Secret: fmt.Sprintf("secret-%d", r.IntN(2))}
		if r.IntN(2) == 0 {
			b.Type = "type"
		}
		if r.IntN(3) == 0 {
			b.Provider = "provider"
		}
		for v := range r.IntN(3) {
			b.Env = append(b.Env, binding.Env{Name: fmt.Sprintf("V_%d_%d", n, v), Key: []string{"type", "provider", "password"}[v]})
		}
		if r.IntN(2) == 0 {
			b.Containers = []string{"app-0", "app-7", "init-1"}
		}
		out = append(out, b)
	}
	return out
}
