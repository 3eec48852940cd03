// Package servicebinding_test checks what people see of service bindings: a real
// control plane with simulated nodes, the operator a process of its own that has
// no other rights than those of config/servicebinding and of the roles that a
// spec labels.
//
// Simulated pods have no files, so files and variables are read as the kubelet
// makes them of a pod, see kubelet_test.go.
package servicebinding_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

var (
	cluster *harness.Cluster
	api     client.WithWatch // with an administrator's rights

	canary = harness.NewCanary()
	// hidden stands in every Secret, and must be seen nowhere else.
	hidden = string(canary)
	vault  *harness.Vault

	binary      string // of the operator
	kubeconfig  string // of the operator
	address     string // of its webhook
	operator    *harness.Operator
	operatorLog *os.File
)

const (
	soon    = 20 * time.Second
	granted = 30 * time.Second // how soon a right that was granted is noticed
	crds    = "../../../config/crd/servicebinding/bases"
)

func TestServiceBinding(t *testing.T) {
	RegisterFailHandler(Fail)
	checkMatrix(t, PreviewSpecs("ServiceBinding").SpecReports)
	RunSpecs(t, "ServiceBinding")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Audit: true, Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	Expect(cluster.InstallCRDs(ctx)).To(Succeed())
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())

	vault, err = harness.OpenVault(ctx, api, canary)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { vault.Close() })

	kubectl(ctx, "apply", "-f", crds)
	kubectl(ctx, "apply", "-f", "testdata/crds.yaml")
	kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
	kubeconfig, err = cluster.InstallAccount(ctx, "config/servicebinding")
	Expect(err).NotTo(HaveOccurred())

	operatorLog, err = os.Create(filepath.Join(GinkgoT().TempDir(), "operator.log"))
	Expect(err).NotTo(HaveOccurred())
	binary, err = harness.BuildOperator(ctx, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	address, err = harness.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	operator = startOperator(ctx)
	DeferCleanup(func() error { return operator.Stop() })
})

var _ = AfterSuite(func(ctx SpecContext) {
	if operator == nil {
		return
	}
	if path := os.Getenv("OPERATOR_LOG"); path != "" {
		said, err := os.ReadFile(operatorLog.Name())
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(path, said, 0o600)).To(Succeed())
	}
	Consistently(operator.Ended(), "100ms").ShouldNot(BeClosed(), "the operator ended by itself: %v", operator.Err())
	Expect(logged("Reconciler error")).To(BeEmpty(), "what a pass meets is reported, or it is stale and passes by itself")
	Expect(logged(`"level":"dpanic"`, "panic:", "goroutine 1 [")).To(BeEmpty(), "the operator panicked")
	Expect(logged(token)).To(BeEmpty(), "what is in a workload is never logged")

	config, err := cluster.Config()
	Expect(err).NotTo(HaveOccurred())
	searched, err := vault.Leaks(ctx, config, harness.Places{Files: []string{operatorLog.Name(), cluster.AuditLog}})
	Expect(err).NotTo(HaveOccurred())
	GinkgoWriter.Println(searched)
	Expect(searched.Found).To(BeEmpty(), "what Secrets hold stands elsewhere")
})

// token is what a workload holds, and nobody is to repeat.
const token = "t0ken-of-a-workload"

func startOperator(ctx context.Context, args ...string) *harness.Operator {
	GinkgoHelper()
	started, err := harness.StartOperator(ctx, harness.OperatorOptions{
		Binary:     binary,
		Kubeconfig: kubeconfig,
		Args:       append([]string{harness.LogLevel, "--service-bindings", "--webhook-bind-address=" + address, "--webhook-url=https://" + address}, args...),
		Log:        operatorLog,
	})
	Expect(err).NotTo(HaveOccurred())
	return started
}

// logged returns the lines of the operator's log that hold one of the words.
func logged(words ...string) []string {
	GinkgoHelper()
	said, err := os.ReadFile(operatorLog.Name())
	Expect(err).NotTo(HaveOccurred())
	var found []string
	for line := range strings.Lines(string(said)) {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			found = append(found, line)
		}
	}
	return found
}

func kubectl(ctx context.Context, args ...string) string {
	GinkgoHelper()
	out, err := cluster.Kubectl(ctx, args...)
	Expect(err).NotTo(HaveOccurred())
	return out
}
