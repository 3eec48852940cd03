package observability_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

type logLine map[string]any

func logLines() []logLine {
	GinkgoHelper()
	text, err := os.ReadFile(operatorLog)
	Expect(err).NotTo(HaveOccurred())
	var out []logLine
	for line := range bytes.Lines(text) {
		parsed := logLine{}
		Expect(json.Unmarshal(line, &parsed)).To(Succeed(), "each line is JSON: %s", line)
		out = append(out, parsed)
	}
	return out
}

// linesOf are the lines about an App.
func linesOf(app string) []logLine {
	GinkgoHelper()
	return slices.DeleteFunc(logLines(), func(line logLine) bool { return line["namespace"] != namespace || line["name"] != app })
}

var documentedKey = regexp.MustCompile("(?m)^\\| `([a-zA-Z]+)` \\|")

// checkLog: a person who reads what is said of an App reads its story, and a
// program can rely on the keys.
func checkLog() {
	_, section, ok := strings.Cut(string(file("docs", "observability.md")), "\n## Logs\n")
	Expect(ok).To(BeTrue())
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for _, match := range documentedKey.FindAllStringSubmatch(section, -1) {
		documented = append(documented, match[1])
	}
	slices.Sort(documented)
	var told []string
	for _, line := range linesOf("web") {
		Expect(slices.Sorted(maps.Keys(line))).To(Equal(documented))
		Expect(line["level"]).To(Equal("info"))
		Expect(line["msg"]).To(Equal("decided"))
		told = append(told, fmt.Sprintf("%v %v: desired %v, running %v, last healthy %v", line["action"], line["reason"], line["desired"], line["running"], line["lastHealthy"]))
	}
	Expect(told).To(Equal([]string{
		"Advance Progressing: desired 1, running 0, last healthy 0",
		"Bake Baking: desired 1, running 1, last healthy 0",
		"Settled Healthy: desired 1, running 1, last healthy 1",
		"Advance Progressing: desired 2, running 1, last healthy 1",
		"Bake Baking: desired 2, running 2, last healthy 1",
		"Settled Healthy: desired 2, running 2, last healthy 2",
		"Advance Progressing: desired 3, running 2, last healthy 2",
		"RollBack RollingBack: desired 3, running 3, last healthy 2",
		"Stall RolledBack: desired 3, running 2, last healthy 2",
	}))
}
