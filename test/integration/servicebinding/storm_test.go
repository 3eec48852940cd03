package servicebinding_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

var _ = Describe("A storm", func() {
	// STORMS plays several, one after the other.
	storms := 1
	if n, err := strconv.Atoi(os.Getenv("STORMS")); err == nil {
		storms = n
	}
	for range storms {
		It("of 200 services that become ready in any order, 50 each second, leaves no ServiceBinding behind", storm)
	}
})

func storm(ctx SpecContext) {
	const count = 200
	s := newScene(ctx)
	s.Database("orders-secret")
	seed := uint64(time.Now().UnixNano())
	By(fmt.Sprintf("seed %d", seed))
	for n := range count {
		name := fmt.Sprintf("s%d", n)
		s.Service("Postgres", name, "")
		s.Apply(fmt.Sprintf("apiVersion: v1\nkind: PodTemplate\nmetadata: {name: %s}\ntemplate: {spec: {containers: [{name: app, image: i}]}}", name))
		s.Bind(name, "", "", service("Postgres", name), workload("v1", "PodTemplate", name))
	}
	tick := time.NewTicker(time.Second / 50)
	defer tick.Stop()
	for _, n := range rand.New(rand.NewPCG(seed, 0)).Perm(count) {
		<-tick.C
		s.Provision("Postgres", fmt.Sprintf("s%d", n), "orders-secret")
	}
	Eventually(func() []string {
		list := &servicebindingv1.ServiceBindingList{}
		Expect(api.List(ctx, list, client.InNamespace(s.Namespace))).To(Succeed())
		Expect(list.Items).To(HaveLen(count))
		var behind []string
		for i := range list.Items {
			want := fmt.Sprintf(`True Bound: Secret "orders-secret" is projected into PodTemplate %q`, list.Items[i].Name)
			if text := said(&list.Items[i], servicebindingv1.ConditionReady); text != want {
				behind = append(behind, list.Items[i].Name+": "+text)
			}
		}
		return behind
	}).WithTimeout(20 * time.Second).WithPolling(100 * time.Millisecond).Should(BeEmpty())
}
