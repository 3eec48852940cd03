package delta

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Source is a ConfigMap or Secret that a Release refers to.
type Source struct {
	Kind v1alpha1.SourceKind
	Name string
	// Digest identifies the content.
	Digest string
	// Object holds that content, if it is kept: the copy. It is empty with
	// policy: Live, where nothing is.
	Object string
}

// Title names a source: "ConfigMap shared-settings".
func (s Source) Title() string { return string(s.Kind) + " " + s.Name }

// SourcesOf are the sources of a Release, those of bindings among them.
func SourcesOf(r *v1alpha1.Release) []Source {
	var out []Source
	for _, s := range r.Spec.Sources {
		out = append(out, Source{Kind: s.Kind, Name: s.Name, Digest: s.Digest, Object: s.CopyName})
	}
	for _, b := range r.Spec.Bindings {
		s := Source{Kind: v1alpha1.SourceSecret, Name: b.SecretName, Digest: b.Digest, Object: b.CopyName}
		if !slices.ContainsFunc(out, func(o Source) bool { return o.Kind == s.Kind && o.Name == s.Name }) {
			out = append(out, s)
		}
	}
	return out
}

// Reader reads the content of a copy. The values of a Secret stay with it: it
// returns what a person may see of them.
type Reader interface {
	// ConfigMap returns the entries of a ConfigMap, or that it is not there.
	ConfigMap(name string) (entries map[string][]byte, there bool, err error)
	// SecretKeys returns for each entry of either of two Secrets whether it was
	// "key added", "key removed" or "changed", or why that cannot be told.
	SecretKeys(a, b string) (keys map[string]string, why string, err error)
}

// Sources are the changes of what ConfigMaps and Secrets held.
func Sources(nameA, nameB string, before, after []Source, reader Reader) ([]Change, error) {
	var out []Change
	for _, a := range before {
		i := slices.IndexFunc(after, func(b Source) bool { return a.Kind == b.Kind && a.Name == b.Name })
		if i < 0 {
			out = append(out, Change{Where: a.Title(), Note: "not used any more"})
			continue
		}
		if a.Digest == after[i].Digest {
			continue
		}
		changes, err := contents(nameA, nameB, a, after[i], reader)
		if err != nil {
			return nil, err
		}
		out = append(out, changes...)
	}
	for _, b := range after {
		if !slices.ContainsFunc(before, func(a Source) bool { return a.Kind == b.Kind && a.Name == b.Name }) {
			out = append(out, Change{Where: b.Title(), Note: "used now"})
		}
	}
	return out, nil
}

func contents(nameA, nameB string, a, b Source, reader Reader) ([]Change, error) {
	switch {
	case a.Object == "" || b.Object == "":
		return []Change{{Where: a.Title(), Note: "changed; with policy: Live its content of then is not kept"}}, nil
	case a.Kind == v1alpha1.SourceSecret:
		return secretKeys(a, b, reader)
	}
	before, there, err := reader.ConfigMap(a.Object)
	if err != nil {
		return nil, err
	}
	after, thereToo, err := reader.ConfigMap(b.Object)
	if err != nil {
		return nil, err
	}
	if !there || !thereToo {
		return []Change{{Where: a.Title(), Note: "changed; a copy of its content is gone"}}, nil
	}
	return values(nameA, nameB, a.Title()+" ", text(before), text(after)), nil
}

func secretKeys(a, b Source, reader Reader) ([]Change, error) {
	keys, why, err := reader.SecretKeys(a.Object, b.Object)
	switch {
	case err != nil:
		return nil, err
	case why != "":
		return []Change{{Where: a.Title(), Note: "changed; " + why}}, nil
	}
	var out []Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		out = append(out, Change{Where: a.Title() + " " + key, Note: keys[key]})
	}
	return out, nil
}

// CompareKeys says which entries of two Secrets differ.
func CompareKeys(before, after map[string][]byte) map[string]string {
	out := map[string]string{}
	for key, value := range before {
		now, there := after[key]
		switch {
		case !there:
			out[key] = "key removed"
		case !bytes.Equal(value, now):
			out[key] = "changed"
		}
	}
	for key := range after {
		if _, had := before[key]; !had {
			out[key] = "key added"
		}
	}
	return out
}

// text writes entries down. Bytes that are no text are told by their digest.
func text(entries map[string][]byte) map[string]string {
	out := make(map[string]string, len(entries))
	for key, value := range entries {
		if utf8.Valid(value) {
			out[key] = string(value)
		} else {
			out[key] = fmt.Sprintf("(%d bytes, sha256 %.8x)", len(value), sha256.Sum256(value))
		}
	}
	return out
}
