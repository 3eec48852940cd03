package adopt

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// adopted is the spec of the App that a Deployment becomes, and the notes.
func adopted(t *testing.T, deployment string, o Options) (string, []string) {
	t.Helper()
	d := &appsv1.Deployment{}
	if err := yaml.UnmarshalStrict([]byte(deployment), d); err != nil {
		t.Fatal(err)
	}
	before := d.DeepCopy()
	a, err := Deployment(d, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, d); diff != "" {
		t.Errorf("the Deployment was changed:\n%s", diff)
	}
	spec, err := json.Marshal(a.Spec)
	if err != nil {
		t.Fatal(err)
	}
	out, err := yaml.JSONToYAML(spec)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), a.Notes
}

const noToken = `the pods get no token of the service account "default" any more: if the container asks the API server, name a service account in spec.serviceAccountName`

const (
	beside  = `the App has pods of its own, beside those of Deployment "web": to take those over, without a restart, it needs that name (docs/moving.md)`
	refused = `the App is to take Deployment "web" over, but would have to restart its pods for what is said above, so it refuses: correct that, or let bowline.dev/adopt be "rollout" (docs/moving.md)`
)

func TestDeployment(t *testing.T) {
	cases := map[string]struct {
		deployment string
		o          Options
		spec       string
		notes      []string
	}{
		"the least": {
			"metadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: 'web:1'}]}}}",
			Options{Name: "shop"},
			"image: web:1\nreplicas: 1\n",
			[]string{noToken, beside},
		},
		"what the API server fills in is left out": {
			`{metadata: {name: web}, spec: {progressDeadlineSeconds: 600, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}, template: {spec: {
				restartPolicy: Always, dnsPolicy: ClusterFirst, schedulerName: default-scheduler, securityContext: {}, terminationGracePeriodSeconds: 30, serviceAccountName: web, serviceAccount: web,
				containers: [{name: web, image: 'web:1', imagePullPolicy: IfNotPresent, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File, resources: {},
					livenessProbe: {timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, httpGet: {path: /, port: 80, scheme: HTTP}}}]}}}}`,
			Options{Name: "shop"},
			"health:\n  liveness:\n    httpGet:\n      path: /\n      port: 80\nimage: web:1\nreplicas: 1\nserviceAccountName: web\n",
			[]string{beside},
		},
		"ports get names, and each stands once": {
			"metadata: {name: web}\nspec: {template: {spec: {automountServiceAccountToken: false, containers: [{name: web, image: 'web:1', ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 81}, {containerPort: 80, name: again}, {containerPort: 53, protocol: UDP}]}]}}}",
			Options{Name: "shop"},
			"image: web:1\nports:\n- name: http\n  port: 80\n- name: port-81\n  port: 81\n- name: port-53\n  port: 53\n  protocol: UDP\nreplicas: 1\n",
			[]string{"port 80: its hostPort is not carried over; the Service reaches the App", `port 80 has two names, "http" and "again": the first is carried over`, beside},
		},
		"names that ports have are not given to others": {
			"metadata: {name: web}\nspec: {template: {spec: {serviceAccountName: web, containers: [{name: web, image: 'web:1', ports: [{containerPort: 9090}, {containerPort: 53}, {containerPort: 80, name: http}, {containerPort: 81, name: port-53}]}]}}}",
			Options{Name: "shop"},
			"image: web:1\nports:\n- name: port-9090\n  port: 9090\n- name: tcp-53\n  port: 53\n- name: http\n  port: 80\n- name: port-53\n  port: 81\nreplicas: 1\nserviceAccountName: web\n",
			[]string{beside},
		},
		"volumes of sources, and others": {
			`{metadata: {name: web}, spec: {template: {spec: {automountServiceAccountToken: false, initContainers: [{name: init, image: 'i:1', volumeMounts: [{name: shared, mountPath: /x}]}],
				containers: [{name: web, image: 'web:1', volumeMounts: [{name: certs, mountPath: /certs/, readOnly: true}, {name: shared, mountPath: /x}, {name: config-x, mountPath: /etc/x.yaml, subPath: x.yaml}]}],
				volumes: [{name: certs, secret: {secretName: tls, defaultMode: 288, items: [{key: tls.key, path: key.pem}]}}, {name: shared, emptyDir: {}}, {name: config-x, configMap: {name: x}}]}}}}`,
			Options{Name: "shop"},
			`image: web:1
podTemplate:
  spec:
    containers:
    - name: app
      volumeMounts:
      - mountPath: /x
        name: shared
      - mountPath: /etc/x.yaml
        name: own-config-x
        subPath: x.yaml
    initContainers:
    - image: i:1
      name: init
      volumeMounts:
      - mountPath: /x
        name: shared
    volumes:
    - emptyDir: {}
      name: shared
    - configMap:
        name: x
      name: own-config-x
replicas: 1
secrets:
- as: Files
  keys:
  - key: tls.key
    name: key.pem
  mode: 288
  mountPath: /certs
  name: tls
`,
			[]string{beside},
		},
		"one that is taken over": {
			`{metadata: {name: web}, spec: {paused: true, template: {metadata: {labels: {tier: front}}, spec: {serviceAccountName: default,
				containers: [{name: web, image: 'web:1', envFrom: [{configMapRef: {name: settings}}], volumeMounts: [{name: certs, mountPath: /certs}]}], volumes: [{name: certs, secret: {secretName: tls}}]}}}}`,
			Options{Name: "web", Service: true},
			`config:
  from:
  - as: Env
    name: settings
image: web:1
podTemplate:
  metadata:
    labels:
      tier: front
  spec:
    containers:
    - name: app
      volumeMounts:
      - mountPath: /certs
        name: certs
    volumes:
    - name: certs
      secret:
        secretName: tls
replicas: 1
serviceAccountName: default
`,
			[]string{
				`Deployment "web" is paused, and taken over when it is not: kubectl rollout resume deployment/web`,
				`volume "certs" stays in spec.podTemplate, so that no pod is restarted: once it stands in spec.config.from or spec.secrets, a change of its content is rolled out`,
				`the App takes Deployment "web" over, and no pod is restarted: docs/moving.md says what must fit`,
			},
		},
		"a volume called as the operator calls its own": {
			"metadata: {name: web}\nspec: {template: {spec: {serviceAccountName: web, containers: [{name: web, image: 'web:1', volumeMounts: [{name: config-x, mountPath: /x}]}], volumes: [{name: config-x, emptyDir: {}}]}}}",
			Options{Name: "web"},
			"image: web:1\npodTemplate:\n  spec:\n    containers:\n    - name: app\n      volumeMounts:\n      - mountPath: /x\n        name: own-config-x\n    volumes:\n    - emptyDir: {}\n      name: own-config-x\nreplicas: 1\nserviceAccountName: web\n",
			[]string{`the App takes Deployment "web" over, and no pod is restarted: docs/moving.md says what must fit`},
		},
		"a token that would be lost": {
			"metadata: {name: web}\nspec: {template: {spec: {automountServiceAccountToken: true, containers: [{name: web, image: 'web:1'}]}}}",
			Options{Name: "web"},
			"image: web:1\nreplicas: 1\n",
			[]string{noToken, refused},
		},
		"a paused one, and a Service of the App's name": {
			"metadata: {name: web}\nspec: {paused: true, template: {spec: {serviceAccountName: web, containers: [{name: web, image: 'web:1'}]}}}",
			Options{Name: "shop", Service: true},
			"image: web:1\nreplicas: 1\nserviceAccountName: web\n",
			[]string{
				`Deployment "web" is paused, and the App is not: what stands here goes out`, beside,
				`there is a Service "shop", which the App leaves alone and waits for: with the annotation bowline.dev/adopt: "true" it leads to the App's pods from then on (docs/moving.md)`,
			},
		},
		"Recreate, and what has no place": {
			"metadata: {name: web}\nspec: {paused: true, replicas: 0, minReadySeconds: 5, strategy: {type: Recreate}, template: {spec: {nodeName: n1, automountServiceAccountToken: false, containers: [{name: app, image: 'side:1'}, {name: web, image: 'web:1', env: [{name: A, value: '1'}, {name: A, value: '2'}]}]}}}",
			Options{Name: "web", Service: true},
			`env:
- name: A
  value: "2"
image: web:1
podTemplate:
  spec:
    containers:
    - image: side:1
      name: app-2
replicas: 0
rollout:
  maxSurge: 0%
  maxUnavailable: 100%
`,
			[]string{
				"the variable A stands twice: the last one is carried over, which is the one that counts",
				`nodeName "n1" is not carried over: choose nodes with spec.scheduling.nodeSelector`,
				"strategy Recreate: an App replaces pods step by step, so two versions run side by side for a moment; with maxSurge: 0 no more pods run than are wanted",
				"minReadySeconds: 5 is not carried over: spec.rollout.bakeSeconds (30) says how long all pods must stay healthy before a Release counts as healthy",
				`container "app" is called "app-2" now: the App's own is named so`,
				`Deployment "web" is paused, and taken over when it is not: kubectl rollout resume deployment/web`,
				refused,
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spec, notes := adopted(t, c.deployment, c.o)
			if diff := cmp.Diff(c.spec, spec); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAutoscaler(t *testing.T) {
	scaler := &autoscalingv2.HorizontalPodAutoscaler{}
	if err := yaml.UnmarshalStrict([]byte("metadata: {name: scaler}\nspec: {minReplicas: 2, maxReplicas: 9, metrics: [{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 60}}}, {type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: '5'}}}]}"), scaler); err != nil {
		t.Fatal(err)
	}
	want := "autoscale:\n  max: 9\n  memory: 60\n  metrics:\n  - pods:\n      metric:\n        name: rps\n      target:\n        averageValue: \"5\"\n        type: AverageValue\n    type: Pods\n  min: 2\nimage: web:1\nserviceAccountName: web\n"
	const takes = `the App takes Deployment "web" over, and no pod is restarted: docs/moving.md says what must fit`
	for _, c := range []struct {
		scaler, app string
		notes       []string
	}{
		{"scaler", "shop", []string{`autoscale is that of HorizontalPodAutoscaler "scaler", which goes on scaling Deployment "web": the App makes one of its own`, beside}},
		{"scaler", "web", []string{`autoscale is that of HorizontalPodAutoscaler "scaler", and an App has one of its own name: give that one the name "web" before you apply this, or delete it`, takes}},
		{"web", "web", []string{takes}},
	} {
		scaler.Name = c.scaler
		spec, notes := adopted(t, "metadata: {name: web}\nspec: {replicas: 4, template: {spec: {serviceAccountName: web, containers: [{name: web, image: 'web:1'}]}}}", Options{Name: c.app, Autoscaler: scaler})
		if diff := cmp.Diff(want, spec); diff != "" {
			t.Errorf("%s scales, App %s (-want +got):\n%s", c.scaler, c.app, diff)
		}
		if diff := cmp.Diff(c.notes, notes); diff != "" {
			t.Errorf("%s scales, App %s: notes (-want +got):\n%s", c.scaler, c.app, diff)
		}
	}
}

// TestTheNameSaysWhatIsTakenOver: an App of another name must not take over what
// happens to have its name.
func TestTheNameSaysWhatIsTakenOver(t *testing.T) {
	d := &appsv1.Deployment{}
	if err := yaml.UnmarshalStrict([]byte("metadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: 'web:1'}]}}}"), d); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]map[string]string{"web": {"bowline.dev/adopt": "true"}, "shop": nil} {
		a, err := Deployment(d, Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, a.Annotations); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDefaultPullPolicy(t *testing.T) {
	for image, want := range map[string]string{
		"web": "Always", "web:latest": "Always", "web:1": "IfNotPresent", "localhost:5000/web": "Always", "localhost:5000/a/web:1": "IfNotPresent", "a/b/web@sha256:00": "IfNotPresent",
	} {
		if got := string(defaultPullPolicy(image)); got != want {
			t.Errorf("%s: %s, want %s", image, got, want)
		}
	}
}

func TestNew(t *testing.T) {
	a := New("shop", "shop:1", []int32{80, 81}, nil)
	if diff := cmp.Diff([]v1alpha1.PortSpec{{Name: "http", Port: 80}, {Name: "port-81", Port: 81}}, a.Spec.Ports); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
