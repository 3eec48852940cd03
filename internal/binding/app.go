package binding

import (
	"fmt"
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
		Containers: slices.Clone(object.Spec.Workload.Containers),
	}
	for _, env := range object.Spec.Env {
		b.Env = append(b.Env, v1alpha1.BindingVariable{Name: env.Name, Key: env.Key})
	}
	return b
}

// MostOnApp is how many bindings an App can have.
const MostOnApp = 16

// Adopt adds ServiceBindings to an App's own bindings, in the order of their
// names. It returns the names of those for which there is no place: the name of
// the directory is taken, or there are too many.
func Adopt(spec *v1alpha1.AppSpec, objects []servicebindingv1.ServiceBinding) (left []string) {
	taken := map[string]bool{}
	for _, b := range spec.Bindings {
		taken[b.Name] = true
	}
	objects = slices.SortedFunc(slices.Values(objects), func(a, b servicebindingv1.ServiceBinding) int { return strings.Compare(a.Name, b.Name) })
	spec.Bindings = slices.Clip(spec.Bindings)
	for i := range objects {
		b := OnApp(&objects[i])
		if taken[b.Name] || len(spec.Bindings) >= MostOnApp || CheckName(b.Name) != nil {
			left = append(left, objects[i].Name)
			continue
		}
		taken[b.Name] = true
		spec.Bindings = append(spec.Bindings, b)
	}
	return left
}
