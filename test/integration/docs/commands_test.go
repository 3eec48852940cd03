// Package docs_test holds the documentation against what it speaks of: each
// YAML is taken by a real API server, and the commands of the pages for
// beginners are run, in their order, against a real control plane on which the
// operator runs.
package docs_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/test/harness"
)

// played are the pages whose commands are run here.
var played = []string{"docs/quick-start.md", "docs/guides.md", "docs/observability.md"}

// runBy are the suites that run the commands of other pages.
var runBy = map[string]string{
	"docs/e2e.md":             "test/e2e",
	"docs/install.md":         "test/integration/install",
	"docs/kubectl-bowline.md": "test/integration/plugin",
	"docs/moving.md":          "test/integration/operator",
}

// elsewhere are the API groups whose objects other suites check.
var elsewhere = map[string]string{
	"argoproj.io":             "test/gitops",
	"fluxcd.io":               "test/gitops",
	"monitoring.coreos.com":   "test/integration/observability",
	"kustomize.config.k8s.io": "kubectl, which the suites install with",
	"db.example.com":          "test/integration/servicebinding",
}

func TestDocumentation(t *testing.T) {
	ctx := t.Context()
	// A file, for several processes write it at the same time.
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("what cluster and operator printed:\n%s", text)
		}
		_ = log.Close()
	})
	cluster, err := harness.StartCluster(ctx, harness.ClusterOptions{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	for _, folder := range []string{"config/crd", "config/crd/servicebinding"} {
		if out, err := cluster.Kubectl(ctx, "apply", "--server-side", "-k", fromRoot(t, folder)); err != nil {
			t.Fatal(out, err)
		}
	}
	if out, err := cluster.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"); err != nil {
		t.Fatal(out, err)
	}
	kubeconfig, err := cluster.InstallAccount(ctx, "config/default")
	if err != nil {
		t.Fatal(err)
	}
	operator, err := harness.StartOperator(ctx, harness.OperatorOptions{Kubeconfig: kubeconfig, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := operator.Stop(); err != nil {
			t.Error(err)
		}
	})
	api, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("YAML", func(t *testing.T) {
		for _, page := range pages(t) {
			for _, b := range blocks(t, page) {
				if b.language == "yaml" {
					for _, document := range strings.Split(b.text, "\n---\n") {
						taken(t, api, b, document)
					}
				}
			}
		}
	})
	plugin, err := harness.Build(ctx, "cmd/kubectl-bowline", "kubectl-bowline", log)
	if err != nil {
		t.Fatal(err)
	}
	path := strings.Join([]string{cluster.Assets, filepath.Dir(plugin), os.Getenv("PATH")}, string(os.PathListSeparator))
	for _, page := range played {
		t.Run("the commands of "+page, func(t *testing.T) { play(t, cluster, path, page) })
	}
}

func fromRoot(t *testing.T, path string) string {
	t.Helper()
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, filepath.FromSlash(path))
}

// taken asks the API server, without creating it, for the object of a document,
// or for an App with the piece of a spec that the document is.
func taken(t *testing.T, api client.Client, b block, document string) {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
		t.Errorf("%s: %v", b, err)
		return
	}
	if spec, ok := object.Object["spec"].(map[string]any); ok && len(object.Object) == 1 {
		if spec["image"] == nil {
			spec["image"] = "ghcr.io/acme/shop:1.4.2"
		}
		object.Object["apiVersion"], object.Object["kind"] = "bowline.dev/v1alpha1", "App"
		object.SetName("shop")
	}
	for group := range elsewhere {
		if strings.HasSuffix(object.GroupVersionKind().Group, group) {
			return
		}
	}
	if object.GetKind() == "" {
		t.Errorf("%s: neither an object nor a piece of an App's spec", b)
		return
	}
	if namespaced, err := api.IsObjectNamespaced(object); err == nil && namespaced {
		object.SetNamespace(metav1.NamespaceDefault)
	}
	err := client.WithFieldValidation(api, metav1.FieldValidationStrict).Create(t.Context(), object, client.DryRunAll)
	if err != nil {
		t.Errorf("%s: %v", b, err)
	}
}

// commandTimeout bounds one line of a page.
const commandTimeout = 3 * time.Minute

// named begins a block of YAML with the name of the file that it is kept in.
var named = regexp.MustCompile(`\A# (\S+\.yaml)\n`)

// play runs the lines of a page's blocks of shell one after the other. Blocks of
// YAML that begin with a file's name are there under that name. The path leads to
// kubectl and the plugin.
func play(t *testing.T, cluster *harness.Cluster, path, page string) {
	namespace := strings.TrimSuffix(filepath.Base(page), ".md")
	kubeconfig := kubeconfigOf(t, cluster, namespace)
	folder := t.TempDir()
	for _, b := range blocks(t, page) {
		if found := named.FindStringSubmatch(b.text); b.language == "yaml" && found != nil {
			if err := os.WriteFile(filepath.Join(folder, found[1]), []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if page == "docs/observability.md" { // it takes an operator in the cluster for granted
		if out, err := cluster.Kubectl(t.Context(), "apply", "--server-side", "--force-conflicts", "-k", fromRoot(t, "config/default")); err != nil {
			t.Fatal(out, err)
		}
	}
	if page == "docs/guides.md" { // it takes the App of the quick start for granted
		for _, b := range blocks(t, "docs/quick-start.md") {
			if b.language == "yaml" {
				if err := os.WriteFile(filepath.Join(folder, "shop.yaml"), []byte(b.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		run(t, path, kubeconfig, folder, block{page: page}, "kubectl apply -f shop.yaml && kubectl wait app/shop --for=condition=Ready --timeout=3m")
	}
	for _, b := range blocks(t, page) {
		if b.language != "sh" {
			continue
		}
		for _, line := range commands(b) {
			run(t, path, kubeconfig, folder, b, line)
		}
	}
}

// commands are the commands of a block of shell, without those of make, which
// TestTargets checks, and those that prepare the shell.
func commands(b block) []string {
	var out []string
	for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", "")) {
		line = strings.TrimSpace(line)
		if line != "" && !preparation.MatchString(line) {
			out = append(out, line)
		}
	}
	return out
}

var preparation = regexp.MustCompile(`^(make\b|\.ci/run\b|export PATH=)`)

// TestEveryCommandIsRun: no page has a command that no suite runs.
func TestEveryCommandIsRun(t *testing.T) {
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.language != "sh" || slices.Contains(played, page) || len(commands(b)) == 0 {
				continue
			}
			suite := runBy[page]
			if page == "README.md" {
				repeated(t, b)
			} else if suite == "" {
				t.Errorf("%s: no suite runs this: have it played here", b)
			} else if !mentions(t, suite, page) {
				t.Errorf("%s: %s does not read that page", b, suite)
			}
		}
	}
}

// repeated checks that what the README tells to run stands on a page as well.
func repeated(t *testing.T, b block) {
	t.Helper()
	for _, line := range commands(b) {
		command, _, _ := strings.Cut(line, "  #")
		command = strings.TrimSpace(command)
		if !slices.ContainsFunc(pages(t), func(page string) bool {
			return page != b.page && strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(read(t, page), "\\\n", "")), " "), strings.Join(strings.Fields(command), " "))
		}) {
			t.Errorf("%s: no other page has %q, so no suite runs it", b, command)
		}
	}
}

// mentions tells whether a suite reads a page.
func mentions(t *testing.T, suite, page string) bool {
	t.Helper()
	files, err := filepath.Glob(fromRoot(t, suite+"/*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), page)
	})
}

// kubeconfigOf makes a namespace, and a kubeconfig that is in it.
func kubeconfigOf(t *testing.T, cluster *harness.Cluster, namespace string) string {
	t.Helper()
	if out, err := cluster.Kubectl(t.Context(), "create", "namespace", namespace); err != nil {
		t.Fatal(out, err)
	}
	text, err := os.ReadFile(cluster.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), filepath.Join(cluster.Assets, "kubectl"), "--kubeconfig="+path, "config", "set-context", "--current", "--namespace="+namespace)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func run(t *testing.T, path, kubeconfig, folder string, b block, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", line)
	command.Dir = folder
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "PATH="+path)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %s: %v\n%s", b, line, err, out)
	}
}

var target = regexp.MustCompile(`(?m)^\s*(?:\w+=\S+ )*make ([a-z][a-z0-9-]*)`)

// TestTargets: what the pages say to make is there to be made.
func TestTargets(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			for _, found := range target.FindAllStringSubmatch(b.text, -1) {
				if !strings.Contains(makefile, "\n"+found[1]+":") {
					t.Errorf("%s: there is no target %q", b, found[1])
				}
			}
		}
	}
}
