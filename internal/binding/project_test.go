package binding_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/binding"
)

func TestProjectWritesOutEveryPart(t *testing.T) {
	workload := parse(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: default, annotations: {team: red}}
spec:
  replicas: 2
  fieldOfTomorrow: {kept: [1, 2.5, null, true]}
  template:
    metadata: {labels: {app: shop}}
    spec:
      initContainers:
        - name: migrate
          env: [{name: SERVICE_BINDING_ROOT, value: /srv/b/}]
      containers:
        - name: app
          env: [{name: DSN, value: "postgres://$(DB_PASSWORD)@db"}]
          volumeMounts: [{name: data, mountPath: /data}]
        - name: sidecar
      volumes: [{name: data, emptyDir: {}}]
`)
	b := binding.Binding{
		Key: "orders.db", Name: "db", Secret: "orders-secret", Type: "postgresql", Provider: "acme",
		Env: []binding.Env{{Name: "DB_PASSWORD", Key: "password"}, {Name: "DB_TYPE", Key: "type"}},
	}
	got := project(t, workload, binding.PodSpecAble(), b)
	want := `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: default
  annotations:
    team: red
    bowline.dev/bindings: >-
      {"apiVersion":"apps/v1","mapping":{"annotations":".spec.template.metadata.annotations","volumes":".spec.template.spec.volumes","containers":[{"path":".spec.template.spec.containers[*]","name":".name","env":".env","volumeMounts":".volumeMounts"},{"path":".spec.template.spec.initContainers[*]","name":".name","env":".env","volumeMounts":".volumeMounts"}]},"bindings":[{"key":"orders.db","name":"db","secret":"orders-secret","type":"postgresql","provider":"acme","env":[{"name":"DB_PASSWORD","key":"password"},{"name":"DB_TYPE","key":"type"}]}],"created":["/spec/template/metadata/annotations","/spec/template/spec/containers[sidecar]/env","/spec/template/spec/containers[sidecar]/volumeMounts","/spec/template/spec/initContainers[migrate]/volumeMounts"],"roots":["/spec/template/spec/containers[app]","/spec/template/spec/containers[sidecar]"]}
spec:
  replicas: 2
  fieldOfTomorrow: {kept: [1, 2.5, null, true]}
  template:
    metadata:
      labels: {app: shop}
      annotations:
        bowline.dev/provider-orders-db-4ef9bcf8: acme
        bowline.dev/type-orders-db-4ef9bcf8: postgresql
    spec:
      initContainers:
        - name: migrate
          env:
            - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: orders-secret, key: password}}}
            - name: DB_TYPE
              valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['bowline.dev/type-orders-db-4ef9bcf8']"}}
            - {name: SERVICE_BINDING_ROOT, value: /srv/b/}
          volumeMounts:
            - {name: binding-orders-db-4ef9bcf8, mountPath: /srv/b/db, readOnly: true}
      containers:
        - name: app
          env:
            - {name: SERVICE_BINDING_ROOT, value: /bindings}
            - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: orders-secret, key: password}}}
            - name: DB_TYPE
              valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['bowline.dev/type-orders-db-4ef9bcf8']"}}
            - {name: DSN, value: "postgres://$(DB_PASSWORD)@db"}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: binding-orders-db-4ef9bcf8, mountPath: /bindings/db, readOnly: true}
        - name: sidecar
          env:
            - {name: SERVICE_BINDING_ROOT, value: /bindings}
            - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: orders-secret, key: password}}}
            - name: DB_TYPE
              valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['bowline.dev/type-orders-db-4ef9bcf8']"}}
          volumeMounts:
            - {name: binding-orders-db-4ef9bcf8, mountPath: /bindings/db, readOnly: true}
      volumes:
        - name: data
          emptyDir: {}
        - name: binding-orders-db-4ef9bcf8
          projected:
            defaultMode: 420
            sources:
              - secret: {name: orders-secret}
              - downwardAPI:
                  items:
                    - path: provider
                      fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['bowline.dev/provider-orders-db-4ef9bcf8']"}
                    - path: type
                      fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['bowline.dev/type-orders-db-4ef9bcf8']"}
`
	if diff := cmp.Diff(parse(t, want), got); diff != "" {
		t.Errorf("projected (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(workload, unproject(t, got, "orders.db")); diff != "" {
		t.Errorf("unprojected (-before +after):\n%s", diff)
	}
	again, changed, err := binding.Project(got, binding.PodSpecAble(), b)
	if err != nil || changed {
		t.Errorf("projected again: changed %t, %v\n%s", changed, err, cmp.Diff(got, again))
	}
}

func TestRefusals(t *testing.T) {
	db := binding.Binding{Key: "orders", Name: "db", Secret: "s"}
	with := func(change func(*binding.Binding)) binding.Binding {
		b := db
		change(&b)
		return b
	}
	deployment := func(containers string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: " + containers + "}}}"
	}
	other := binding.Binding{Key: "invoices", Name: "db", Secret: "t", Env: []binding.Env{{Name: "URI", Key: "uri"}}}
	for name, c := range map[string]struct {
		workload string
		first    *binding.Binding // projected before
		b        binding.Binding
		mapping  *binding.Mapping
		reason   string
		message  string
	}{
		"no container": {
			workload: "apiVersion: apps/v1\nkind: Deployment\nspec: {}", b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `it has no container at .spec.template.spec.containers[*] or .spec.template.spec.initContainers[*]: add one, or describe the kind with a ClusterWorkloadResourceMapping`,
		},
		"none of the named containers": {
			workload: deployment("[{name: app}, {name: web}]"), b: with(func(b *binding.Binding) { b.Containers = []string{"main", "sidecar"} }),
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `it has no container named main or sidecar, only app, web: correct spec.workload.containers`,
		},
		"root from elsewhere": {
			workload: deployment("[{name: app, env: [{name: SERVICE_BINDING_ROOT, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}]"), b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `container "app": SERVICE_BINDING_ROOT has valueFrom, so where bindings belong is known in the pod only: give it a value, or remove it`,
		},
		"root of another variable": {
			workload: deployment("[{name: app, env: [{name: SERVICE_BINDING_ROOT, value: $(HOME)/b}]}]"), b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `container "app": SERVICE_BINDING_ROOT refers to another variable, so where bindings belong is known in the pod only: write the value out, or remove it`,
		},
		"empty root": {
			workload: deployment("[{name: app, env: [{name: SERVICE_BINDING_ROOT}]}]"), b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `container "app": SERVICE_BINDING_ROOT is empty: give it a value, or remove it`,
		},
		"a variable in the way": {
			workload: deployment("[{name: app, env: [{name: URI, value: x}]}]"), b: with(func(b *binding.Binding) { b.Env = []binding.Env{{Name: "URI", Key: "uri"}} }),
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `container "app" has a variable URI already, which binding "orders" would set: remove it from the workload, or give it another name in spec.env`,
		},
		"a variable of another binding": {
			workload: deployment("[{name: app}]"), first: &other,
			b: with(func(b *binding.Binding) {
				b.Name, b.Env = "orders", []binding.Env{{Name: "URI", Key: "uri"}}
			}),
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `container "app": bindings "invoices" and "orders" both set the variable URI: give it another name in spec.env, or in the other`,
		},
		"a name of another binding": {
			workload: deployment("[{name: app}]"), first: &other, b: db,
			reason:  servicebindingv1.ReasonNameTaken,
			message: `container "app": bindings "invoices" and "orders" both have the name "db": set another spec.name of the ServiceBinding, or that of the other`,
		},
		"a mount in the way": {
			workload: deployment("[{name: app, volumeMounts: [{name: x, mountPath: /bindings/db/}]}]"), b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `container "app" mounts another volume at /bindings/db, where binding "orders" belongs: mount it elsewhere, or set spec.name of the ServiceBinding`,
		},
		"a parent that is no object": {
			workload: "spec: {template: {metadata: broken, spec: {containers: [{name: app}]}}}", b: with(func(b *binding.Binding) { b.Type = "x" }),
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `.spec.template.metadata is no object`,
		},
		"annotations that are no object": {
			workload: "spec: {template: {metadata: {annotations: []}, spec: {containers: [{name: app}]}}}", b: with(func(b *binding.Binding) { b.Type = "x" }),
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `.spec.template.metadata.annotations is no object`,
		},
		"volumes that are no list": {
			workload: "spec: {template: {spec: {containers: [{name: app}], volumes: {a: b}}}}", b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `the workload: .spec.template.spec.volumes is no list`,
		},
		"env that is no list": {
			workload: deployment("[{name: app, env: {A: b}}]"), b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `app: .env is no list`,
		},
		"containers that are no objects": {
			workload: deployment("[app]"), b: db,
			reason:  servicebindingv1.ReasonMappingInvalid,
			message: `path .spec.template.spec.containers[*] of the containers leads to something that is no object: correct the ClusterWorkloadResourceMapping of this kind`,
		},
		"a memory that cannot be read": {
			workload: "metadata: {annotations: {bowline.dev/bindings: '{'}}\nspec: {template: {spec: {containers: [{name: app}]}}}", b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `its annotation bowline.dev/bindings, which remembers what is projected, cannot be read: restore it, or remove it along with all volumes named binding-*`,
		},
		"a memory without a mapping": {
			workload: "metadata: {annotations: {bowline.dev/bindings: '{}'}}\nspec: {template: {spec: {containers: [{name: app}]}}}", b: db,
			reason:  servicebindingv1.ReasonWorkloadRefused,
			message: `its annotation bowline.dev/bindings remembers a mapping that cannot be followed (annotations ): restore it, or remove it along with all volumes named binding-*`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			workload, mapping := parse(t, c.workload), binding.PodSpecAble()
			if c.first != nil {
				workload = project(t, workload, mapping, *c.first)
			}
			before := written(t, workload)
			_, _, err := binding.Project(workload, mapping, c.b)
			var refusal *binding.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("not refused: %v", err)
			}
			if refusal.Reason != c.reason || refusal.Message != c.message {
				t.Errorf("refused: %s\n%s\nwant: %s\n%s", refusal.Reason, refusal.Message, c.reason, c.message)
			}
			if after := written(t, workload); before != after {
				t.Errorf("the workload was changed:\n%s", cmp.Diff(before, after))
			}
		})
	}
}

func TestAnotherVersionOfTheKindIsRefused(t *testing.T) {
	workload := project(t, parse(t, plain), binding.PodSpecAble(), binding.Binding{Key: "a", Name: "a", Secret: "s"})
	workload["apiVersion"] = "apps/v2"
	_, _, err := binding.Project(workload, binding.PodSpecAble(), binding.Binding{Key: "b", Name: "b", Secret: "s"})
	if err == nil || err.Error() != `it is bound as apps/v1 by binding "a": set the same spec.workload.apiVersion` {
		t.Error(err)
	}
}

func TestSameNameInDifferentContainers(t *testing.T) {
	workload := parse(t, "spec: {template: {spec: {containers: [{name: app}, {name: side}]}}}")
	a := binding.Binding{Key: "a", Name: "db", Secret: "s", Containers: []string{"app"}, Env: []binding.Env{{Name: "X", Key: "x"}}}
	b := binding.Binding{Key: "b", Name: "db", Secret: "t", Containers: []string{"side", "unknown"}, Env: []binding.Env{{Name: "X", Key: "x"}}}
	got := project(t, workload, binding.PodSpecAble(), a, b)
	for container, volume := range map[int]string{0: "binding-a-ca978112", 1: "binding-b-3e23e816"} {
		c := got["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)["containers"].([]any)[container].(map[string]any)
		mounts := c["volumeMounts"].([]any)
		if len(mounts) != 1 || mounts[0].(map[string]any)["name"] != volume {
			t.Errorf("container %d: %v", container, mounts)
		}
	}
}

// The API server and newer clients add to what is ours; others add what is
// theirs. None of it is a reason to write.
func TestNothingIsWrittenForWhatOthersAdd(t *testing.T) {
	b := binding.Binding{Key: "a", Name: "a", Secret: "s", Type: "t", Env: []binding.Env{{Name: "X", Key: "x"}}}
	for name, add := range map[string]func(pod map[string]any){
		"a field of tomorrow in our mount": func(pod map[string]any) {
			first(pod, "containers")["volumeMounts"].([]any)[0].(map[string]any)["recursiveReadOnly"] = "Disabled"
		},
		"a default in our volume": func(pod map[string]any) {
			pod["volumes"].([]any)[1].(map[string]any)["projected"].(map[string]any)["sources"].([]any)[0].(map[string]any)["secret"].(map[string]any)["optional"] = false
		},
		"a volume behind ours": func(pod map[string]any) { pod["volumes"] = append(pod["volumes"].([]any), map[string]any{"name": "z"}) },
		"a container":          func(pod map[string]any) { first(pod, "containers")["tty"] = true },
		"volumes in another order": func(pod map[string]any) {
			pod["volumes"] = append([]any{map[string]any{"name": "a"}}, pod["volumes"].([]any)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			base := strings.Replace(plain, "containers:", "volumes: [{name: before}]\n      containers:", 1)
			got := project(t, parse(t, base), binding.PodSpecAble(), b)
			add(got["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any))
			out, changed, err := binding.Project(got, binding.PodSpecAble(), b)
			if err != nil || changed {
				t.Errorf("changed %t, %v\n%s", changed, err, cmp.Diff(got, out))
			}
		})
	}
}

// A workload that is bound before it is stored gets its first annotation of
// others afterwards, its first volume too.
func TestNothingIsWrittenForWhatOthersAddToWhatWeMade(t *testing.T) {
	b := binding.Binding{Key: "a", Name: "a", Secret: "s", Type: "t"}
	before := parse(t, plain)
	got := project(t, before, binding.PodSpecAble(), b)
	annotations := got["metadata"].(map[string]any)["annotations"].(map[string]any)
	annotations["deployment.kubernetes.io/revision"] = "1"
	pod := got["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	pod["volumes"] = append(pod["volumes"].([]any), map[string]any{"name": "late"})
	out, changed, err := binding.Project(got, binding.PodSpecAble(), b)
	if err != nil || changed {
		t.Errorf("changed %t, %v\n%s", changed, err, cmp.Diff(got, out))
	}
	delete(annotations, "deployment.kubernetes.io/revision")
	pod["volumes"] = pod["volumes"].([]any)[:1]
	if diff := cmp.Diff(before, unproject(t, got, "a")); diff != "" {
		t.Errorf("when they are gone again (-want +got):\n%s", diff)
	}
}

func first(object map[string]any, list string) map[string]any {
	return object[list].([]any)[0].(map[string]any)
}

// What others did meanwhile stays, all else is as it was.
func TestUnprojectLeavesWhatOthersChanged(t *testing.T) {
	b := binding.Binding{Key: "a", Name: "a", Secret: "s", Env: []binding.Env{{Name: "X", Key: "x"}, {Name: "Y", Key: "y"}}}
	workload := project(t, parse(t, plain), binding.PodSpecAble(), b)
	pod := workload["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	app := first(pod, "containers")
	for _, element := range app["env"].([]any) {
		switch variable := element.(map[string]any); variable["name"] {
		case "X": // made theirs
			delete(variable, "valueFrom")
			variable["value"] = "mine"
		case "SERVICE_BINDING_ROOT":
			variable["value"] = "/mine"
		}
	}
	pod["volumes"] = append(pod["volumes"].([]any), map[string]any{"name": "late"})
	pod["containers"] = append([]any{map[string]any{"name": "new"}}, pod["containers"].([]any)...)
	want := parse(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: default}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - {name: new}
        - name: app
          image: registry.example/shop:1
          env: [{name: SERVICE_BINDING_ROOT, value: /mine}, {name: X, value: mine}]
      volumes: [{name: late}]
`)
	if diff := cmp.Diff(want, unproject(t, workload, "a")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAChangedMappingIsUndoneAsItWasDone(t *testing.T) {
	workload := parse(t, `
apiVersion: example.com/v1
kind: Batch
spec:
  main: {name: main}
  other: {name: other}
`)
	mapping := func(path, volumes string) binding.Mapping {
		return binding.Mapping{
			Annotations: ".spec.annotations", Volumes: volumes,
			Containers: []binding.Container{{Path: path, Name: ".name", Env: ".variables", VolumeMounts: ".mounts.list"}},
		}
	}
	a, b := binding.Binding{Key: "a", Name: "a", Secret: "s", Type: "t"}, binding.Binding{Key: "b", Name: "b", Secret: "t"}
	before, after := mapping(".spec.main", ".spec.volumes"), mapping(".spec.other", ".pod['the.volumes']")
	old := project(t, workload, before, a, b)
	if got := project(t, workload, after, a, b); !cmp.Equal(project(t, old, after, a), got) {
		t.Errorf("one look follows the new mapping with both bindings:\n%s", cmp.Diff(got, project(t, old, after, a)))
	}
	if diff := cmp.Diff(workload, unproject(t, old, "b", "a")); diff != "" {
		t.Errorf("unprojected by the old mapping (-want +got):\n%s", diff)
	}
}

func TestALostMemoryIsFoundAgain(t *testing.T) {
	b := binding.Binding{Key: "a", Name: "a", Secret: "s", Type: "t", Env: []binding.Env{{Name: "X", Key: "x"}}}
	want := project(t, parse(t, plain), binding.PodSpecAble(), b)
	lost := project(t, parse(t, plain), binding.PodSpecAble(), b)
	delete(lost["metadata"].(map[string]any), "annotations")
	got := project(t, lost, binding.PodSpecAble(), b)
	if diff := cmp.Diff(want["spec"], got["spec"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if keys := binding.Keys(map[string]string{binding.Annotation: got["metadata"].(map[string]any)["annotations"].(map[string]any)[binding.Annotation].(string)}); !cmp.Equal(keys, []string{"a"}) {
		t.Errorf("keys %v", keys)
	}
}

func TestNamesFit(t *testing.T) {
	for key, want := range map[string]string{
		"orders":                           "binding-orders-",
		"orders.db":                        "binding-orders-db-",
		strings.Repeat("a", 253):           "binding-" + strings.Repeat("a", 40) + "-",
		strings.Repeat("a", 39) + ".b.c.d": "binding-" + strings.Repeat("a", 39) + "-",
	} {
		got := project(t, parse(t, plain), binding.PodSpecAble(), binding.Binding{Key: key, Name: "n", Secret: "s"})
		volume := first(got["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any), "volumes")["name"].(string)
		if !strings.HasPrefix(volume, want) || len(volume) != len(want)+8 || len(volume) > 63 {
			t.Errorf("%s: volume %s", key, volume)
		}
	}
}

// A binding whose containers have gone leaves no volume behind that nobody
// mounts; the next look at it says what is wrong.
func TestNoVolumeWithoutAContainer(t *testing.T) {
	a := binding.Binding{Key: "a", Name: "a", Secret: "s", Containers: []string{"side"}}
	workload := project(t, parse(t, "spec: {template: {spec: {containers: [{name: app}, {name: side}]}}}"), binding.PodSpecAble(), a)
	pod := workload["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	pod["containers"] = pod["containers"].([]any)[:1]
	got := project(t, workload, binding.PodSpecAble(), binding.Binding{Key: "b", Name: "b", Secret: "s"})
	pod = got["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	if volumes := pod["volumes"].([]any); len(volumes) != 1 || volumes[0].(map[string]any)["name"] != "binding-b-3e23e816" {
		t.Errorf("volumes %v", volumes)
	}
	_, _, err := binding.Project(got, binding.PodSpecAble(), a)
	if want := `it has no container named side, only app: correct spec.workload.containers`; err == nil || err.Error() != want {
		t.Error(err)
	}
}

func TestAContainerOfTwoPathsIsBoundOnce(t *testing.T) {
	mapping := binding.PodSpecAble()
	mapping.Containers = append(mapping.Containers, binding.Container{Path: "..containers[*]", Name: ".name", Env: ".env", VolumeMounts: ".volumeMounts"})
	b := binding.Binding{Key: "a", Name: "a", Secret: "s", Env: []binding.Env{{Name: "X", Key: "x"}}}
	got := project(t, parse(t, plain), mapping, b)
	want := project(t, parse(t, plain), binding.PodSpecAble(), b)
	if diff := cmp.Diff(want["spec"], got["spec"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatARivalDoublesIsPutRight(t *testing.T) {
	b := binding.Binding{Key: "a", Name: "a", Secret: "s"}
	want := project(t, parse(t, plain), binding.PodSpecAble(), b)
	doubled := project(t, parse(t, plain), binding.PodSpecAble(), b)
	app := first(doubled["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any), "containers")
	app["env"] = append(app["env"].([]any), app["env"].([]any)...)
	got, changed, err := binding.Project(doubled, binding.PodSpecAble(), b)
	if err != nil || !changed || !cmp.Equal(want, got) {
		t.Errorf("changed %t, %v (-want +got):\n%s", changed, err, cmp.Diff(want, got))
	}
}

// A workload that is being made holds the same as one that is bound later, but
// for the memory.
func TestInto(t *testing.T) {
	a := binding.Binding{Key: "a", Name: "a", Secret: "s", Type: "t", Env: []binding.Env{{Name: "X", Key: "x"}}}
	b := binding.Binding{Key: "b", Name: "b", Secret: "t", Containers: []string{"app"}}
	workload := parse(t, plain)
	got, err := binding.Into(workload, binding.PodSpecAble(), []binding.Binding{b, a})
	if err != nil {
		t.Fatal(err)
	}
	want := project(t, workload, binding.PodSpecAble(), a, b)
	delete(want["metadata"].(map[string]any), "annotations")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(parse(t, plain), workload); diff != "" {
		t.Errorf("the argument was changed:\n%s", diff)
	}
	if got, err := binding.Into(workload, binding.PodSpecAble(), nil); err != nil || !cmp.Equal(workload, got) {
		t.Errorf("without bindings: %v\n%s", err, cmp.Diff(workload, got))
	}
	b.Containers = []string{"other"}
	_, err = binding.Into(workload, binding.PodSpecAble(), []binding.Binding{a, b})
	if want := "it has no container named other, only app: correct spec.workload.containers"; err == nil || err.Error() != want {
		t.Error(err)
	}
	b.Containers, b.Name = nil, "a"
	_, err = binding.Into(workload, binding.PodSpecAble(), []binding.Binding{a, b})
	if want := `container "app": bindings "a" and "b" both have the name "a": set another spec.name of the ServiceBinding, or that of the other`; err == nil || err.Error() != want {
		t.Error(err)
	}
}
