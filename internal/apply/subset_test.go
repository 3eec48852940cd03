package apply

import (
	"testing"

	"sigs.k8s.io/yaml"
)

func TestSubset(t *testing.T) {
	cases := map[string]struct {
		wanted, have string
		want         bool
	}{
		"the same":                        {"a: 1", "a: 1", true},
		"the object has more":             {"a: 1", "{a: 1, b: 2}", true},
		"the object has less":             {"{a: 1, b: 2}", "a: 1", false},
		"another value":                   {"a: 1", "a: 2", false},
		"another type":                    {"a: 1", "a: '1'", false},
		"a map where a scalar stands":     {"a: {b: 1}", "a: 1", false},
		"an item merged by key, moved":    {"env: [{name: A, value: x}]", "env: [{name: B}, {name: A, value: x}]", true},
		"an item merged by key, changed":  {"env: [{name: A, value: x}]", "env: [{name: A, value: y}]", false},
		"an item merged by key, missing":  {"env: [{name: A}]", "env: [{name: B}]", false},
		"an item with defaults":           {"containers: [{name: app}]", "containers: [{name: app, image: x}]", true},
		"a port of a container":           {"ports: [{containerPort: 80, protocol: TCP}]", "ports: [{containerPort: 80, protocol: UDP}, {containerPort: 80, protocol: TCP}]", true},
		"a port of a Service":             {"ports: [{port: 80, protocol: TCP, name: a}]", "ports: [{port: 80, protocol: TCP, name: b}]", false},
		"an alias of another's":           {"hostAliases: [{ip: 1.2.3.4}]", "hostAliases: [{ip: 5.6.7.8}, {ip: 1.2.3.4}]", true},
		"a device of another's":           {"volumeDevices: [{devicePath: /a}]", "volumeDevices: [{devicePath: /b}, {devicePath: /a}]", true},
		"a gate of another's":             {"schedulingGates: [{name: a}]", "schedulingGates: [{name: b}, {name: a}]", true},
		"a claim of another's":            {"resourceClaims: [{name: a}]", "resourceClaims: [{name: b}, {name: a}]", true},
		"an eviction responder":           {"evictionResponders: [{name: a}]", "evictionResponders: [{name: b}, {name: a}]", true},
		"a claim of a container":          {"claims: [{name: a}]", "claims: [{name: b}, {name: a}]", true},
		"an atomic list with one more":    {"args: [a]", "args: [a, b]", false},
		"an atomic list in another order": {"args: [a, b]", "args: [b, a]", false},
		"an atomic list with defaults":    {"metrics: [{type: R}]", "metrics: [{type: R, x: 1}]", true},
		"a list where none is":            {"args: [a]", "b: 1", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var wanted, have map[string]any
			for text, into := range map[string]*map[string]any{c.wanted: &wanted, c.have: &have} {
				if err := yaml.Unmarshal([]byte(text), into); err != nil {
					t.Fatal(err)
				}
			}
			if c.wanted == c.have {
				have = wanted
			}
			if got := subset(wanted, have, ""); got != c.want {
				t.Errorf("subset(%s, %s) = %t, want %t", c.wanted, c.have, got, c.want)
			}
		})
	}
}

func TestNumbersFromJSONAndFromObjectsAreTheSame(t *testing.T) {
	if !subset(map[string]any{"n": float64(3)}, map[string]any{"n": int64(3)}, "") {
		t.Error("3 from JSON is not 3 from an object")
	}
}
