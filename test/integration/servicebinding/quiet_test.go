package servicebinding_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"

	"github.com/bowline-dev/bowline/test/harness"
)

// requests returns what the operator has asked in a namespace since a time,
// events and watches aside, as the API server's audit log has it.
func requests(since time.Time, namespace string) []string {
	GinkgoHelper()
	file, err := os.Open(cluster.AuditLog)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = file.Close() }()
	var out []string
	lines := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return out // the rest of the line is being written
		}
		if !bytes.Contains(line, []byte(harness.OperatorUser)) || !bytes.Contains(line, []byte(namespace)) {
			continue
		}
		var r struct {
			Verb     string    `json:"verb"`
			Received time.Time `json:"requestReceivedTimestamp"`
			Object   struct {
				Resource  string `json:"resource"`
				Namespace string `json:"namespace"`
				Name      string `json:"name"`
			} `json:"objectRef"`
		}
		Expect(json.Unmarshal(line, &r)).To(Succeed())
		if r.Verb == "watch" || r.Object.Resource == "events" || r.Object.Namespace != namespace || r.Received.Before(since) {
			continue
		}
		out = append(out, fmt.Sprintf("%s %s %s", r.Verb, r.Object.Resource, r.Object.Name))
	}
}

func writes(asked []string) []string {
	var out []string
	for _, r := range asked {
		if !strings.HasPrefix(r, "get ") && !strings.HasPrefix(r, "list ") {
			out = append(out, r)
		}
	}
	return out
}

var _ = Describe("ServiceBindings at rest", Serial, func() {
	It("cost no request, whatever happens to the status of a workload, and no write when the operator is started again", func(ctx SpecContext) {
		s := newScene(ctx)
		s.Database("orders-secret")
		s.Service("Postgres", "orders", "orders-secret")
		s.Service("Postgres", "waiting", "")
		for n := range 5 {
			name := fmt.Sprintf("shop-%d", n)
			s.Deployment(name)
			s.Bind(name, "", name, service("Postgres", "orders"), spec(func(b *servicebindingv1.ServiceBindingSpec) {
				b.Env = []servicebindingv1.EnvMapping{{Name: "P", Key: "password"}}
				b.Type = "t"
			}))
		}
		s.Bind("waiting", "", "shop-0", service("Postgres", "waiting"))
		s.Bind("missing", "orders-secret", "nowhere")
		for n := range 5 {
			s.Ready(fmt.Sprintf("shop-%d", n))
			s.RolledOut(fmt.Sprintf("shop-%d", n))
		}
		s.Says("waiting", `False ServiceNotReady: Postgres "waiting" names no Secret in .status.binding.name: it is not ready yet, or is no Provisioned Service`)
		s.Says("missing", `False WorkloadNotFound: Deployment "nowhere" does not exist in this namespace: create it, or correct spec.workload.name`)

		quiet := time.Now()
		edit(s, s.object("db.example.com/v1", "Postgres", "orders"), "orders", func(o *unstructured.Unstructured) { o.SetLabels(map[string]string{"a": "b"}) })
		edit(s, &appsv1.Deployment{}, "shop-1", func(d *appsv1.Deployment) { d.Labels["note"] = "x" })
		Consistently(func() []string { return requests(quiet, s.Namespace) }).WithTimeout(10 * time.Second).WithPolling(time.Second).Should(BeEmpty())

		By("starting the operator again")
		Expect(operator.Stop()).To(Succeed())
		again := time.Now()
		operator = startOperator(ctx)
		Eventually(func() []string { return requests(again, s.Namespace) }).WithTimeout(soon).ShouldNot(BeEmpty())
		Consistently(func() []string { return writes(requests(again, s.Namespace)) }).WithTimeout(8 * time.Second).WithPolling(time.Second).Should(BeEmpty())
	})

	It("follow what happened while no operator ran", func(ctx SpecContext) {
		s := newScene(ctx)
		s.Database("orders-secret")
		s.Deployment("shop")
		s.Deployment("cart")
		before := s.Picture("shop")
		s.Bind("orders", "orders-secret", "shop")
		s.Bind("gone", "orders-secret", "cart")
		s.Ready("orders", "gone")
		Expect(operator.Stop()).To(Succeed())
		s.ChangeBinding("orders", spec(func(b *servicebindingv1.ServiceBindingSpec) { b.Workload.Name = "cart" }))
		Expect(api.Delete(ctx, s.Get("gone"))).To(Succeed())
		operator = startOperator(ctx)
		s.Says("orders", `True Bound: Secret "orders-secret" is projected into Deployment "cart"`)
		Expect(s.Picture("shop")).To(Equal(before))
		Eventually(func() int { return len(s.Workload("cart").Spec.Template.Spec.Volumes) }).WithTimeout(soon).Should(Equal(1))
	})
})
