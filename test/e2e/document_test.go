package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/bowline-dev/bowline/test/harness"
)

const (
	// tableBegins and tableEnds enclose what is written anew in the document.
	tableBegins = "<!-- scenarios -->\n"
	tableEnds   = "<!-- end of scenarios -->\n"
)

// document is where the scenarios are listed.
func document() (string, error) {
	root, err := harness.Root()
	return filepath.Join(root, "docs", "e2e.md"), err
}

// scenarioNames are those of all scenarios, in order.
func scenarioNames() []string {
	var names []string
	for _, spec := range PreviewSpecs("E2E").SpecReports.WithLeafNodeType(types.NodeTypeIt) {
		names = append(names, spec.FullText())
	}
	slices.Sort(names)
	return names
}

// The document lists the scenarios that there are.
func TestDocument(t *testing.T) {
	file, err := document()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, table, err := cutTable(string(content))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(table) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | "); ok && strings.HasPrefix(line, "| ") && name != "scenario" {
			listed = append(listed, name)
		}
	}
	if diff := cmp.Diff(scenarioNames(), listed); diff != "" {
		t.Errorf("docs/e2e.md lists other scenarios than there are (-there are +listed); UPDATE=1 make test-e2e writes it anew:\n%s", diff)
	}
}

// cutTable returns what is around the table, with a gap for it, and the table.
func cutTable(content string) (around [2]string, table string, err error) {
	before, rest, found := strings.Cut(content, tableBegins)
	table, after, ends := strings.Cut(rest, tableEnds)
	if !found || !ends {
		return around, "", fmt.Errorf("docs/e2e.md: the table must stand between %q and %q", tableBegins, tableEnds)
	}
	return [2]string{before + tableBegins, tableEnds + after}, table, nil
}

// rewrite writes the table of the document anew.
func (f figures) rewrite() error {
	file, err := document()
	if err != nil {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	around, _, err := cutTable(string(content))
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(around[0]+f.text()+around[1]), 0o644)
}
