package delta

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
)

func side(name, image string, w v1alpha1.WorkloadSpec) Side {
	return Side{Name: name, Image: image, Workload: &w, Spread: v1alpha1.SpreadNode}
}

func TestFields(t *testing.T) {
	a := side("shop-1", "shop:1", v1alpha1.WorkloadSpec{
		Image: "shop:1", Args: []string{"--a"},
		Env:    []corev1.EnvVar{{Name: "REGION", Value: "eu"}, {Name: "LEVEL", Value: "info"}},
		Config: v1alpha1.ConfigSpec{Files: []v1alpha1.FileSpec{{Path: "/etc/a", Content: ptr.To("one\ntwo\n")}}},
		Secrets: []v1alpha1.SecretSpec{
			{SourceSpec: v1alpha1.SourceSpec{Name: "s", As: v1alpha1.SourceEnv}}, {SourceSpec: v1alpha1.SourceSpec{Name: "s", As: v1alpha1.SourceFiles, MountPath: "/s"}},
		},
	})
	b := side("shop-2", "shop:2", v1alpha1.WorkloadSpec{
		Image: "shop:2", Args: []string{"--a", "--b"}, ImagePullSecrets: []v1alpha1.LocalReference{{Name: "regcred"}},
		Env:    []corev1.EnvVar{{Name: "NEW", Value: "yes"}, {Name: "REGION", Value: "us"}},
		Config: v1alpha1.ConfigSpec{Files: []v1alpha1.FileSpec{{Path: "/etc/a", Content: ptr.To("one\nthree\n")}}},
		Secrets: []v1alpha1.SecretSpec{
			{SourceSpec: v1alpha1.SourceSpec{Name: "s", As: v1alpha1.SourceEnv, Prefix: "S_"}}, {SourceSpec: v1alpha1.SourceSpec{Name: "s", As: v1alpha1.SourceFiles, MountPath: "/s"}},
		},
	})
	got, err := Fields(a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Where: "image", Old: "shop:1", New: "shop:2"},
		{Where: "args", Old: `["--a"]`, New: `["--a","--b"]`},
		{Where: "config.files[/etc/a].content", Diff: "--- shop-1\n+++ shop-2\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n"},
		{Where: "env[LEVEL].value", Old: "info", Note: "removed"},
		{Where: "env[NEW].value", New: "yes", Note: "added"},
		{Where: "env[REGION].value", Old: "eu", New: "us"},
		{Where: "imagePullSecrets[regcred].name", New: "regcred", Note: "added"},
		{Where: "secrets[0].prefix", New: "S_", Note: "added"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheSpecHasNoImageInFull(t *testing.T) {
	release := side("shop-1", "docker.io/library/shop:1", v1alpha1.WorkloadSpec{Image: "shop:1"})
	spec := side("the spec", "", v1alpha1.WorkloadSpec{Image: "shop:2"})
	got, err := Fields(release, spec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Change{{Where: "image", Old: "shop:1", New: "shop:2"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// kept are copies, by their names.
type kept map[string]map[string]string

func (k kept) ConfigMap(name string) (map[string][]byte, bool, error) {
	entries, there := k[name]
	out := map[string][]byte{}
	for key, value := range entries {
		out[key] = []byte(value)
	}
	return out, there, nil
}

func (k kept) SecretKeys(a, b string) (map[string]string, string, error) {
	before, there, _ := k.ConfigMap(a)
	after, thereToo, _ := k.ConfigMap(b)
	if !there || !thereToo {
		return nil, "gone", nil
	}
	return CompareKeys(before, after), "", nil
}

func TestSources(t *testing.T) {
	configMap := func(name, digest, object string) Source {
		return Source{v1alpha1.SourceConfigMap, name, digest, object}
	}
	secret := func(name, digest, object string) Source { return Source{v1alpha1.SourceSecret, name, digest, object} }
	before := []Source{
		configMap("same", "1", "c-same"), configMap("text", "1", "c-1"), configMap("live", "1", ""), configMap("left", "1", "x"), configMap("gone", "1", "not-there"),
		secret("stripe", "1", "s-1"), secret("old", "1", "not-there"),
	}
	after := []Source{
		configMap("same", "1", "c-same"), configMap("text", "2", "c-2"), configMap("live", "2", ""), configMap("gone", "2", "c-2"),
		secret("stripe", "2", "s-2"), secret("old", "2", "s-2"), secret("came", "1", "x"),
	}
	got, err := Sources("shop-1", "shop-2", before, after, kept{
		"c-1": {"a": "1", "b.yaml": "x: 1\ny: 2\n", "raw": "\xff\x00"}, "c-2": {"a": "2", "b.yaml": "x: 1\ny: 3\n", "raw": "\xff\x01"},
		"s-1": {"KEY": "very secret", "OLD": "secret", "STAYS": "secret"}, "s-2": {"KEY": "more secret", "NEW": "secret", "STAYS": "secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Where: "ConfigMap text a", Old: "1", New: "2"},
		{Where: "ConfigMap text b.yaml", Diff: "--- shop-1\n+++ shop-2\n@@ -1,2 +1,2 @@\n x: 1\n-y: 2\n+y: 3\n"},
		{Where: "ConfigMap text raw", Old: "(2 bytes, sha256 ea5dbf9596d187e9)", New: "(2 bytes, sha256 437cb43a30226e63)"},
		{Where: "ConfigMap live", Note: "changed; with policy: Live its content of then is not kept"},
		{Where: "ConfigMap left", Note: "not used any more"},
		{Where: "ConfigMap gone", Note: "changed; a copy of its content is gone"},
		{Where: "Secret stripe KEY", Note: "changed"},
		{Where: "Secret stripe NEW", Note: "key added"},
		{Where: "Secret stripe OLD", Note: "key removed"},
		{Where: "Secret old", Note: "changed; gone"},
		{Where: "Secret came", Note: "used now"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestText(t *testing.T) {
	got := Text([]Change{
		{Where: "image", Old: "shop:1", New: "shop:2"},
		{Where: "env[A].value", New: "x", Note: "added"},
		{Where: "env[B].value", Old: "y", Note: "removed"},
		{Where: "Secret stripe KEY", Note: "changed"},
		{Where: "f", Diff: "@@ -1 +1 @@\n-a\n+b\n"},
	}, screen.Paint{})
	want := "image\n  - shop:1\n  + shop:2\nenv[A].value\n  + x\nenv[B].value\n  - y\nSecret stripe KEY\n  changed\nf\n  @@ -1 +1 @@\n  -a\n  +b\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
