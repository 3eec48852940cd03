package apply

import (
	"fmt"
	"slices"
)

// mergeKeys are the lists that server-side apply merges by key (the x-kubernetes
// list map keys of the API), by the name of the field. Every other list is
// atomic. Where two kinds use a name with different keys, the first key that an
// item has counts.
var mergeKeys = map[string][][]string{
	"containers":                {{"name"}},
	"initContainers":            {{"name"}},
	"env":                       {{"name"}},
	"volumes":                   {{"name"}},
	"imagePullSecrets":          {{"name"}},
	"volumeMounts":              {{"mountPath"}},
	"volumeDevices":             {{"devicePath"}},
	"hostAliases":               {{"ip"}},
	"schedulingGates":           {{"name"}},
	"resourceClaims":            {{"name"}},
	"evictionResponders":        {{"name"}},
	"claims":                    {{"name"}},
	"ports":                     {{"containerPort", "protocol"}, {"port", "protocol"}},
	"ownerReferences":           {{"uid"}},
	"topologySpreadConstraints": {{"topologyKey", "whenUnsatisfiable"}},
}

// subset tells whether an object has everything that is wanted. Maps may have
// more, and so may lists that are merged by key; atomic lists must match item
// by item. Field is the name under which the values stand.
func subset(wanted, have any, field string) bool {
	switch w := wanted.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for key, value := range w {
			if !subset(value, h[key], key) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		if !ok {
			return false
		}
		return subsetList(w, h, field)
	}
	return equal(wanted, have)
}

func subsetList(wanted, have []any, field string) bool {
	keys, merged := mergeKeys[field]
	if !merged && len(wanted) != len(have) {
		return false
	}
	for i, item := range wanted {
		counterpart := i
		if merged {
			key := itemKey(item, keys)
			counterpart = slices.IndexFunc(have, func(h any) bool { return itemKey(h, keys) == key })
		}
		if counterpart < 0 || !subset(item, have[counterpart], "") {
			return false
		}
	}
	return true
}

func itemKey(item any, keys [][]string) string {
	fields, ok := item.(map[string]any)
	if !ok {
		return ""
	}
	for _, names := range keys {
		if _, ok := fields[names[0]]; !ok {
			continue
		}
		key := ""
		for _, name := range names {
			key += fmt.Sprintf("%v\x00", fields[name])
		}
		return key
	}
	return ""
}

// equal compares scalars. Numbers come as float64 from JSON and as int64 from
// the object.
func equal(a, b any) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	return a == b
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	}
	return 0, false
}
