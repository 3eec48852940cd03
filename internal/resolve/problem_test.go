package resolve

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// env refers to something for environment variables.
func env(name string, change ...func(*v1alpha1.SourceSpec)) v1alpha1.SourceSpec {
	spec := v1alpha1.SourceSpec{Name: name, As: v1alpha1.SourceEnv}
	for _, c := range change {
		c(&spec)
	}
	return spec
}

func prefixed(prefix string) func(*v1alpha1.SourceSpec) {
	return func(s *v1alpha1.SourceSpec) { s.Prefix = prefix }
}

// keys takes keys, each under a name of its own or "".
func keys(pairs ...string) func(*v1alpha1.SourceSpec) {
	return func(s *v1alpha1.SourceSpec) {
		for i := 0; i < len(pairs); i += 2 {
			s.Keys = append(s.Keys, v1alpha1.KeySpec{Key: pairs[i], Name: pairs[i+1]})
		}
	}
}

func optional(s *v1alpha1.SourceSpec) { s.Optional = true }

// secrets makes references to Secrets.
func secrets(specs ...v1alpha1.SourceSpec) []v1alpha1.SecretSpec {
	var out []v1alpha1.SecretSpec
	for _, s := range specs {
		out = append(out, v1alpha1.SecretSpec{SourceSpec: s})
	}
	return out
}

func TestContentProblem(t *testing.T) {
	known := map[source][]fact{
		{v1alpha1.SourceConfigMap, "shared"}:  {{"COLOR", true}, {"SIZE", true}},
		{v1alpha1.SourceConfigMap, "binary"}:  {{"logo.png", false}, {"NAME", true}},
		{v1alpha1.SourceSecret, "db"}:         {{"password", true}, {"username", true}},
		{v1alpha1.SourceSecret, "numbers"}:    {{"1st", true}},
		{v1alpha1.SourceSecret, "dotted"}:     {{"db.url-main", true}},
		{v1alpha1.SourceSecret, "empty"}:      {},
		{v1alpha1.SourceSecret, "colors"}:     {{"COLOR", true}},
		{v1alpha1.SourceSecret, "many"}:       many(12),
		{v1alpha1.SourceConfigMap, "numbers"}: {{"1st", true}},
	}
	files := func(name string, change ...func(*v1alpha1.SourceSpec)) v1alpha1.SourceSpec {
		s := env(name, change...)
		s.As, s.MountPath = v1alpha1.SourceFiles, "/etc/"+name
		return s
	}
	cases := map[string]struct {
		spec v1alpha1.WorkloadSpec
		want string
	}{
		"nothing to object to": {spec: v1alpha1.WorkloadSpec{
			Config: v1alpha1.ConfigSpec{
				Data: map[string]v1alpha1.ConfigValue{"LEVEL": "info"},
				From: []v1alpha1.SourceSpec{env("shared"), files("binary"), env("binary", keys("NAME", "")), env("shared", prefixed("S_"))},
			},
			Secrets: secrets(env("db", keys("password", "DB_PASSWORD")), files("numbers"), env("numbers", prefixed("N_")), env("dotted"), env("empty")),
		}},
		"what is not there is none of our business": {spec: v1alpha1.WorkloadSpec{Secrets: secrets(env("gone", optional, keys("a", "")))}},
		"a key that is not there": {
			spec: v1alpha1.WorkloadSpec{Secrets: secrets(files("numbers"), env("db", keys("username", "", "pasword", "DB_PASSWORD")))},
			want: `spec.secrets[1].keys[1].key: Secret "db" has no key "pasword" (it has password, username): correct the key, or set optional`,
		},
		"a key of a file that is not there": {
			spec: v1alpha1.WorkloadSpec{Config: v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{files("shared", keys("color", ""))}}},
			want: `spec.config.from[0].keys[0].key: ConfigMap "shared" has no key "color" (it has COLOR, SIZE): correct the key, or set optional`,
		},
		"a key of an empty Secret": {
			spec: v1alpha1.WorkloadSpec{Secrets: secrets(env("empty", keys("a", "")))},
			want: `spec.secrets[0].keys[0].key: Secret "empty" has no key "a" (it has none): correct the key, or set optional`,
		},
		"a key that is not there among many": {
			spec: v1alpha1.WorkloadSpec{Secrets: secrets(env("many", keys("a", "")))},
			want: `spec.secrets[0].keys[0].key: Secret "many" has no key "a" (it has K00, K01, K02, K03, K04, K05, K06, K07, K08, K09, ...): correct the key, or set optional`,
		},
		"an optional key that is not there": {spec: v1alpha1.WorkloadSpec{Secrets: secrets(env("db", optional, keys("pasword", "")))}},
		"a key that begins with a digit": {
			spec: v1alpha1.WorkloadSpec{Secrets: secrets(env("numbers"))},
			want: `spec.secrets[0]: key "1st" of Secret "numbers" makes "1st", which is no name of an environment variable (letters, digits, '-', '_' and '.', not starting with a digit): set prefix, name the keys to take in keys, or use as: Files`,
		},
		"bytes in a variable": {
			spec: v1alpha1.WorkloadSpec{Config: v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{env("binary")}}},
			want: `spec.config.from[0]: key "logo.png" of ConfigMap "binary" holds bytes that are no text, which no environment variable can hold: use as: Files, or name the keys to take in keys`,
		},
		"a literal and a key": {
			spec: v1alpha1.WorkloadSpec{Config: v1alpha1.ConfigSpec{
				Data: map[string]v1alpha1.ConfigValue{"COLOR": "red"}, From: []v1alpha1.SourceSpec{env("shared")},
			}},
			want: `spec.config.data and spec.config.from[0] both make the environment variable "COLOR": set prefix or keys in one of them, or write the value that is to win in spec.env`,
		},
		"two sources": {
			spec: v1alpha1.WorkloadSpec{Config: v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{env("shared")}}, Secrets: secrets(env("colors"))},
			want: `spec.config.from[0] and spec.secrets[0] both make the environment variable "COLOR": set prefix or keys in one of them, or write the value that is to win in spec.env`,
		},
		"two sources, and the one that wins is written": {spec: v1alpha1.WorkloadSpec{
			Env:    []corev1.EnvVar{{Name: "COLOR", Value: "red"}},
			Config: v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{env("shared")}}, Secrets: secrets(env("colors")),
		}},
		"a name given to two keys": {
			spec: v1alpha1.WorkloadSpec{Secrets: secrets(env("colors", keys("COLOR", "X")), env("db", keys("password", "X")))},
			want: `spec.secrets[0] and spec.secrets[1] both make the environment variable "X": set prefix or keys in one of them, or write the value that is to win in spec.env`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := contentProblem(&c.spec, known); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func many(n int) []fact {
	var out []fact
	for i := range n {
		out = append(out, fact{fmt.Sprintf("K%02d", i), true})
	}
	return out
}
