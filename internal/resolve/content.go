package resolve

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Content is what a ConfigMap or Secret holds.
type Content struct {
	Data   map[string]string // of a ConfigMap
	Binary map[string][]byte // of a ConfigMap, or everything of a Secret
}

// only returns the entries with the given keys, all of them for nil.
func (c Content) only(keys []string) Content {
	if keys == nil {
		return c
	}
	return Content{Data: pick(c.Data, keys), Binary: pick(c.Binary, keys)}
}

func pick[V any](entries map[string]V, keys []string) map[string]V {
	var out map[string]V
	for _, key := range keys {
		if value, ok := entries[key]; ok {
			if out == nil {
				out = map[string]V{}
			}
			out[key] = value
		}
	}
	return out
}

// fact is what may be known of an entry by anybody: its key, and whether its
// value can be that of an environment variable.
type fact struct {
	key  string
	text bool
}

// facts returns the facts of all entries, in the order of their keys. Entries in
// the binaryData of a ConfigMap are no text whatever they hold: pods get no
// variables from there.
func (c Content) facts(kind v1alpha1.SourceKind) []fact {
	out := make([]fact, 0, len(c.Data)+len(c.Binary))
	for key := range maps.Keys(c.Data) {
		out = append(out, fact{key, true})
	}
	for key, value := range c.Binary {
		out = append(out, fact{key, kind == v1alpha1.SourceSecret && utf8.Valid(value) && !bytes.ContainsRune(value, 0)})
	}
	slices.SortFunc(out, func(a, b fact) int { return cmp.Compare(a.key, b.key) })
	return out
}
