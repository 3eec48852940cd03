package overlay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// mergeKeys are the lists that are merged by key, by the name of the field: the
// tags patchMergeKey of the API's types, with the protocol where one number may
// be that of two ports.
var mergeKeys = map[string][]string{
	"containers":                {"name"},
	"initContainers":            {"name"},
	"volumes":                   {"name"},
	"imagePullSecrets":          {"name"},
	"hostAliases":               {"ip"},
	"topologySpreadConstraints": {"topologyKey"},
	"schedulingGates":           {"name"},
	"resourceClaims":            {"name"},
	"evictionResponders":        {"name"},
	"env":                       {"name"},
	"volumeMounts":              {"mountPath"},
	"volumeDevices":             {"devicePath"},
	"ports":                     {"containerPort", "protocol"},
	"claims":                    {"name"},
}

// keyProblem finds an item without the key by which its list is merged, or with
// that of another item.
func keyProblem(value any, field, path string) string {
	switch v := value.(type) {
	case object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if problem := keyProblem(v[key], key, path+"."+key); problem != "" {
				return problem
			}
		}
	case []any:
		if keys := mergeKeys[field]; keys != nil {
			if problem := itemProblem(v, keys, path); problem != "" {
				return problem
			}
		}
		for i, item := range v {
			if problem := keyProblem(item, "", fmt.Sprintf("%s[%d]", path, i)); problem != "" {
				return problem
			}
		}
	}
	return ""
}

func itemProblem(items []any, keys []string, path string) string {
	seen := map[string]int{}
	for i, item := range items {
		key := itemKey(item, keys)
		if key == "" {
			return fmt.Sprintf("%s[%d]: has no %s, by which the list is merged: add it", path, i, keys[0])
		}
		if first, twice := seen[key]; twice {
			return fmt.Sprintf("%[1]s[%[2]d].%[3]s: %[4]s stands in %[1]s[%[5]d] already: join the two or give each a %[3]s of its own",
				path, i, keys[0], key, first)
		}
		seen[key] = i
	}
	return ""
}

// itemKey returns what an item is merged by, empty when it has no such thing. A
// port without a protocol is one of TCP.
func itemKey(item any, keys []string) string {
	fields, ok := item.(object)
	if !ok || fields[keys[0]] == nil || fields[keys[0]] == "" {
		return ""
	}
	var parts []string
	for _, name := range keys {
		switch value := fields[name].(type) {
		case nil:
			parts = append(parts, string(corev1.ProtocolTCP))
		case string:
			parts = append(parts, cmp.Or(value, string(corev1.ProtocolTCP)))
		default:
			parts = append(parts, fmt.Sprint(value))
		}
	}
	return strings.Join(parts, "/")
}
