package e2e_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

const (
	fewest = 2
	// busy is a size that only an autoscaler gives the App.
	busy = 3
	most = 4
	// scaled is how long an autoscaler may take: it sees use with a delay of up
	// to two of the metrics server's periods.
	scaled = 3 * time.Minute
)

var _ = Describe("An autoscaler", func() {
	It("scales on real use, up and down, also through a rollout and a rollback", func(ctx SpecContext) {
		s := newScene(ctx)
		shrinksAfter := func(seconds int32) *autoscalingv2.HorizontalPodAutoscalerBehavior {
			return &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &seconds}}
		}
		s.healthyShop(func(a *v1alpha1.App) {
			a.Spec.Replicas = nil
			a.Spec.Resources.Requests[corev1.ResourceCPU] = resource.MustParse("100m")
			// Not before the rollback was seen, however little the machine lets it use.
			a.Spec.Autoscale = v1alpha1.AutoscaleSpec{Min: fewest, Max: most, CPU: 20, Behavior: shrinksAfter(600)}
		})
		Expect(s.size()).To(Equal(int32(fewest)))
		sizes := s.recordSizes()

		// Two workers, each busy for 12 of 100 ms: 240m, where two pods want 40m. A
		// machine that is busy with other things gives them less.
		guests := s.newVisitors("guests", s.address()+"burn?for=12ms", "--workers=1", "--pause=100ms")
		began := time.Now()
		Eventually(s.size, scaled).Should(BeNumerically(">=", busy))
		AddReportEntry("scaled up, s", seconds(began))

		s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Two })
		s.untilRelease(2, metav1.ConditionTrue, scaled)
		s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Missing })
		s.untilRelease(3, metav1.ConditionFalse, scaled)
		s.until(v1alpha1.ReasonRolledBack, scaled)
		Expect(s.size()).To(BeNumerically(">=", busy), "the load is the same")
		large := sizes.since(busy)
		Expect(large).NotTo(BeEmpty())
		for _, then := range large {
			Expect(then.pods).To(BeNumerically(">=", busy), "no size but the autoscaler's while the load was the same")
			Expect(then.owners).NotTo(ContainElement(v1alpha1.FieldOwner), "who set the size")
		}

		guests.served()
		guests.leave()
		s.change(func(a *v1alpha1.App) { a.Spec.Autoscale.Behavior = shrinksAfter(15) })
		began = time.Now()
		Eventually(s.size, scaled).Should(BeEquivalentTo(fewest))
		AddReportEntry("scaled down, s", seconds(began))
	}, SpecPriority(longest), SpecTimeout(8*time.Minute))
})

// size is the number of pods that the Deployment wants.
func (s *scene) size() int32 {
	GinkgoHelper()
	deployment := &appsv1.Deployment{}
	Expect(api.Get(s.ctx, s.key(appName), deployment)).To(Succeed())
	return ptr.Deref(deployment.Spec.Replicas, 1)
}

// sizes are those that a Deployment had.
type sizes struct {
	mu   sync.Mutex
	seen []size
}

// size is one of them, and who owned the field then.
type size struct {
	pods   int32
	owners []string
}

// recordSizes follows the Deployment until the spec ends.
func (s *scene) recordSizes() *sizes {
	GinkgoHelper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.ctx))
	watching, err := api.Watch(ctx, &appsv1.DeploymentList{}, client.InNamespace(s.namespace))
	Expect(err).NotTo(HaveOccurred())
	out := &sizes{}
	var followed sync.WaitGroup
	followed.Go(func() {
		for event := range watching.ResultChan() {
			if deployment, ok := event.Object.(*appsv1.Deployment); ok {
				out.add(deployment)
			}
		}
	})
	DeferCleanup(func() {
		watching.Stop()
		cancel()
		followed.Wait()
	})
	return out
}

func (z *sizes) add(deployment *appsv1.Deployment) {
	z.mu.Lock()
	defer z.mu.Unlock()
	now := size{pods: ptr.Deref(deployment.Spec.Replicas, 1)}
	for _, entry := range deployment.ManagedFields {
		if entry.FieldsV1 != nil && ownsReplicas(entry.FieldsV1) {
			now.owners = append(now.owners, entry.Manager)
		}
	}
	z.seen = append(z.seen, now)
}

// since are the sizes from the first one on that was as large.
func (z *sizes) since(pods int32) []size {
	z.mu.Lock()
	defer z.mu.Unlock()
	i := slices.IndexFunc(z.seen, func(s size) bool { return s.pods >= pods })
	if i < 0 {
		return nil
	}
	return slices.Clone(z.seen[i:])
}

// ownsReplicas tells whether the fields that a manager owns have the size among
// them.
func ownsReplicas(fields *metav1.FieldsV1) bool {
	var owned struct {
		Spec map[string]any `json:"f:spec"`
	}
	Expect(json.Unmarshal(fields.GetRawBytes(), &owned)).To(Succeed())
	_, ok := owned.Spec["f:replicas"]
	return ok
}
