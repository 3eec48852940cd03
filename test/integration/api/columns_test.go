package api_test

import (
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("kubectl get", func() {
	var namespace string

	BeforeEach(func(ctx SpecContext) {
		namespace = newNamespace(ctx)
		app := newApp(namespace)
		Expect(cluster.Create(ctx, app)).To(Succeed())
		app.Status = v1alpha1.AppStatus{
			ObservedGeneration: 1,
			Conditions: []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonRolledBack,
				Message: "shop-2 failed; shop-1 serves", LastTransitionTime: metav1.Now(),
			}},
			Release:           v1alpha1.ReleaseRoles{Desired: "shop-2", Running: "shop-1", LastHealthy: "shop-1"},
			UpdatedReplicas:   ptr.To[int32](2),
			AvailableReplicas: ptr.To[int32](3),
			Image:             "ghcr.io/acme/shop:1.4.1",
			Range:             "2-10",
		}
		Expect(cluster.Status().Update(ctx, app)).To(Succeed())
		release := newRelease(namespace)
		release.Spec.Digest = "sha256:0123a"
		Expect(cluster.Create(ctx, release)).To(Succeed())
	})

	DescribeTable("shows",
		func(ctx SpecContext, want []string, args ...string) {
			output := kubectl.Run(ctx, append([]string{"get", "--namespace=" + namespace}, args...)...)
			Expect(rows(output)).To(Equal(want))
		},
		Entry("how an App fares", []string{
			"NAME|READY|UP-TO-DATE|AVAILABLE|RELEASE|STATUS|AGE",
			"shop|False|2|3|shop-1|RolledBack|<age>",
		}, "app", "shop"),
		Entry("more about an App", []string{
			"NAME|READY|UP-TO-DATE|AVAILABLE|RELEASE|STATUS|AGE|IMAGE|RANGE|MESSAGE",
			"shop|False|2|3|shop-1|RolledBack|<age>|ghcr.io/acme/shop:1.4.1|2-10|shop-2 failed; shop-1 serves",
		}, "apps", "--output=wide"),
		Entry("the story of an App", []string{
			"NAME|APP|NUMBER|IMAGE|HEALTHY|REASON|AGE",
			"shop-1|shop|1|ghcr.io/acme/shop:1.4.2|Unknown|Progressing|<age>",
		}, "releases"),
		Entry("more of the story", []string{
			"NAME|APP|NUMBER|IMAGE|HEALTHY|REASON|AGE|CAUSE|DIGEST|MESSAGE",
			"shop-1|shop|1|ghcr.io/acme/shop:1.4.2|Unknown|Progressing|<age>|spec|sha256:0123a|the Release has not proved healthy or failed yet",
		}, "releases", "--output=wide"),
		Entry("everything of Bowline", []string{
			"app.bowline.dev/shop",
			"release.bowline.dev/shop-1",
		}, "bowline", "--output=name"),
	)
})

var (
	columns = regexp.MustCompile(` {2,}`)
	age     = regexp.MustCompile(`\|\d+s(\||$)`)
)

// rows returns a table's lines with | between the columns, and without what
// depends on the time.
func rows(table string) []string {
	var lines []string
	for line := range strings.Lines(table) {
		line = columns.ReplaceAllString(strings.TrimSpace(line), "|")
		lines = append(lines, age.ReplaceAllString(line, "|<age>$1"))
	}
	return lines
}
