package simulation

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// document is made from the tables of package rollout and the transcripts, so
// that it cannot say what is not so.
const document = "../../docs/rollouts.md"

const preface = `# Rollouts

What Bowline decides, and when. This page is written by ` + "`make simulate`" + `: the tables are those of the package that
decides, and every story below is played in each run of the tests, to the second; half of them also on a real
control plane.

In a story, a line that begins with ` + "`>`" + ` is what happened, the others are what the operator did about it. Before it
stand the second, and how many pods serve of how many are wanted.

`

func TestDocument(t *testing.T) {
	got := preface + tables(t) + complaints() + stories(t)
	if *update {
		if err := os.WriteFile(document, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/rollouts.md is out of date: make simulate writes it anew (-want +got):\n%s", diff)
	}
}

// tables are the package comment of rollout, from the first table on.
func tables(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../rollout/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, comment, found := strings.Cut(string(source), "The names are the same everywhere")
	if !found {
		t.Fatal("the package comment of rollout does not explain its names any more")
	}
	var out strings.Builder
	out.WriteString("## The tables\n\nThe names are the same everywhere")
	inTable := false
	for line := range strings.Lines(strings.TrimSuffix(comment, "package rollout\n")) {
		text, table := strings.CutPrefix(line, "//\t")
		text = strings.TrimPrefix(strings.TrimPrefix(text, "//"), " ")
		if table != inTable {
			out.WriteString("```\n")
			inTable = table
		}
		out.WriteString(text)
	}
	return out.String() + "\n"
}

// complaints say which story answers which.
func complaints() string {
	var rows []string
	for _, s := range Scenarios {
		for _, issue := range s.Answers {
			rows = append(rows, fmt.Sprintf("| %s | [%s](#%s) |\n", issue, s.Name, anchor(s)))
		}
	}
	slices.Sort(rows)
	return "## What others are asked for\n\nIssues of other projects, and the story that answers them here.\n\n| issue | story |\n|---|---|\n" +
		strings.Join(rows, "") + "\n"
}

func anchor(s Scenario) string { return strings.ReplaceAll(strings.ToLower(s.Name), " ", "-") }

func stories(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("## The stories\n")
	for _, s := range Scenarios {
		transcript, err := os.ReadFile(s.File())
		if err != nil {
			t.Fatal(err)
		}
		_, story, _ := strings.Cut(string(transcript), "\n\n")
		if len(s.Answers) > 0 {
			_, story, _ = strings.Cut(story, "\n\n")
		}
		fmt.Fprintf(&out, "\n### %s\n\n", s.Name)
		if len(s.Answers) > 0 {
			fmt.Fprintf(&out, "Answers %s.\n\n", strings.Join(s.Answers, ", "))
		}
		fmt.Fprintf(&out, "```text\n%s```\n", story)
	}
	return out.String()
}

var told = regexp.MustCompile(`(?m)^ *\d+s \d+/\d+  (\w+) \((\w+)\)`)

// TestEveryRowIsPlayed: for every row of the table of Decide there is a story in
// which it is what was decided.
func TestEveryRowIsPlayed(t *testing.T) {
	played := map[string]bool{}
	for _, s := range Scenarios {
		transcript, err := os.ReadFile(s.File())
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range told.FindAllStringSubmatch(string(transcript), -1) {
			played[match[1]+" "+match[2]] = true
		}
	}
	rows := decisions(t)
	if len(rows) < 15 {
		t.Fatalf("%d rows with an action and a reason, want the whole table: %v", len(rows), rows)
	}
	for _, row := range rows {
		if !played[row] {
			t.Errorf("no story in which the decision is %s", row)
		}
	}
}

// decisions are the actions and reasons of the table of Decide.
func decisions(t *testing.T) []string {
	t.Helper()
	_, table, found := strings.Cut(tables(t), "situation                                        action")
	table, _, closed := strings.Cut(table, "```")
	if !found || !closed {
		t.Fatal("the package comment of rollout has no table of Decide any more")
	}
	columns := regexp.MustCompile(`  +`)
	var rows []string
	for line := range strings.Lines(table) {
		cells := columns.Split(strings.TrimSpace(line), -1)
		if len(cells) != 3 || strings.HasPrefix(cells[1], "-") {
			continue // a header, or a row without a reason of its own
		}
		reason, _, _ := strings.Cut(cells[2], ",")
		if cells[2] == "the reason of Held" {
			reason = "InputsMissing"
		}
		for action := range strings.SplitSeq(cells[1], ", ") {
			rows = append(rows, action+" "+reason)
		}
	}
	return rows
}

// TestComplaintsAreAnswered holds what others are asked for most against the
// stories: an answer that is gone is noticed.
func TestComplaintsAreAnswered(t *testing.T) {
	var answered []string
	for _, s := range Scenarios {
		answered = append(answered, s.Answers...)
	}
	for complaint, issues := range map[string][]string{
		"rollback leaves the configuration behind":       {"argo-rollouts#2669", "argo-rollouts#1297", "argo-rollouts#2675"},
		"nothing is rolled back automatically":           {"kubernetes#23211"},
		"a crash loop resets the progress deadline":      {"argo-rollouts#3765", "argo-rollouts#4128"},
		"a change of configuration does not roll":        {"kubernetes#22368", "argo-rollouts#958"},
		"terminal errors wait out the timeout":           {"kubernetes#18568", "kubernetes#40207", "argo-rollouts#1376"},
		"an autoscaler and a rollout inflate each other": {"kubernetes#72775", "argo-rollouts#3849"},
		"the autoscaler's replicas are overwritten":      {"kubernetes#25238", "helm#12650"},
		"a rollback fights GitOps":                       {"argo-cd#9570", "argo-cd#15588", "flagger#682"},
		"a failed promotion is an outage or a loop":      {"flagger#1898", "flagger#1591"},
		"a broken stable version blocks the fix":         {"argo-rollouts#1774", "flagger#639"},
		"a stale cache makes it stuck":                   {"argo-rollouts#3080"},
		"the abort itself is unsafe":                     {"argo-rollouts#4973", "argo-rollouts#1292", "argo-rollouts#2119"},
		"false failures":                                 {"argo-rollouts#1624", "argo-rollouts#3414", "kubernetes#106697"},
		"configuration is collected too early":           {"kustomize-controller#1180"},
		"the evidence is lost":                           {"helm#31035"},
		"it needs surgery when stuck":                    {"helm#7476"},
		"failure after promotion is nobody's job":        {"flagger#616", "argo-rollouts#995"},
		"the status never ends":                          {"kubevela#7045"},
		"undo corrupts later applies":                    {"kubernetes#94698"},
		"a shared change rolls everything at once":       {"flagger#1069"},
	} {
		for _, issue := range issues {
			if !slices.Contains(answered, issue) {
				t.Errorf("%s: no story answers %s", complaint, issue)
			}
		}
	}
}
