// Package operator_test checks what people see of the operator: Apps on a real
// control plane with simulated nodes, the operator a process of its own.
//
// Specs that only wait run side by side, each in a namespace of its own; see
// scene_test.go. Whatever they do, every version of every App that the API
// server ever shows is held against the invariants of package report, and
// against what GitOps tools make of it; see record_test.go. What any Secret holds
// is searched for everywhere else in the end.
package operator_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

var (
	cluster  *harness.Cluster
	api      client.WithWatch // with an administrator's rights
	world    *record
	audit    *auditLog
	vault    *harness.Vault
	canary   = harness.NewCanary()
	registry *imageRegistry

	binary      string // of the operator
	kubeconfig  string // of the operator
	metrics     string // the address of its metrics
	operator    *harness.Operator
	operatorLog *os.File
)

func TestOperator(t *testing.T) {
	RegisterFailHandler(Fail)
	wanted = map[string]bool{}
	for _, spec := range PreviewSpecs("Operator").SpecReports {
		wanted[identity(spec.LeafNodeText, spec.LeafNodeLocation)] = !spec.State.Is(skipped)
	}
	RunSpecs(t, "Operator")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Audit: true, Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	Expect(cluster.InstallCRDs(ctx)).To(Succeed())
	_, err = cluster.Kubectl(ctx, "apply", "-f", filepath.Join("testdata", "services.yaml"))
	Expect(err).NotTo(HaveOccurred())
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())
	audit = &auditLog{path: cluster.AuditLog}
	vault, err = harness.OpenVault(ctx, api, canary)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { vault.Close() })

	world = startRecord(ctx)
	DeferCleanup(func() { world.stop() })

	registry = startRegistry()
	DeferCleanup(registry.Close)

	operatorLog, err = os.Create(filepath.Join(GinkgoT().TempDir(), "operator.log"))
	Expect(err).NotTo(HaveOccurred())
	binary, err = harness.BuildOperator(ctx, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	kubeconfig, err = cluster.InstallAccount(ctx, "config/default")
	Expect(err).NotTo(HaveOccurred())
	operator = startOperator(ctx)
	DeferCleanup(func() error { return operator.Stop() })

	play()
})

var _ = AfterSuite(func(ctx SpecContext) {
	Consistently(operator.Ended(), "100ms").ShouldNot(BeClosed(), "the operator ended by itself: %v", operator.Err())
	Expect(logged("Reconciler error")).To(BeEmpty(), "what a pass meets is reported on the App, or it is stale and passes by itself")
	Expect(logged(`"level":"dpanic"`, "panic:", "goroutine 1 [")).To(BeEmpty(), "the operator panicked")
	Expect(world.violations("")).To(BeEmpty(), "what no App may ever say")
	expectNoLeaks(ctx)
})

// expectNoLeaks tells that nothing of what any Secret has ever held is anywhere
// else: in no object, in no log, and in no metric.
func expectNoLeaks(ctx context.Context) {
	GinkgoHelper()
	config, err := cluster.Config()
	Expect(err).NotTo(HaveOccurred())
	searched, err := vault.Leaks(ctx, config, harness.Places{Files: []string{operatorLog.Name(), cluster.AuditLog}, Metrics: []string{metrics}})
	Expect(err).NotTo(HaveOccurred())
	AddReportEntry("searched for leaks", searched.String())
	GinkgoWriter.Println(searched)
	Expect(searched.Found).To(BeEmpty(), "what Secrets hold stands elsewhere")
}

// startOperator starts the operator with all it can log.
func startOperator(ctx context.Context) *harness.Operator {
	GinkgoHelper()
	var err error
	metrics, err = harness.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	started, err := harness.StartOperator(ctx, harness.OperatorOptions{
		Binary:     binary,
		Kubeconfig: kubeconfig,
		Args:       []string{harness.LogLevel, "--metrics-bind-address=" + metrics, "--metrics-secure=false", "--registry-ca-file=" + registry.authority},
		Log:        io.Writer(operatorLog),
	})
	Expect(err).NotTo(HaveOccurred())
	return started
}

// How long things may take. What is promised in seconds is written in the
// specs; these bound what nobody promised.
const (
	soon    = 20 * time.Second
	rollout = 45 * time.Second
)
