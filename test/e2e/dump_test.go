package e2e_test

import (
	. "github.com/onsi/ginkgo/v2"

	"github.com/bowline-dev/bowline/test/harness"
)

// dump tells what is in a namespace, and what the operator says.
func (s *scene) dump() {
	for _, args := range [][]string{
		{"get", "pods,app,release,deployment,hpa,pdb,service,endpointslices", "--namespace=" + s.namespace, "--output=wide"},
		{"get", "app,release", "--namespace=" + s.namespace, "--output=yaml"},
		{"describe", "pods", "--namespace=" + s.namespace},
		{"get", "events", "--namespace=" + s.namespace, "--sort-by=.metadata.creationTimestamp"},
		{"get", "nodes", "--output=wide"},
		{"get", "pods", "--all-namespaces", "--output=wide"},
		{"logs", "--namespace=" + harness.OperatorNamespace, "--selector=app.kubernetes.io/component=controller-manager", "--prefix", "--tail=200"},
	} {
		out, err := shared.Cluster.Kubectl(s.ctx, args...)
		GinkgoWriter.Printf("\n--- kubectl %v\n%s\n", args, out)
		if err != nil {
			GinkgoWriter.Println(err)
		}
	}
}
