package stages

import (
	"encoding/json"
	"testing"

	"github.com/itchyny/gojq"
	"sigs.k8s.io/yaml"
)

// ask answers a query for a pod the way kwok does.
func ask(t *testing.T, query, pod string) string {
	t.Helper()
	program, err := Query(query)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := gojq.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	var object any
	if err := yaml.Unmarshal([]byte(pod), &object); err != nil {
		t.Fatal(err)
	}
	value, ok := parsed.Run(object).Next()
	if !ok {
		t.Fatalf("%s has no answer", query)
	}
	if text, ok := value.(string); ok {
		return text
	}
	if err, ok := value.(error); ok {
		t.Fatalf("%s: %v", query, err)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestMoment(t *testing.T) {
	tests := map[string]struct{ pod, want string }{
		"a plain image": {
			pod:  `{spec: {containers: [{name: a, image: "registry.example/shop:v1"}]}, status: {phase: Pending}}`,
			want: "ready new",
		},
		"a tag": {
			pod:  `{spec: {containers: [{name: a, image: "registry.example/shop:crash-loop"}]}}`,
			want: "crash-loop new",
		},
		"a repository": {
			pod:  `{spec: {containers: [{name: a, image: "registry.example/never-ready:v1"}]}}`,
			want: "never-ready new",
		},
		"a word of a tag": {
			pod:  `{spec: {containers: [{name: a, image: "registry.example/shop:v2-oom-1"}]}}`,
			want: "oom new",
		},
		"letters inside a word": {
			pod:  `{spec: {containers: [{name: a, image: "registry.example/chatroom:boom"}]}}`,
			want: "ready new",
		},
		"the second container's image": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1"}, {name: b, image: "b:slow-start"}]}}`,
			want: "slow-start new",
		},
		"a sidecar's image": {
			pod:  `{spec: {initContainers: [{name: i, image: "i:oom"}, {name: s, image: "s:crash-loop", restartPolicy: Always}], containers: [{name: a, image: "a:v1"}]}}`,
			want: "crash-loop new",
		},
		"a sidecar that crashes while the container runs": {
			pod: `{spec: {initContainers: [{name: s, image: "s:crash-loop", restartPolicy: Always}], containers: [{name: a, image: "a:v1"}]},
				status: {containerStatuses: [{name: a, started: true, state: {running: {}}}], initContainerStatuses: [{name: s, restartCount: 0, state: {terminated: {}}}]}}`,
			want: "crash-loop terminated",
		},
		"an annotation, above the image": {
			pod:  `{metadata: {annotations: {play.bowline.dev/outcome: ready}}, spec: {containers: [{name: a, image: "a:oom"}]}}`,
			want: "ready new",
		},
		"PLAY=crash": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1", env: [{name: OTHER}, {name: PLAY, value: crash}]}]}}`,
			want: "crash-loop new",
		},
		"PLAY names an outcome": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1", env: [{name: PLAY, value: registry-5xx}]}]}}`,
			want: "registry-5xx new",
		},
		"PLAY of the program's own": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1", env: [{name: PLAY, value: music}]}]}}`,
			want: "ready new",
		},
		"PLAY from a reference": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1", env: [{name: PLAY, valueFrom: {configMapKeyRef: {name: shop, key: play}}}]}]}}`,
			want: "ready new",
		},
		"the name of a ConfigMap in env": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1", env: [{name: X, valueFrom: {configMapKeyRef: {name: shop-crash-loop, key: x}}}]}]}}`,
			want: "crash-loop new",
		},
		"the name of a Secret in envFrom": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1", envFrom: [{secretRef: {name: never-ready}}]}]}}`,
			want: "never-ready new",
		},
		"the name of a ConfigMap in a volume": {
			pod:  `{spec: {volumes: [{name: v, emptyDir: {}}, {name: w, configMap: {name: crash-later}}], containers: [{name: a, image: "a:v1"}]}}`,
			want: "crash-later new",
		},
		"the name of a Secret in a projected volume": {
			pod:  `{spec: {volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}, {secret: {name: oom}}]}}], containers: [{name: a, image: "a:v1"}]}}`,
			want: "oom new",
		},
		"running": {
			pod:  `{spec: {containers: [{name: a, image: "a:v1"}]}, status: {containerStatuses: [{name: a, started: true, state: {running: {}}}]}}`,
			want: "ready running",
		},
		"starting": {
			pod:  `{spec: {containers: [{name: a, image: "a:slow-start"}]}, status: {containerStatuses: [{name: a, started: false, state: {running: {}}}]}}`,
			want: "slow-start starting",
		},
		"waiting": {
			pod:  `{spec: {containers: [{name: a, image: "a:oom"}]}, status: {containerStatuses: [{name: a, state: {waiting: {reason: CrashLoopBackOff}}}]}}`,
			want: "oom CrashLoopBackOff",
		},
		"the first crash": {
			pod:  `{spec: {containers: [{name: a, image: "a:oom"}]}, status: {containerStatuses: [{name: a, restartCount: 0, state: {terminated: {}}}]}}`,
			want: "oom terminated",
		},
		"a further crash": {
			pod:  `{spec: {containers: [{name: a, image: "a:oom"}]}, status: {containerStatuses: [{name: a, restartCount: 3, state: {terminated: {}}}]}}`,
			want: "oom terminated-again",
		},
		"the container that plays is the second": {
			pod: `{spec: {containers: [{name: a, image: "a:v1"}, {name: b, image: "b:crash-loop"}]},
			       status: {containerStatuses: [{name: b, restartCount: 0, state: {terminated: {}}}, {name: a, started: true, state: {running: {}}}]}}`,
			want: "crash-loop terminated",
		},
		"deleted": {
			pod:  `{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, spec: {containers: [{name: a, image: "a:oom"}]}}`,
			want: "deleted",
		},
		"evicted": {
			pod:  `{spec: {containers: [{name: a, image: "a:oom"}]}, status: {phase: Failed}}`,
			want: "over",
		},
		"of a Job": {
			pod:  `{metadata: {ownerReferences: [{kind: Job}]}, spec: {containers: [{name: a, image: "a:oom"}]}}`,
			want: "job new",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := ask(t, "moment", test.pod); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBackoffIsAKubelets(t *testing.T) {
	if got, want := ask(t, "[range(1; 9) | backoff(.)]", "{}"), "[10,20,40,80,160,300,300,300]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
