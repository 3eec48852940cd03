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
		"a tab":                {"apiVersion: v1\n\tkind: ConfigMap\n", 2, "found a tab character that violates indentation"},
		"no object":            {"---\nhello\n", 2, "no Kubernetes object: "},
		"an object of no kind": {"a: b\n", 1, "no Kubernetes object: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("x.yaml", []byte(c.content))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v", err)
			}
			if syntax.Line != c.line || !strings.HasPrefix(syntax.Err.Error(), c.want) {
				t.Errorf("got line %d: %v, want line %d: %s", syntax.Line, syntax.Err, c.line, c.want)
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
