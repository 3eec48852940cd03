// Package crash_test kills the operator after every single one of its writes.
//
// The operator is a process of its own and speaks to the API server through a
// proxy. After the API server has answered the k-th write, and before the
// operator sees the answer, the proxy kills it; then another operator goes on.
// Whatever k is, the end must be that of an undisturbed run, reached with as
// many creations and deletions.
//
// Many of these runs play at the same time: the proxy shows an operator nothing
// but the namespace of its run.
package crash_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

var (
	cluster *harness.Cluster
	api     client.WithWatch
	vault   *harness.Vault
	canary  = harness.NewCanary()
	binary  string // of the operator

	kubeconfig string // of the operator's account

	operatorLog *os.File // of all operators
)

func TestCrash(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Crash")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	Expect(cluster.InstallCRDs(ctx)).To(Succeed())
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())
	vault, err = harness.OpenVault(ctx, api, canary)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { vault.Close() })
	operatorLog, err = os.Create(filepath.Join(GinkgoT().TempDir(), "operator.log"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(expectNoLeaks)
	kubeconfig, err = cluster.InstallAccount(ctx, "config/default")
	Expect(err).NotTo(HaveOccurred())
	binary, err = harness.BuildOperator(ctx, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
})

// expectNoLeaks tells that nothing of what any Secret has ever held is in any
// other object, nor in what any operator logged.
func expectNoLeaks(ctx SpecContext) {
	config, err := cluster.Config()
	Expect(err).NotTo(HaveOccurred())
	searched, err := vault.Leaks(ctx, config, harness.Places{Files: []string{operatorLog.Name()}})
	Expect(err).NotTo(HaveOccurred())
	GinkgoWriter.Println(searched)
	Expect(searched.Found).To(BeEmpty(), "what Secrets hold stands elsewhere")
}
