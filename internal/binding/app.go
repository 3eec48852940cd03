package binding

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// OfApp returns what a binding of an App, written in a field, asks for: the Secret
// that its pods use, and the Secret's entries, which count only where all are to
// be variables.
func OfApp(field string, spec v1alpha1.BindingSpec, secret string, keys []string) Binding {
	b := Binding{
		Field:      field,
		Key:        spec.Name,
		Name:       spec.Name,
		Secret:     secret,
		Type:       spec.Type,
		Provider:   spec.Provider,
		Containers: slices.Sorted(slices.Values(spec.Containers)),
	}
	named := map[string]bool{}
	for _, env := range spec.Env {
		b.Env = append(b.Env, Env{Name: env.Name, Key: env.Key})
		named[env.Key] = true
	}
	for _, key := range keys {
		if spec.EnvPrefix != "" && !named[key] {
			b.Env = append(b.Env, Env{Name: spec.EnvPrefix + variableOf(key), Key: key})
		}
	}
	slices.SortFunc(b.Env, func(x, y Env) int { return strings.Compare(x.Name, y.Name) })
	return b
}

// variableOf writes the name of an entry as people write variables.
func variableOf(key string) string {
	return strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(key))
}

// FieldOf names the place where an App's binding is written: in its spec, or in a
// ServiceBinding.
func FieldOf(i int, b *v1alpha1.BindingSpec) string {
	if b.From != "" {
		return fmt.Sprintf("ServiceBinding %q: spec", b.From)
	}
	return fmt.Sprintf("spec.bindings[%d]", i)
}

// OnApp returns a ServiceBinding as a binding of an App that it means.
func OnApp(object *servicebindingv1.ServiceBinding) v1alpha1.BindingSpec {
	service := object.Spec.Service
	b := v1alpha1.BindingSpec{
		From:       object.Name,
		Name:       object.Directory(),
		ServiceRef: v1alpha1.ServiceReference{APIVersion: service.APIVersion, Kind: service.Kind, Name: service.Name},
		Type:       object.Spec.Type,
		Provider:   object.Spec.Provider,
		Containers: slices.Compact(slices.Sorted(slices.Values(object.Spec.Workload.Containers))),
	}
	for _, env := range object.Spec.Env {
		b.Env = append(b.Env, v1alpha1.BindingVariable{Name: env.Name, Key: env.Key})
	}
	return b
}

// What a binding of an App can have, by the schema of Releases, which keep it.
const (
	longestName  = 63
	longestWord  = 253
	mostEnv      = 64
	mostNamed    = 16
	variableName = `^[-._a-zA-Z][-._a-zA-Z0-9]*$`
	apiVersion   = `^([a-z0-9.-]+/)?v[a-z0-9]+$`
	kindName     = `^[A-Za-z][A-Za-z0-9]*$`
)

var (
	variables = regexp.MustCompile(variableName)
	versions  = regexp.MustCompile(apiVersion)
	kindNames = regexp.MustCompile(kindName)
)

// fits tells whether a Release can keep a binding.
func fits(b *v1alpha1.BindingSpec) bool {
	ref := b.ServiceRef
	return CheckName(b.Name) == nil && len(b.Name) <= longestName &&
		versions.MatchString(ref.APIVersion) && len(ref.APIVersion) <= longestWord &&
		kindNames.MatchString(ref.Kind) && len(ref.Kind) <= longestName && len(ref.Name) <= longestWord &&
		len(b.Type) <= longestWord && len(b.Provider) <= longestWord &&
		len(b.Env) <= mostEnv && len(b.Containers) <= mostNamed &&
		!slices.ContainsFunc(b.Containers, func(name string) bool { return name == "" || len(name) > longestName }) &&
		!slices.ContainsFunc(b.Env, func(e v1alpha1.BindingVariable) bool {
			return !variables.MatchString(e.Name) || len(e.Name) > longestWord || e.Key == "" || len(e.Key) > longestWord
		})
}

// MostOnApp is how many bindings an App can have.
const MostOnApp = 16

// Adopt adds ServiceBindings to an App's own bindings, the oldest first, so that
// none takes the place of one in use. It returns the names of those for which
// there is no place: the name of the directory is taken, there are too many, or
// they ask for what a binding of an App cannot have.
func Adopt(spec *v1alpha1.AppSpec, objects []servicebindingv1.ServiceBinding) (left []string) {
	taken := map[string]bool{}
	for _, b := range spec.Bindings {
		taken[b.Name] = true
	}
	objects = slices.SortedFunc(slices.Values(objects), func(a, b servicebindingv1.ServiceBinding) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
	})
	spec.Bindings = slices.Clip(spec.Bindings)
	for i := range objects {
		b := OnApp(&objects[i])
		if taken[b.Name] || len(spec.Bindings) >= MostOnApp || !fits(&b) {
			left = append(left, objects[i].Name)
			continue
		}
		taken[b.Name] = true
		spec.Bindings = append(spec.Bindings, b)
	}
	return left
}
