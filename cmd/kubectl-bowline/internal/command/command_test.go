package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/adopt"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/delta"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

func TestExitCodes(t *testing.T) {
	cases := map[string]struct {
		err     error
		code    int
		message string
	}{
		"done":          {nil, 0, ""},
		"told already":  {ended(ExitFailed), 1, ""},
		"too late":      {fmt.Errorf("wait: %w", timedOut("after %ds", 5)), 2, "wait: after 5s"},
		"anything else": {errors.New("no cluster"), 3, "no cluster"},
		"Ctrl-C":        {errInterrupted, 130, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if code, message := ExitCode(c.err), Message(c.err); code != c.code || message != c.message {
				t.Errorf("got %d %q, want %d %q", code, message, c.code, c.message)
			}
		})
	}
}

// TestExitCodesStandInTheDocument holds the table of docs/kubectl-bowline.md
// against the help.
func TestExitCodesStandInTheDocument(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/kubectl-bowline.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| code | meaning |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	got := []string{"Exit codes:"}
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		got = append(got, fmt.Sprintf("  %-4s %s", strings.TrimSpace(cells[1]), strings.ReplaceAll(strings.TrimSpace(cells[2]), "`", "")))
	}
	if diff := cmp.Diff(exitCodesText, strings.Join(got, "\n")); diff != "" {
		t.Errorf("(-help +document):\n%s", diff)
	}
}

func TestWarningOfAPause(t *testing.T) {
	for _, c := range []struct {
		state      v1alpha1.RolloutState
		annotation string
		want       string
	}{
		{"", "false", ""},
		{"", "true", "warning: App \"shop\" is paused, because the annotation bowline.dev/paused is set: nothing goes out before `kubectl bowline resume shop`\n"},
		{v1alpha1.RolloutPaused, "false", "warning: App \"shop\" is paused, because spec.rollout.state is Paused: nothing goes out before that is set to Active in the App's manifest\n"},
		{v1alpha1.RolloutPaused, "true", "warning: App \"shop\" is paused, because spec.rollout.state is Paused: nothing goes out before that is set to Active in the App's manifest, and `kubectl bowline resume shop`\n"},
	} {
		app := shopApp(v1alpha1.ReleaseRoles{})
		app.Spec.Rollout.State, app.Annotations = c.state, map[string]string{v1alpha1.AnnotationPaused: c.annotation}
		var said strings.Builder
		(&plugin{IOStreams: genericiooptions.IOStreams{ErrOut: &said}}).warnOfHolds(app)
		if said.String() != c.want {
			t.Errorf("state %q, annotation %s: got %q, want %q", c.state, c.annotation, said.String(), c.want)
		}
	}
}

func TestDifferencesAreLists(t *testing.T) {
	one, two := numbered(1, "True", "Healthy"), numbered(2, "True", "Healthy")
	d, err := between(&one, &two, &contents{})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	p := &plugin{IOStreams: genericiooptions.IOStreams{Out: &out}}
	for _, differences := range [][]difference{{d}, nil} {
		if err := p.tellDifferences(differences, &two, asJSON); err != nil {
			t.Fatal(err)
		}
	}
	want := "{\n  \"differences\": [\n    {\n      \"from\": \"shop-1\",\n      \"to\": \"shop-2\",\n      \"changes\": []\n    }\n  ]\n}\n{\n  \"differences\": []\n}\n"
	if out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}

// TestDiffOfWhatWasTakenOver: what nobody has written down is no difference.
func TestDiffOfWhatWasTakenOver(t *testing.T) {
	one, two := numbered(1, "True", "Healthy"), numbered(2, "True", "Healthy")
	one.Spec.Image, one.Spec.InputHash, one.Spec.Adopted = "shop:1", "adopted", &runtime.RawExtension{Raw: []byte("{}")}
	two.Spec.Image, two.Spec.Workload = "shop:2", v1alpha1.WorkloadSpec{Image: "shop:2", Args: []string{"--a"}}
	two.Spec.Sources = []v1alpha1.PinnedSource{{Kind: v1alpha1.SourceConfigMap, Name: "settings"}}
	takenOver := delta.Change{Where: "all else", Note: "shop-1 was taken over: what it runs stands in its spec.adopted, as a pod template"}
	for _, pair := range [][2]*v1alpha1.Release{{&one, &two}, {&two, &one}} {
		d, err := between(pair[0], pair[1], &contents{})
		if err != nil {
			t.Fatal(err)
		}
		want := []delta.Change{{Where: "image", Old: pair[0].Spec.Image, New: pair[1].Spec.Image}, takenOver}
		if diff := cmp.Diff(want, d.Changes); diff != "" {
			t.Errorf("%s and %s (-want +got):\n%s", pair[0].Name, pair[1].Name, diff)
		}
	}
	one.Spec.InputHash = "v1:0" // it ran what the App said
	d, err := between(&one, &two, &contents{})
	if err != nil || len(d.Changes) != 3 || d.Changes[1].Where != "args" || d.Changes[2].Where != "ConfigMap settings" {
		t.Errorf("got %v, %v", d.Changes, err)
	}
}

func TestEveryCommandHasHelpWithExamplesAndCompletion(t *testing.T) {
	for _, name := range []string{"get", "status", "history", "diff", "explain", "wait", "rollback", "retry", "restart", "pause", "resume", "scale", "render", "lint", "init"} {
		out, errOut, code := run(t, "", name, "--help")
		if code != ExitDone || !strings.Contains(out, "Examples:\n  ") || !strings.Contains(out, "kubectl bowline "+name) || errOut != "" {
			t.Errorf("%s --help: exit code %d\n%s%s", name, code, out, errOut)
		}
		if strings.Contains(out, "--insecure-skip-tls-verify") || !strings.Contains(out, `Use "kubectl bowline --help" for the flags that all commands have`) {
			t.Errorf("%s --help drowns its flags in those of kubectl:\n%s", name, out)
		}
		if strings.Contains(out, "kubectl-bowline") {
			t.Errorf("%s --help shows the name of the program:\n%s", name, out)
		}
		for line := range strings.Lines(out) {
			if strings.Contains(line, "\t") || strings.HasSuffix(line, " \n") {
				t.Errorf("%s --help: %q", name, line)
			}
		}
	}
}

func TestCompletionWithoutACluster(t *testing.T) {
	out, _, code := run(t, "", "__complete", "get", "--output", "")
	if want := "json\nyaml\n:4\n"; out != want || code != ExitDone {
		t.Errorf("exit code %d, got %q, want %q", code, out, want)
	}
	if out, _, code := run(t, "", "__complete", "get", ""); !strings.HasSuffix(out, ":4\n") || code != ExitDone {
		t.Errorf("without a cluster there is nothing to complete: exit code %d, %q", code, out)
	}
}

func numbered(number int64, healthy metav1.ConditionStatus, reason string) v1alpha1.Release {
	r := v1alpha1.Release{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("shop-%d", number)}, Spec: v1alpha1.ReleaseSpec{App: "shop", Number: number}}
	r.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionHealthy, Status: healthy, Reason: reason, Message: "said"}}
	return r
}

func shopApp(roles v1alpha1.ReleaseRoles) *v1alpha1.App {
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	app.Status.Release = roles
	return app
}

func TestPair(t *testing.T) {
	healthy := func(n int64) v1alpha1.Release { return numbered(n, "True", "Healthy") }
	failed := func(n int64) v1alpha1.Release { return numbered(n, "False", "Crashing") }
	cases := map[string]struct {
		lastHealthy string
		releases    []v1alpha1.Release
		chosen      []string
		want        string // from, to
		err         string
	}{
		"the last healthy one and the newest":     {"shop-1", []v1alpha1.Release{healthy(1), failed(2), failed(3)}, nil, "shop-1 shop-3", ""},
		"the newest is the last healthy one":      {"shop-3", []v1alpha1.Release{healthy(1), failed(2), healthy(3)}, nil, "shop-1 shop-3", ""},
		"none was healthy":                        {"", []v1alpha1.Release{failed(1), failed(2)}, nil, "shop-1 shop-2", ""},
		"there is one":                            {"shop-1", []v1alpha1.Release{healthy(1)}, nil, "none shop-1", ""},
		"there is none":                           {"", nil, nil, "", "App \"shop\" has no Releases yet; `kubectl bowline explain shop` tells what it waits for"},
		"one is named":                            {"shop-3", []v1alpha1.Release{healthy(1), healthy(2), healthy(3)}, []string{"2"}, "shop-2 shop-3", ""},
		"two are named, one by its name in full":  {"shop-3", []v1alpha1.Release{healthy(1), healthy(2), healthy(3)}, []string{"shop-1", "2"}, "shop-1 shop-2", ""},
		"one is named that is not there any more": {"shop-3", []v1alpha1.Release{healthy(2), healthy(3)}, []string{"1"}, "", `App "shop" has no Release "1": there are 2, 3`},
		"something else is named":                 {"shop-3", []v1alpha1.Release{healthy(2), healthy(3)}, []string{"latest"}, "", `App "shop" has no Release "latest": there are 2, 3`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			from, to, err := pair(shopApp(v1alpha1.ReleaseRoles{LastHealthy: c.lastHealthy}), c.releases, c.chosen)
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Errorf("got error %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := "none " + to.Name
			if from != nil {
				got = from.Name + " " + to.Name
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestHealthyBefore(t *testing.T) {
	releases := []v1alpha1.Release{numbered(1, "True", "Healthy"), numbered(2, "True", "Healthy"), numbered(3, "False", "Crashing"), numbered(4, "True", "Healthy")}
	cases := map[string]struct{ running, want, err string }{
		"before a healthy one":  {"shop-4", "shop-2", ""},
		"before an earlier one": {"shop-2", "shop-1", ""},
		"before the first":      {"shop-1", "", "App \"shop\" has no healthy Release before shop-1: choose one with --to; `kubectl bowline history shop` lists them"},
		"nothing runs":          {"", "", `App "shop" runs no Release yet: there is nothing to go back from`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := healthyBefore(shopApp(v1alpha1.ReleaseRoles{Running: c.running}), releases)
			switch {
			case c.err != "" && (err == nil || err.Error() != c.err):
				t.Errorf("got error %v, want %s", err, c.err)
			case c.err == "" && (err != nil || got.Name != c.want):
				t.Errorf("got %v, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestReleaseTest(t *testing.T) {
	overtaken := numbered(2, "Unknown", "Progressing")
	superseded := numbered(2, "Unknown", "Progressing")
	superseded.Status.SupersededTime = metav1.Now()
	cases := map[string]struct {
		named    string
		desired  string
		releases []v1alpha1.Release
		want     string // holds, how it is now, error
		code     int
	}{
		"healthy":          {"2", "shop-2", []v1alpha1.Release{numbered(2, "True", "Healthy")}, "true said <nil>", 0},
		"by its name":      {"shop-2", "shop-2", []v1alpha1.Release{numbered(2, "True", "Healthy")}, "true said <nil>", 0},
		"failed":           {"2", "shop-2", []v1alpha1.Release{numbered(2, "False", "Crashing")}, `false  Release "shop-2" failed (Crashing): said`, 1},
		"on its way":       {"2", "shop-2", []v1alpha1.Release{overtaken}, "false shop-2 has not proved healthy yet <nil>", 0},
		"given up":         {"2", "shop-1", []v1alpha1.Release{superseded}, `false  Release "shop-2" was given up before it proved healthy: the App went back to earlier inputs`, 1},
		"overtaken":        {"2", "shop-3", []v1alpha1.Release{overtaken, numbered(3, "Unknown", "Progressing")}, `false  Release "shop-2" was overtaken by "shop-3" before it proved healthy`, 1},
		"not there yet":    {"4", "shop-2", []v1alpha1.Release{overtaken}, "false there is no shop-4 yet <nil>", 0},
		"no such name":     {"web-2", "shop-2", []v1alpha1.Release{overtaken}, "false  --for=release=web-2: name a Release by its number, such as release=3", 3},
		"no number at all": {"", "shop-2", nil, "false  --for=release=: name a Release by its number, such as release=3", 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			holds, now, err := releaseTest(c.named)(&view.View{App: shopApp(v1alpha1.ReleaseRoles{Desired: c.desired}), Releases: c.releases})
			if got := fmt.Sprintf("%t %s %v", holds, now, err); got != c.want || ExitCode(err) != c.code {
				t.Errorf("got %s (%d), want %s (%d)", got, ExitCode(err), c.want, c.code)
			}
		})
	}
}

func TestKeeperOf(t *testing.T) {
	cases := map[string]struct {
		meta metav1.ObjectMeta
		want string
	}{
		"nobody":           {metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}}, ""},
		"Argo CD":          {metav1.ObjectMeta{Annotations: map[string]string{"argocd.argoproj.io/tracking-id": "shops:bowline.dev/App:default/shop"}}, "Argo CD (Application shops)"},
		"Flux, kustomize":  {metav1.ObjectMeta{Labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "prod"}}, "Flux (Kustomization prod)"},
		"Flux, Helm":       {metav1.ObjectMeta{Labels: map[string]string{"helm.toolkit.fluxcd.io/name": "prod"}}, "Flux (HelmRelease prod)"},
		"by who writes it": {metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "argocd-controller"}}}, "argocd-controller"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := keeperOf(&v1alpha1.App{ObjectMeta: c.meta}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestExplainAdvisesFromThePodsUp(t *testing.T) {
	app := shopApp(v1alpha1.ReleaseRoles{Desired: "shop-2", Running: "shop-1"})
	app.Status.Failure.Release = "shop-2"
	app.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: "False", Reason: "RolledBack", Message: "said"}}
	told := numbered(2, "False", "CannotStart")
	told.Status.Evidence = []v1alpha1.Evidence{{Reason: "ImagePullBackOff"}, {Reason: "ImagePullBackOff"}}
	e := explain(app, &told)
	var reasons []string
	for _, m := range e.Reasons {
		reasons = append(reasons, m.Reason)
	}
	if diff := cmp.Diff([]string{"RolledBack", "CannotStart", "ImagePullBackOff"}, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if len(e.Do) < 3 || e.Do[0] != "Check the image's name and tag, and that it was pushed." {
		t.Errorf("what to do: %q", e.Do)
	}
	for _, step := range e.Do {
		if strings.Contains(step, "kubectl bowline explain") {
			t.Errorf("it sends the reader to where he is: %s", step)
		}
	}
}

// TestWhatInitWritesPassesLint adopts Deployments with every field of their pods
// that is likely, and some that are not.
func TestWhatInitWritesPassesLint(t *testing.T) {
	content, err := os.ReadFile("testdata/deployments.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for doc := range strings.SplitSeq(string(content), "---\n") {
		d := &appsv1.Deployment{}
		if err := yaml.UnmarshalStrict([]byte(doc), d); err != nil {
			t.Fatal(err)
		}
		t.Run(d.Name, func(t *testing.T) {
			app, err := adopt.Deployment(d, adopt.Options{Name: d.Name})
			if err != nil {
				t.Fatal(err)
			}
			text, err := manifestOf(app)
			if err != nil {
				t.Fatal(err)
			}
			found, err := problemsOf(context.Background(), text)
			if err != nil || len(found) > 0 {
				t.Errorf("%v %+v in\n%s", err, found, text)
			}
		})
	}
}
