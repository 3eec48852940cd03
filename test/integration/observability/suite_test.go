// Package observability_test checks what people see of the operator from the
// outside: metrics, alerts, dashboard, logs and traces.
//
// One story is played on a real control plane, see story_test.go. A real
// Prometheus scrapes the operator meanwhile, as docs/observability.md says: over
// TLS, with the token of a service account. What the alerts and the dashboard ask
// is then asked of it. A receiver of OTLP gets the traces.
package observability_test

import (
	"bytes"
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

var update = flag.Bool("update", false, "draw docs/images/dashboard.svg anew")

var (
	cluster     *harness.Cluster
	api         client.WithWatch
	binary      string // of the operator
	operator    *harness.Operator
	operatorLog string // the file
	metrics     string // the address of the operator's metrics
	prometheus  *server
	collector   *receiver
	root        string
)

const (
	soon    = 20 * time.Second
	rollout = time.Minute
)

func TestObservability(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Observability")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	root, err = harness.Root()
	Expect(err).NotTo(HaveOccurred())
	programs := findPrograms(ctx)
	binary, err = harness.BuildOperator(ctx, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	Expect(cluster.InstallCRDs(ctx)).To(Succeed())
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())

	folder := GinkgoT().TempDir()
	collector = startReceiver()
	DeferCleanup(func() { collector.Close() })
	operatorLog = filepath.Join(folder, "operator.log")
	metrics, err = harness.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	GinkgoT().Setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
	GinkgoT().Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	operator = startOperator(ctx)
	DeferCleanup(func() error { return operator.Stop() })

	prometheus = startPrometheus(ctx, programs, folder, readerToken(ctx))
	DeferCleanup(func() { prometheus.stop() })
	Eventually(prometheus.ask).WithArguments(ctx, `bowline_apps`).WithTimeout(rollout).ShouldNot(BeEmpty(), "Prometheus scrapes the operator")
	play(ctx)
})

// startOperator starts the operator as the manifests do: it serves metrics over
// TLS to those who may read them, waits for the lease, and logs as it does by
// default.
func startOperator(ctx context.Context) *harness.Operator {
	GinkgoHelper()
	log, err := os.OpenFile(operatorLog, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(log.Close)
	started, err := harness.StartOperator(ctx, harness.OperatorOptions{
		Binary:     binary,
		Kubeconfig: cluster.Kubeconfig,
		Args:       []string{"--metrics-bind-address=" + metrics, "--metrics-secure", "--leader-elect", "--leader-election-namespace=default"},
		Log:        log,
	})
	Expect(err).NotTo(HaveOccurred())
	return started
}

// Ordered: the last specs end the operator.
var _ = Describe("The operator", Ordered, func() {
	It("has alerts that Prometheus understands and that fire when they should", playAlerts)
	It("has alerts whose series a real operator tells", askAlerts)
	It("has a dashboard whose panels all have something to show", askPanels)
	It("has a dashboard whose picture in the docs is of today's panels", checkPicture)
	It("has manifests by which the Prometheus operator finds it", checkManifests)
	It("tells of each App in one series", countSeries)
	It("has all the metrics that the docs name", checkMetricsInDocs)
	It("logs one line for each decision, with the keys that the docs name", checkLog)
	It("is missed when it is gone", func(ctx SpecContext) {
		Expect(operator.Stop()).To(Succeed())
		Eventually(prometheus.alerts).WithArguments(ctx).WithTimeout(soon).Should(HaveKeyWithValue("BowlineOperatorDown", "pending"))
	})
	It("sends one trace for each look, with its requests", checkTraces)
	It("sends no traces when it is not asked to", checkNoTraces)
})

func file(parts ...string) []byte {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, parts...)...))
	Expect(err).NotTo(HaveOccurred())
	return bytes.TrimSpace(text)
}
