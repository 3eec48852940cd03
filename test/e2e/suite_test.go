package e2e_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/bowline-dev/bowline/test/e2e/deploy"
	"github.com/bowline-dev/bowline/test/e2e/images"
	"github.com/bowline-dev/bowline/test/harness"
)

// world is what all processes of the suite share.
type world struct {
	Cluster   *harness.Cluster
	Apps      images.App
	Operators []string   // names of the operator's image: the same code in two versions
	Way       deploy.Way // how the operator is installed
	Canary    harness.Canary
}

var (
	shared world
	api    client.WithWatch
	core   kubernetes.Interface
)

const (
	// nodes is how many real nodes there are: pods and operators move from one
	// to the other.
	nodes = 2
	// pollEvery is how often a condition is looked at. It bounds how exact the
	// measured times are.
	pollEvery = 100 * time.Millisecond
	// soon is a deadline for what takes a moment.
	soon = 30 * time.Second
	// longest is the priority of what takes longest: begun first, it keeps nobody
	// waiting in the end.
	longest = 1
	// eventually is a deadline for a rollout, on a busy machine.
	eventually = 2 * time.Minute
)

func TestE2E(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(soon)
	SetDefaultEventuallyPollingInterval(pollEvery)
	RunSpecs(t, "E2E")
}

var _ = SynchronizedBeforeSuite(func(ctx SpecContext) []byte {
	began := time.Now()
	w := world{Way: deploy.Way(cmp.Or(os.Getenv("INSTALL"), string(deploy.ByKubectl))), Canary: harness.NewCanary()}
	var err error
	w.Cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{RealNodes: nodes, Audit: true, Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return w.Cluster.Stop() })
	AddReportEntry("cluster", seconds(began))

	public := w.Cluster.Registries.Public
	w.Apps, err = images.PushApp(ctx, public, w.Cluster.Registries.Private, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	for _, version := range []string{"one", "two"} {
		image, err := deploy.Push(ctx, public, version, GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		w.Operators = append(w.Operators, image)
	}
	Expect(w.Way.Install(ctx, w.Cluster, w.Operators[0])).To(Succeed())
	told, err := json.Marshal(w)
	Expect(err).NotTo(HaveOccurred())
	return told
}, func(told []byte) {
	log.SetLogger(GinkgoLogr)
	Expect(json.Unmarshal(told, &shared)).To(Succeed())
	config, err := shared.Cluster.Config()
	Expect(err).NotTo(HaveOccurred())
	api, err = shared.Cluster.Client()
	Expect(err).NotTo(HaveOccurred())
	core, err = kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
})

// The audit log tells whether the operator has all the rights it needs.
var _ = SynchronizedAfterSuite(func() {}, func() {
	if shared.Cluster == nil {
		return // it did not start
	}
	requests := operatorRequests()
	Expect(requests).NotTo(BeEmpty(), "requests of the operator in the audit log")
	Expect(slices.DeleteFunc(requests.refused(), beingRemoved)).To(BeEmpty(), "requests that the operator made and may not make")
})

var _ = ReportAfterSuite("the seconds each took", func(report Report) {
	if report.SuiteConfig.DryRun {
		return
	}
	measured := figuresOf(report)
	fmt.Fprint(os.Stderr, "\n", measured.text()) // also when all is well
	if os.Getenv("UPDATE") != "" && report.SuiteSucceeded && report.PreRunStats.SpecsThatWillRun == report.PreRunStats.TotalSpecs {
		Expect(measured.rewrite()).To(Succeed())
	}
})
