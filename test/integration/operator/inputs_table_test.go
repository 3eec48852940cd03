package operator_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

var update = flag.Bool("update", false, "write the table in docs/inputs.md anew")

// input is a row of the table in docs/inputs.md, and what is played to see that
// it is true: an App that runs is given a change that is good and then one that
// is bad, and goes back.
type input struct {
	name  string // as it is written in a spec
	where string // where it ends up

	with func(*v1alpha1.AppSpec) // what a spec says of it, before any change
	sees func(Inside) string     // what pods see of it

	values  [3]string          // at first, after the good change, after the bad one
	change  func(*App, string) // changes it to one of the values
	cause   string             // of the Releases that follow, "" when none does
	restore string             // what a rollback brings back, in words
	after   string             // what pods see after it, if not the value of before

	does string // what a change does, where it needs words of its own
	spec string // what plays it, where it is not played like the others
}

// What is said in more than one row.
const (
	pinned     = "its copy"
	todays     = "what it holds by then"
	withIt     = "what it was"
	staysAsIs  = "nothing: it is not part of a Release"
	newRelease = "a new Release"
)

// played are rows whose inputs need a stage of their own, with the text of the
// spec that plays them.
func played() []input {
	return []input{{
		name: "what the tag of `image` stands for, with `imageDigest`", where: "the digest in the container's image, and on the Release",
		does: "nothing by itself; the next Release asks the registry anew", restore: "the same bytes",
		spec: "rolls nothing, is seen by the next Release, and a rollback runs the same bytes again",
	}}
}

func inputs() []input {
	spec := func(change func(*v1alpha1.AppSpec, string)) func(*App, string) {
		return func(a *App, value string) { a.Change(func(s *v1alpha1.AppSpec) { change(s, value) }) }
	}
	configMap := func(a *App, value string) {
		Edit(a.Scene, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = value })
	}
	stripe := func(a *App, value string) {
		Edit(a.Scene, &corev1.Secret{}, "stripe", func(c *corev1.Secret) { c.Data["KEY"] = canary.Marks(value) })
	}
	variable := func(name string) func(Inside) string { return func(i Inside) string { return i.Var(name) } }
	content := func(name string) func(Inside) string { return func(i Inside) string { return i.File(name) } }
	container := func(see func(corev1.Container) string) func(Inside) string {
		return func(i Inside) string { return see(i.Container()) }
	}
	colors := [3]string{"red", "green", "blue"}
	files := [3]string{"0644 red", "0644 green", "0644 blue"}
	cut := func(change func(*App, string)) func(*App, string) {
		return func(a *App, value string) { change(a, strings.TrimPrefix(value, "0644 ")) }
	}
	return []input{
		{
			name: "`image`", where: "the container's image",
			with: func(*v1alpha1.AppSpec) {}, sees: container(func(c corev1.Container) string { return c.Image }),
			values: [3]string{good, better, "registry.example/shop:1.4.3"},
			change: spec(func(s *v1alpha1.AppSpec, value string) { s.Image = value }), cause: "spec", restore: withIt,
		},
		{
			name: "`command`, `args`, `env`, `ports`, `resources`, `health`, `security`, `scheduling` and all else that shapes pods", where: "the pod template",
			with:   func(s *v1alpha1.AppSpec) { s.Resources = memory("64Mi") },
			sees:   container(func(c corev1.Container) string { return c.Resources.Requests.Memory().String() }),
			values: [3]string{"64Mi", "96Mi", "128Mi"},
			change: spec(func(s *v1alpha1.AppSpec, value string) { s.Resources = memory(value) }), cause: "spec", restore: withIt,
		},
		{
			name: "`config.data`", where: "environment variables, from the ConfigMap `<app>-config-<hash>`",
			with: level("red"), sees: variable("LOG_LEVEL"), values: colors,
			change: spec(func(s *v1alpha1.AppSpec, value string) { level(value)(s) }), cause: "spec", restore: withIt,
		},
		{
			name: "`config.files`", where: "files, each mounted by itself, from the same ConfigMap",
			with: file("/etc/shop/app.yaml", "red"), sees: content("/etc/shop/app.yaml"), values: files,
			change: cut(spec(func(s *v1alpha1.AppSpec, value string) { s.Config.Files[0].Content = ptr.To(value) })), cause: "spec", restore: withIt,
		},
		{
			name: "`config.from`, `as: Env`", where: "environment variables, from an immutable copy `<app>-config-<hash>`",
			with: config(asEnv("shared")), sees: variable("COLOR"), values: colors, change: configMap, cause: "config shared", restore: pinned,
		},
		{
			name: "`config.from`, `as: Files`", where: "files below `mountPath`, from the copy",
			with: config(asFiles("shared", "/etc/shared")), sees: content("/etc/shared/COLOR"), values: files, change: cut(configMap), cause: "config shared", restore: pinned,
		},
		{
			name: "`config.from`, `policy: Live`", where: "the same, from the ConfigMap itself",
			with: config(live(asEnv("shared"))), sees: variable("COLOR"), values: colors, change: configMap, cause: "config shared", restore: todays, after: "blue",
		},
		{
			name: "`secrets`, `as: Env`", where: "environment variables, from an immutable copy `<app>-secret-<hash>`",
			with: secret(asEnv("stripe")), sees: variable("KEY"), values: [3]string{"sk-one-33821", "sk-two-93827", "sk-three-1138"}, change: stripe, cause: "secret stripe", restore: pinned,
		},
		{
			name: "`secrets`, `as: Files`", where: "files below `mountPath`, from the copy",
			with: secret(asFiles("stripe", "/etc/keys")), sees: content("/etc/keys/KEY"),
			values: [3]string{"0644 sk-one-33822", "0644 sk-two-93828", "0644 sk-three-1139"}, change: cut(stripe), cause: "secret stripe", restore: pinned,
		},
		{
			name: "`secrets`, `policy: Live`", where: "the same, from the Secret itself",
			with: secret(live(asEnv("stripe"))), sees: variable("KEY"), values: [3]string{"sk-one-33823", "sk-two-93829", "sk-three-1140"}, change: stripe,
			cause: "secret stripe", restore: todays, after: "sk-three-1140",
		},
		{
			name: "`secrets`, `generate`", where: "a Secret made for the App, and used as the others",
			with:   secret(asEnv("made"), v1alpha1.GenerateSpec{Key: "KEY", Length: 1, Alphabet: "aa"}, v1alpha1.GenerateSpec{Key: "COLOR", Length: 1, Alphabet: "bb"}),
			sees:   func(i Inside) string { return fmt.Sprint(i.Var("KEY") != "unset", " ", i.Var("MORE")) },
			values: [3]string{"true unset", "true one", "true two"},
			change: func(a *App, value string) {
				Edit(a.Scene, &corev1.Secret{}, "made", func(c *corev1.Secret) { c.Data["MORE"] = canary.Marks(strings.TrimPrefix(value, "true ")) })
			},
			cause: "secret made", restore: pinned,
		},
		{
			name: "`bindings`", where: "files below `$SERVICE_BINDING_ROOT/<name>`, and variables, from the Secret that the service hands out",
			with: bind("db", secretOf("stripe"), asType("key")), sees: content("/bindings/db/KEY"),
			values: [3]string{"0644 sk-one-33824", "0644 sk-two-93830", "0644 sk-three-1141"}, change: cut(stripe), cause: "binding db", restore: todays, after: "0644 sk-three-1141",
		},
		{
			name: "`bindings`, `policy: Pinned`", where: "the same, from an immutable copy `<app>-secret-<hash>`",
			with: bind("db", secretOf("stripe"), asType("key"), func(b *v1alpha1.BindingSpec) { b.Policy = v1alpha1.PolicyPinned }), sees: content("/bindings/db/KEY"),
			values: [3]string{"0644 sk-one-33825", "0644 sk-two-93831", "0644 sk-three-1142"}, change: cut(stripe), cause: "binding db", restore: pinned,
		},
		{
			name: "`podTemplate`", where: "the pod template, over all else",
			with: func(s *v1alpha1.AppSpec) { s.PodTemplate = overlay("red") },
			sees: func(i Inside) string { return i.Deployment().Spec.Template.Annotations["color"] }, values: colors,
			change: spec(func(s *v1alpha1.AppSpec, value string) { s.PodTemplate = overlay(value) }), cause: "spec", restore: withIt,
		},
		{
			name: "`replicas`, `autoscale`", where: "the Deployment or a HorizontalPodAutoscaler",
			with: replicas(2), sees: func(i Inside) string { return fmt.Sprint(*i.Deployment().Spec.Replicas) }, values: [3]string{"2", "3", "4"},
			change: spec(func(s *v1alpha1.AppSpec, value string) { s.Replicas = ptr.To(int32(value[0] - '0')) }), restore: staysAsIs,
		},
		{
			name: "`rollout`, `availability.maxUnavailable`", where: "the Deployment, a PodDisruptionBudget, and what the operator does",
			with: deadline(300), sees: func(i Inside) string { return fmt.Sprint(*i.Deployment().Spec.ProgressDeadlineSeconds) }, values: [3]string{"300", "301", "302"},
			change: spec(func(s *v1alpha1.AppSpec, value string) {
				s.Rollout.ProgressDeadlineSeconds = 300 + int32(value[2]-'0')
			}), restore: staysAsIs,
		},
	}
}

func memory(size string) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(size)}}
}

func overlay(color string) *runtime.RawExtension {
	return &runtime.RawExtension{Raw: fmt.Appendf(nil, `{"metadata":{"annotations":{"color":%q}}}`, color)}
}

var _ = Describe("docs/inputs.md", func() {
	for _, row := range inputs() {
		Concurrently("tells the truth of "+row.name, row.play)
	}
})

func (row input) play(s *Scene) {
	s.Create(NewConfigMap("shared", "COLOR", "red"))
	s.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "stripe"}, Data: map[string][]byte{"KEY": canary.Marks(strings.TrimPrefix(row.values[0], "0644 "))}})
	shop := s.Runs(Spec(good, row.with))
	shop.Sees(row.sees, row.values[0])
	pods := shop.PodUIDs()

	row.change(shop, row.values[1])
	if row.cause == "" {
		shop.Sees(row.sees, row.values[1])
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(ContainElements(pods), "nothing is restarted")
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
		return
	}
	shop.RestsOn(2)
	shop.Sees(row.sees, row.values[1])
	s.Expect(shop.PodUIDs()).NotTo(ContainElements(pods), "all pods are new")

	pods = shop.PodUIDs()
	s.Refuses(aPod(), "pods", "object.metadata.?labels[?'bowline.dev/release'].orValue('') == '3'")
	row.change(shop, row.values[2])
	shop.Release(3)
	shop.Settled(RolledBack, rollout)
	s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (" + row.cause + ")", "shop-3 CannotStart (" + row.cause + ")"}))
	after := row.after
	if after == "" {
		after = row.values[1]
	}
	shop.Sees(row.sees, after)
	shop.Stays(RolledBack, time.Second)
	s.Expect(shop.PodUIDs()).To(Equal(pods), "no pod is restarted to go back")
}

// TestInputsTable compares the table in docs/inputs.md with the one that is
// played.
func TestInputsTable(t *testing.T) {
	const begin, end = "<!-- table -->\n", "<!-- end of the table -->\n"
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "docs", "inputs.md")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(content), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", file)
	}
	want := before + begin + inputsTable() + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(content) != want {
		t.Errorf("the table in %s is not the one that is played: run go test ./test/integration/operator -run TestInputsTable -args -update", file)
	}
}

// TestPlayedElsewhere looks for the specs that play rows outside the table.
func TestPlayedElsewhere(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(source)
	}
	for _, row := range played() {
		if !strings.Contains(sources.String(), "Concurrently(\""+row.spec+"\", func") {
			t.Errorf("no spec %q plays %s", row.spec, row.name)
		}
	}
}

func inputsTable() string {
	var out strings.Builder
	out.WriteString("\n| input | where it ends up | what a change does | what a rollback brings back |\n|---|---|---|---|\n")
	for _, row := range append(inputs(), played()...) {
		does := newRelease + ", cause `" + row.cause + "`"
		switch {
		case row.does != "":
			does = row.does
		case row.cause == "":
			does = "acts at once, restarts nothing"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", row.name, row.where, does, row.restore)
	}
	out.WriteString("\n")
	return out.String()
}
