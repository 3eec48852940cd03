package resolve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

func TestCheck(t *testing.T) {
	files := func(path string) v1alpha1.SourceSpec {
		return v1alpha1.SourceSpec{Name: "x", As: v1alpha1.SourceFiles, MountPath: path}
	}
	overlay := func(text string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(text)} }
	cases := map[string]struct {
		spec v1alpha1.WorkloadSpec
		want string
	}{
		"nothing to object to": {spec: v1alpha1.WorkloadSpec{
			Config: v1alpha1.ConfigSpec{
				Files: []v1alpha1.FileSpec{{Path: "/etc/shop.yaml"}, {Path: "/etc/shop.d/a.yaml"}},
				From:  []v1alpha1.SourceSpec{files("/etc/shared"), {Name: "env", As: v1alpha1.SourceEnv}},
			},
			Secrets: []v1alpha1.SecretSpec{{SourceSpec: files("/etc/shared-keys")}},
		}},
		"two directories in one place": {
			spec: v1alpha1.WorkloadSpec{
				Config:  v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{files("/etc/shop")}},
				Secrets: []v1alpha1.SecretSpec{{SourceSpec: files("/etc/shop")}},
			},
			want: `spec.config.from[0].mountPath and spec.secrets[0].mountPath are both "/etc/shop": give each a place of its own`,
		},
		"a file in a directory that is read-only": {
			spec: v1alpha1.WorkloadSpec{Config: v1alpha1.ConfigSpec{
				Files: []v1alpha1.FileSpec{{Path: "/etc/shop/a.yaml"}},
				From:  []v1alpha1.SourceSpec{files("/etc/shop")},
			}},
			want: `spec.config.files[0].path "/etc/shop/a.yaml" lies in spec.config.from[0].mountPath "/etc/shop", which is read-only: move one of them`,
		},
		"one Secret, pinned and live": {
			spec: v1alpha1.WorkloadSpec{Secrets: secrets(env("db"), func() v1alpha1.SourceSpec { f := files("/db"); f.Name, f.Policy = "db", v1alpha1.PolicyLive; return f }())},
			want: `spec.secrets[0] and spec.secrets[1] both refer to Secret "db", one with policy Pinned and one with policy Live: give both the same policy`,
		},
		"a ConfigMap and a Secret of one name, pinned and live": {spec: v1alpha1.WorkloadSpec{
			Config:  v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{env("db", func(s *v1alpha1.SourceSpec) { s.Policy = v1alpha1.PolicyLive })}},
			Secrets: secrets(env("db")),
		}},
		"values generated twice": {
			spec: v1alpha1.WorkloadSpec{Secrets: []v1alpha1.SecretSpec{
				{SourceSpec: env("session"), Generate: []v1alpha1.GenerateSpec{{Key: "a"}}},
				{SourceSpec: func() v1alpha1.SourceSpec { f := files("/s"); f.Name = "session"; return f }(), Generate: []v1alpha1.GenerateSpec{{Key: "b"}}},
			}},
			want: `spec.secrets[0] and spec.secrets[1] both generate Secret "session": leave generate out of one of them`,
		},
		"two keys in one file": {
			spec: v1alpha1.WorkloadSpec{Secrets: secrets(func() v1alpha1.SourceSpec { f := files("/keys"); keys("a", "b", "b", "")(&f); return f }())},
			want: `spec.secrets[0].keys: "b" and "b" cannot both be files: give one of them another name`,
		},
		"a file below a file": {
			spec: v1alpha1.WorkloadSpec{Config: v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{func() v1alpha1.SourceSpec {
				f := files("/keys")
				keys("a", "certs/ca.pem", "certs", "", "certs-2", "")(&f)
				return f
			}()}}},
			want: `spec.config.from[0].keys: "certs" and "certs/ca.pem" cannot both be files: give one of them another name`,
		},
		"an overlay that cannot be read": {
			spec: v1alpha1.WorkloadSpec{PodTemplate: overlay(`{"spec":{"containers":[{"name":"app","imagee":"shop:1"}]}}`)},
			want: `spec.podTemplate.spec.containers[0].imagee: there is no such field: correct its name or remove it`,
		},
		"an overlay that mounts where a file is": {
			spec: v1alpha1.WorkloadSpec{
				Config:      v1alpha1.ConfigSpec{Files: []v1alpha1.FileSpec{{Path: "/etc/shop.yaml"}}},
				PodTemplate: overlay(`{"spec":{"containers":[{"name":"app","volumeMounts":[{"name":"x","mountPath":"/etc//shop.yaml/"}]}]}}`),
			},
			want: `spec.config.files[0].path and spec.podTemplate.spec.containers[0].volumeMounts[0].mountPath are both "/etc/shop.yaml": give each a place of its own`,
		},
		"an overlay that mounts in a directory that is read-only": {
			spec: v1alpha1.WorkloadSpec{
				Secrets:     []v1alpha1.SecretSpec{{SourceSpec: files("/etc/keys")}},
				PodTemplate: overlay(`{"spec":{"containers":[{"name":"app","volumeMounts":[{"name":"x","mountPath":"/etc/keys/cache"}]}]}}`),
			},
			want: `spec.podTemplate.spec.containers[0].volumeMounts[0].mountPath "/etc/keys/cache" lies in spec.secrets[0].mountPath "/etc/keys", which is read-only: move one of them`,
		},
		"an overlay that mounts a directory around a file": {
			spec: v1alpha1.WorkloadSpec{
				Config:      v1alpha1.ConfigSpec{Files: []v1alpha1.FileSpec{{Path: "/etc/shop/a.yaml"}}},
				PodTemplate: overlay(`{"spec":{"containers":[{"name":"app","volumeMounts":[{"name":"x","mountPath":"/etc/shop"}]}]}}`),
			},
		},
		"more than a ConfigMap holds": {
			spec: v1alpha1.WorkloadSpec{Config: v1alpha1.ConfigSpec{Files: []v1alpha1.FileSpec{
				{Path: "/a", Content: ptr.To(strings.Repeat("x", 1024*1024))},
			}}},
			want: `spec.config: data and files hold 1048578 bytes together, and at most 1048576 fit: move some to ConfigMaps of their own and name those in spec.config.from`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var want *rollout.Held
			if c.want != "" {
				want = &rollout.Held{Reason: "InvalidInput", Message: c.want}
			}
			got := Check(&v1alpha1.App{Spec: v1alpha1.AppSpec{WorkloadSpec: c.spec}})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Check: want -, got +:\n%s", diff)
			}
		})
	}
}

func TestImage(t *testing.T) {
	cases := map[string]struct {
		want, message string
	}{
		"nginx":                   {want: "docker.io/library/nginx:latest"},
		"acme/shop:1":             {want: "docker.io/acme/shop:1"},
		"localhost:5000/shop:1.2": {want: "localhost:5000/shop:1.2"},
		"r.example/shop@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": {
			want: "r.example/shop@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		},
		"Shop:1": {message: `spec.image: "Shop:1" is no image reference (invalid reference format: repository name (library/Shop) must be lowercase): write it like registry.example/team/app:tag, in lower case`},
		"shop:":  {message: `spec.image: "shop:" is no image reference (invalid reference format): write it like registry.example/team/app:tag, in lower case`},
	}
	for image, c := range cases {
		t.Run(image, func(t *testing.T) {
			got, held := Image(image)
			message := ""
			if held != nil {
				message = held.Message
			}
			if got != c.want || message != c.message {
				t.Errorf("Image(%q) = %q, %q\nwant %q, %q", image, got, message, c.want, c.message)
			}
		})
	}
}

func TestWishes(t *testing.T) {
	for _, c := range []struct{ annotation, value, want string }{
		{"bowline.dev/retry", strings.Repeat("x", 256), ""},
		{"bowline.dev/retry", strings.Repeat("x", 257), "annotation bowline.dev/retry: the value has 257 bytes, and at most 256 are allowed: any short new value will do"},
		{"bowline.dev/restart", strings.Repeat("x", 300), "annotation bowline.dev/restart: the value has 300 bytes, and at most 256 are allowed: any short new value will do"},
		{"bowline.dev/adopt", "true", ""},
		{"bowline.dev/adopt", "rollout", ""},
		{"bowline.dev/adopt", "", ""},
		{"bowline.dev/adopt", "yes", `annotation bowline.dev/adopt: "yes" is neither "true" (take over what runs what the App says) nor "rollout" (take over, then roll out what the App says)`},
	} {
		held := Wishes(&v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{c.annotation: c.value}}})
		var want *rollout.Held
		if c.want != "" {
			want = &rollout.Held{Reason: "InvalidInput", Message: c.want}
		}
		if diff := cmp.Diff(want, held); diff != "" {
			t.Errorf("%s=%.10s (-want +got):\n%s", c.annotation, c.value, diff)
		}
	}
}

func TestPin(t *testing.T) {
	releases := []v1alpha1.Release{
		{ObjectMeta: metav1.ObjectMeta{Name: "shop-1"}, Spec: v1alpha1.ReleaseSpec{Number: 1}},
		{ObjectMeta: metav1.ObjectMeta{Name: "shop-2"}, Spec: v1alpha1.ReleaseSpec{Number: 2}},
	}
	app := func(value string) *v1alpha1.App {
		return &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: map[string]string{"bowline.dev/rollback-to": value}}}
	}
	if number, held := Pin(app("shop-1"), releases); number != 1 || held != nil {
		t.Errorf("Pin = %d, %v, want 1, nil", number, held)
	}
	if number, held := Pin(app(""), releases); number != 0 || held != nil {
		t.Errorf("Pin = %d, %v, want 0, nil", number, held)
	}
	want := &rollout.Held{
		Reason:  "InvalidInput",
		Message: `annotation bowline.dev/rollback-to: App "shop" has no Release "shop-9": name one of [shop-1, shop-2], or remove the annotation`,
	}
	if _, held := Pin(app("shop-9"), releases); !cmp.Equal(want, held) {
		t.Errorf("Pin: %s", cmp.Diff(want, held))
	}
}
