package binding

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// Annotation of a workload remembers what was projected into it. It holds names
// and paths, and nothing of what is in a Secret.
const Annotation = "bowline.dev/bindings"

// memory is what the annotation holds.
type memory struct {
	// APIVersion is that of the workload when it was bound: paths are those of a
	// version.
	APIVersion string  `json:"apiVersion"`
	Mapping    Mapping `json:"mapping"`
	// Bindings are sorted by key.
	Bindings []Binding `json:"bindings"`
	// Created are the fields that did not exist before.
	Created []string `json:"created,omitempty"`
	// Roots are the containers whose SERVICE_BINDING_ROOT we set.
	Roots []string `json:"roots,omitempty"`
}

// Projected returns the bindings that are projected into the workload with these
// annotations.
func Projected(annotations map[string]string) ([]Binding, error) {
	m, err := decode(annotations[Annotation])
	return m.Bindings, err
}

// Keys are the keys of the bindings of the workload with these annotations.
func Keys(annotations map[string]string) []string {
	bindings, err := Projected(annotations)
	if err != nil {
		return nil
	}
	keys := make([]string, len(bindings))
	for i := range bindings {
		keys[i] = bindings[i].Key
	}
	return keys
}

func recall(workload map[string]any) (memory, error) {
	value, err := look(workload, memoryPath)
	if err != nil {
		return memory{}, refuse(servicebindingv1.ReasonWorkloadRefused, "%s", err)
	}
	text, _ := value.(string)
	return decode(text)
}

var memoryPath = []string{"metadata", "annotations", Annotation}

func decode(text string) (memory, error) {
	if text == "" {
		return memory{}, nil
	}
	var m memory
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return memory{}, refuse(servicebindingv1.ReasonWorkloadRefused,
			"its annotation %s, which remembers what is projected, cannot be read: restore it, or remove it along with all volumes named binding-*", Annotation)
	}
	if field, err := m.Mapping.check(); err != nil {
		return memory{}, refuse(servicebindingv1.ReasonWorkloadRefused,
			"its annotation %s remembers a mapping that cannot be followed (%s): restore it, or remove it along with all volumes named binding-*", Annotation, field)
	}
	return m, nil
}

func (m *memory) encode() (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode what is projected: %w", err)
	}
	return string(text), nil
}

// without returns the bindings but the one with the key.
func (m *memory) without(key string) []Binding {
	return slices.DeleteFunc(slices.Clone(m.Bindings), func(b Binding) bool { return b.Key == key })
}

// with returns the bindings with b in place of what had its key.
func (m *memory) with(b Binding) []Binding {
	out := append(m.without(b.Key), b)
	slices.SortFunc(out, func(x, y Binding) int { return strings.Compare(x.Key, y.Key) })
	return out
}

func (m *memory) find(key string) *Binding {
	for i := range m.Bindings {
		if m.Bindings[i].Key == key {
			return &m.Bindings[i]
		}
	}
	return nil
}
