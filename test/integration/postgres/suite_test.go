// Package postgres_test checks service bindings with what they are for: programs
// that connect to a real PostgreSQL server, and libraries that other people
// wrote to read bindings. They see files and variables as the kubelet makes them
// of the pods, see kubelet_test.go, for the nodes of the control plane are
// simulated.
package postgres_test

import (
	"context"
	"os"
	"os/exec"
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
	cluster  *harness.Cluster
	api      client.WithWatch // with an administrator's rights
	vault    *harness.Vault
	canary   = harness.NewCanary()
	database *harness.Postgres
	program  string // the binary of client

	node      string // the program
	libraries string // the folder node, with the libraries for Node.js installed

	metrics     string // the address of the operator's
	operator    *harness.Operator
	operatorLog *os.File
)

const (
	soon    = 20 * time.Second
	rollout = 45 * time.Second
)

func TestPostgres(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Postgres")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	database, err = harness.StartPostgres(ctx, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return database.Stop() })
	program, err = harness.Build(ctx, "test/integration/postgres/client", "bowline-postgres-client", GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	node, libraries = installLibraries(ctx)

	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Audit: true, Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	Expect(cluster.InstallCRDs(ctx)).To(Succeed())
	for _, args := range [][]string{
		{"apply", "-f", "../../../config/crd/servicebinding/bases"},
		{"apply", "-f", "testdata/services.yaml"},
		{"wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"},
	} {
		_, err = cluster.Kubectl(ctx, args...)
		Expect(err).NotTo(HaveOccurred())
	}
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())
	vault, err = harness.OpenVault(ctx, api, canary)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { vault.Close() })

	operatorLog, err = os.Create(filepath.Join(GinkgoT().TempDir(), "operator.log"))
	Expect(err).NotTo(HaveOccurred())
	metrics, err = harness.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	kubeconfig, err := cluster.InstallAccount(ctx, "config/servicebinding")
	Expect(err).NotTo(HaveOccurred())
	operator, err = harness.StartOperator(ctx, harness.OperatorOptions{
		Kubeconfig: kubeconfig,
		Args:       []string{harness.LogLevel, "--service-bindings", "--metrics-bind-address=" + metrics, "--metrics-secure=false"},
		Log:        operatorLog,
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return operator.Stop() })
})

var _ = AfterSuite(func(ctx SpecContext) {
	if operator == nil {
		return // it has been told why
	}
	Consistently(operator.Ended(), "100ms").ShouldNot(BeClosed(), "the operator ended by itself: %v", operator.Err())
	Expect(logged("Reconciler error")).To(BeEmpty(), "what a pass meets is reported, or it is stale and passes by itself")
	Expect(logged(`"level":"dpanic"`, "panic:", "goroutine 1 [")).To(BeEmpty(), "the operator panicked")
	config, err := cluster.Config()
	Expect(err).NotTo(HaveOccurred())
	searched, err := vault.Leaks(ctx, config, harness.Places{
		Files:   []string{operatorLog.Name(), cluster.AuditLog, database.Log},
		Metrics: []string{metrics},
	})
	Expect(err).NotTo(HaveOccurred())
	GinkgoWriter.Println(searched)
	Expect(searched.Found).To(BeEmpty(), "what Secrets hold stands elsewhere")
})

// installLibraries installs the libraries for Node.js as the lock file says, in a
// copy of the folder.
func installLibraries(ctx context.Context) (node, folder string) {
	GinkgoHelper()
	const install = "run apt-get install --no-install-recommends nodejs npm"
	node, err := exec.LookPath("node")
	Expect(err).NotTo(HaveOccurred(), install)
	npm, err := exec.LookPath("npm")
	Expect(err).NotTo(HaveOccurred(), install)
	folder = GinkgoT().TempDir()
	Expect(os.CopyFS(folder, os.DirFS("node"))).To(Succeed())
	command := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
	command.Dir = folder
	out, err := command.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
	return node, folder
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
