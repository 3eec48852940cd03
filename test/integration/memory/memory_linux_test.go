package memory

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

func TestMemory(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Memory")
}

const (
	// many Secrets of size bytes, which no App refers to.
	many, size = 1000, 100 << 10
	// room is how much more memory the operator may take for them.
	room = 10 << 20
	mib  = 1 << 20
)

var (
	cluster  *harness.Cluster
	api      client.WithWatch
	operator *harness.Operator
	metrics  string
	log      *os.File // of the operator
)

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	cluster, err = harness.StartCluster(ctx, harness.ClusterOptions{Log: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return cluster.Stop() })
	Expect(cluster.InstallCRDs(ctx)).To(Succeed())
	api, err = cluster.Client()
	Expect(err).NotTo(HaveOccurred())
	log, err = os.Create(filepath.Join(GinkgoT().TempDir(), "operator.log"))
	Expect(err).NotTo(HaveOccurred())
	metrics, err = harness.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	kubeconfig, err := cluster.InstallAccount(ctx, "config/default")
	Expect(err).NotTo(HaveOccurred())
	operator, err = harness.StartOperator(ctx, harness.OperatorOptions{
		Kubeconfig: kubeconfig,
		Args:       []string{"--metrics-bind-address=" + metrics, "--metrics-secure=false"},
		Log:        log,
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return operator.Stop() })
})

var _ = Describe("A thousand Secrets of 100 KiB that no App refers to", func() {
	It("cost the operator less than 10 MiB, and none of what they hold is in its memory", func(ctx SpecContext) {
		marker, literal, referred := mark("secret"), mark("image"), mark("referred")
		image := "registry.example/" + literal + ":1"
		Expect(api.Create(ctx, secret("stripe", referred, 64))).To(Succeed())
		runs(ctx, "shop", image)
		before := measure(ctx)

		made := time.Now()
		create(ctx, marker)
		AddReportEntry("Secrets made in", time.Since(made).Round(time.Millisecond).String())
		runs(ctx, "later", image) // by now the operator has seen them
		after := measure(ctx)
		AddReportEntry("memory before", before.String())
		AddReportEntry("memory after", after.String())

		By("what the operator must know is found in its memory, so what is not found is not there")
		Expect(count(operator.PID(), literal)).To(BeNumerically(">", 0))
		Expect(count(operator.PID(), marker)).To(BeZero())
		Expect(count(operator.PID(), base64.StdEncoding.EncodeToString([]byte(marker)))).To(BeZero())
		left, err := count(operator.PID(), referred)
		Expect(err).NotTo(HaveOccurred())
		AddReportEntry("copies of what a Secret holds that an App refers to", left)

		Expect(searched(ctx, marker, referred)).To(BeEmpty(), "nor does it stand anywhere but in Secrets")
		Expect(after.resident-before.resident).To(BeNumerically("<", room), "resident")
		Expect(after.heap-before.heap).To(BeNumerically("<", room), "heap")
	})
})

// mark is a text that stands nowhere else. Its length is a multiple of three,
// so that its base64 in a longer text is its own where it begins at one.
func mark(of string) string {
	return strings.ToLower(fmt.Sprintf("%-9.9s%s", of+"---------", rand.Text()[:24]))
}

// create makes the Secrets, several at a time.
func create(ctx context.Context, marker string) {
	GinkgoHelper()
	making, ctx := errgroup.WithContext(ctx)
	making.SetLimit(16)
	for i := range many {
		making.Go(func() error { return api.Create(ctx, secret(fmt.Sprintf("unrelated-%d", i), marker, size)) })
	}
	Expect(making.Wait()).To(Succeed())
}

// secret is a Secret whose content begins with a marker and has it again every
// 3 KiB, between random bytes.
func secret(name, marker string, size int) *corev1.Secret {
	content := make([]byte, size)
	_, _ = rand.Read(content) // never fails
	for at := 0; at < size; at += 3 << 10 {
		copy(content[at:], marker)
	}
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Data: map[string][]byte{"content": content}}
}

// runs makes an App that refers to a Secret and waits until it is healthy.
func runs(ctx context.Context, name, image string) {
	GinkgoHelper()
	app := &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Spec: v1alpha1.AppSpec{
			WorkloadSpec: v1alpha1.WorkloadSpec{
				Image: image,
				Secrets: []v1alpha1.SecretSpec{{SourceSpec: v1alpha1.SourceSpec{
					Name: "stripe", As: v1alpha1.SourceFiles, MountPath: "/etc/stripe",
				}}},
			},
			Rollout: v1alpha1.RolloutSpec{BakeSeconds: ptr.To[int32](0)},
		},
	}
	Expect(api.Create(ctx, app)).To(Succeed())
	Eventually(func() string {
		if err := api.Get(ctx, client.ObjectKeyFromObject(app), app); err != nil {
			return err.Error()
		}
		for _, c := range app.Status.Conditions {
			if c.Type == v1alpha1.ConditionReady {
				return c.Reason
			}
		}
		return ""
	}).WithContext(ctx).WithTimeout(45 * time.Second).WithPolling(100 * time.Millisecond).Should(Equal(v1alpha1.ReasonHealthy))
}

// searched searches everything but Secrets for markers.
func searched(ctx context.Context, markers ...string) []harness.Finding {
	GinkgoHelper()
	patterns := harness.NewPatterns()
	for _, marker := range markers {
		patterns.Add("what a Secret holds", []byte(marker))
	}
	config, err := cluster.Config()
	Expect(err).NotTo(HaveOccurred())
	s, err := harness.Search(ctx, config, patterns, harness.Places{Files: []string{log.Name()}, Metrics: []string{metrics}})
	Expect(err).NotTo(HaveOccurred())
	return s.Found
}

// usage is how much memory the operator takes, in bytes.
type usage struct {
	resident int64 // as the kernel sees it
	heap     int64 // as Go's runtime does: the least that was seen, which is what a collection left
}

func (u usage) String() string {
	return fmt.Sprintf("%.1f MiB resident, %.1f MiB of heap", float64(u.resident)/mib, float64(u.heap)/mib)
}

// measure looks at the operator's memory for a while, with all its garbage: it
// returns the middle of what was resident.
func measure(ctx context.Context) usage {
	GinkgoHelper()
	var residents, heaps []int64
	Eventually(func(g Gomega) int {
		rss, err := resident(operator.PID())
		g.Expect(err).NotTo(HaveOccurred())
		residents, heaps = append(residents, rss), append(heaps, heap(ctx, g))
		return len(residents)
	}).WithContext(ctx).WithTimeout(20 * time.Second).WithPolling(500 * time.Millisecond).Should(Equal(11))
	slices.Sort(residents)
	return usage{residents[len(residents)/2], slices.Min(heaps)}
}

// heap is what the operator's own metrics say of its heap.
func heap(ctx context.Context, g Gomega) int64 {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metrics+"/metrics", nil)
	g.Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(request)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	g.Expect(err).NotTo(HaveOccurred())
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "go_memstats_heap_alloc_bytes "); found {
			bytes, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			g.Expect(err).NotTo(HaveOccurred())
			return int64(bytes)
		}
	}
	g.Expect(string(text)).To(ContainSubstring("go_memstats_heap_alloc_bytes"))
	return 0
}
