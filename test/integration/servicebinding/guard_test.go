package servicebinding_test

import (
	"bytes"
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/bowline-dev/bowline/test/harness"
)

// The definitions are the cluster's, so these specs run one after the other.
var _ = Describe("Another implementation", Serial, func() {
	// start starts a second operator and returns what it says when it ends.
	start := func(ctx context.Context, args ...string) string {
		GinkgoHelper()
		var log bytes.Buffer
		started, err := harness.StartOperator(ctx, harness.OperatorOptions{Binary: binary, Kubeconfig: kubeconfig, Args: args, Log: &log})
		Expect(err).NotTo(HaveOccurred())
		Eventually(started.Ended()).WithTimeout(soon).Should(BeClosed())
		Expect(started.Err()).To(MatchError("exit status 1"))
		return log.String()
	}

	It("that owns a definition keeps the operator from starting, and the error says what to do", func(ctx SpecContext) {
		const crd = "crd/clusterworkloadresourcemappings.servicebinding.io"
		kubectl(ctx, "label", crd, "bowline.dev/service-bindings-", "app.kubernetes.io/part-of=other-project")
		DeferCleanup(func(ctx SpecContext) {
			kubectl(ctx, "label", crd, "bowline.dev/service-bindings=enabled", "app.kubernetes.io/part-of-")
		})
		Expect(start(ctx, "--service-bindings")).To(MatchRegexp(
			`bowline: service bindings: CustomResourceDefinition "clusterworkloadresourcemappings.servicebinding.io" belongs to another implementation \(app.kubernetes.io/part-of=other-project, written by [^)]+\): ` +
				`two would fight over every workload. Start with --service-bindings=false, or remove the other one and hand its definitions over with ` +
				"`kubectl label crd servicebindings.servicebinding.io clusterworkloadresourcemappings.servicebinding.io bowline.dev/service-bindings=enabled`"))

		By("starting without service bindings")
		without, err := harness.StartOperator(ctx, harness.OperatorOptions{Binary: binary, Kubeconfig: kubeconfig, Args: []string{"--service-bindings=false"}, Log: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		Consistently(without.Ended(), "3s").ShouldNot(BeClosed())
		Expect(without.Stop()).To(Succeed())
	})
})
