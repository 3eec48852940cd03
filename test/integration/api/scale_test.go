package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/scale"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("Scale", func() {
	apps := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "apps"}
	var scales scale.ScalesGetter

	BeforeEach(func() {
		discoverer, err := discovery.NewDiscoveryClientForConfig(config)
		Expect(err).NotTo(HaveOccurred())
		scales, err = scale.NewForConfig(config, cluster.RESTMapper(), dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(discoverer))
		Expect(err).NotTo(HaveOccurred())
	})

	It("reads spec.replicas, status.replicas and the selector, and writes spec.replicas", func(ctx SpecContext) {
		app := newApp(newNamespace(ctx))
		app.Spec.Replicas = ptr.To[int32](3)
		Expect(cluster.Create(ctx, app)).To(Succeed())
		app.Status.Replicas = ptr.To[int32](2)
		app.Status.Selector = "bowline.dev/app=shop"
		Expect(cluster.Status().Update(ctx, app)).To(Succeed())

		size, err := scales.Scales(app.Namespace).Get(ctx, apps, app.Name, metav1.GetOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(size.Spec).To(Equal(autoscalingv1.ScaleSpec{Replicas: 3}))
		Expect(size.Status).To(Equal(autoscalingv1.ScaleStatus{Replicas: 2, Selector: "bowline.dev/app=shop"}))

		size.Spec.Replicas = 5
		_, err = scales.Scales(app.Namespace).Update(ctx, apps, size, metav1.UpdateOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(replicas(ctx, app)).To(HaveValue(Equal(int32(5))))
	})

	It("gives a size to an App that had none", func(ctx SpecContext) {
		app := newApp(newNamespace(ctx))
		Expect(cluster.Create(ctx, app)).To(Succeed())

		patch := []byte(`{"spec":{"replicas":4}}`)
		_, err := scales.Scales(app.Namespace).Patch(ctx, v1alpha1.GroupVersion.WithResource("apps"), app.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(replicas(ctx, app)).To(HaveValue(Equal(int32(4))))
	})

	It("is what kubectl scale uses", func(ctx SpecContext) {
		app := newApp(newNamespace(ctx))
		Expect(cluster.Create(ctx, app)).To(Succeed())
		Expect(kubectl.Run(ctx, "scale", "--namespace="+app.Namespace, "app/shop", "--replicas=2")).To(Equal("app.bowline.dev/shop scaled\n"))
		Expect(replicas(ctx, app)).To(HaveValue(Equal(int32(2))))
	})

	It("does not give replicas to an App with autoscale", func(ctx SpecContext) {
		app := newApp(newNamespace(ctx))
		app.Spec.Autoscale.Max = 10
		Expect(cluster.Create(ctx, app)).To(Succeed())

		patch := []byte(`{"spec":{"replicas":4}}`)
		_, err := scales.Scales(app.Namespace).Patch(ctx, v1alpha1.GroupVersion.WithResource("apps"), app.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		Expect(said(err)).To(ConsistOf("spec: Invalid value: replicas and autoscale exclude each other: remove one of them"))
	})
})

func replicas(ctx SpecContext, app *v1alpha1.App) *int32 {
	GinkgoHelper()
	live := &v1alpha1.App{}
	Expect(cluster.Get(ctx, client.ObjectKeyFromObject(app), live)).To(Succeed())
	return live.Spec.Replicas
}
