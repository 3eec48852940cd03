package resolve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func TestFactsTellKeysAndNoValues(t *testing.T) {
	cases := map[string]struct {
		kind    v1alpha1.SourceKind
		content Content
		want    []fact
	}{
		"a ConfigMap": {
			v1alpha1.SourceConfigMap,
			Content{Data: map[string]string{"b": "1", "a": ""}, Binary: map[string][]byte{"c": []byte("text all the same")}},
			[]fact{{"a", true}, {"b", true}, {"c", false}},
		},
		"a ConfigMap of bytes alone": {v1alpha1.SourceConfigMap, Content{Binary: map[string][]byte{"c": []byte("x")}}, []fact{{"c", false}}},
		"a Secret": {
			v1alpha1.SourceSecret,
			Content{Binary: map[string][]byte{"text": []byte("grün"), "none": {}, "zero": {'a', 0}, "bytes": {0xff, 0xfe}}},
			[]fact{{"bytes", false}, {"none", true}, {"text", true}, {"zero", false}},
		},
		"nothing": {v1alpha1.SourceSecret, Content{}, []fact{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.content.facts(c.kind), cmp.AllowUnexported(fact{})); diff != "" {
				t.Errorf("facts: want -, got +:\n%s", diff)
			}
		})
	}
}

func TestOnlyTheKeysThatAreTaken(t *testing.T) {
	all := Content{Data: map[string]string{"a": "1", "b": "2"}, Binary: map[string][]byte{"c": {3}}}
	cases := map[string]struct {
		keys []string
		want Content
	}{
		"all":                   {nil, all},
		"one of each":           {[]string{"a", "c"}, Content{Data: map[string]string{"a": "1"}, Binary: map[string][]byte{"c": {3}}}},
		"one that is not there": {[]string{"a", "z"}, Content{Data: map[string]string{"a": "1"}}},
		"none that is there":    {[]string{"z"}, Content{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, all.only(c.keys)); diff != "" {
				t.Errorf("only: want -, got +:\n%s", diff)
			}
		})
	}
}

func TestWantsAreWhatAllReferencesAsk(t *testing.T) {
	generated := []v1alpha1.GenerateSpec{{Key: "KEY"}}
	files := env("db", keys("ca.pem", ""))
	files.As = v1alpha1.SourceFiles
	w := &v1alpha1.WorkloadSpec{
		Config: v1alpha1.ConfigSpec{From: []v1alpha1.SourceSpec{env("db", optional)}},
		Secrets: append(secrets(env("db", optional, keys("username", "", "password", "")), files, env("all", keys("a", "")), env("all")),
			v1alpha1.SecretSpec{SourceSpec: env("session", func(s *v1alpha1.SourceSpec) { s.Policy = v1alpha1.PolicyLive }), Generate: generated}),
	}
	want := []want{
		{source: source{v1alpha1.SourceConfigMap, "db"}, field: "spec.config.from[0]", optional: true},
		{source: source{v1alpha1.SourceSecret, "db"}, field: "spec.secrets[0]", keys: []string{"ca.pem", "password", "username"}},
		{source: source{v1alpha1.SourceSecret, "all"}, field: "spec.secrets[2]"},
		{source: source{v1alpha1.SourceSecret, "session"}, field: "spec.secrets[4]", live: true, generate: generated},
	}
	if diff := cmp.Diff(want, wants(w), cmp.AllowUnexported(want[0], source{})); diff != "" {
		t.Errorf("wants: want -, got +:\n%s", diff)
	}
}

func TestRandomValues(t *testing.T) {
	const tries = 200
	cases := map[string]struct {
		spec     v1alpha1.GenerateSpec
		length   int
		alphabet string
	}{
		"by default": {v1alpha1.GenerateSpec{Key: "k"}, 32, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"},
		"a PIN":      {v1alpha1.GenerateSpec{Key: "k", Length: 6, Alphabet: "0123456789"}, 6, "0123456789"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			seen, used := map[string]bool{}, map[rune]bool{}
			for range tries {
				value, err := random(c.spec)
				if err != nil {
					t.Fatal(err)
				}
				if len(value) != c.length || strings.Trim(string(value), c.alphabet) != "" {
					t.Fatalf("a value of %d bytes with characters that are not asked for", len(value))
				}
				seen[string(value)] = true
				for _, r := range string(value) {
					used[r] = true
				}
			}
			if len(seen) < tries-3 { // of a million PINs, 200 are all different most times
				t.Errorf("%d of %d values are different", len(seen), tries)
			}
			if len(used) != len(c.alphabet) {
				t.Errorf("%d of %d characters are in use", len(used), len(c.alphabet))
			}
		})
	}
}
