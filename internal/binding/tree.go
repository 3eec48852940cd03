package binding

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// child is the location of a field. Locations are like JSON pointers, with the
// name of an element, where it has one, in place of its number: containers keep
// their location when others come or go.
func child(at, field string) string { return at + "/" + escape.Replace(field) }

var escape = strings.NewReplacer("~", "~0", "/", "~1")

// elements returns the location of each element of a list.
func elements(at string, list []any) []string {
	out := make([]string, len(list))
	uses := map[string]int{}
	for i, element := range list {
		if object, ok := element.(map[string]any); ok {
			if name, ok := object["name"].(string); ok {
				out[i] = at + "[" + escape.Replace(name) + "]"
				uses[out[i]]++
			}
		}
	}
	for i := range out {
		if uses[out[i]] != 1 {
			out[i] = fmt.Sprintf("%s[#%d]", at, i)
		}
	}
	return out
}

// locations returns where every object of a tree is, by identity.
func locations(root map[string]any) map[uintptr]string {
	out := map[uintptr]string{}
	var visit func(at string, value any)
	visit = func(at string, value any) {
		switch value := value.(type) {
		case map[string]any:
			out[identity(value)] = at
			for field, next := range value {
				visit(child(at, field), next)
			}
		case []any:
			for i, location := range elements(at, value) {
				visit(location, value[i])
			}
		}
	}
	visit("", root)
	return out
}

func identity(object map[string]any) uintptr { return reflect.ValueOf(object).Pointer() }

// prune removes the fields at the given locations that have become empty, the
// deepest first, and returns the locations that stay.
func prune(root map[string]any, created []string) []string {
	var kept []string
	var visit func(at string, value any)
	visit = func(at string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for _, field := range slices.Sorted(maps.Keys(value)) {
				location := child(at, field)
				visit(location, value[field])
				switch {
				case !slices.Contains(created, location):
				case empty(value[field]):
					delete(value, field)
				default:
					kept = append(kept, location)
				}
			}
		case []any:
			for i, location := range elements(at, value) {
				visit(location, value[i])
			}
		}
	}
	visit("", root)
	slices.Sort(kept)
	return kept
}

func empty(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return false
}

// holds tells whether a tree is the wanted one, but for the order of lists and
// for what the API server adds to the parts that are ours.
func holds(actual, wanted any) bool {
	switch wanted := wanted.(type) {
	case map[string]any:
		actual, ok := actual.(map[string]any)
		if !ok {
			return false
		}
		for field, value := range wanted {
			if !holds(actual[field], value) {
				return false
			}
		}
		return true
	case []any:
		actual, ok := actual.([]any)
		return ok && len(actual) == len(wanted) && holdsAll(actual, wanted)
	}
	return reflect.DeepEqual(actual, wanted)
}

// holdsAll finds an element for each wanted one, first those that are equal.
func holdsAll(actual, wanted []any) bool {
	free := slices.Clone(actual)
	var rest []any
	for _, value := range wanted {
		if i := slices.IndexFunc(free, func(a any) bool { return reflect.DeepEqual(a, value) }); i >= 0 {
			free = slices.Delete(free, i, i+1)
		} else {
			rest = append(rest, value)
		}
	}
	for _, value := range rest {
		i := slices.IndexFunc(free, func(a any) bool { return holds(a, value) })
		if i < 0 {
			return false
		}
		free = slices.Delete(free, i, i+1)
	}
	return true
}
