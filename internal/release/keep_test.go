package release

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func numbered(numbers ...int64) []v1alpha1.Release {
	var out []v1alpha1.Release
	for _, n := range numbers {
		out = append(out, v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{App: "shop", Number: n}})
	}
	return out
}

func TestStale(t *testing.T) {
	cases := map[string]struct {
		limit  int
		needed []int64
		want   []v1alpha1.Release
	}{
		"fewer than the limit":                  {limit: 10, want: nil},
		"the oldest go":                         {limit: 2, want: numbered(1, 2, 3)},
		"what is needed stays, however old":     {limit: 2, needed: []int64{1, 5}, want: numbered(2, 3)},
		"a limit of one keeps the newest alone": {limit: 1, needed: []int64{0}, want: numbered(1, 2, 3, 4)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Stale(numbered(1, 2, 3, 4, 5), c.limit, c.needed...)); diff != "" {
				t.Errorf("Stale: want -, got +:\n%s", diff)
			}
		})
	}
}

func TestCollect(t *testing.T) {
	of := func(number int64, config, secret string) v1alpha1.Release {
		return v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{Number: number, ConfigName: config, Sources: []v1alpha1.PinnedSource{
			{Kind: v1alpha1.SourceSecret, Name: "stripe", CopyName: secret},
		}}}
	}
	first, second, third, fourth := of(1, "c1", "s1"), of(2, "c1", "s2"), of(3, "c3", "s3"), of(4, "c4", "s4")
	for moving, secrets := range map[bool]map[string]bool{
		false: {"s2": true, "s4": true},
		true:  {"s2": true, "s3": true, "s4": true},
	} {
		got := Collect([]v1alpha1.Release{first, second, third, fourth}, 2, moving, 2, 4)
		want := Kept{
			Stale:      []v1alpha1.Release{first},
			ConfigMaps: map[string]bool{"c1": true, "c3": true, "c4": true},
			Secrets:    secrets,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Collect while moving is %t: want -, got +:\n%s", moving, diff)
		}
	}
}

// TestCollectKeepsGeneratedSecrets: as long as a Release that refers to them is
// kept, needed or not.
func TestCollectKeepsGeneratedSecrets(t *testing.T) {
	of := func(number int64, name string) v1alpha1.Release {
		return v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{Number: number, Workload: v1alpha1.WorkloadSpec{Secrets: []v1alpha1.SecretSpec{
			{SourceSpec: v1alpha1.SourceSpec{Name: name}, Generate: []v1alpha1.GenerateSpec{{Key: "k"}}},
			{SourceSpec: v1alpha1.SourceSpec{Name: "plain"}},
		}}}}
	}
	got := Collect([]v1alpha1.Release{of(1, "gone"), of(2, "old"), of(3, "new")}, 2, false, 3)
	if diff := cmp.Diff(map[string]bool{"old": true, "new": true, "plain": true}, got.Secrets); diff != "" {
		t.Errorf("Secrets: want -, got +:\n%s", diff)
	}
}

func TestCopies(t *testing.T) {
	releases := []v1alpha1.Release{{Spec: v1alpha1.ReleaseSpec{
		ConfigName: "shop-config-1",
		Sources: []v1alpha1.PinnedSource{
			{Kind: v1alpha1.SourceConfigMap, Name: "shared", CopyName: "shop-config-2"},
			{Kind: v1alpha1.SourceSecret, Name: "stripe", CopyName: "shop-secret-3"},
			{Kind: v1alpha1.SourceSecret, Name: "live", Digest: "d"},
			{Kind: v1alpha1.SourceConfigMap, Name: "live", Digest: "d"},
		},
	}}, {}}
	want := map[v1alpha1.SourceKind]map[string]bool{
		v1alpha1.SourceConfigMap: {"shop-config-1": true, "shop-config-2": true},
		v1alpha1.SourceSecret:    {"shop-secret-3": true},
	}
	if diff := cmp.Diff(want, Copies(releases)); diff != "" {
		t.Errorf("Copies: want -, got +:\n%s", diff)
	}
}

// TestCopiesOfWhatWasTakenOver: what its pods name stays.
func TestCopiesOfWhatWasTakenOver(t *testing.T) {
	adopted := func(raw string) v1alpha1.Release {
		return v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{Adopted: &runtime.RawExtension{Raw: []byte(raw)}}}
	}
	releases := []v1alpha1.Release{
		adopted(`{"spec":{
		"volumes":[{"name":"a","configMap":{"name":"c1"}},{"name":"b","secret":{"secretName":"s1"}},
			{"name":"c","projected":{"sources":[{"configMap":{"name":"c2"}},{"secret":{"name":"s2"}}]}}],
		"initContainers":[{"name":"i","envFrom":[{"configMapRef":{"name":"c3"}},{"secretRef":{"name":"s3"}}]}],
		"containers":[{"name":"app","env":[{"name":"A","value":"c9"},{"name":"B","valueFrom":{"configMapKeyRef":{"name":"c4","key":"k"}}},{"name":"C","valueFrom":{"secretKeyRef":{"name":"s4","key":"k"}}}]}]}}`),
		adopted(`not JSON`),
	}
	want := map[v1alpha1.SourceKind]map[string]bool{
		v1alpha1.SourceConfigMap: {"c1": true, "c2": true, "c3": true, "c4": true},
		v1alpha1.SourceSecret:    {"s1": true, "s2": true, "s3": true, "s4": true},
	}
	if diff := cmp.Diff(want, Copies(releases)); diff != "" {
		t.Errorf("Copies: want -, got +:\n%s", diff)
	}
}

func TestWhole(t *testing.T) {
	made := v1alpha1.ReleaseSpec{ConfigName: "shop-config-1", Sources: []v1alpha1.PinnedSource{
		{Kind: v1alpha1.SourceConfigMap, Name: "shared", CopyName: "c"},
		{Kind: v1alpha1.SourceSecret, Name: "stripe", CopyName: "s"},
		{Kind: v1alpha1.SourceSecret, Name: "live"},
	}}
	type there = map[v1alpha1.SourceKind]map[string]bool
	cases := map[string]struct {
		there there
		want  bool
	}{
		"all copies":           {there{v1alpha1.SourceConfigMap: {"c": true}, v1alpha1.SourceSecret: {"s": true}}, true},
		"the Secret's is gone": {there{v1alpha1.SourceConfigMap: {"c": true}, v1alpha1.SourceSecret: {"t": true}}, false},
		"of another kind":      {there{v1alpha1.SourceConfigMap: {"c": true, "s": true}}, false},
		"nothing is there":     {nil, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Whole(made, c.there); got != c.want {
				t.Errorf("Whole = %t, want %t", got, c.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	cases := map[string]struct {
		app, name string
		want      int64
		ok        bool
	}{
		"a Release":                         {"shop", "shop-7", 7, true},
		"of an App whose name has a number": {"shop-7", "shop-7-1", 1, true},
		"of another App":                    {"shop", "shop-7-1", 0, false},
		"leading zeros":                     {"shop", "shop-07", 0, false},
		"zero":                              {"shop", "shop-0", 0, false},
		"no number":                         {"shop", "shop-", 0, false},
		"the App itself":                    {"shop", "shop", 0, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got, ok := Number(c.app, c.name); got != c.want || ok != c.ok {
				t.Errorf("Number(%q, %q) = %d, %t, want %d, %t", c.app, c.name, got, ok, c.want, c.ok)
			}
		})
	}
	if got, want := SecretCopyName("shop", "d"), "shop-secret-18ac3e73"; got != want {
		t.Errorf("SecretCopyName = %s, want %s", got, want)
	}
}
