package advice

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/troubleshooting.md anew")

// source is a file of the API with the reasons that tables must have.
type source struct {
	file     string
	prefixes []string // of the constants
	tables   [][]Advice
	// goodNews need no advice.
	goodNews []string
}

var sources = map[string]source{
	"an App or a Release": {
		"../../api/v1alpha1/conditions.go",
		[]string{"Reason", "Failure"},
		[][]Advice{Failures, Conditions},
		[]string{"Healthy", "Resolved", "Bound", "MinimumReplicasAvailable", "ScaledToZero", "ScalingActive"},
	},
	"an event of an App":           {"../../api/v1alpha1/events.go", []string{"Event"}, [][]Advice{Events}, nil},
	"a ServiceBinding":             {"../../api/servicebinding/v1/conditions.go", []string{"Reason"}, [][]Advice{Bindings}, []string{"Bound", "Available"}},
	"an event of a ServiceBinding": {"../../api/servicebinding/v1/conditions.go", []string{"Event"}, [][]Advice{BindingEvents}, nil},
}

// TestMeaningsAreThoseOfTheAPI reads the comments beside the constants.
func TestMeaningsAreThoseOfTheAPI(t *testing.T) {
	for of, source := range sources {
		said := meanings(t, source)
		told := map[string]string{}
		for _, a := range slices.Concat(source.tables...) {
			told[a.Reason] = a.Meaning
		}
		for _, reason := range source.goodNews {
			if said[reason] == "" {
				t.Errorf("%s: %s is no reason", of, reason)
			}
			delete(said, reason)
		}
		if diff := cmp.Diff(said, told); diff != "" {
			t.Errorf("meanings of the reasons of %s (-api +advice):\n%s", of, diff)
		}
	}
}

// meanings are the reasons of the API and the comments beside them.
func meanings(t *testing.T, from source) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), from.file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !slices.ContainsFunc(from.prefixes, func(prefix string) bool { return strings.HasPrefix(spec.Names[0].Name, prefix) }) {
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
	if len(out) < 3 {
		t.Fatalf("%d reasons in %s", len(out), from.file)
	}
	return out
}

func TestEveryEntryIsComplete(t *testing.T) {
	for _, tables := range [][][]Advice{{Failures, Conditions, Signs}, {Events}, {Bindings}, {BindingEvents}, {Alerts}} {
		seen := map[string]bool{}
		for _, a := range slices.Concat(tables...) {
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
	want := document(t)
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

func document(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString(`# Troubleshooting

What each reason means, and what to do about it. ` + "`kubectl bowline explain APP`" + ` says the same of one App, with what was
seen of it. This page is written from the tables in ` + "`internal/advice`" + `; in commands, APP is the name of the App.
`)
	for _, section := range []struct {
		title, text string
		table       []Advice
	}{
		{"When an alert fires", "Alerts of `config/prometheus`; [observability](observability.md) says how to have them.", Alerts},
		{"Why a Release fails", "The reasons of a Release's condition `Healthy`, and of `.status.failure` of an App.", Failures},
		{"What an App says", "The reasons of an App's conditions; that of `Ready` is the column STATUS.", Conditions},
		{"What pods show", "The words in the evidence of a failed Release, and beside the pods in `kubectl bowline get APP`.", Signs},
		{"What events say", "The reasons of the events on an App, each told once for each step: `kubectl events --for app/APP`.", Events},
		{"What a ServiceBinding says", "The reasons of its conditions `Ready` and `ServiceAvailable`. Those of an App's condition `ServiceBindingsReady` stand above.", Bindings},
		{"What events of a ServiceBinding say", "The reasons of the events on a ServiceBinding.", BindingEvents},
	} {
		fmt.Fprintf(&out, "\n## %s\n\n%s\n", section.title, section.text)
		for _, a := range section.table {
			fmt.Fprintf(&out, "\n### %s\n\n%s\n\n", a.Reason, sentence(a.Meaning))
			for _, step := range a.Do {
				fmt.Fprintf(&out, "- %s\n", step)
			}
		}
	}
	out.WriteString("\n## Good news\n\nReasons with which there is nothing to do.\n\n| of | reason | meaning |\n|---|---|---|\n")
	for _, of := range slices.Sorted(maps.Keys(sources)) {
		source := sources[of]
		said := meanings(t, source)
		for _, reason := range source.goodNews {
			fmt.Fprintf(&out, "| %s | %s | %s |\n", of, reason, sentence(said[reason]))
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
