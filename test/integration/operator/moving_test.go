package operator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

// block is a fenced block of a page.
var block = regexp.MustCompile("(?s)```(yaml|sh)\n(.*?)```")

// word is a word of a shell command, in single quotes or without.
var word = regexp.MustCompile(`(?:'[^']*'|[^\s'])+`)

// shopPods identify the pods of the page's namespace that are not going away.
func (s *Scene) shopPods() []types.UID {
	list := &corev1.PodList{}
	s.Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace))).To(Succeed())
	var uids []types.UID
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			uids = append(uids, pod.UID)
		}
	}
	slices.Sort(uids)
	return uids
}

var _ = Describe("docs/moving.md", func() {
	Concurrently("does what it says, and no pod is restarted where it says so", func(s *Scene) {
		root, err := harness.Root()
		s.Expect(err).NotTo(HaveOccurred())
		page, err := os.ReadFile(filepath.Join(root, "docs", "moving.md"))
		s.Expect(err).NotTo(HaveOccurred())
		folder, err := os.MkdirTemp("", "moving-")
		s.Expect(err).NotTo(HaveOccurred())
		defer os.RemoveAll(folder)

		after := map[string][]types.UID{}
		for _, found := range block.FindAllStringSubmatch(string(page), -1) {
			if found[1] == "yaml" {
				name, ok := strings.CutPrefix(strings.SplitN(found[2], "\n", 2)[0], "# ")
				s.Expect(ok).To(BeTrue(), "a manifest says in its first line which file it is: %s", found[2])
				s.Expect(os.WriteFile(filepath.Join(folder, name), []byte(found[2]), 0o600)).To(Succeed())
				continue
			}
			for command := range strings.Lines(found[2]) {
				command = strings.TrimSpace(command)
				args := []string{"--namespace", s.Namespace}
				for i, arg := range word.FindAllString(command, -1) {
					arg = strings.ReplaceAll(arg, "'", "")
					if strings.HasSuffix(arg, ".yaml") {
						arg = filepath.Join(folder, arg)
					}
					if i == 0 {
						s.Expect(arg).To(Equal("kubectl"))
						continue
					}
					args = append(args, arg)
				}
				if strings.Contains(command, "--cascade=orphan") {
					s.collectorKnowsReleases()
				}
				s.Step(command)
				_, err := cluster.Kubectl(s.ctx, args...)
				s.Expect(err).NotTo(HaveOccurred(), command)
				if after[command] != nil {
					command += " again"
				}
				after[command] = s.shopPods()
			}
		}
		const (
			ran     = "kubectl rollout status deployment/shop"
			ready   = "kubectl wait --for=condition=Ready --timeout=60s app/shop"
			changed = "kubectl wait --for=jsonpath='{.status.release.lastHealthy}'=shop-2 --timeout=60s app/shop"
			left    = "kubectl delete app shop --cascade=orphan"
		)
		s.Expect(after[ran]).To(HaveLen(3))
		s.Expect(after[ready]).To(Equal(after[ran]))
		s.Expect(after[changed]).To(HaveLen(3))
		s.Expect(lost(after[ran], after[changed])).To(Equal(after[ran]))
		s.Expect(after[left]).To(Equal(after[changed]))
		s.Expect(after[ready+" again"]).To(Equal(after[changed]))
		app := &App{s, "shop"}
		s.Expect(app.Releases()).To(Equal([]string{"shop-1 Healthy (adopted)", "shop-2 Healthy (spec)"}))
	})
})
