package command

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

const samples = "../../../../config/samples"

// run runs a command line that needs no cluster.
func run(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	var out, errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &out, ErrOut: &errOut}
	err := Run(context.Background(), append([]string{"kubectl-bowline"}, args...), streams)
	if message := Message(err); message != "" {
		errOut.WriteString("error: " + message + "\n")
	}
	return out.String(), errOut.String(), ExitCode(err)
}

// TestLintSaysWhatTheServerSays holds lint against the words that the API server
// is held against in test/integration/api.
func TestLintSaysWhatTheServerSays(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples, "invalid", "*.yaml"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d invalid samples: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(content)) {
				if words, ok := strings.CutPrefix(line, "# refused: "); ok {
					want = append(want, strings.TrimSuffix(words, "\n"))
				}
			}
			out, errOut, code := run(t, "", "lint", "-f", file)
			var got []string
			for line := range strings.Lines(out) {
				place, message, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
				if !strings.HasPrefix(place, file+":") {
					t.Errorf("no file and line: %s", line)
				}
				got = append(got, message)
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" || code != ExitFailed {
				t.Errorf("exit code %d, %s (-server +lint):\n%s", code, errOut, diff)
			}
		})
	}
}

// TestWhatIsNoManifestIsAProblem tells it by lint and render in the same way,
// and quotes none of it.
func TestWhatIsNoManifestIsAProblem(t *testing.T) {
	for content, want := range map[string]string{
		"apiVersion: v1\nkind: App\nkind: App\n":                                                      "standard input:3: key \"kind\" already set in map\n",
		"apiVersion: v1\nstringData: {a: hunter2}\n":                                                  "standard input:1: no Kubernetes object: it has no kind\n",
		shopManifest + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: hunter2}\n": "standard input:7: read Secret \"s\": the object is not as its kind asks for\n",
	} {
		const summary = "0 objects checked, 1 problem\n"
		if out, errOut, code := run(t, content, "lint", "-f", "-"); out != want || errOut != summary || code != ExitFailed {
			t.Errorf("lint: exit code %d:\n%s%s", code, out, errOut)
		}
		if out, errOut, code := run(t, content, "render", "-f", "-"); out != "" || errOut != want+summary || code != ExitFailed {
			t.Errorf("render: exit code %d:\n%s%s", code, out, errOut)
		}
	}
}

const shopManifest = "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata: {name: shop}\nspec:\n  image: registry.example/shop:1.0\n"

func TestLintKnowsWhatAnnotationsMaySay(t *testing.T) {
	app := "apiVersion: bowline.dev/v1alpha1\nkind: App\nmetadata:\n  name: shop\n  annotations:\n    bowline.dev/adopt: \"yes\"\nspec:\n  image: registry.example/shop:1.0\n"
	want := `standard input:6: annotation bowline.dev/adopt: "yes" is neither "true" (take over what runs what the App says) nor "rollout" (take over, then roll out what the App says)` + "\n"
	if out, errOut, code := run(t, app, "lint", "-f", "-"); out != want || code != ExitFailed {
		t.Errorf("lint: exit code %d:\n%s%s", code, out, errOut)
	}
	if out, errOut, code := run(t, app, "render", "-f", "-"); out != "" || !strings.HasPrefix(errOut, want) || code != ExitFailed {
		t.Errorf("render: exit code %d:\n%s%s", code, out, errOut)
	}
}

func TestLintAndRenderAcceptEverySample(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples, "*.yaml"))
	if err != nil || len(files) < 15 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			if out, errOut, code := run(t, "", "lint", "-f", file); code != ExitDone || out != "" {
				t.Errorf("lint: exit code %d:\n%s%s", code, out, errOut)
			}
			out, errOut, code := run(t, "", "render", "-f", file)
			if code != ExitDone || !strings.Contains(out, "kind: Deployment\n") {
				t.Errorf("render: exit code %d:\n%s%s", code, out, errOut)
			}
			if strings.Contains(out, "replace-me") || strings.Contains(out, "cmVwbGFjZS1tZ") {
				t.Errorf("the value of a Secret stands in:\n%s", out)
			}
		})
	}
}
