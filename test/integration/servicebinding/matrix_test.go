package servicebinding_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"
)

// checkMatrix finds every test that docs/service-binding.md names: a spec by how
// it begins, or a test of a package.
func checkMatrix(t *testing.T, specs types.SpecReports) {
	t.Helper()
	document, err := os.ReadFile("../../../docs/service-binding.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := exec.CommandContext(t.Context(), "grep", "-rhoE", "func Test[A-Za-z]+", "../../../internal/admission", "../../../internal/binding", "../../../internal/kinds", "../../../api/servicebinding", "../../../controllers").Output()
	if err != nil {
		t.Fatalf("find the tests there are: %v", err)
	}
	rows := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (?:MUST|SHOULD|RECOMMENDED|)\s*\| [^|]+ \| ([^|]+) \|$`).FindAllStringSubmatch(string(document), -1) {
		if row[1] == "test" {
			continue // the heading
		}
		rows++
		for _, name := range strings.Split(row[1], "; ") {
			begins := strings.TrimSuffix(strings.ReplaceAll(name, ": ", " "), " ...")
			found := strings.Contains(string(tests), "func "+name+"\n") ||
				slices.ContainsFunc(specs, func(s types.SpecReport) bool { return strings.HasPrefix(s.FullText(), begins) })
			if !found {
				t.Errorf("docs/service-binding.md names a test that does not exist: %s", name)
			}
		}
	}
	if rows < 40 {
		t.Errorf("docs/service-binding.md has %d rows with tests", rows)
	}
}
