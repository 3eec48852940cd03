package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("Status", func() {
	It("of a new App says that nobody has looked yet", func(ctx SpecContext) {
		app := newApp(newNamespace(ctx))
		Expect(cluster.Create(ctx, app)).To(Succeed())

		live := &v1alpha1.App{}
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(app), live)).To(Succeed())
		Expect(live.Generation).To(Equal(int64(1)))
		Expect(live.Status).To(Equal(v1alpha1.AppStatus{ObservedGeneration: -1}))
	})

	It("of a new App is not the creator's to write", func(ctx SpecContext) {
		app := newApp(newNamespace(ctx))
		app.Status.ObservedGeneration = 7
		app.Status.Image = "ghcr.io/acme/other:1"
		Expect(cluster.Create(ctx, app)).To(Succeed())
		Expect(app.Status).To(Equal(v1alpha1.AppStatus{ObservedGeneration: -1}))
	})

	It("of a new Release says that its health is unknown", func(ctx SpecContext) {
		release := newRelease(newNamespace(ctx))
		Expect(cluster.Create(ctx, release)).To(Succeed())

		live := &v1alpha1.Release{}
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(release), live)).To(Succeed())
		Expect(live.Status.Conditions).To(HaveLen(1))
		condition := live.Status.Conditions[0]
		condition.LastTransitionTime = metav1.Time{}
		Expect(condition).To(Equal(metav1.Condition{
			Type:    v1alpha1.ConditionHealthy,
			Status:  metav1.ConditionUnknown,
			Reason:  v1alpha1.ReasonProgressing,
			Message: "the Release has not proved healthy or failed yet",
		}))
	})

	It("of a Release changes while its spec does not", func(ctx SpecContext) {
		release := newRelease(newNamespace(ctx))
		Expect(cluster.Create(ctx, release)).To(Succeed())

		release.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionHealthy, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonHealthy, LastTransitionTime: metav1.Now(),
		}}
		Expect(cluster.Status().Update(ctx, release)).To(Succeed())
		Expect(release.Generation).To(Equal(int64(1)))

		release.Spec.Cause = "retry"
		err := cluster.Update(ctx, release)
		Expect(apierrors.IsInvalid(err)).To(BeTrue(), "want the change refused, got %v", err)
	})
})

func newApp(namespace string) *v1alpha1.App {
	return &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"},
		Spec:       v1alpha1.AppSpec{WorkloadSpec: v1alpha1.WorkloadSpec{Image: "ghcr.io/acme/shop:1.4.2"}},
	}
}

func newRelease(namespace string) *v1alpha1.Release {
	return &v1alpha1.Release{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop-1"},
		Spec: v1alpha1.ReleaseSpec{
			App:       "shop",
			Number:    1,
			InputHash: "v1:0123456789abcdef",
			Cause:     "spec",
			Image:     "ghcr.io/acme/shop:1.4.2",
			Workload:  v1alpha1.WorkloadSpec{Image: "ghcr.io/acme/shop:1.4.2"},
		},
	}
}
