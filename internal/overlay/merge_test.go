package overlay

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// generated is a pod template as the operator makes it.
const generated = `
metadata: {labels: {bowline.dev/app: shop}}
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  topologySpreadConstraints:
    - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {bowline.dev/app: shop}}}
  tolerations: [{key: spot, operator: Exists}]
  volumes: [{name: files, configMap: {name: c}}]
  containers:
    - name: app
      image: shop:1
      env: [{name: LEVEL, valueFrom: {configMapKeyRef: {name: c, key: LEVEL}}}, {name: MODE, value: fast}]
      readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
      securityContext: {allowPrivilegeEscalation: false}
      volumeMounts: [{name: files, mountPath: /etc/a, subPath: a, readOnly: true}]
`

// merged returns the generated template with an overlay over it.
func merged(t *testing.T, overlay string, profile v1alpha1.SecurityProfile) map[string]any {
	t.Helper()
	out, err := Merge(asJSON(t, generated), asJSON(t, overlay), profile)
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, out)
}

func parsed(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// at returns the JSON of a part of a template, found by names of fields, and in
// lists by names of items.
func at(t *testing.T, value any, path string) string {
	t.Helper()
	for _, step := range strings.Fields(path) {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			value = nil
			for _, item := range v {
				if item.(map[string]any)["name"] == step {
					value = item
				}
			}
		}
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMerge(t *testing.T) {
	const app = "spec containers app "
	cases := map[string]struct{ overlay, path, want string }{
		"a container comes after the App's": {
			`spec: {containers: [{name: log, image: "log:1"}, {name: app, workingDir: /srv}]}`, "spec containers",
			`[{"env":[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"key":"LEVEL","name":"c"}}},{"name":"MODE","value":"fast"}],"image":"shop:1","name":"app",` +
				`"readinessProbe":{"httpGet":{"path":"/ready","port":"http"},"periodSeconds":5},"securityContext":{"allowPrivilegeEscalation":false},` +
				`"volumeMounts":[{"mountPath":"/etc/a","name":"files","readOnly":true,"subPath":"a"}],"workingDir":"/srv"},` +
				`{"image":"log:1","name":"log","securityContext":{"allowPrivilegeEscalation":false}}]`,
		},
		"init containers keep their order": {
			`spec: {initContainers: [{name: b, image: "b:1", securityContext: {allowPrivilegeEscalation: true}}, {name: a, image: "a:1"}]}`, "spec initContainers",
			`[{"image":"b:1","name":"b","securityContext":{"allowPrivilegeEscalation":true}},{"image":"a:1","name":"a","securityContext":{"allowPrivilegeEscalation":false}}]`,
		},
		"a variable comes after those it may refer to": {
			`spec: {containers: [{name: app, env: [{name: B, value: $(MODE)}, {name: A, value: $(B)}, {name: MODE, value: slow}]}]}`, app + "env",
			`[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"key":"LEVEL","name":"c"}}},{"name":"MODE","value":"slow"},{"name":"B","value":"$(MODE)"},{"name":"A","value":"$(B)"}]`,
		},
		"a value takes the place of a reference": {
			`spec: {containers: [{name: app, env: [{name: LEVEL, value: debug}]}]}`, app + "env LEVEL",
			`{"name":"LEVEL","value":"debug"}`,
		},
		"a reference takes the place of a value": {
			`spec: {containers: [{name: app, env: [{name: MODE, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}`, app + "env MODE",
			`{"name":"MODE","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}`,
		},
		"another handler takes the place of the probe's": {
			`spec: {containers: [{name: app, readinessProbe: {exec: {command: ["true"]}}}]}`, app + "readinessProbe",
			`{"exec":{"command":["true"]},"periodSeconds":5}`,
		},
		"the same handler is merged": {
			`spec: {containers: [{name: app, readinessProbe: {httpGet: {path: /up}}}]}`, app + "readinessProbe",
			`{"httpGet":{"path":"/up","port":"http"},"periodSeconds":5}`,
		},
		"other lists are replaced": {
			`spec: {tolerations: [{key: gpu, operator: Exists}]}`, "spec tolerations",
			`[{"key":"gpu","operator":"Exists"}]`,
		},
		"a spread is made hard": {
			`spec: {topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}]}`, "spec topologySpreadConstraints",
			`[{"labelSelector":{"matchLabels":{"bowline.dev/app":"shop"}},"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"DoNotSchedule"}]`,
		},
		"null removes a field":               {`spec: {containers: [{name: app, readinessProbe: null}]}`, app + "readinessProbe", `null`},
		"null removes a list":                {`spec: {topologySpreadConstraints: null}`, "spec topologySpreadConstraints", `null`},
		"null removes a field of an item":    {`spec: {containers: [{name: app, env: [{name: MODE, value: null}]}]}`, app + "env MODE", `{"name":"MODE"}`},
		"null of what is not there":          {`spec: {affinity: null}`, "spec affinity", `null`},
		"null in what is added":              {`spec: {containers: [{name: log, image: "a:1", workingDir: null}]}`, "spec containers log workingDir", `null`},
		"null removes no hardening":          {`spec: {securityContext: null}`, "spec securityContext", `{"seccompProfile":{"type":"RuntimeDefault"}}`},
		"null removes no hardening of app":   {`spec: {containers: [{name: app, securityContext: null}]}`, app + "securityContext", `{"allowPrivilegeEscalation":false}`},
		"an empty directory is one":          {`spec: {volumes: [{name: cache, emptyDir: {}}]}`, "spec volumes cache", `{"emptyDir":{},"name":"cache"}`},
		"what says nothing is left out":      {`spec: {affinity: {nodeAffinity: {}}, nodeSelector: {}, hostAliases: []}`, "spec", at(t, merged(t, `metadata: {annotations: {a: b}}`, ""), "spec")},
		"a false that is the default is too": {`spec: {hostNetwork: false}`, "spec hostNetwork", `null`},
		"a protocol is stated": {
			`spec: {containers: [{name: log, image: "a:1", ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]}]}`, "spec containers log ports",
			`[{"containerPort":53,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]`,
		},
		"a quantity is written as the API server writes it": {
			`spec: {containers: [{name: app, resources: {limits: {cpu: "0.5"}, requests: {cpu: 1000m}}}]}`, app + "resources",
			`{"limits":{"cpu":"500m"},"requests":{"cpu":"1"}}`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if problem := check(t, c.overlay); problem != "" {
				t.Fatal(problem)
			}
			if got := at(t, merged(t, c.overlay, v1alpha1.SecurityBaseline), c.path); got != c.want {
				t.Errorf("%s is\n%s\nwant\n%s", c.path, got, c.want)
			}
		})
	}
}

func TestMergeHardens(t *testing.T) {
	const baseline, restricted = v1alpha1.SecurityBaseline, v1alpha1.SecurityRestricted
	cases := map[string]struct {
		profile             v1alpha1.SecurityProfile
		container, security string
		want                string
	}{
		"baseline, silent":                 {baseline, "log", `null`, `{"allowPrivilegeEscalation":false}`},
		"baseline, speaks of other things": {baseline, "log", `{runAsUser: 7}`, `{"allowPrivilegeEscalation":false,"runAsUser":7}`},
		"baseline, wants it":               {baseline, "log", `{allowPrivilegeEscalation: true}`, `{"allowPrivilegeEscalation":true}`},
		"baseline, privileged":             {baseline, "log", `{privileged: true}`, `{"privileged":true}`},
		"baseline, not privileged":         {baseline, "log", `{privileged: false}`, `{"allowPrivilegeEscalation":false,"privileged":false}`},
		"baseline, SYS_ADMIN":              {baseline, "log", `{capabilities: {add: [SYS_ADMIN]}}`, `{"capabilities":{"add":["SYS_ADMIN"]}}`},
		"baseline, CAP_SYS_ADMIN":          {baseline, "log", `{capabilities: {add: [CAP_SYS_ADMIN]}}`, `{"capabilities":{"add":["CAP_SYS_ADMIN"]}}`},
		"baseline, another capability":     {baseline, "log", `{capabilities: {add: [NET_ADMIN]}}`, `{"allowPrivilegeEscalation":false,"capabilities":{"add":["NET_ADMIN"]}}`},
		"baseline, app privileged":         {baseline, "app", `{privileged: true}`, `{"privileged":true}`},
		"baseline, app wants it":           {baseline, "app", `{allowPrivilegeEscalation: true}`, `{"allowPrivilegeEscalation":true}`},
		"restricted, silent":               {restricted, "log", `{}`, `{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}`},
		"restricted, adds":                 {restricted, "log", `{capabilities: {add: [NET_BIND_SERVICE]}}`, `{"allowPrivilegeEscalation":false,"capabilities":{"add":["NET_BIND_SERVICE"],"drop":["ALL"]}}`},
		"restricted, drops":                {restricted, "log", `{capabilities: {drop: [NET_RAW]}}`, `{"allowPrivilegeEscalation":false,"capabilities":{"drop":["NET_RAW"]}}`},
		"restricted, privileged":           {restricted, "log", `{privileged: true}`, `{"privileged":true}`},
	}
	for name, c := range cases {
		for _, list := range []string{"containers", "initContainers"} {
			if c.container == "app" && list == "initContainers" {
				continue
			}
			t.Run(name+" in "+list, func(t *testing.T) {
				image := `image: "log:1", `
				if c.container == "app" {
					image = ""
				}
				overlay := `spec: {` + list + `: [{name: ` + c.container + `, ` + image + `securityContext: ` + c.security + `}]}`
				out := merged(t, overlay, c.profile)
				if got := at(t, out, "spec "+list+" "+c.container+" securityContext"); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			})
		}
	}
}

func TestMergeHardensThePod(t *testing.T) {
	cases := map[string]struct{ overlay, want string }{
		"silent":        {`{fsGroup: 1}`, `{"fsGroup":1,"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}`},
		"wants root":    {`{runAsNonRoot: false}`, `{"runAsNonRoot":false,"seccompProfile":{"type":"RuntimeDefault"}}`},
		"its own":       {`{seccompProfile: {type: Localhost, localhostProfile: p}}`, `{"runAsNonRoot":true,"seccompProfile":{"localhostProfile":"p","type":"Localhost"}}`},
		"null":          {`{seccompProfile: null, runAsNonRoot: null}`, `{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}`},
		"null as whole": {`null`, `{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			out := merged(t, `spec: {securityContext: `+c.overlay+`}`, v1alpha1.SecurityRestricted)
			if got := at(t, out, "spec securityContext"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Pods of Windows are refused with what only Linux has.
func TestMergeHardensNoPodOfWindows(t *testing.T) {
	out := merged(t, `spec: {os: {name: windows}, containers: [{name: log, image: "log:1"}]}`, v1alpha1.SecurityRestricted)
	for _, path := range []string{"spec securityContext", "spec containers app securityContext", "spec containers log securityContext"} {
		if got := at(t, out, path); got != "null" {
			t.Errorf("%s is %s", path, got)
		}
	}
}

// TestMergeOfNothing: an overlay that says nothing changes not a byte.
func TestMergeOfNothing(t *testing.T) {
	for _, raw := range []string{``, `null`, `{}`} {
		out, err := Merge(asJSON(t, generated), []byte(raw), v1alpha1.SecurityBaseline)
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != string(asJSON(t, generated)) {
			t.Errorf("%q made it %s", raw, out)
		}
	}
	out := merged(t, `metadata: {annotations: {a: b}}`, v1alpha1.SecurityBaseline)
	delete(out["metadata"].(map[string]any), "annotations")
	if diff := cmp.Diff(parsed(t, asJSON(t, generated)), out); diff != "" {
		t.Errorf("an annotation changed more: -, +:\n%s", diff)
	}
}

// TestMergeOfWhatCheckRefuses: an operator of another version may have let
// anything pass that can be read. It is merged as far as that goes, or is an
// error; it ends no operator.
func TestMergeOfWhatCheckRefuses(t *testing.T) {
	cases := map[string]struct{ overlay, err string }{
		"no containers":    {`{"spec": {"containers": null}}`, ``},
		"nothing":          {`{"spec": null, "metadata": null}`, ``},
		"no name":          {`{"spec": {"containers": [{"image": "a:1"}]}}`, `spec.podTemplate.spec.containers[0]: has no name, by which the list is merged: add it`},
		"twice":            {`{"spec": {"volumes": [{"name": "a"}, {"name": "a"}]}}`, `spec.podTemplate.spec.volumes[1].name: a stands in spec.podTemplate.spec.volumes[0] already: join the two or give each a name of its own`},
		"another image":    {`{"spec": {"containers": [{"name": "app", "image": "b:1"}]}}`, ``},
		"unknown":          {`{"spec": {"fromTheFuture": 1}}`, `spec.podTemplate.spec.fromTheFuture: there is no such field: correct its name or remove it`},
		"a directive":      {`{"spec": {"$patch": "delete"}}`, `spec.podTemplate.spec.$patch: directives do not act here: remove it; null as the value of a field removes that field, and what another field of the App makes is removed there`},
		"of another shape": {`{"spec": [{}]}`, `spec.podTemplate.spec: must be an object, not a list`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Merge(asJSON(t, generated), []byte(c.overlay), v1alpha1.SecurityBaseline)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.err {
				t.Errorf("got  %s\nwant %s", got, c.err)
			}
		})
	}
}
