package resolve

import (
	"slices"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// want is a ConfigMap or Secret that an App refers to, and what all its
// references together ask of it.
type want struct {
	source
	field    string   // the first reference
	keys     []string // those that are taken, sorted; nil for all
	live     bool
	optional bool // no reference insists on it
	generate []v1alpha1.GenerateSpec
}

// wants lists what a workload refers to, each object once, in the order of the
// first references.
func wants(workload *v1alpha1.WorkloadSpec) []want {
	var out []want
	for _, ref := range release.References(workload) {
		at := source{ref.Kind, ref.Name}
		i := slices.IndexFunc(out, func(w want) bool { return w.source == at })
		if i < 0 {
			out = append(out, want{source: at, field: ref.Field, keys: taken(ref), live: ref.Live(), optional: ref.Optional, generate: ref.Generate})
			continue
		}
		w := &out[i]
		w.keys = united(w.keys, taken(ref))
		w.optional = w.optional && ref.Optional
		w.generate = append(slices.Clip(w.generate), ref.Generate...)
	}
	return out
}

// selection returns the keys that a workload takes of a source, nil for all.
func selection(workload *v1alpha1.WorkloadSpec, of source) []string {
	for _, w := range wants(workload) {
		if w.source == of {
			return w.keys
		}
	}
	return nil
}

func taken(ref release.Reference) []string {
	var keys []string
	for _, k := range ref.Keys {
		keys = append(keys, k.Key)
	}
	slices.Sort(keys)
	return keys
}

// united is what two references take together; one that names no keys takes
// all.
func united(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	both := append(slices.Clip(a), b...)
	slices.Sort(both)
	return slices.Compact(both)
}
