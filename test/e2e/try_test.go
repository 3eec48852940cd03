package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/test/harness"
)

var _ = Describe("A cluster to play with", func() {
	It("is had by the commands of docs/e2e.md, and serves an App", func(ctx SpecContext) {
		root, err := harness.Root()
		Expect(err).NotTo(HaveOccurred())
		// Where no cluster that somebody plays with is found, or ended.
		folder, err := os.MkdirTemp("", "try-")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(os.RemoveAll, folder)
		shell := func(ctx SpecContext, script string) string {
			GinkgoHelper()
			command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
			command.Dir = root
			command.Env = append(os.Environ(), "MAKEFLAGS=", "MFLAGS=", "TMPDIR="+folder, "KUBECONFIG="+os.DevNull)
			command.Stderr = GinkgoWriter
			out, err := command.Output()
			Expect(err).NotTo(HaveOccurred(), "%s", out)
			return string(out)
		}
		DeferCleanup(func(ctx SpecContext) { shell(ctx, "make cluster-down") })
		Expect(shell(ctx, commandsToTry())).To(MatchRegexp(`\{"pod":"shop-[0-9a-z]+-[0-9a-z]+","version":"1"\}\n$`))
	}, SpecPriority(longest), SpecTimeout(5*time.Minute))
})

// commandsToTry are those that the document has.
func commandsToTry() string {
	GinkgoHelper()
	file, err := document()
	Expect(err).NotTo(HaveOccurred())
	content, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	_, rest, begins := strings.Cut(string(content), "```sh\n")
	commands, _, ends := strings.Cut(rest, "```\n")
	Expect(begins && ends).To(BeTrue(), "docs/e2e.md has a block of commands")
	return commands
}
