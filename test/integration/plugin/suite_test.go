// Package plugin_test plays what a person does with kubectl bowline, on a real
// control plane with simulated nodes and the operator, and holds every word of
// the answers against files. docs/kubectl-bowline.md is made of the same files.
package plugin_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

var update = flag.Bool("update", false, "write the answers in testdata and docs/kubectl-bowline.md anew")

var (
	cluster  *harness.Cluster
	api      client.WithWatch // with an administrator's rights
	operator *harness.Operator
	programs string // the folder with kubectl and the plugin
)

func TestPlugin(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	RunSpecs(t, "kubectl bowline")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	Expect(cluster.InstallCRDs(ctx)).To(Succeed())
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())
	operator, err = harness.StartOperator(ctx, harness.OperatorOptions{Kubeconfig: cluster.Kubeconfig, Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return operator.Stop() })
	programs = install(ctx)
	play()
})

// install lays kubectl and the plugin where a person would have them.
func install(ctx context.Context) string {
	GinkgoHelper()
	plugin, err := harness.Build(ctx, "cmd/kubectl-bowline", "kubectl-bowline", GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	folder := GinkgoT().TempDir()
	for name, program := range map[string]string{
		"kubectl":                  filepath.Join(cluster.Assets, "kubectl"),
		"kubectl-bowline":          plugin,
		"kubectl_complete-bowline": plugin,
	} {
		Expect(os.Symlink(program, filepath.Join(folder, name))).To(Succeed())
	}
	return folder
}
