package resolve

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// contentProblem finds what no pod could run with in what the sources of a
// workload hold. Known are the sources that are there.
func contentProblem(workload *v1alpha1.WorkloadSpec, known map[source][]fact) string {
	variables := variablesOf(workload)
	for _, ref := range release.References(workload) {
		facts, there := known[source{ref.Kind, ref.Name}]
		if !there {
			continue
		}
		if problem := keyProblem(ref, facts); problem != "" {
			return problem
		}
		if ref.As != v1alpha1.SourceEnv {
			continue
		}
		for _, f := range chosen(ref, facts) {
			if problem := variables.add(ref, f); problem != "" {
				return problem
			}
		}
	}
	return ""
}

// keyProblem finds a key that is to be taken and is not there.
func keyProblem(ref release.Reference, facts []fact) string {
	if ref.Optional {
		return ""
	}
	for i, k := range ref.Keys {
		if _, ok := find(facts, k.Key); !ok {
			return fmt.Sprintf("%s.keys[%d].key: %s %q has no key %q (it has %s): correct the key, or set optional", ref.Field, i, ref.Kind, ref.Name, k.Key, listed(facts))
		}
	}
	return ""
}

func find(facts []fact, key string) (fact, bool) {
	for _, f := range facts {
		if f.key == key {
			return f, true
		}
	}
	return fact{}, false
}

// mostListed is how many keys a message names.
const mostListed = 10

func listed(facts []fact) string {
	var keys []string
	for _, f := range facts {
		if len(keys) == mostListed {
			keys = append(keys, "...")
			break
		}
		keys = append(keys, f.key)
	}
	if len(keys) == 0 {
		return "none"
	}
	return strings.Join(keys, ", ")
}

// variable is an entry and the name of the variable that is made of it.
type variable struct {
	fact
	name string
}

// chosen are the entries that a reference makes variables of.
func chosen(ref release.Reference, facts []fact) []variable {
	var out []variable
	for _, k := range ref.Keys {
		if f, ok := find(facts, k.Key); ok {
			out = append(out, variable{f, release.VariableName(ref.SourceSpec, k)})
		}
	}
	if ref.Keys == nil {
		for _, f := range facts {
			out = append(out, variable{f, ref.Prefix + f.key})
		}
	}
	return out
}

// variables are the environment variables there are already, by name, with the
// field that makes each.
type variables struct {
	made map[string]string
	// written are those of spec.env, which win over all others.
	written map[string]bool
}

func variablesOf(workload *v1alpha1.WorkloadSpec) variables {
	out := variables{made: map[string]string{}, written: map[string]bool{}}
	for key := range workload.Config.Data {
		out.made[key] = "spec.config.data"
	}
	for _, env := range workload.Env {
		out.written[env.Name] = true
	}
	return out
}

// add adds a variable, or tells what is wrong with it.
func (v variables) add(ref release.Reference, of variable) string {
	if v.written[of.name] {
		return ""
	}
	if other, taken := v.made[of.name]; taken {
		return fmt.Sprintf("%s and %s both make the environment variable %q: set prefix or keys in one of them, or write the value that is to win in spec.env", other, ref.Field, of.name)
	}
	v.made[of.name] = ref.Field
	switch {
	case len(validation.IsEnvVarName(of.name)) > 0:
		return fmt.Sprintf("%s: key %q of %s %q makes %q, which is no name of an environment variable (letters, digits, '-', '_' and '.', not starting with a digit): set prefix, name the keys to take in keys, or use as: Files", ref.Field, of.key, ref.Kind, ref.Name, of.name)
	case !of.text:
		return fmt.Sprintf("%s: key %q of %s %q holds bytes that are no text, which no environment variable can hold: use as: Files, or name the keys to take in keys", ref.Field, of.key, ref.Kind, ref.Name)
	}
	return ""
}
