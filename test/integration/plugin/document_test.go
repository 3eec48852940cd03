package plugin_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// document is the page about the plugin. What it shows are the answers in
// testdata, each below a comment with its name.
const document = "../../../docs/kubectl-bowline.md"

var shown = regexp.MustCompile("(?s)<!-- answer: ([a-z-]+) -->\n```console\n(.*?)```\n")

func TestDocument(t *testing.T) {
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	answers := 0
	want := shown.ReplaceAllStringFunc(string(content), func(block string) string {
		answers++
		name := shown.FindStringSubmatch(block)[1]
		answer, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		if err != nil {
			t.Fatalf("the page shows an answer that is not there: %v", err)
		}
		return "<!-- answer: " + name + " -->\n```console\n" + string(answer) + "```\n"
	})
	if answers < 20 {
		t.Fatalf("the page shows %d answers", answers)
	}
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(content), want); diff != "" {
		t.Errorf("%s shows other answers than those in testdata, write them with `go test ./test/integration/plugin -run TestDocument -update` (-page +testdata):\n%s", document, diff)
	}
}
