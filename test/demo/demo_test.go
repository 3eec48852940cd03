package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func TestLineDiff(t *testing.T) {
	cases := map[string]struct {
		before, after string
		want          []string
	}{
		"the same":          {"a\nb", "a\nb", nil},
		"a line changes":    {"a\nb\nc", "a\nB\nc", []string{"- b", "+ B"}},
		"a line comes":      {"a\nc", "a\nb\nc", []string{"+ b"}},
		"a line goes":       {"a\nb\nc", "a\nc", []string{"- b"}},
		"in order":          {"a\nb\nc", "A\nb\nC", []string{"- a", "+ A", "- c", "+ C"}},
		"one of two equals": {"a\na", "a", []string{"- a"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lineDiff(c.before, c.after)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLike(t *testing.T) {
	cases := map[string]struct {
		pattern, text string
		want          bool
	}{
		"no star, the same":           {"a b", "a b", true},
		"no star, longer":             {"a", "ab", false},
		"a star for a word":           {"pod * failed", "pod shop-1 failed", true},
		"a star for nothing":          {"a*b", "ab", true},
		"another beginning":           {"a*", "ba", false},
		"another end":                 {"*a", "ab", false},
		"something between is absent": {"a*b*c", "axc", false},
		"the parts do not overlap":    {"ab*ba", "aba", false},
		"the parts in another order":  {"a*b*c*d", "acbd", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := like(c.pattern, c.text); got != c.want {
				t.Errorf("like(%q, %q) = %v, want %v", c.pattern, c.text, got, c.want)
			}
		})
	}
}

func TestShellLine(t *testing.T) {
	got := shellLine([]string{"kubectl", "get", "app/shop", "-o", `jsonpath={.a}{"\n"}`, "", "it's"})
	want := `kubectl get app/shop -o 'jsonpath={.a}{"\n"}' '' 'it'\''s'`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWrap(t *testing.T) {
	want := []string{"äöü de", "fghijklmno", "p"}
	if diff := cmp.Diff(want, wrap(" äöü de fghijklmno p", 6)); diff != "" {
		t.Error(diff)
	}
}

func TestWordsOfNumbers(t *testing.T) {
	want := []string{"    0.5 s", "  123.4 s", "1 pod", "2 pods", "abc", "ab…"}
	got := []string{
		stopwatch(500 * time.Millisecond), stopwatch(123400 * time.Millisecond),
		count(1, "pod"), count(2, "pod"), cut("abc", 3), cut("abcd", 3),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// pod is a version of a pod.
func pod(uid types.UID, ready corev1.ConditionStatus) sight {
	return sight{object: &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "shop-" + string(uid), UID: uid},
		Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}},
	}}
}

func TestFewestReady(t *testing.T) {
	const yes, no = corev1.ConditionTrue, corev1.ConditionFalse
	gone := pod("a", yes)
	gone.deleted = true
	ending := pod("a", yes)
	ending.object.SetDeletionTimestamp(&metav1.Time{Time: time.Unix(1, 0)})

	cases := map[string]struct {
		last int
		pods []sight
		want int
	}{
		"before the mark it may be fewer": {0, []sight{pod("a", no), pod("a", yes)}, 1},
		"the moment of the mark counts":   {1, []sight{pod("a", no), pod("a", yes)}, 0},
		"replaced the safe way":           {2, []sight{pod("a", yes), pod("b", yes), gone}, 1},
		"replaced the other way":          {2, []sight{pod("a", yes), gone, pod("b", yes)}, 0},
		"an ending pod does not serve":    {1, []sight{pod("a", yes), ending}, 0},
		"one loses readiness for long":    {2, []sight{pod("a", yes), pod("b", yes), pod("b", no)}, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := fewestReady(c.pods, c.last); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestAlwaysAvailable(t *testing.T) {
	app := func(status metav1.ConditionStatus, reason string) sight {
		return sight{object: &v1alpha1.App{Status: v1alpha1.AppStatus{Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionAvailable, Status: status, Reason: reason, Message: "2 of 3 pods available (shop-1)"},
		}}}}
	}
	tape := newTape()
	tape.add(app(metav1.ConditionFalse, v1alpha1.ReasonNothingRuns))
	mark := tape.mark()
	tape.add(app(metav1.ConditionTrue, v1alpha1.ReasonMinimumReplicasAvailable))
	if n, err := alwaysAvailable(tape, mark); n != 1 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	tape.add(app(metav1.ConditionFalse, v1alpha1.ReasonMinimumReplicasUnavailable))
	_, err := alwaysAvailable(tape, mark)
	want := "expected  the App's condition Available in every status: True MinimumReplicasAvailable\n" +
		"saw       False MinimumReplicasUnavailable: 2 of 3 pods available (shop-1)"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestTape(t *testing.T) {
	tape := newTape()
	tape.add(pod("a", corev1.ConditionTrue))
	tape.add(pod("b", corev1.ConditionTrue))
	gone := pod("a", corev1.ConditionTrue)
	gone.deleted = true
	tape.add(gone)
	if diff := cmp.Diff([]string{"Pod shop-b"}, tape.there()); diff != "" {
		t.Error(diff)
	}
	if n := len(versions[*corev1.Pod](tape, 1)); n != 2 {
		t.Errorf("%d versions since the mark, want 2", n)
	}
	if _, ok := named[*corev1.ConfigMap](tape, "shop-b"); ok {
		t.Error("a pod was taken for a ConfigMap")
	}
}

func TestUntil(t *testing.T) {
	never := func() (string, bool) { return "nothing", false }

	err := newTape().until(t.Context(), time.Millisecond, "a wonder", never)
	if want := "expected  a wonder, within 1ms\nsaw       nothing"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}

	died := errors.New("the operator ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(died)
	if err := newTape().until(ctx, time.Minute, "a wonder", never); !errors.Is(err, died) {
		t.Errorf("got %v, want %v", err, died)
	}

	tape, looks := newTape(), 0
	err = tape.until(t.Context(), time.Minute, "a pod", func() (string, bool) {
		if looks++; looks == 1 {
			tape.add(pod("a", corev1.ConditionTrue)) // between the look and the wait
		}
		return "", looks == 2
	})
	if err != nil || looks != 2 {
		t.Errorf("%d looks, %v", looks, err)
	}
}

func TestChildrenAsTheyWere(t *testing.T) {
	before := children{"ConfigMap a": "{\n 1\n}", "Service shop": "{}"}
	if err := before.expectSame(children{"ConfigMap a": "{\n 1\n}", "Service shop": "{}", "ConfigMap b": ""}, "ConfigMap b"); err != nil {
		t.Error(err)
	}
	cases := map[string]struct {
		after children
		want  string
	}{
		"changed": {
			children{"ConfigMap a": "{\n 2\n}", "Service shop": "{}"},
			"expected  ConfigMap a byte for byte as it was\nsaw       -  1\n          +  2",
		},
		"one more": {
			children{"ConfigMap a": "{\n 1\n}", "Service shop": "{}", "ConfigMap b": ""},
			"expected  the App's objects: ConfigMap a, Service shop\nsaw       ConfigMap a, ConfigMap b, Service shop",
		},
		"one gone": {
			children{"ConfigMap a": "{\n 1\n}"},
			"expected  Service shop byte for byte as it was\nsaw       - {}\n          + ",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if err := before.expectSame(c.after); err == nil || err.Error() != c.want {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

// Of a Deployment everything that somebody wrote counts, and nothing that is
// counted.
func TestWritten(t *testing.T) {
	object := func() *appsv1.Deployment {
		return &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: map[string]string{"a": "b"}},
			Spec:       appsv1.DeploymentSpec{MinReadySeconds: 1},
		}
	}
	bytes := func(change func(*appsv1.Deployment)) string {
		d := object()
		change(d)
		content, err := written(d)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	want := bytes(func(*appsv1.Deployment) {})
	for name, change := range map[string]func(*appsv1.Deployment){
		"status":          func(d *appsv1.Deployment) { d.Status.Replicas = 3 },
		"resourceVersion": func(d *appsv1.Deployment) { d.ResourceVersion = "7" },
		"generation":      func(d *appsv1.Deployment) { d.Generation = 7 },
		"revision":        func(d *appsv1.Deployment) { d.Annotations["deployment.kubernetes.io/revision"] = "7" },
	} {
		if got := bytes(change); got != want {
			t.Errorf("%s counts:\n%s", name, got)
		}
	}
	for name, change := range map[string]func(*appsv1.Deployment){
		"spec":       func(d *appsv1.Deployment) { d.Spec.MinReadySeconds = 2 },
		"annotation": func(d *appsv1.Deployment) { d.Annotations["a"] = "c" },
		"label":      func(d *appsv1.Deployment) { d.Labels = map[string]string{"a": "b"} },
		"UID":        func(d *appsv1.Deployment) { d.UID = "7" },
	} {
		if got := bytes(change); got == want {
			t.Errorf("%s does not count", name)
		}
	}
}

func TestUses(t *testing.T) {
	local := func(name string) corev1.LocalObjectReference { return corev1.LocalObjectReference{Name: name} }
	spec := corev1.PodSpec{
		Containers: []corev1.Container{{
			Env: []corev1.EnvVar{
				{Name: "PLAY", Value: "crash"},
				{Name: "A", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: local("c")}}},
				{Name: "B", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: local("b")}}},
			},
			EnvFrom: []corev1.EnvFromSource{
				{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: local("c")}},
				{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: local("d")}},
			},
		}},
		Volumes: []corev1.Volume{
			{VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: local("a")}}},
			{VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "e"}}},
		},
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, uses(spec)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"PLAY=crash"}, literals(spec)); diff != "" {
		t.Error(diff)
	}
}

// The manifests differ only where the story says so.
func TestManifests(t *testing.T) {
	read := func(name string) string {
		content, err := os.ReadFile(strings.TrimPrefix(manifest(name), "test/demo/"))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(content, &v1alpha1.App{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return string(content)
	}
	for _, c := range []struct {
		before, after string
		want          []string
	}{
		{"shop", "config", []string{"-       GREETING: hello", "+       GREETING: good morning"}},
		{"config", "bad-image", []string{"-   image: registry.example/shop:1.0.0", "+   image: registry.example/shop:image-not-found"}},
		{"config", "bad-config", []string{
			"-   image: registry.example/shop:1.0.0", "+   image: registry.example/shop:1.1.0",
			"+   env:", "+     - name: PLAY", "+       value: crash",
			`-         content: "currency: EUR"`, `+         content: "currency: {EUR"`,
		}},
		{"config", "autoscale", []string{"-   replicas: 3", "+   autoscale: {min: 3, max: 6, cpu: 70}"}},
		{"config", "secret", []string{
			"-   image: registry.example/shop:1.0.0", "+   image: registry.example/shop:1.2.0",
			"+   secrets:", "+     - name: payments", "+       as: Env",
		}},
	} {
		if diff := cmp.Diff(c.want, lineDiff(read(c.before), read(c.after))); diff != "" {
			t.Errorf("%s after %s: %s", c.after, c.before, diff)
		}
	}
}

func TestStepsAreTold(t *testing.T) {
	var titles []string
	for _, step := range steps() {
		if step.title == "" || step.happens == "" || step.do == nil || slices.Contains(titles, step.title) {
			t.Errorf("the step %q is not whole or told twice", step.title)
		}
		titles = append(titles, step.title)
	}
}

func TestPaint(t *testing.T) {
	if got := (&printer{colors: true}).paint(red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
	if got := (&printer{}).paint(red, "x"); got != "x" {
		t.Errorf("got %q", got)
	}
}
