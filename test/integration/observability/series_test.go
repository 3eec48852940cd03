package observability_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// ownSeries is how many series there are of each metric of ours.
func ownSeries(ctx context.Context) (map[string]float64, error) {
	found, err := prometheus.ask(ctx, `count by (__name__) ({__name__=~"bowline_.*"})`)
	out := map[string]float64{}
	for _, s := range found {
		out[s.Labels["__name__"]] = s.Value.value
	}
	return out, err
}

// countSeries: twenty Apps more are twenty series more, and nothing else of ours
// knows an App by its name.
func countSeries(ctx SpecContext) {
	const more = 20
	before, err := ownSeries(ctx)
	Expect(err).NotTo(HaveOccurred())
	Expect(before).To(Equal(map[string]float64{
		"bowline_app_info":                        3,
		"bowline_apps":                            24,
		"bowline_releases_total":                  7,
		"bowline_rollbacks_total":                 5,
		"bowline_release_duration_seconds_bucket": 7 * 15,
		"bowline_release_duration_seconds_sum":    7,
		"bowline_release_duration_seconds_count":  7,
	}))
	for i := range more {
		none := spec(good)
		none.Replicas = ptr.To[int32](0)
		create(ctx, fmt.Sprintf("more-%02d", i), none)
	}
	after := maps.Clone(before)
	after["bowline_app_info"] += more
	Eventually(prometheus.ask).WithArguments(ctx, `bowline_app_info{status="`+v1alpha1.ReasonHealthy+`"}`).WithTimeout(rollout).Should(HaveLen(more))
	Eventually(ownSeries).WithArguments(ctx).WithTimeout(soon).Should(Equal(after))

	all, err := prometheus.ask(ctx, `{job="bowline", __name__!="bowline_app_info"}`)
	Expect(err).NotTo(HaveOccurred())
	Expect(len(all)).To(BeNumerically(">", 100))
	for _, series := range all {
		for _, value := range series.Labels {
			Expect(value).NotTo(HavePrefix("more-"), "%v", series.Labels)
		}
	}
}

var metricName = regexp.MustCompile(`\b(bowline|controller_runtime|workqueue|rest_client|leader_election|process|certwatcher)_[a-z_]+\b`)

// checkMetricsInDocs: what the docs name is there.
func checkMetricsInDocs(ctx SpecContext) {
	var names []string
	Expect(prometheus.get(ctx, "label/__name__/values", nil, &names)).To(Succeed())
	documented := metricName.FindAllString(string(file("docs", "observability.md")), -1)
	slices.Sort(documented)
	documented = slices.Compact(documented)
	Expect(len(documented)).To(BeNumerically(">", 10))
	for _, name := range documented {
		Expect(slices.ContainsFunc(names, func(told string) bool {
			return told == name || strings.TrimSuffix(told, "_bucket") == name
		})).To(BeTrue(), "docs/observability.md names %s, which the operator does not tell", name)
	}
}
