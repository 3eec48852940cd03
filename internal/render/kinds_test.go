package render

import (
	"slices"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// newApp is the smallest App.
func newApp(change ...func(*v1alpha1.AppSpec)) *v1alpha1.App {
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "acme", UID: "u-1"}}
	app.Spec.Image = "shop:1"
	for _, c := range change {
		c(&app.Spec)
	}
	return app
}

func autoscaled(minimum, maximum int32) func(*v1alpha1.AppSpec) {
	return func(s *v1alpha1.AppSpec) { s.Autoscale = v1alpha1.AutoscaleSpec{Min: minimum, Max: maximum} }
}

func TestBudgetOnlyWithMoreThanOnePod(t *testing.T) {
	cases := map[string]struct {
		app      *v1alpha1.App
		replicas *int32
		want     bool
	}{
		"no pods":                          {newApp(), ptr.To[int32](0), false},
		"one":                              {newApp(), ptr.To[int32](1), false},
		"two":                              {newApp(), ptr.To[int32](2), true},
		"unknown":                          {newApp(), nil, false},
		"autoscale from one":               {newApp(autoscaled(1, 9)), nil, false},
		"autoscale without minimum":        {newApp(autoscaled(0, 9)), nil, false},
		"autoscale from two":               {newApp(autoscaled(2, 9)), nil, true},
		"autoscale from one, now at eight": {newApp(autoscaled(1, 9)), ptr.To[int32](8), false},
		"autoscale from two, now at one":   {newApp(autoscaled(2, 9)), ptr.To[int32](1), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := rendered(t, Input{App: c.app, Release: releaseOf(c.app), Replicas: c.replicas}).Budget
			if (got != nil) != c.want {
				t.Errorf("budget: %v, want one: %v", text(t, got), c.want)
			}
		})
	}
}

func TestReplicasAreStatedOrLeftToTheirOwner(t *testing.T) {
	cases := map[string]struct {
		replicas        *int32
		want            *int32
		wantAnnotations string
	}{
		"stated":      {ptr.To[int32](3), ptr.To[int32](3), `{"bowline.dev/replicas":"owned"}`},
		"stated zero": {ptr.To[int32](0), ptr.To[int32](0), `{"bowline.dev/replicas":"owned"}`},
		"not stated":  {nil, nil, `null`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			// The App's own number must not count: the caller knows whose it is.
			app := newApp(func(s *v1alpha1.AppSpec) { s.Replicas = ptr.To[int32](5) })
			got := rendered(t, Input{App: app, Release: releaseOf(app), Replicas: c.replicas}).Deployment
			same(t, "replicas", got.Spec.Replicas, c.want)
			if annotations := text(t, got.Annotations); annotations != c.wantAnnotations {
				t.Errorf("annotations %s, want %s", annotations, c.wantAnnotations)
			}
		})
	}
}

func TestAutoscalerMetrics(t *testing.T) {
	const (
		cpu    = `{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}}`
		cpu80  = `{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}`
		memory = `{"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization","averageUtilization":60}}}`
		pods   = `{"type":"Pods","pods":{"metric":{"name":"rps"},"target":{"type":""}}}`
	)
	rps := []autoscalingv2.MetricSpec{{
		Type: autoscalingv2.PodsMetricSourceType,
		Pods: &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: "rps"}},
	}}
	cases := map[string]struct {
		spec v1alpha1.AutoscaleSpec
		want []string
	}{
		"none":         {v1alpha1.AutoscaleSpec{Max: 3}, []string{cpu80}},
		"cpu":          {v1alpha1.AutoscaleSpec{Max: 3, CPU: 70}, []string{cpu}},
		"memory alone": {v1alpha1.AutoscaleSpec{Max: 3, Memory: 60}, []string{memory}},
		"own alone":    {v1alpha1.AutoscaleSpec{Max: 3, Metrics: rps}, []string{pods}},
		"all":          {v1alpha1.AutoscaleSpec{Max: 3, CPU: 70, Memory: 60, Metrics: rps}, []string{cpu, memory, pods}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app := newApp(func(s *v1alpha1.AppSpec) { s.Autoscale = c.spec })
			got := text(t, rendered(t, Input{App: app, Release: releaseOf(app)}).Autoscaler.Spec.Metrics)
			if want := "[" + strings.Join(c.want, ",") + "]"; got != want {
				t.Errorf("metrics:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestAutoscalerIsAbsentWithoutAutoscale(t *testing.T) {
	app := newApp()
	if got := rendered(t, inputOf(app)).Autoscaler; got != nil {
		t.Errorf("autoscaler: %s", text(t, got))
	}
}

// TestPodsNameTheDigest: the tag stays beside it, for people.
func TestPodsNameTheDigest(t *testing.T) {
	release := v1alpha1.ReleaseSpec{App: "shop", Number: 1, Image: "docker.io/library/nginx:latest"}
	for digest, want := range map[string]string{
		"":             "docker.io/library/nginx:latest",
		"sha256:0123a": "docker.io/library/nginx:latest@sha256:0123a",
	} {
		release.Digest = digest
		if got := *container(&release).Image; got != want {
			t.Errorf("digest %q: the image is %s, want %s", digest, got, want)
		}
	}
}

func TestEnvOrder(t *testing.T) {
	app := newApp(func(s *v1alpha1.AppSpec) {
		s.Config.Data = map[string]v1alpha1.ConfigValue{"B": "1", "A": "2", "C": "3"}
		s.Env = []corev1.EnvVar{{Name: "Z", Value: "$(A)"}, {Name: "B", Value: "mine"}}
	})
	var got []string
	for _, e := range rendered(t, inputOf(app)).Deployment.Spec.Template.Spec.Containers[0].Env {
		got = append(got, *e.Name)
	}
	if want := []string{"A", "C", "Z", "B"}; !slices.Equal(got, want) {
		t.Errorf("variables %v, want %v", got, want)
	}
}

// A Release keeps the name its configuration had when it was made, also in an
// operator that would choose another.
func TestReleaseKeepsItsConfigName(t *testing.T) {
	app := newApp(func(s *v1alpha1.AppSpec) {
		s.Config.Data = map[string]v1alpha1.ConfigValue{"A": "1"}
		s.Config.Files = []v1alpha1.FileSpec{{Path: "/a", Content: ptr.To("")}}
	})
	in := inputOf(app)
	in.Release.Spec.ConfigName = "shop-config-of-old"
	out := rendered(t, in)
	pod := out.Deployment.Spec.Template.Spec
	for where, got := range map[string]*string{
		"ConfigMap": out.Config.Name,
		"variable":  pod.Containers[0].Env[0].ValueFrom.ConfigMapKeyRef.Name,
		"volume":    pod.Volumes[0].ConfigMap.Name,
	} {
		if *got != "shop-config-of-old" {
			t.Errorf("%s: %s", where, *got)
		}
	}
	in.Release.Spec.ConfigName = ""
	if got, want := *rendered(t, in).Config.Name, ConfigName("shop", app.Spec.WorkloadSpec); got != want {
		t.Errorf("without a name in the Release: %s, want %s", got, want)
	}
}

// A source that was not copied is used by its own name.
func TestSourceWithoutCopy(t *testing.T) {
	app := newApp(func(s *v1alpha1.AppSpec) {
		s.Secrets = []v1alpha1.SecretSpec{{SourceSpec: v1alpha1.SourceSpec{Name: "stripe", As: v1alpha1.SourceEnv}}}
	})
	in := inputOf(app)
	in.Release.Spec.Sources = []v1alpha1.PinnedSource{
		{Kind: v1alpha1.SourceConfigMap, Name: "stripe", CopyName: "of-another-kind"},
	}
	got := text(t, rendered(t, in).Deployment.Spec.Template.Spec.Containers[0].EnvFrom)
	if want := `[{"secretRef":{"name":"stripe"}}]`; got != want {
		t.Errorf("envFrom %s, want %s", got, want)
	}
}

func TestCopies(t *testing.T) {
	const metadata = `"metadata":{"name":"%s","namespace":"acme",` +
		`"labels":{"app.kubernetes.io/managed-by":"bowline","app.kubernetes.io/name":"shop","bowline.dev/app":"shop"},` +
		`"ownerReferences":[{"apiVersion":"bowline.dev/v1alpha1","kind":"App","name":"shop","uid":"u-1","controller":true,"blockOwnerDeletion":true}]}`
	cases := map[string]struct {
		got  any
		want string
	}{
		"ConfigMap": {
			ConfigCopy(newApp(), "c-1", map[string]string{"a": "1"}, map[string][]byte{"b": {0xff}}),
			`{"kind":"ConfigMap","apiVersion":"v1",` + strings.Replace(metadata, "%s", "c-1", 1) +
				`,"immutable":true,"data":{"a":"1"},"binaryData":{"b":"/w=="}}`,
		},
		"Secret": {
			SecretCopy(newApp(), "s-1", map[string][]byte{"a": []byte("1")}),
			`{"kind":"Secret","apiVersion":"v1",` + strings.Replace(metadata, "%s", "s-1", 1) +
				`,"immutable":true,"data":{"a":"MQ=="},"type":"Opaque"}`,
		},
		"empty Secret": {
			SecretCopy(newApp(), "s-1", nil),
			`{"kind":"Secret","apiVersion":"v1",` + strings.Replace(metadata, "%s", "s-1", 1) +
				`,"immutable":true,"type":"Opaque"}`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := text(t, c.got); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}
