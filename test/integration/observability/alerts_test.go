package observability_test

import (
	"os/exec"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"
)

// playAlerts plays testdata/alerts.test.yaml, which has time pass.
func playAlerts(ctx SpecContext) {
	for _, args := range [][]string{
		{"check", "rules", filepath.Join(root, "config", "prometheus", "alerts.yaml")},
		{"test", "rules", filepath.Join("testdata", "alerts.test.yaml")},
	} {
		out, err := exec.CommandContext(ctx, prometheus.promtool, args...).CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
	}
}

// askAlerts: every selector of every alert finds something that a real operator
// told, so none waits for a series that nobody writes. What the alerts ask finds
// what there is to find.
func askAlerts(ctx SpecContext) {
	var alerts struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	Expect(yaml.Unmarshal(file("config", "prometheus", "alerts.yaml"), &alerts)).To(Succeed())
	found := map[string]int{}
	for _, group := range alerts.Groups {
		for _, rule := range group.Rules {
			selectors, err := prometheus.selectors(ctx, rule.Expr)
			Expect(err).NotTo(HaveOccurred())
			Expect(selectors).NotTo(BeEmpty(), rule.Expr)
			for _, selector := range selectors {
				Expect(prometheus.ask(ctx, selector)).NotTo(BeEmpty(), "%s asks for %s", rule.Alert, selector)
			}
			answer, err := prometheus.ask(ctx, rule.Expr)
			Expect(err).NotTo(HaveOccurred())
			found[rule.Alert] = len(answer)
		}
	}
	Expect(found).To(Equal(map[string]int{
		"BowlineAppUnavailable":    1, // first
		"BowlineAppStalled":        1, // first
		"BowlineAppRolledBack":     1, // web
		"BowlineRollback":          1,
		"BowlineAppWaitsForInputs": 1, // lost
		// An operator is there and leads, no look fails or hangs, and the queue
		// is empty.
		"BowlineOperatorDown": 0, "BowlineNoLeader": 0, "BowlineReconcileErrors": 0, "BowlineReconcileStuck": 0, "BowlineQueueGrows": 0,
	}))
	Expect(prometheus.alerts(ctx)).To(Equal(map[string]string{
		"BowlineAppUnavailable": "pending", "BowlineAppStalled": "pending", "BowlineAppRolledBack": "pending", "BowlineRollback": "firing",
		"BowlineAppWaitsForInputs": "pending",
		"BowlineOperatorDown":      "inactive", "BowlineNoLeader": "inactive", "BowlineReconcileErrors": "inactive", "BowlineReconcileStuck": "inactive", "BowlineQueueGrows": "inactive",
	}))
}
