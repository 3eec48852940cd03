package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const two = `# a comment
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
---
---
apiVersion: bowline.dev/v1alpha1
kind: App
metadata:
  name: shop
spec:
  image: shop:1
  secrets:
    - name: a
      as: Env
    - name: b
      keys: [{key: x},
             {key: y}]
  scheduling:
    nodeSelector:
      kubernetes.io/os: linux
`

func TestLine(t *testing.T) {
	objects, err := Parse("shop.yaml", []byte(two))
	if err != nil || len(objects) != 2 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	cases := map[string]int{
		"":                             7,
		"<nil>":                        7,
		"metadata.name":                10,
		"spec":                         11,
		"spec.image":                   12,
		".spec.image":                  12,
		"spec.secrets":                 13,
		"spec.secrets[1]":              16,
		"spec.secrets[1].name":         16,
		"spec.secrets[1].keys[1].key":  18,
		"spec.secrets[1].keys[1].name": 18,
		"spec.secrets[7]":              13,
		"spec.replicas":                11,
		"spec.scheduling.nodeSelector[kubernetes.io/os]": 21,
	}
	for field, want := range cases {
		if got := objects[1].Line(field); got != want {
			t.Errorf("%s is found on line %d, want %d", field, got, want)
		}
	}
}

func TestListsAreTakenApart(t *testing.T) {
	objects, err := Parse("list.yaml", []byte("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: b\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		got = append(got, o.GetName())
	}
	if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if line := objects[1].Line("metadata.name"); line != 11 {
		t.Errorf("line %d, want 11", line)
	}
}

func TestWhatIsNoYAML(t *testing.T) {
	cases := map[string]struct {
		content string
		line    int
		want    string
	}{
		"a key twice":          {"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  name: b\n", 6, `key "name" already set in map`},
		"two keys twice":       {"a: 1\na: 2\nb: 1\nb: 2\n", 2, `key "a" already set in map`},
		"a tab":                {"apiVersion: v1\n\tkind: ConfigMap\n", 2, "found a tab character that violates indentation"},
		"no object":            {"---\nhello\n", 2, "no Kubernetes object: it has no fields"},
		"a list":               {"- a\n- b\n", 1, "no Kubernetes object: it has no fields"},
		"no apiVersion":        {"a: b\n", 1, "no Kubernetes object: it has no apiVersion"},
		"no kind":              {"apiVersion: v1\n", 1, "no Kubernetes object: it has no kind"},
		"an empty kind":        {"apiVersion: v1\nkind:\n", 1, "no Kubernetes object: it has no kind"},
		"a kind that is none":  {"apiVersion: v1\nkind: 7\n", 1, "no Kubernetes object: its kind is no text"},
		"items that are none":  {"apiVersion: v1\nkind: List\nitems: [a]\n", 1, "no Kubernetes object: an item of the list has no fields"},
		"a template":           {"apiVersion: v1\nkind: ConfigMap\ndata:\n  a: {{ .Values.a }}\n", 4, "a key is a map or a list: a template such as {{ x }} wants quotes"},
		"no anchor":            {"---\na: b\nc: *x\n", 3, "a value that begins with * wants quotes, or names an anchor (&) that is not there"},
		"a tag that is not so": {"---\na: !!int x\n", 2, "a value does not fit its tag (!), or is no JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("x.yaml", []byte(c.content))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v", err)
			}
			if syntax.Line != c.line || syntax.Err.Error() != c.want {
				t.Errorf("got line %d: %v, want line %d: %s", syntax.Line, syntax.Err, c.line, c.want)
			}
		})
	}
}

// TestNoErrorQuotesAValue breaks a Secret in every way that parsers know.
func TestNoErrorQuotesAValue(t *testing.T) {
	const head = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n"
	for name, content := range map[string]string{
		"no kind":                "apiVersion: v1\nstringData: {a: hunter2}\n",
		"no apiVersion":          "kind: Secret\nstringData: {a: hunter2}\n",
		"neither":                "password: hunter2\n",
		"text alone":             "hunter2\n",
		"a kind that is none":    "apiVersion: v1\nkind: {a: hunter2}\n",
		"JSON":                   `{"apiVersion": "v1", "stringData": {"a": "hunter2"}}`,
		"a list of values":       "apiVersion: v1\nkind: List\nitems: [hunter2]\n",
		"an anchor":              head + "  a: *hunter2\n",
		"an anchor in itself":    head + "  a: &hunter2 [*hunter2]\n",
		"a number":               head + "  a: !!int hunter2\n",
		"a moment":               head + "  a: !!timestamp hunter2\n",
		"a float":                head + "  a: !!float hunter2\n",
		"bytes":                  head + "  a: !!binary hunter2:\n",
		"a tag":                  head + "  a: !hunter2! x\n",
		"a merge":                head + "  <<: hunter2\n",
		"a template":             head + "  a: {{ hunter2 }}\n",
		"a template as a key":    head + "  {{ hunter2 }}: x\n",
		"a list as a key":        head + "  [hunter2]: hunter2\n",
		"no end of a list":       head + "  a: [hunter2\n",
		"no end of text":         head + "  a: \"hunter2\n",
		"an escape":              head + "  a: \"hunter2\\q\"\n",
		"a colon":                head + "  a: hunter2: x\n",
		"a percent":              head + "  a: %hunter2\n",
		"an at":                  head + "  a: @hunter2\n",
		"a backtick":             head + "  a: `hunter2\n",
		"a tab":                  head + "  a: x\n\thunter2\n",
		"a control character":    head + "  a: hunter2\x01\n",
		"no UTF-8":               head + "  a: hunter2\xff\n",
		"two lines":              head + "  a: x\n hunter2\n",
		"a value in a key twice": head + "  a: hunter2\n  a: hunter2\n",
	} {
		t.Run(name, func(t *testing.T) {
			objects, err := Parse("secret.yaml", []byte(content))
			var syntax *SyntaxError
			if len(objects) > 0 || !errors.As(err, &syntax) {
				t.Fatalf("got %d objects, %v", len(objects), err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("it quotes the value: %v", err)
			}
		})
	}
}

func TestReadFolderAndStandardInput(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{
		"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "b.json": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}`, "README.md": "# no",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	objects, err := Read([]string{folder, "-"}, strings.NewReader("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		got = append(got, o.GetName())
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const values = "image: {tag: hunter2}\n"
	if err := os.WriteFile(filepath.Join(folder, "values.yaml"), []byte(values), 0o644); err != nil {
		t.Fatal(err)
	}
	if objects, err := Read([]string{folder}, nil); err != nil || len(objects) != 2 {
		t.Errorf("a folder with what is no manifest: %d objects, %v", len(objects), err)
	}
	if objects, err := Read([]string{filepath.Join(folder, "a.yaml"), filepath.Join(folder, "values.yaml")}, nil); err != nil || len(objects) != 1 {
		t.Errorf("several files, one of which is no manifest: %d objects, %v", len(objects), err)
	}
	if _, err := Read([]string{"-"}, strings.NewReader(values)); err == nil || err.Error() != "standard input:1: no Kubernetes object: it has no apiVersion" {
		t.Errorf("only what is no manifest: %v", err)
	}
	if _, err := Read([]string{t.TempDir()}, nil); err == nil || !strings.Contains(err.Error(), "no file in this folder ends in .yaml, .yml, .json") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestWriteKeepsOrderAndQuotes(t *testing.T) {
	got, err := Write(struct {
		Z string   `json:"z"`
		A []string `json:"a"`
		M string   `json:"m"`
	}{"true", []string{"8080", "x: y"}, "two\nlines\n"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "z: \"true\"\na:\n  - \"8080\"\n  - 'x: y'\nm: |\n  two\n  lines\n"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
