package install_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// documented returns the commands in a section of docs/install.md, by block.
func documented(section string) [][]string {
	GinkgoHelper()
	var blocks [][]string
	for _, block := range fenced(section, "sh") {
		blocks = append(blocks, strings.Split(strings.TrimSpace(block), "\n"))
	}
	Expect(blocks).NotTo(BeEmpty(), "commands in section %q", section)
	ran[section] = true
	return blocks
}

// ran are the sections whose commands a spec has asked for.
var ran = map[string]bool{}

// fenced returns the blocks of a language in a section.
func fenced(section, language string) []string {
	GinkgoHelper()
	var blocks []string
	for _, part := range strings.Split(sections()[section], "```"+language+"\n")[1:] {
		block, _, closed := strings.Cut(part, "```")
		Expect(closed).To(BeTrue())
		blocks = append(blocks, block)
	}
	return blocks
}

func sections() map[string]string {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join(project, "docs", "install.md"))
	Expect(err).NotTo(HaveOccurred())
	found := map[string]string{}
	for _, part := range strings.Split(string(text), "\n## ")[1:] {
		title, body, _ := strings.Cut(part, "\n")
		found[title] = body
	}
	return found
}

// follow runs a block of commands.
func follow(ctx context.Context, commands []string) {
	GinkgoHelper()
	for _, command := range commands {
		By(command)
		must(ctx, command)
	}
}

var _ = Describe("docs/install.md", func() {
	It("builds the image by a command that make knows", func(ctx SpecContext) {
		command := documented("The image")[0][0]
		Expect(must(ctx, command+" --dry-run")).To(Equal("go run -C build/image .   --push=registry.example/bowline:dev \n"))
	})

	It("has a kustomization for other namespaces that is what it says", func(ctx SpecContext) {
		blocks := fenced("For some namespaces", "yaml")
		Expect(blocks).To(HaveLen(2))
		folder := GinkgoT().TempDir()
		Expect(os.CopyFS(filepath.Join(folder, "bowline", "config"), os.DirFS(filepath.Join(project, "config")))).To(Succeed())
		for _, block := range blocks {
			head, _, _ := strings.Cut(block, "\n")
			file := filepath.Join(folder, strings.TrimPrefix(head, "# "))
			Expect(os.MkdirAll(filepath.Dir(file), 0o755)).To(Succeed())
			Expect(os.WriteFile(file, []byte(block), 0o600)).To(Succeed())
		}
		want := objects(must(ctx, "kubectl kustomize config/namespaced"))
		got := objects(must(ctx, "kubectl kustomize "+folder))
		rename := func(found map[string]map[string]any) {
			for key, object := range found {
				if text := toText(object); strings.Contains(text, "namespace: default") || strings.Contains(text, "--namespaces=default") {
					delete(found, key)
					text = strings.NewReplacer("namespace: default", "namespace: team-a", "--namespaces=default", "--namespaces=team-a").Replace(text)
					for key, object := range objects(text) {
						found[key] = object
					}
				}
			}
		}
		rename(want)
		Expect(got).To(Equal(want))
	})
})

var _ = ReportAfterSuite("every section's commands were run", func(report Report) {
	if !report.SuiteSucceeded || report.PreRunStats.SpecsThatWillRun != report.PreRunStats.TotalSpecs {
		return // only a whole run tells
	}
	for title, body := range sections() {
		if strings.Contains(body, "```sh\n") {
			Expect(ran).To(HaveKey(title), "no spec runs the commands of section %q", title)
		}
	}
})
