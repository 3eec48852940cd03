package e2e_test

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// Names of figures, as they stand in the report.
const (
	figureDecided   = "failure decided, s"
	figureRecovered = "recovered, s"
	figureHealthy   = "healthy, s"
	figureHandover  = "another leads, s"
	figureRequests  = "requests"
	figureFailed    = "failed"
)

// scenario is a spec and what was measured in it.
type scenario struct {
	name    string
	seconds float64
	figures []string
}

type figures []scenario

// figuresOf reads the figures of a report, in the order of the names.
func figuresOf(report Report) figures {
	var all figures
	for _, spec := range report.SpecReports.WithLeafNodeType(types.NodeTypeIt) {
		if spec.State.Is(types.SpecStateSkipped | types.SpecStatePending) {
			continue
		}
		one := scenario{name: spec.FullText(), seconds: spec.RunTime.Seconds()}
		for _, entry := range spec.ReportEntries {
			one.figures = append(one.figures, figure(entry))
		}
		if spec.Failed() {
			one.figures = append(one.figures, "FAILED")
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b scenario) int { return strings.Compare(a.name, b.name) })
	return all
}

// figure is one figure in words: "requests 310".
func figure(entry types.ReportEntry) string {
	value := entry.GetRawValue()
	if number, ok := value.(float64); ok {
		if whole := float64(int64(number)); whole == number {
			return fmt.Sprintf("%s %d", entry.Name, int64(number))
		}
		return fmt.Sprintf("%s %.1f", strings.TrimSuffix(entry.Name, ", s"), number) + unit(entry.Name)
	}
	return fmt.Sprintf("%s %v", entry.Name, value)
}

func unit(name string) string {
	if strings.HasSuffix(name, ", s") {
		return " s"
	}
	return ""
}

// text is the table of docs/e2e.md.
func (f figures) text() string {
	var out strings.Builder
	fmt.Fprintln(&out, "| scenario | seconds | measured |\n|---|---:|---|")
	for _, s := range f {
		fmt.Fprintf(&out, "| %s | %.0f | %s |\n", s.name, s.seconds, strings.Join(s.figures, "; "))
	}
	return out.String()
}
