package operator_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("History", func() {
	Concurrently("of 2 keeps two Releases and their configuration, and always the last healthy one", func(s *Scene) {
		shop := s.Runs(Spec(good, history(2), bake(0), level("1")))
		for _, value := range []string{"2", "3", "4"} {
			shop.Change(level(value))
			shop.Settled(Healthy, rollout)
		}
		s.Eventually(shop.Releases).WithTimeout(soon).Should(Equal([]string{"shop-3 Healthy (spec)", "shop-4 Healthy (spec)"}))
		s.Eventually(shop.levels).WithTimeout(soon).Should(Equal([]string{"3", "4"}))

		s.Step("two failures later the last healthy one is still there, and one in reserve")
		for _, value := range []string{"5", "6"} {
			shop.Change(all(image(notThere), level(value)))
			shop.Eventually(func() string { return summary(shop.Live()) }).WithTimeout(rollout).Should(HavePrefix("RolledBack: shop-" + value))
		}
		shop.Settled(RolledBack, soon)
		s.Eventually(shop.Releases).WithTimeout(soon).Should(Equal([]string{"shop-3 Healthy (spec)", "shop-4 Healthy (spec)", "shop-5 CannotStart (spec)", "shop-6 CannotStart (spec)"}))
		s.Eventually(shop.levels).WithTimeout(soon).Should(Equal([]string{"3", "4", "5", "6"}))
		s.Expect(shop.Config()).To(HaveKeyWithValue("LOG_LEVEL", "4"))
	})

	Concurrently("keeps what has pods", func(s *Scene) {
		shop := s.Runs(Spec(good, history(1), manual, bake(0), level("1"), deadline(600)))
		shop.Change(all(image(neverUp), level("2")))
		s.Eventually(shop.podsOf("2")).WithTimeout(soon).Should(HaveLen(1))
		shop.Change(all(image("registry.example/shop:never-ready-2"), level("3")))
		s.Eventually(shop.podsOf("3")).WithTimeout(soon).Should(HaveLen(1))
		s.Expect(shop.Releases()).To(ContainElements("shop-1 Healthy (spec)", "shop-3 Progressing (spec)"))
		s.Expect(shop.levels()).To(ContainElements("1", "3"))
		s.Expect(shop.podsOf("1")()).To(HaveLen(2))
	})

	Concurrently("keeps no copy of a Secret longer than it may serve", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "one"))
		shop := s.Runs(Spec(good, bake(0), secretFrom("stripe")))
		Edit(s, &corev1.Secret{}, "stripe", func(secret *corev1.Secret) { secret.Data["KEY"] = canary.Marks("two") })
		shop.RestsOn(2)
		s.Eventually(shop.keys).WithTimeout(soon).Should(Equal([]string{"one", "two"}), "the last healthy one and one in reserve")
		Edit(s, &corev1.Secret{}, "stripe", func(secret *corev1.Secret) { secret.Data["KEY"] = canary.Marks("three") })
		shop.RestsOn(3)
		s.Eventually(shop.keys).WithTimeout(soon).Should(Equal([]string{"three", "two"}))

		s.Step("while a new one goes out, those that may return are kept")
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Rollout.ProgressDeadlineSeconds = 15 })
		Edit(s, &corev1.Secret{}, "stripe", func(secret *corev1.Secret) { secret.Data["KEY"] = canary.Marks("four") })
		shop.Image(neverUp)
		s.Eventually(shop.keys).WithTimeout(soon).Should(ContainElements("three", "four"))
		shop.Settled(RolledBack, rollout)
		s.Expect(shop.pinned()).To(Equal("KEY=three"))
	})
})

var _ = Describe("A deleted App", func() {
	Concurrently("leaves nothing", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"), NewSecret("stripe", "KEY", "old"))
		shop := s.Runs(Spec(good, port("http", 8080), level("info"), autoscale(2, 4), configFrom("shared"), secretFrom("stripe")))
		s.Remove(shop.Live(), "shop")
		s.Eventually(func() []string { return names(s.Children()) }).WithTimeout(rollout).Should(Equal([]string{"ConfigMap shared", "Secret stripe"}))
		s.Eventually(shop.Pods).WithTimeout(rollout).Should(BeEmpty())
	})

	Concurrently("gets nothing new while somebody's finalizer holds it", func(s *Scene) {
		shop := s.Runs(Spec(good, port("http", 8080), level("info")))
		shop.update(func(app *v1alpha1.App) { app.Finalizers = []string{"test.example/hold"} })
		s.Remove(shop.Live(), "shop")
		s.Expect(shop.Live().DeletionTimestamp).NotTo(BeNil())
		deleted := time.Now()
		s.Remove(&corev1.Service{}, "shop")
		s.Remove(&appsv1.Deployment{}, "shop", client.PropagationPolicy(metav1.DeletePropagationBackground))
		shop.Image(better)
		s.Consistently(func() []string { return names(s.Children()) }).WithTimeout(4 * time.Second).WithPolling(200 * time.Millisecond).ShouldNot(ContainElements(HavePrefix("Service"), HavePrefix("Deployment"), Equal("Release shop-2")))
		s.Expect(only(audit.operatorsSince(deleted, s.Namespace), request.creates)).To(BeEmpty())
		shop.update(func(app *v1alpha1.App) { app.Finalizers = nil })
		s.Eventually(func() []string { return names(s.Children()) }).WithTimeout(rollout).Should(BeEmpty())
	})

	Concurrently("that is made again at once under the same name runs", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "old"))
		spec := Spec(good, port("http", 8080), level("info"), secretFrom("stripe"))
		first := s.Runs(spec).Live()
		s.Remove(first.DeepCopy(), "shop")
		shop := s.Applies(spec)
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Live().UID).NotTo(Equal(first.UID))
		s.Eventually(func(g Gomega) {
			for _, child := range s.Children() {
				if child.GetName() != "stripe" {
					g.Expect(child.GetOwnerReferences()).To(Equal([]metav1.OwnerReference{shop.owner()}), called(child))
				}
			}
		}).WithTimeout(rollout).Should(Succeed())
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})

	Concurrently("that goes with its namespace holds nothing up", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "old"))
		shop := s.Runs(Spec(good, port("http", 8080), level("info"), secretFrom("stripe")))
		s.Expect(api.Delete(s.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.Namespace}})).To(Succeed())
		s.Eventually(func() error { return api.Get(s.ctx, client.ObjectKey{Name: s.Namespace}, &corev1.Namespace{}) }).
			WithTimeout(rollout).Should(MatchError(apierrors.IsNotFound, "not found"))
		s.Expect(shop.Pods()).To(BeEmpty())
	})

	Concurrently("whose children are orphaned is not followed by its namesake into them", func(s *Scene) {
		first := s.Runs(Spec(good))
		pods := first.PodUIDs()
		s.Remove(first.Live(), "shop", client.PropagationPolicy(metav1.DeletePropagationOrphan))
		// Orphans are let go by the garbage collector, which looks for new kinds
		// such as Apps every 30 s.
		s.Eventually(func() error { return api.Get(s.ctx, s.key("shop"), &v1alpha1.App{}) }).WithTimeout(90 * time.Second).ShouldNot(Succeed())
		shop := s.Applies(Spec(good))
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(first.PodUIDs()).To(Equal(pods))
	})
})

// levels are the values of LOG_LEVEL in all ConfigMaps of the App, in order.
func (a *App) levels() []string {
	list := &corev1.ConfigMapList{}
	a.Expect(api.List(a.ctx, list, a.mine()...)).To(Succeed())
	var levels []string
	for _, c := range list.Items {
		levels = append(levels, c.Data["LOG_LEVEL"])
	}
	slices.Sort(levels)
	return levels
}

// keys are the values of KEY in all copies of Secrets of the App, in order.
func (a *App) keys() []string {
	list := &corev1.SecretList{}
	a.Expect(api.List(a.ctx, list, a.mine()...)).To(Succeed())
	var keys []string
	for _, secret := range list.Items {
		if strings.HasPrefix(secret.Name, fmt.Sprintf("%s-secret-", a.Name)) {
			keys = append(keys, canary.Unmarked(secret.Data["KEY"]))
		}
	}
	slices.Sort(keys)
	return keys
}

// podsOf finds the pods of a Release.
func (a *App) podsOf(release string) func() []corev1.Pod {
	return func() []corev1.Pod {
		return slices.DeleteFunc(a.Pods(), func(p corev1.Pod) bool { return p.Labels[v1alpha1.LabelRelease] != release })
	}
}
