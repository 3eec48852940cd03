package overlay

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// TestMergeKeysAreThoseOfTheAPI: a later version of the API may have more lists
// that are merged by key.
func TestMergeKeysAreThoseOfTheAPI(t *testing.T) {
	want := map[string]string{}
	collectKeys(reflect.TypeFor[corev1.PodTemplateSpec](), map[reflect.Type]bool{}, want)
	delete(want, "ephemeralContainers") // refused
	delete(want, "ownerReferences")     // of a claim's template: the API server refuses them
	want["claims"] = "name"             // by server-side apply alone

	got := map[string]string{}
	for field, keys := range mergeKeys {
		got[field] = keys[0]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys: want -, got +:\n%s", diff)
	}
}

// collectKeys finds the fields below a type whose lists have a merge key.
func collectKeys(t reflect.Type, seen map[reflect.Type]bool, keys map[string]string) {
	kind := t.Kind()
	if kind == reflect.Pointer || kind == reflect.Slice || kind == reflect.Map {
		collectKeys(t.Elem(), seen, keys)
	}
	if kind != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		field := t.Field(i)
		if key := field.Tag.Get("patchMergeKey"); key != "" {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			keys[name] = key
		}
		collectKeys(field.Type, seen, keys)
	}
}
