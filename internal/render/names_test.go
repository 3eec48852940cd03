package render

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// These names are in pod templates: another name restarts every pod.
func TestConfigName(t *testing.T) {
	file := func(path, content string) v1alpha1.FileSpec {
		return v1alpha1.FileSpec{Path: path, Content: ptr.To(content)}
	}
	type data = map[string]v1alpha1.ConfigValue
	cases := map[string]struct {
		config v1alpha1.ConfigSpec
		want   string
	}{
		"nothing":           {v1alpha1.ConfigSpec{}, ""},
		"empty":             {v1alpha1.ConfigSpec{Data: data{}, Files: []v1alpha1.FileSpec{}}, ""},
		"sources only":      {v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{{Name: "x", As: v1alpha1.SourceEnv}}}, ""},
		"literal":           {v1alpha1.ConfigSpec{Data: data{"a": "b"}}, "shop-config-7c675fa3"},
		"file":              {v1alpha1.ConfigSpec{Files: []v1alpha1.FileSpec{file("a", "b")}}, "shop-config-07750157"},
		"literals":          {v1alpha1.ConfigSpec{Data: data{"a": "b", "c": "d"}}, "shop-config-0260e5e7"},
		"ambiguous literal": {v1alpha1.ConfigSpec{Data: data{"a": "b1:c1:d"}}, "shop-config-9ac8374f"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := ConfigName("shop", v1alpha1.WorkloadSpec{Config: c.config}); got != c.want {
				t.Errorf("name %q, want %q", got, c.want)
			}
		})
	}
}

func TestConfigEncoding(t *testing.T) {
	c := configV1{literals: []entry{{"A", "b"}, {"C", ""}}, files: []entry{{"/x", "ü"}}}
	if got, want := string(c.encode()), "v1:2;1:A1:b1:C0:1;2:/x2:ü"; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

func TestVolumeName(t *testing.T) {
	cases := map[string]struct {
		kind v1alpha1.SourceKind
		name string
		want string
	}{
		"ConfigMap":        {v1alpha1.SourceConfigMap, "settings", "config-settings"},
		"Secret":           {v1alpha1.SourceSecret, "settings", "secret-settings"},
		"dots":             {v1alpha1.SourceSecret, "tls.shop.eu", "secret--tls-shop-eu-899117b3"},
		"dashes for dots":  {v1alpha1.SourceSecret, "tls-shop-eu", "secret-tls-shop-eu"},
		"longest as it is": {v1alpha1.SourceSecret, strings.Repeat("a", 56), "secret-" + strings.Repeat("a", 56)},
		"too long":         {v1alpha1.SourceSecret, strings.Repeat("a", 57), "secret--" + strings.Repeat("a", 46) + "-f13b2d72"},
		"longest":          {v1alpha1.SourceSecret, strings.Repeat("a", 253), "secret--" + strings.Repeat("a", 46) + "-32859a3a"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := volumeName(c.kind, c.name); got != c.want {
				t.Errorf("name %q, want %q", got, c.want)
			}
		})
	}
}

func TestFileKey(t *testing.T) {
	cases := map[string]struct{ path, want string }{
		"plain":            {"/etc/shop/app.yaml", "file-0aab86a029cccd6e-app.yaml"},
		"same name":        {"/etc/other/app.yaml", "file-0d04803185b58f79-app.yaml"},
		"other characters": {"/srv/Grüße an alle.txt", "file-56e87fc9616ec8ba-Gr__e_an_alle.txt"},
		"dots":             {"/srv/..data", "file-33f44a90e64d3dc5-..data"},
		"long":             {"/" + strings.Repeat("n", 400), "file-bc06920c4c7f904a-" + strings.Repeat("n", 128)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := fileKey(c.path); got != c.want {
				t.Errorf("key %q, want %q", got, c.want)
			}
		})
	}
}
