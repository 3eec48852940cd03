package release

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/randfill"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// full sets every field of the inputs.
func full() Inputs {
	in := first()
	w := &in.Workload
	w.ImageDigest = v1alpha1.DigestRequired
	w.PodTemplate = &runtime.RawExtension{Raw: []byte(`{"spec":{"hostname":"shop"}}`)}
	w.Config.From[0].Keys = []v1alpha1.KeySpec{{Key: "color", Name: "COLOR"}}
	w.Bindings = []v1alpha1.BindingSpec{{
		Name: "db", ServiceRef: v1alpha1.ServiceReference{APIVersion: "db.example.com/v1", Kind: "Postgres", Name: "orders"},
		Type: "postgresql", Provider: "acme", Env: []v1alpha1.BindingVariable{{Name: "DB_USER", Key: "username"}}, EnvPrefix: "DB_", Containers: []string{"app"},
	}}
	in.Bindings = []v1alpha1.PinnedBinding{{Name: "db", SecretName: "orders-1", Digest: "d3", UID: "u3", ResourceVersion: "3", Keys: []string{"username"}}}
	w.Secrets[0].Mode, w.Secrets[0].Policy, w.Secrets[0].Optional = 0o440, v1alpha1.PolicyLive, true
	return in
}

// first sets every field that the first version of the encoding had.
func first() Inputs {
	probe := func(path string) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("http")}}}
	}
	return Inputs{
		Image:  "docker.io/library/shop:1",
		Spread: v1alpha1.SpreadZone,
		Workload: v1alpha1.WorkloadSpec{
			Image: "shop:1", ImagePullPolicy: corev1.PullAlways,
			ImagePullSecrets: []v1alpha1.LocalReference{{Name: "regcred"}},
			Command:          []string{"/shop"}, Args: []string{"serve"},
			Env:   []corev1.EnvVar{{Name: "REGION", Value: "eu"}},
			Ports: []v1alpha1.PortSpec{{Name: "http", Port: 8080, Protocol: corev1.ProtocolTCP}},
			Config: v1alpha1.ConfigSpec{
				Data:  map[string]v1alpha1.ConfigValue{"LEVEL": "info"},
				Files: []v1alpha1.FileSpec{{Path: "/etc/shop.yaml", Content: ptr.To("a: 1")}},
				From:  []v1alpha1.SourceSpec{{Name: "shared", As: v1alpha1.SourceEnv, Prefix: "S_"}},
			},
			Secrets: []v1alpha1.SecretSpec{{SourceSpec: v1alpha1.SourceSpec{Name: "stripe", As: v1alpha1.SourceFiles, MountPath: "/keys"}}},
			Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")},
				Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
				Claims:   []corev1.ResourceClaim{{Name: "gpu"}},
			},
			Health:             v1alpha1.HealthSpec{Readiness: probe("/ready"), Liveness: probe("/live"), Startup: probe("/start")},
			Security:           v1alpha1.SecurityRestricted,
			ServiceAccountName: "shop",
			Scheduling: v1alpha1.SchedulingSpec{
				NodeSelector:      map[string]string{"disk": "ssd"},
				Tolerations:       []corev1.Toleration{{Key: "spot", Operator: corev1.TolerationOpExists}},
				PriorityClassName: "high",
			},
			TerminationGracePeriodSeconds: ptr.To[int64](60),
		},
		Sources: []v1alpha1.PinnedSource{
			{Kind: v1alpha1.SourceConfigMap, Name: "shared", Digest: "d1", CopyName: "c1", UID: "u1", ResourceVersion: "1"},
			{Kind: v1alpha1.SourceSecret, Name: "stripe", Digest: "d2", CopyName: "c2", UID: "u2", ResourceVersion: "2"},
		},
	}
}

// TestHashStandsForEver holds the hash of known inputs. If it fails, replacing
// the operator would restart every pod of every App: mend the encoding.
func TestHashStandsForEver(t *testing.T) {
	cases := map[string]struct {
		inputs Inputs
		want   string
	}{
		"an image":                         {Inputs{Image: "docker.io/library/nginx:latest"}, "v1:279c2d1c87f1fd1105e197520d216d1d6a53d89eb92dc5d6140d3e3b1f7c956a"},
		"every field of the first version": {first(), "v1:b63ca40a5326243243905e9980bc0d9fdf233c9a3a28c7c0c03c0e7b1662b04a"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Hash(c.inputs); got != c.want {
				t.Errorf("Hash = %s, want %s", got, c.want)
			}
		})
	}
}

// TestEveryFieldCounts changes one field of the pod-shaping spec at a time:
// none is accepted and ignored.
func TestEveryFieldCounts(t *testing.T) {
	before := Hash(full())
	fields := reflect.TypeFor[v1alpha1.WorkloadSpec]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if name == "Image" {
			continue // it counts in full, as Inputs.Image
		}
		in := full()
		field := reflect.ValueOf(&in.Workload).Elem().Field(i)
		if field.Kind() == reflect.Struct {
			for j := range field.NumField() {
				in := full()
				inner := reflect.ValueOf(&in.Workload).Elem().Field(i).Field(j)
				inner.SetZero()
				mustDiffer(t, before, in, name+"."+field.Type().Field(j).Name)
			}
			continue
		}
		field.SetZero()
		mustDiffer(t, before, in, name)
	}
	for name, change := range map[string]func(*v1alpha1.SourceSpec){
		"the prefix of a source":     func(s *v1alpha1.SourceSpec) { s.Prefix = "T_" },
		"how a source is seen":       func(s *v1alpha1.SourceSpec) { s.As = v1alpha1.SourceFiles },
		"the mount path of a source": func(s *v1alpha1.SourceSpec) { s.MountPath = "/etc" },
		"the mode of a source":       func(s *v1alpha1.SourceSpec) { s.Mode = 0o400 },
		"the policy of a source":     func(s *v1alpha1.SourceSpec) { s.Policy = v1alpha1.PolicyLive },
		"whether it is optional":     func(s *v1alpha1.SourceSpec) { s.Optional = true },
		"the keys of a source":       func(s *v1alpha1.SourceSpec) { s.Keys = nil },
		"a key":                      func(s *v1alpha1.SourceSpec) { s.Keys[0].Key = "shade" },
		"the name of a key":          func(s *v1alpha1.SourceSpec) { s.Keys[0].Name = "" },
		"the mode of a key":          func(s *v1alpha1.SourceSpec) { s.Keys[0].Mode = 0o400 },
	} {
		in := full()
		change(&in.Workload.Config.From[0])
		mustDiffer(t, before, in, name)
	}
	for name, change := range map[string]func(*v1alpha1.BindingSpec){
		"the name of a binding":            func(b *v1alpha1.BindingSpec) { b.Name = "database" },
		"the type of a binding":            func(b *v1alpha1.BindingSpec) { b.Type = "" },
		"the provider of a binding":        func(b *v1alpha1.BindingSpec) { b.Provider = "" },
		"the variables of a binding":       func(b *v1alpha1.BindingSpec) { b.Env = nil },
		"the name of a binding's variable": func(b *v1alpha1.BindingSpec) { b.Env[0].Name = "USER" },
		"the key of a binding's variable":  func(b *v1alpha1.BindingSpec) { b.Env[0].Key = "user" },
		"the prefix of a binding":          func(b *v1alpha1.BindingSpec) { b.EnvPrefix = "" },
		"the containers of a binding":      func(b *v1alpha1.BindingSpec) { b.Containers = nil },
		"the policy of a binding":          func(b *v1alpha1.BindingSpec) { b.Policy = v1alpha1.PolicyPinned },
	} {
		in := full()
		change(&in.Workload.Bindings[0])
		mustDiffer(t, before, in, name)
	}
	for name, change := range map[string]func(*Inputs){
		"what a service hands out": func(in *Inputs) { in.Bindings[0].Digest = "other" },
		"which Secret that is":     func(in *Inputs) { in.Bindings[0].SecretName = "other" },
		"Image":                    func(in *Inputs) { in.Image = "docker.io/library/shop:2" },
		"Spread":                   func(in *Inputs) { in.Spread = v1alpha1.SpreadNone },
		"content of config":        func(in *Inputs) { in.Sources[0].Digest = "other" },
		"content of secret":        func(in *Inputs) { in.Sources[1].Digest = "other" },
	} {
		in := full()
		change(&in)
		mustDiffer(t, before, in, name)
	}
}

// TestDefaultsOfSourcesWrittenDownChangeNothing: who writes a default into a spec gets no
// Release for it.
func TestDefaultsOfSourcesWrittenDownChangeNothing(t *testing.T) {
	written := first()
	written.Workload.ImageDigest = v1alpha1.DigestNever
	written.Workload.Config.From[0].Policy = v1alpha1.PolicyPinned
	written.Workload.Secrets[0].Policy = v1alpha1.PolicyPinned
	// Which values are made of a Secret shows in its content.
	written.Workload.Secrets[0].Generate = []v1alpha1.GenerateSpec{{Key: "key"}}
	if got, want := Hash(written), Hash(first()); got != want {
		t.Errorf("Hash = %s, want %s", got, want)
	}
}

// TestNullInAnOverlayCounts: it removes a generated field.
func TestNullInAnOverlayCounts(t *testing.T) {
	seen := map[string]string{}
	for _, raw := range []string{`{"spec":{}}`, `{"spec":{"topologySpreadConstraints":null}}`, `{"spec":{"topologySpreadConstraints":[]}}`} {
		in := full()
		in.Workload.PodTemplate = &runtime.RawExtension{Raw: []byte(raw)}
		if other, ok := seen[Hash(in)]; ok {
			t.Errorf("%s and %s have the same hash", raw, other)
		}
		seen[Hash(in)] = raw
	}
}

// TestWhatOfABindingIsNoInput: another service that hands out the same Secret is
// the same, and so is a pinned copy of a Secret by another name.
func TestWhatOfABindingIsNoInput(t *testing.T) {
	before, after := full(), full()
	after.Workload.Bindings[0].ServiceRef.Name = "orders-of-another-name"
	after.Bindings[0].ResourceVersion = "4"
	if Hash(before) != Hash(after) {
		t.Error("another service with the same Secret makes a Release")
	}
	before.Workload.Bindings[0].Policy, after.Workload.Bindings[0].Policy = v1alpha1.PolicyPinned, v1alpha1.PolicyPinned
	after.Bindings[0].SecretName = "orders-2"
	if Hash(before) != Hash(after) {
		t.Error("the name of a Secret that is copied makes a Release")
	}
}

func mustDiffer(t *testing.T, before string, in Inputs, field string) {
	t.Helper()
	if Hash(in) == before {
		t.Errorf("a change of %s does not change the hash", field)
	}
}

// TestSameInputsSameHash writes the same inputs in other ways.
func TestSameInputsSameHash(t *testing.T) {
	for name, change := range map[string]func(*Inputs){
		"the tag moved":                  func(in *Inputs) { in.Digest = "sha256:2" },
		"the tag was not resolved":       func(in *Inputs) { in.DigestProblem = "no answer" },
		"the person writes the tag down": func(in *Inputs) { in.Workload.Image = "docker.io/library/shop:1" },
		"a default is written down":      func(in *Inputs) { in.Workload.Health.Readiness.PeriodSeconds = 10 },
		"a quantity is written otherwise": func(in *Inputs) {
			in.Workload.Resources.Requests[corev1.ResourceCPU] = resource.MustParse("0.1")
		},
		"the protocol is left out":                                   func(in *Inputs) { in.Workload.Ports[0].Protocol = "" },
		"the referenced object was touched, its content is the same": func(in *Inputs) { in.Sources[0].ResourceVersion = "9" },
		"an empty list stands where there was none": func(in *Inputs) {
			in.Workload.Health.Readiness.HTTPGet.HTTPHeaders = []corev1.HTTPHeader{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := full()
			change(&in)
			if got, want := Hash(in), Hash(full()); got != want {
				t.Errorf("Hash = %s, want %s as before", got, want)
			}
		})
	}
}

// TestHashOfRandomInputs fills probes, environment and resources at random:
// encoding never fails, is repeatable, and tells different values apart.
func TestHashOfRandomInputs(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	filler := randfill.NewWithSeed(seed).NilChance(0.3).NumElements(1, 3).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewMilliQuantity(c.Int63n(1e9), resource.DecimalSI)
		},
	)
	seen := map[string]string{}
	for i := range 300 {
		in := Inputs{Image: "docker.io/library/shop:1"}
		filler.Fill(&in.Workload.Env)
		filler.Fill(&in.Workload.Health)
		filler.Fill(&in.Workload.Resources)
		first := Hash(in)
		if again := Hash(in); again != first {
			t.Fatalf("inputs %d: Hash = %s, then %s", i, first, again)
		}
		text := string(encode(in.Workload))
		if other, ok := seen[first]; ok && other != text {
			t.Fatalf("two inputs have the hash %s:\n%s\n%s", first, other, text)
		}
		seen[first] = text
	}
}

func TestKeyedDigest(t *testing.T) {
	data := map[string][]byte{"password": []byte("hunter2")}
	first, again := KeyedDigest([]byte("key"), data), KeyedDigest([]byte("key"), data)
	if first != again {
		t.Errorf("KeyedDigest = %s, then %s", first, again)
	}
	if other := KeyedDigest([]byte("another key"), data); other == first {
		t.Errorf("another key gives the same digest %s", other)
	}
}

func TestCause(t *testing.T) {
	in := full()
	before := v1alpha1.ReleaseSpec{Image: in.Image, Digest: "sha256:1", Workload: in.Workload, Spread: in.Spread, Sources: full().Sources, Bindings: full().Bindings}
	cases := map[string]struct {
		change func(*Inputs)
		want   string
	}{
		"an argument":       {func(in *Inputs) { in.Workload.Args = []string{"x"} }, "spec"},
		"a shared config":   {func(in *Inputs) { in.Sources[0].Digest = "x" }, "config shared"},
		"a secret":          {func(in *Inputs) { in.Sources[1].Digest = "x" }, "secret stripe"},
		"both":              {func(in *Inputs) { in.Sources[0].Digest, in.Sources[1].Digest = "x", "y" }, "config shared, secret stripe"},
		"secret and spec":   {func(in *Inputs) { in.Sources[1].Digest, in.Image = "x", "i" }, "spec"},
		"one that is gone":  {func(in *Inputs) { in.Sources = in.Sources[1:] }, "config shared"},
		"a binding":         {func(in *Inputs) { in.Bindings[0].Digest = "x" }, "binding db"},
		"its Secret":        {func(in *Inputs) { in.Bindings[0].SecretName = "x" }, "binding db"},
		"nothing that runs": {func(*Inputs) {}, "spec"},

		"a tag that moved":            {func(in *Inputs) { in.Digest = "sha256:2" }, "spec, image"},
		"a config and a moved tag":    {func(in *Inputs) { in.Sources[0].Digest, in.Digest = "x", "sha256:2" }, "config shared, image"},
		"another tag":                 {func(in *Inputs) { in.Image, in.Digest = "i", "sha256:2" }, "spec"},
		"a tag that stayed":           {func(in *Inputs) { in.Sources[0].Digest, in.Digest = "x", "sha256:1" }, "config shared"},
		"a tag that was not resolved": {func(in *Inputs) { in.Sources[0].Digest, in.DigestProblem = "x", "no answer" }, "config shared"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			now := full()
			c.change(&now)
			if got := Cause(before, now); got != c.want {
				t.Errorf("Cause = %q, want %q", got, c.want)
			}
		})
	}
}

func TestCausedReadsWhatCauseSays(t *testing.T) {
	in := full()
	before := v1alpha1.ReleaseSpec{Image: in.Image, Workload: in.Workload, Spread: in.Spread, Sources: full().Sources, Bindings: full().Bindings}
	before.Digest, in.Digest = "sha256:1", "sha256:2"
	in.Sources[0].Digest, in.Sources[1].Digest, in.Bindings[0].Digest = "x", "y", "z"
	before.Cause = Cause(before, in)
	want := []Origin{{"ConfigMap", "shared"}, {"Secret", "stripe"}, {"db.example.com/v1 Postgres", "orders"}}
	if diff := cmp.Diff(want, Caused(&before)); diff != "" {
		t.Errorf("Caused: want -, got +:\n%s", diff)
	}
	for _, cause := range []string{"spec", "spec, image", "retry", "restart", ""} {
		if got := Caused(&v1alpha1.ReleaseSpec{Cause: cause}); got != nil {
			t.Errorf("Caused(%q) = %v, want none", cause, got)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	in := full()
	for b.Loop() {
		Hash(in)
	}
}
