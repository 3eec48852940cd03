package overlay

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	kjson "sigs.k8s.io/json"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Merge returns a generated pod template, as JSON, with an overlay merged over
// it. An error names the field of the overlay that cannot be read.
func Merge(template, raw []byte, profile v1alpha1.SecurityProfile) ([]byte, error) {
	patch, err := decode(raw)
	if err != nil {
		return nil, err
	}
	if len(patch) == 0 {
		return template, nil
	}
	if problem := keyProblem(patch, "", root); problem != "" {
		return nil, errors.New(problem)
	}
	base, err := parse(template)
	if err != nil {
		return nil, fmt.Errorf("read the generated pod template: %w", err)
	}
	giveWay(base, patch)
	generated, err := parse(template) // merging changes the base
	if err != nil {
		return nil, fmt.Errorf("read the generated pod template: %w", err)
	}
	merged, err := strategicpatch.StrategicMergeMapPatch(base, patch, &corev1.PodTemplateSpec{})
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be merged (%w): correct it", root, err)
	}
	return complete(arrange(object(merged), generated, "").(object), profile)
}

func parse(data []byte) (object, error) {
	var out object
	err := kjson.UnmarshalCaseSensitivePreserveInts(data, &out)
	return out, err
}

// complete brings a merged template into the form in which the API server will
// show it, so that what was applied is known again, and hardens its containers.
func complete(merged object, profile v1alpha1.SecurityProfile) ([]byte, error) {
	data, err := json.Marshal(merged)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be written (%w): correct it", root, err)
	}
	template := &corev1.PodTemplateSpec{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, template); err != nil {
		return nil, fmt.Errorf("%s: cannot be merged (%w): correct it", root, err)
	}
	harden(&template.Spec, profile)
	stateProtocols(&template.Spec)
	if data, err = json.Marshal(template); err != nil {
		return nil, fmt.Errorf("%s: cannot be written (%w): correct it", root, err)
	}
	minimal, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read back (%w): correct it", root, err)
	}
	return json.Marshal(prune(minimal))
}

// stateProtocols states the protocol of every port: it is part of the key by
// which the API server merges them.
func stateProtocols(pod *corev1.PodSpec) {
	for _, c := range containersOf(pod) {
		for i := range c.Ports {
			if c.Ports[i].Protocol == "" {
				c.Ports[i].Protocol = corev1.ProtocolTCP
			}
		}
	}
}

// containersOf returns all containers of a pod.
func containersOf(pod *corev1.PodSpec) []*corev1.Container {
	var out []*corev1.Container
	for _, list := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range list {
			out = append(out, &list[i])
		}
	}
	return out
}

// meaningful are fields that say something by being there, though empty.
var meaningful = []string{"emptyDir", "downwardAPI", "projected", "labelSelector", "namespaceSelector"}

// prune drops nulls, and lists and objects with nothing in them. The items of a
// list stay.
func prune(fields object) object {
	for key, value := range fields {
		switch v := value.(type) {
		case nil:
			delete(fields, key)
		case object:
			if len(prune(v)) == 0 && !slices.Contains(meaningful, key) {
				delete(fields, key)
			}
		case []any:
			if len(v) == 0 {
				delete(fields, key)
			}
			for _, item := range v {
				if inner, ok := item.(object); ok {
					prune(inner)
				}
			}
		}
	}
	return fields
}

// arrange orders merged lists: what was generated first, as it was, and then
// what the overlay added. Strategic merge does it the other way around, but a
// variable may refer only to earlier ones, and the first container is the one
// that kubectl means when none is named.
func arrange(merged, generated any, field string) any {
	switch m := merged.(type) {
	case object:
		g, _ := generated.(object)
		for key, value := range m {
			m[key] = arrange(value, g[key], key)
		}
	case []any:
		keys := mergeKeys[field]
		g, ok := generated.([]any)
		if keys == nil || !ok {
			return merged
		}
		place := func(item any) int {
			key := itemKey(item, keys)
			at := slices.IndexFunc(g, func(other any) bool { return itemKey(other, keys) == key })
			if at < 0 {
				return len(g)
			}
			return at
		}
		slices.SortStableFunc(m, func(a, b any) int { return place(a) - place(b) })
		for i, item := range m {
			if at := place(item); at < len(g) {
				m[i] = arrange(item, g[at], "")
			}
		}
	}
	return merged
}

// giveWay removes from a generated template what cannot stand beside what the
// overlay sets.
func giveWay(base, patch object) {
	pod, patchPod := sub(base, "spec"), sub(patch, "spec")
	if sub(patchPod, "os")["name"] == string(corev1.Windows) {
		delete(sub(pod, "securityContext"), "seccompProfile") // of Linux alone
	}
	app, patchApp := named(pod, "containers", Container), named(patchPod, "containers", Container)
	// Said again by harden, unless the overlay needs the opposite.
	delete(sub(app, "securityContext"), "allowPrivilegeEscalation")
	for _, probe := range probes {
		yield(sub(app, probe), sub(patchApp, probe), handlers)
	}
	for _, variable := range list(patchApp, "env") {
		if v, ok := variable.(object); ok {
			name, _ := v["name"].(string)
			yield(named(app, "env", name), v, []string{"value", "valueFrom"})
		}
	}
}

var (
	probes   = []string{"readinessProbe", "livenessProbe", "startupProbe"}
	handlers = []string{"exec", "httpGet", "tcpSocket", "grpc"}
)

// yield removes from base those of the rivals that the patch does not set, if
// it sets one.
func yield(base, patch object, rivals []string) {
	if !slices.ContainsFunc(rivals, func(rival string) bool { return patch[rival] != nil }) {
		return
	}
	for _, rival := range rivals {
		if patch[rival] == nil {
			delete(base, rival)
		}
	}
}

// sub returns an object in an object, nil when it is not there.
func sub(parent object, field string) object {
	child, _ := parent[field].(object)
	return child
}

// list returns a list in an object, nil when it is not there.
func list(parent object, field string) []any {
	items, _ := parent[field].([]any)
	return items
}

// named returns the item of a name in a list, nil when there is none.
func named(parent object, field, name string) object {
	for _, item := range list(parent, field) {
		if o, ok := item.(object); ok && o["name"] == name {
			return o
		}
	}
	return nil
}

// needsEscalation tells whether a container asks for what the API server
// accepts only together with privilege escalation.
func needsEscalation(s *corev1.SecurityContext) bool {
	if s.Privileged != nil && *s.Privileged {
		return true
	}
	return s.Capabilities != nil && slices.ContainsFunc(s.Capabilities.Add, func(c corev1.Capability) bool {
		return strings.TrimPrefix(string(c), "CAP_") == "SYS_ADMIN"
	})
}
