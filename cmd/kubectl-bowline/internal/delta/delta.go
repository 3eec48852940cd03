// Package delta says what changed between two Releases, or between a Release and
// the spec of its App. It is pure, and it never sees the value of a Secret: who
// reads Secrets gives it their keys, and which of them changed.
package delta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Change is one thing that differs.
type Change struct {
	// Where it is: a field such as env[LEVEL].value, or an object such as
	// "ConfigMap shared-settings" with its key.
	Where string `json:"where"`
	// Old and New are the values, empty where there is none. They are empty for
	// a Secret.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	// Diff is the difference of values of several lines, in the unified form.
	Diff string `json:"diff,omitempty"`
	// Note is what there is to say instead of values.
	Note string `json:"note,omitempty"`
}

// Side is one side of a comparison.
type Side struct {
	Name string
	// Image is the image in full, with its digest where that is known; empty
	// for a spec that no Release was made of.
	Image    string
	Workload *v1alpha1.WorkloadSpec
	Spread   v1alpha1.Spread
	// TakenOver tells that the pods run a Deployment's template, of which
	// Workload does not tell.
	TakenOver bool
}

// OfRelease is a Release as a side.
func OfRelease(r *v1alpha1.Release) Side {
	return Side{Name: r.Name, Image: r.Spec.PodImage(), Workload: &r.Spec.Workload, Spread: r.Spec.Spread, TakenOver: !r.Spec.KnowsWorkload()}
}

// OfSpec is the spec of an App as a side.
func OfSpec(app *v1alpha1.App) Side {
	return Side{Name: "the spec", Workload: &app.Spec.WorkloadSpec, Spread: app.Spec.Availability.SpreadOrDefault()}
}

// Fields are the changes of image and fields, contents of the App's own
// configuration among them, in the order of their names, the image first. Of a
// Release that was taken over only the image is compared.
func Fields(a, b Side) ([]Change, error) {
	var out []Change
	if a.Image != "" && b.Image != "" && a.Image != b.Image {
		out = append(out, Change{Where: "image", Old: a.Image, New: b.Image})
	}
	for _, side := range []Side{a, b} {
		if side.TakenOver {
			return append(out, Change{Where: "all else", Note: side.Name + " was taken over: what it runs stands in its spec.adopted, as a pod template"}), nil
		}
	}
	before, err := flat(a)
	if err != nil {
		return nil, err
	}
	after, err := flat(b)
	if err != nil {
		return nil, err
	}
	if a.Image != "" && b.Image != "" {
		delete(before, "image")
		delete(after, "image")
	}
	return append(out, values(a.Name, b.Name, "", before, after)...), nil
}

// values compares two flat maps.
func values(nameA, nameB, prefix string, before, after map[string]string) []Change {
	keys := map[string]bool{}
	for k := range before {
		keys[k] = true
	}
	for k := range after {
		keys[k] = true
	}
	var out []Change
	for key := range keys {
		old, had := before[key]
		value, has := after[key]
		if had && has && old == value {
			continue
		}
		out = append(out, value1(nameA, nameB, prefix+key, old, value, had, has))
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.Where, b.Where) })
	return out
}

func value1(nameA, nameB, where, old, value string, had, has bool) Change {
	c := Change{Where: where}
	if strings.Contains(strings.TrimSuffix(old, "\n"), "\n") || strings.Contains(strings.TrimSuffix(value, "\n"), "\n") {
		c.Diff = udiff.Unified(nameA, nameB, old, value)
		return c
	}
	c.Old, c.New = old, value
	switch {
	case !had:
		c.Note = "added"
	case !has:
		c.Note = "removed"
	}
	return c
}

// flat are the fields of a side by their paths. Items of lists go by what they
// are known by, so that one that was added does not change all after it.
func flat(s Side) (map[string]string, error) {
	data, err := json.Marshal(s.Workload)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.Name, err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.Name, err)
	}
	out := map[string]string{}
	flatten(tree, "", out)
	if s.Spread != "" {
		out["availability.spread"] = string(s.Spread)
	}
	return out, nil
}

func flatten(value any, path string, out map[string]string) {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 && path != "" {
			out[path] = "{}"
		}
		for key, item := range v {
			flatten(item, join(path, key), out)
		}
	case []any:
		if len(v) == 0 {
			out[path] = "[]"
			return
		}
		if plain(v) {
			out[path] = written(v)
			return
		}
		for i, item := range v {
			flattenItem(v, i, item, path, out)
		}
	case string:
		out[path] = v
	default:
		out[path] = written(v)
	}
}

// flattenItem leaves out what the item is known by: the path says it.
func flattenItem(list []any, at int, item any, path string, out map[string]string) {
	field, key := itemKey(list, at)
	path += "[" + key + "]"
	object, _ := item.(map[string]any)
	if field == "" || len(object) < 2 {
		flatten(item, path, out)
		return
	}
	rest := maps.Clone(object)
	delete(rest, field)
	flatten(rest, path, out)
}

func join(path, key string) string {
	switch {
	case strings.ContainsAny(key, "./[]"):
		return path + "[" + key + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// plain tells that a list has neither objects nor lists in it, such as a command.
func plain(list []any) bool {
	return !slices.ContainsFunc(list, func(item any) bool {
		switch item.(type) {
		case map[string]any, []any:
			return true
		}
		return false
	})
}

// itemKey is what an item of a list is known by, and the field that holds that:
// one that tells it from the others, else its place.
func itemKey(list []any, at int) (field, key string) {
	for _, field := range []string{"name", "key", "path", "mountPath"} {
		own, ok := fieldOf(list[at], field)
		if ok && !slices.ContainsFunc(slices.Delete(slices.Clone(list), at, at+1), func(other any) bool {
			theirs, ok := fieldOf(other, field)
			return !ok || theirs == own
		}) {
			return field, own
		}
	}
	return "", fmt.Sprint(at)
}

func fieldOf(item any, field string) (string, bool) {
	object, _ := item.(map[string]any)
	value, ok := object[field].(string)
	return value, ok
}

func written(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}
