package overlay

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// asJSON turns YAML into JSON. What is JSON already stays as it is, with fields
// that stand twice.
func asJSON(t testing.TB, text string) []byte {
	t.Helper()
	if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) {
		return []byte(text)
	}
	out, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return out
}

func workload(raw []byte) *v1alpha1.WorkloadSpec {
	return &v1alpha1.WorkloadSpec{PodTemplate: &runtime.RawExtension{Raw: raw}}
}

// check holds an overlay against the rules and returns what is said of it.
func check(t *testing.T, overlay string) string {
	t.Helper()
	if err := Check(workload(asJSON(t, overlay))); err != nil {
		return err.Error()
	}
	return ""
}

func TestCheckReadsStrictly(t *testing.T) {
	cases := map[string]struct{ overlay, want string }{
		"null":  {`null`, ``},
		"empty": {`{}`, ``},
		"nulls": {`{"spec": {"initContainers": null, "affinity": null, "containers": [{"name": "app", "readinessProbe": null}]}}`, ``},
		"no object": {
			`[1]`, `spec.podTemplate: must be an object, not a list`,
		},
		"a misspelled field": {
			`spec: {containers: [{name: log, imagee: "fluent-bit:4"}]}`,
			`spec.podTemplate.spec.containers[0].imagee: there is no such field: correct its name or remove it`,
		},
		"a field in another case": {
			`spec: {HostNetwork: true}`,
			`spec.podTemplate.spec.HostNetwork: there is no such field: correct its name or remove it`,
		},
		"a field at the wrong place": {
			`affinity: {}`,
			`spec.podTemplate.affinity: there is no such field: correct its name or remove it`,
		},
		"a misspelled field of an inlined type": {
			`spec: {volumes: [{name: cache, emptydir: {}}]}`,
			`spec.podTemplate.spec.volumes[0].emptydir: there is no such field: correct its name or remove it`,
		},
		"a field that stands twice": {
			`{"spec": {"containers": [{"name": "app", "workingDir": "/a", "workingDir": "/b"}]}}`,
			`spec.podTemplate.spec.containers[0].workingDir: the field stands twice: keep one`,
		},
		"an object for a list": {
			`spec: {containers: {name: log}}`,
			`spec.podTemplate.spec.containers: must be a list, not an object`,
		},
		"a string for an object": {
			`spec: {affinity: zone}`,
			`spec.podTemplate.spec.affinity: must be an object, not a string`,
		},
		"a number for a string": {
			`spec: {containers: [{name: app, env: [{name: PORT, value: 80}]}]}`,
			`spec.podTemplate.spec.containers[0].env[0].value: must be a string, not a number`,
		},
		"a number for a label": {
			`metadata: {labels: {tier: 1}}`,
			`spec.podTemplate.metadata.labels.tier: must be a string, not a number`,
		},
		"a string for a boolean": {
			`spec: {hostNetwork: "true"}`,
			`spec.podTemplate.spec.hostNetwork: must be a boolean, not a string`,
		},
		"a string for a number": {
			`spec: {priority: high}`,
			`spec.podTemplate.spec.priority: must be a number, not a string`,
		},
		"a fraction": {
			`spec: {priority: 1.5}`,
			`spec.podTemplate.spec.priority: must be a whole number`,
		},
		"too large a number": {
			`spec: {priority: 3000000000}`,
			`spec.podTemplate.spec.priority: 3000000000 is too large a number`,
		},
		"no quantity": {
			`spec: {containers: [{name: app, resources: {limits: {memory: lots}}}]}`,
			`spec.podTemplate.spec.containers[0].resources.limits.memory: is no quantity: write it like 250m, 2 or 64Mi`,
		},
		"a quantity that is a number": {`spec: {containers: [{name: app, resources: {limits: {cpu: 2}}}]}`, ``},
		"no port": {
			`spec: {containers: [{name: app, readinessProbe: {tcpSocket: {port: true}}}]}`,
			`spec.podTemplate.spec.containers[0].readinessProbe.tcpSocket.port: boolean cannot be read as IntOrString: correct it`,
		},
		"a null in a list": {
			`spec: {containers: [null]}`,
			`spec.podTemplate.spec.containers[0]: is null: write an item or remove it`,
		},
		"a directive": {
			`spec: {containers: [{name: app, $patch: delete}]}`,
			`spec.podTemplate.spec.containers[0].$patch: directives do not act here: remove it; null as the value of a field removes that field, and what another field of the App makes is removed there`,
		},
		"a directive among labels": {
			`metadata: {labels: {$patch: replace}}`,
			`spec.podTemplate.metadata.labels.$patch: directives do not act here: remove it; null as the value of a field removes that field, and what another field of the App makes is removed there`,
		},
		"an order": {
			`spec: {$setElementOrder/containers: [{name: app}]}`,
			`spec.podTemplate.spec.$setElementOrder/containers: directives do not act here: remove it; null as the value of a field removes that field, and what another field of the App makes is removed there`,
		},
		"keys to retain": {
			`spec: {$retainKeys: [volumes]}`,
			`spec.podTemplate.spec.$retainKeys: directives do not act here: remove it; null as the value of a field removes that field, and what another field of the App makes is removed there`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := check(t, c.overlay); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCheckWithoutOverlay(t *testing.T) {
	for _, w := range []*v1alpha1.WorkloadSpec{{}, workload(nil), workload([]byte{})} {
		if err := Check(w); err != nil {
			t.Error(err)
		}
	}
	want := `spec.podTemplate: is no JSON (unexpected end of JSON input): correct it`
	if err := Check(workload([]byte(`{"spec"`))); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCheckRefuses(t *testing.T) {
	cases := map[string]struct{ overlay, want string }{
		"two containers of one name": {
			`spec: {containers: [{name: log, image: "a:1"}, {name: log, image: "b:1"}]}`,
			`spec.podTemplate.spec.containers[1].name: log stands in spec.podTemplate.spec.containers[0] already: join the two or give each a name of its own`,
		},
		"a container without a name": {
			`spec: {containers: [{image: "a:1"}]}`,
			`spec.podTemplate.spec.containers[0]: has no name, by which the list is merged: add it`,
		},
		"a container with an empty name": {
			`spec: {containers: [{name: "", image: "a:1"}]}`,
			`spec.podTemplate.spec.containers[0]: has no name, by which the list is merged: add it`,
		},
		"two volumes of one name": {
			`spec: {volumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}]}`,
			`spec.podTemplate.spec.volumes[1].name: a stands in spec.podTemplate.spec.volumes[0] already: join the two or give each a name of its own`,
		},
		"two mounts at one place": {
			`spec: {containers: [{name: log, image: "a:1", volumeMounts: [{name: a, mountPath: /x}, {name: b, mountPath: /x}]}]}`,
			`spec.podTemplate.spec.containers[0].volumeMounts[1].mountPath: /x stands in spec.podTemplate.spec.containers[0].volumeMounts[0] already: join the two or give each a mountPath of its own`,
		},
		"one port twice": {
			`spec: {containers: [{name: log, image: "a:1", ports: [{containerPort: 53}, {containerPort: 53, protocol: TCP}]}]}`,
			`spec.podTemplate.spec.containers[0].ports[1].containerPort: 53/TCP stands in spec.podTemplate.spec.containers[0].ports[0] already: join the two or give each a containerPort of its own`,
		},
		"one name among containers and init containers": {
			`spec: {initContainers: [{name: log, image: "a:1"}], containers: [{name: log, image: "a:1"}]}`,
			`spec.podTemplate.spec.containers[0].name: log stands in spec.podTemplate.spec.initContainers[0] already: give each a name of its own`,
		},
		"an init container called app": {
			`spec: {initContainers: [{name: app, image: "a:1"}]}`,
			`spec.podTemplate.spec.initContainers[0].name: app is the App's own container: use another name`,
		},
		"a container without an image": {
			`spec: {containers: [{name: shop, workingDir: /srv}]}`,
			`spec.podTemplate.spec.containers[0]: container "shop" has no image: set one, or call it "app" if the App's own is meant`,
		},
		"null for the containers": {
			`spec: {containers: null}`,
			`spec.podTemplate.spec.containers: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"null for the volumes": {
			`spec: {volumes: null}`,
			`spec.podTemplate.spec.volumes: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"null for the pull secrets": {
			`spec: {imagePullSecrets: null}`,
			`spec.podTemplate.spec.imagePullSecrets: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"null for the spec": {
			`spec: null`,
			`spec.podTemplate.spec: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"null for the metadata": {
			`metadata: null`,
			`spec.podTemplate.metadata: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"null for the labels": {
			`metadata: {labels: null}`,
			`spec.podTemplate.metadata.labels: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"null for the variables": {
			`spec: {containers: [{name: app, env: null}]}`,
			`spec.podTemplate.spec.containers[0].env: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"null for the mounts": {
			`spec: {containers: [{name: app, volumeMounts: null}]}`,
			`spec.podTemplate.spec.containers[0].volumeMounts: null would remove what other fields of the App make: leave it out, and change those fields`,
		},
		"a name of the pods": {
			`metadata: {name: shop}`,
			`spec.podTemplate.metadata.name: only labels and annotations can be set: remove it`,
		},
		"finalizers": {
			`metadata: {finalizers: [acme.example/x]}`,
			`spec.podTemplate.metadata.finalizers: only labels and annotations can be set: remove it`,
		},
		"the label that pods are found by": {
			`metadata: {labels: {bowline.dev/app: other}}`,
			`spec.podTemplate.metadata.labels: "bowline.dev/app" is set by the operator: use another key`,
		},
		"a label of the operator removed": {
			`metadata: {labels: {bowline.dev/release: null}}`,
			`spec.podTemplate.metadata.labels: "bowline.dev/release" is set by the operator: use another key`,
		},
		"the name label": {
			`metadata: {labels: {app.kubernetes.io/name: other}}`,
			`spec.podTemplate.metadata.labels: "app.kubernetes.io/name" is set by the operator: use another key`,
		},
		"the Deployment's label": {
			`metadata: {labels: {pod-template-hash: abc}}`,
			`spec.podTemplate.metadata.labels: "pod-template-hash" is set by the operator: use another key`,
		},
		"an annotation of the operator": {
			`metadata: {annotations: {bowline.dev/restart: now}}`,
			`spec.podTemplate.metadata.annotations: "bowline.dev/restart" is set by the operator: use another key`,
		},
		"a restart policy": {
			`spec: {restartPolicy: Never}`,
			`spec.podTemplate.spec.restartPolicy: must be Always, for an App runs until it is replaced: remove it`,
		},
		"a restart policy of a container": {
			`spec: {containers: [{name: app, restartPolicy: OnFailure}]}`,
			`spec.podTemplate.spec.containers[0].restartPolicy: must be Always, for an App runs until it is replaced: remove it`,
		},
		"restart rules": {
			`spec: {containers: [{name: app, restartPolicyRules: [{action: Restart}]}]}`,
			`spec.podTemplate.spec.containers[0].restartPolicyRules: an App runs until it is replaced: remove it`,
		},
		"an ephemeral container": {
			`spec: {ephemeralContainers: [{name: debug, image: "busybox:1"}]}`,
			`spec.podTemplate.spec.ephemeralContainers: they are added to a running pod, with kubectl debug: remove it`,
		},
		"a deadline of the pods": {
			`spec: {activeDeadlineSeconds: 60}`,
			`spec.podTemplate.spec.activeDeadlineSeconds: it would end the pods, which run until they are replaced: remove it`,
		},
		"a node": {
			`spec: {nodeName: node-1}`,
			`spec.podTemplate.spec.nodeName: it would pass the scheduler by: choose nodes with spec.scheduling.nodeSelector`,
		},
		"a service account": {
			`spec: {serviceAccountName: admin}`,
			`spec.podTemplate.spec.serviceAccountName: set spec.serviceAccountName instead`,
		},
		"a service account by its old name": {
			`spec: {serviceAccount: admin}`,
			`spec.podTemplate.spec.serviceAccount: set spec.serviceAccountName instead`,
		},
		"the token of an account that is not named": {
			`spec: {automountServiceAccountToken: true}`,
			`spec.podTemplate.spec.automountServiceAccountToken: true is for an App with a service account of its own: name it in spec.serviceAccountName, with which its token is mounted`,
		},
		"the App's image": {
			`spec: {containers: [{name: app, image: "other:1"}]}`,
			`spec.podTemplate.spec.containers[0].image: set spec.image instead`,
		},
		"the App's image removed": {
			`spec: {containers: [{name: app, image: null}]}`,
			`spec.podTemplate.spec.containers[0].image: set spec.image instead`,
		},
		"the App's ports": {
			`spec: {containers: [{name: log, image: "a:1"}, {name: app, ports: [{containerPort: 80}]}]}`,
			`spec.podTemplate.spec.containers[1].ports: set spec.ports instead, which the Service has too`,
		},
		"the App's sources": {
			`spec: {containers: [{name: app, envFrom: [{configMapRef: {name: x}}]}]}`,
			`spec.podTemplate.spec.containers[0].envFrom: set spec.config.from and spec.secrets instead`,
		},
		"the volume of the App's files": {
			`spec: {volumes: [{name: files, emptyDir: {}}]}`,
			`spec.podTemplate.spec.volumes[0].name: "files" is the volume of spec.config.files: use another name`,
		},
		"a volume of a ConfigMap of the App": {
			`spec: {volumes: [{name: cache, emptyDir: {}}, {name: config-shared, emptyDir: {}}]}`,
			`spec.podTemplate.spec.volumes[1].name: names that begin with "config-" are of volumes that the operator makes: use another name`,
		},
		"a volume of a Secret of the App": {
			`spec: {volumes: [{name: secret-stripe, emptyDir: {}}]}`,
			`spec.podTemplate.spec.volumes[0].name: names that begin with "secret-" are of volumes that the operator makes: use another name`,
		},
		"a volume of a binding of the App": {
			`spec: {volumes: [{name: binding-db, emptyDir: {}}]}`,
			`spec.podTemplate.spec.volumes[0].name: names that begin with "binding-" are of volumes that the operator makes: use another name`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := check(t, c.overlay); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestCheckAccepts: what people need of a pod and no other field gives.
func TestCheckAccepts(t *testing.T) {
	const everything = `
metadata:
  labels: {team: blue}
  annotations: {prometheus.io/scrape: "true"}
spec:
  restartPolicy: Always
  automountServiceAccountToken: false
  shareProcessNamespace: true
  runtimeClassName: gvisor
  dnsConfig: {options: [{name: ndots, value: "1"}]}
  dnsPolicy: None
  hostAliases: [{ip: 10.0.0.1, hostnames: [db]}]
  schedulingGates: [{name: acme.example/quota}]
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{matchExpressions: [{key: arch, operator: In, values: [arm64]}]}]
  topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]
  tolerations: [{key: spot, operator: Exists}]
  securityContext: {fsGroup: 2000}
  initContainers:
    - {name: migrate, image: "shop:1", command: [migrate], restartPolicy: null}
    - {name: proxy, image: "proxy:1", restartPolicy: Always, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]}
  containers:
    - name: app
      env: [{name: CACHE, value: /cache}]
      resources: {limits: {memory: 1Gi}}
      lifecycle: {preStop: {sleep: {seconds: 5}}}
      securityContext: {readOnlyRootFilesystem: true}
      terminationMessagePolicy: File
      volumeMounts: [{name: cache, mountPath: /cache}]
    - {name: log, image: "log:1", volumeMounts: [{name: config-shared, mountPath: /etc/log}]}
  volumes: [{name: cache, emptyDir: {sizeLimit: 1Gi}}, {name: data, persistentVolumeClaim: {claimName: data}}]
`
	if got := check(t, everything); got != "" {
		t.Error(got)
	}
	w := workload(asJSON(t, `spec: {automountServiceAccountToken: true}`))
	w.ServiceAccountName = "shop"
	if err := Check(w); err != nil {
		t.Error(err)
	}
	want := []Mount{{"spec.podTemplate.spec.containers[0].volumeMounts[0].mountPath", "/cache"}}
	if diff := cmp.Diff(want, Mounts(workload(asJSON(t, everything)))); diff != "" {
		t.Errorf("Mounts: want -, got +:\n%s", diff)
	}
}
