package offline

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	out := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &out.Object); err != nil {
		t.Fatal(err)
	}
	return out
}

func given(t *testing.T, texts ...string) []*Given {
	t.Helper()
	var out []*Given
	for _, text := range texts {
		g, err := Give(object(t, text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func app(t *testing.T, spec string) *v1alpha1.App {
	t.Helper()
	out, err := AppOf(object(t, "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata: {name: shop, namespace: shops}\nspec: {image: 'registry.example/shop:1', "+spec+"}").Object)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// rendered are the children by kind and name, and the notes.
func rendered(t *testing.T, a *v1alpha1.App, given []*Given) (map[string]string, []string) {
	t.Helper()
	result, err := Render(context.Background(), a, given)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, o := range result.Objects {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		out[o["kind"].(string)+" "+o["metadata"].(map[string]any)["name"].(string)] = string(data)
	}
	return out, result.Notes
}

func names(objects map[string]string) map[string]bool {
	out := map[string]bool{}
	for name := range objects {
		out[name] = true
	}
	return out
}

const (
	settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {REGION: eu, OTHER: x}"
	stripe   = "apiVersion: v1\nkind: Secret\nmetadata: {name: stripe}\nstringData: {KEY: very-secret}\ndata: {OLD: dmVyeS1zZWNyZXQ=}"
)

func TestWhatIsGivenIsUsed(t *testing.T) {
	objects, notes := rendered(t, app(t, "config: {from: [{name: settings, as: Env, keys: [{key: REGION}]}]}, secrets: [{name: stripe, as: Env}]"), given(t, settings, stripe))
	want := map[string]bool{
		"ConfigMap shop-config-496de60e": true, "Secret shop-secret-HASH-OF-stripe": true, "Secret shop-digest-key": true, "Release shop-1": true, "Deployment shop": true,
	}
	if diff := cmp.Diff(want, names(objects)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(objects["ConfigMap shop-config-496de60e"], "OTHER") {
		t.Error("a key is copied that is not taken")
	}
	if got := objects["Secret shop-secret-HASH-OF-stripe"]; !strings.Contains(got, `"data":{"KEY":"***","OLD":"***"}`) {
		t.Errorf("the Secret: %s", got)
	}
	for name, data := range objects {
		if strings.Contains(data, "very-secret") || strings.Contains(data, "dmVyeS1zZWNyZXQ") {
			t.Errorf("%s holds the value of a Secret: %s", name, data)
		}
	}
	wantNotes := []string{`spec.secrets[0]: the hash of Secret "stripe" is made with a key that only the cluster has: HASH-OF-stripe stands for it`}
	if diff := cmp.Diff(wantNotes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotGivenIsNamed(t *testing.T) {
	objects, notes := rendered(t, app(t, "config: {from: [{name: settings, as: Env}, {name: extra, as: Env, prefix: X_, optional: true}]}, secrets: [{name: stripe, as: Files, mountPath: /s, policy: Live}], bindings: [{name: db, serviceRef: {apiVersion: example.com/v1, kind: Postgres, name: orders}, envPrefix: DB_}]"), nil)
	wantNotes := []string{
		`spec.config.from[0]: ConfigMap "settings" is not given: HASH-OF-settings stands for the hash of its content`,
		`spec.config.from[1]: ConfigMap "extra" is optional and not given: this is what the App runs without it`,
		`spec.secrets[0]: Secret "stripe" is not given: HASH-OF-stripe stands for the hash of its content`,
		`spec.bindings[0]: Postgres "orders" is not given, or names no Secret here`,
		`spec.bindings[0].envPrefix: the variables it makes are not known without the Secret`,
	}
	if diff := cmp.Diff(wantNotes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	deployment := objects["Deployment shop"]
	for _, want := range []string{`"configMapRef":{"name":"shop-config-HASH-OF-settings"}`, `"secretName":"stripe"`, `"SECRET-OF-orders"`} {
		if !strings.Contains(deployment, want) {
			t.Errorf("%s is not in %s", want, deployment)
		}
	}
	if strings.Contains(deployment, "extra") {
		t.Errorf("what is optional and not there is used: %s", deployment)
	}
}

func TestAnAppBesideIsAService(t *testing.T) {
	beside := "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata: {name: orders, namespace: shops}\nspec: {image: 'x:1', ports: [{name: http, port: 80}]}"
	objects, _ := rendered(t, app(t, "bindings: [{name: orders, serviceRef: {apiVersion: bowline.dev/v1alpha1, kind: App, name: orders}}]"), given(t, beside))
	if !strings.Contains(objects["Deployment shop"], `"orders-binding-`) {
		t.Errorf("the binding: %s", objects["Deployment shop"])
	}
}

func TestOtherNamespacesAreNotGiven(t *testing.T) {
	_, notes := rendered(t, app(t, "config: {from: [{name: settings, as: Env}]}"), given(t, strings.Replace(settings, "name: settings", "name: settings, namespace: other", 1)))
	if len(notes) != 1 || !strings.Contains(notes[0], `ConfigMap "settings" is not given`) {
		t.Errorf("notes: %q", notes)
	}
}

func TestRefusals(t *testing.T) {
	cases := map[string]struct {
		spec, want string
	}{
		"a key that is not there": {
			"config: {from: [{name: settings, as: Env, keys: [{key: REGIO}]}]}",
			`spec.config.from[0].keys[0].key: ConfigMap "settings" has no key "REGIO" (it has OTHER, REGION): correct the key, or set optional`,
		},
		"an overlay": {
			"podTemplate: {spec: {nodeName: here}}",
			"spec.podTemplate.spec.nodeName: it would pass the scheduler by: choose nodes with spec.scheduling.nodeSelector",
		},
		"paths that collide": {
			"config: {files: [{path: /s/a, content: x}]}, secrets: [{name: stripe, as: Files, mountPath: /s}]",
			`spec.config.files[0].path "/s/a" lies in spec.secrets[0].mountPath "/s", which is read-only: move one of them`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := Check(context.Background(), app(t, c.spec), given(t, settings, stripe))
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Message != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestGiveTellsNoValue(t *testing.T) {
	_, err := Give(object(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: stripe}\ndata: {KEY: {a: very-secret}}"))
	if err == nil || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("got %v", err)
	}
}
