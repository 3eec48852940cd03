package advice

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/troubleshooting.md anew")

// goodNews are reasons that need no advice.
var goodNews = map[string]bool{
	"Healthy": true, "Resolved": true, "Bound": true, "MinimumReplicasAvailable": true, "ScaledToZero": true, "ScalingActive": true,
}

// TestMeaningsAreThoseOfTheAPI reads the comments beside the constants.
func TestMeaningsAreThoseOfTheAPI(t *testing.T) {
	said := meanings(t)
	if len(said) < 30 {
		t.Fatalf("%d reasons in the API's source", len(said))
	}
	told := map[string]string{}
	for _, a := range append(append([]Advice{}, Failures...), Conditions...) {
		told[a.Reason] = a.Meaning
	}
	for reason := range goodNews {
		delete(said, reason)
	}
	if diff := cmp.Diff(said, told); diff != "" {
		t.Errorf("meanings (-api +advice):\n%s", diff)
	}
}

// meanings are the reasons of the API and the comments beside them.
func meanings(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") && !strings.HasPrefix(spec.Names[0].Name, "Failure") {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		_, meaning, _ := strings.Cut(strings.Join(strings.Fields(spec.Doc.Text()), " "), ": ")
		out[value] = meaning
		return true
	})
	return out
}

func TestEveryEntryIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range [][]Advice{Failures, Conditions, Signs} {
		for _, a := range table {
			if seen[a.Reason] {
				t.Errorf("%s stands twice", a.Reason)
			}
			seen[a.Reason] = true
			if a.Meaning == "" || len(a.Do) == 0 {
				t.Errorf("%s lacks its meaning, or what to do", a.Reason)
			}
			for _, step := range a.Do {
				if strings.Count(step, "`")%2 != 0 {
					t.Errorf("%s: a command does not end: %s", a.Reason, step)
				}
			}
		}
	}
}

func TestFor(t *testing.T) {
	a, ok := Of("RolledBack")
	if !ok {
		t.Fatal("nothing to say of RolledBack")
	}
	if got, want := a.For("shop")[0], "See why it failed: `kubectl bowline explain shop`."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, ok := Of("Healthy"); ok {
		t.Error("there is nothing to do about Healthy")
	}
}

// TestDocument holds docs/troubleshooting.md against the tables.
func TestDocument(t *testing.T) {
	const file = "../../docs/troubleshooting.md"
	want := document()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from the tables (-file +tables), write it with `go test ./internal/advice -update`:\n%s", file, cmp.Diff(string(got), string(want)))
	}
}

func document() []byte {
	var out bytes.Buffer
	out.WriteString(`# Troubleshooting

What each reason means, and what to do about it. ` + "`kubectl bowline explain APP`" + ` says the same of one App, with what was
seen of it. This page is written from the tables in ` + "`internal/advice`" + `; in commands, APP is the name of the App.
`)
	for _, section := range []struct {
		title, text string
		table       []Advice
	}{
		{"Why a Release fails", "The reasons of a Release's condition `Healthy`, and of `.status.failure` of an App.", Failures},
		{"What an App says", "The reasons of an App's conditions; that of `Ready` is the column STATUS.", Conditions},
		{"What pods show", "The words in the evidence of a failed Release, and beside the pods in `kubectl bowline get APP`.", Signs},
	} {
		fmt.Fprintf(&out, "\n## %s\n\n%s\n", section.title, section.text)
		for _, a := range section.table {
			fmt.Fprintf(&out, "\n### %s\n\n%s\n\n", a.Reason, sentence(a.Meaning))
			for _, step := range a.Do {
				fmt.Fprintf(&out, "- %s\n", step)
			}
		}
	}
	return out.Bytes()
}

// sentence begins with a capital, unless it begins with the name of a field.
func sentence(text string) string {
	if word, _, _ := strings.Cut(text, " "); strings.ContainsAny(word, ".") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
