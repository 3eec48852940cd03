package crash_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("An operator that crashes after any of its writes", func() {
	It("has made an App as an undisturbed one would have", func(ctx SpecContext) {
		scenario{
			happens: func(r *run) {
				r.creates(shared(), stripe())
				r.applies(rich())
			},
			becomes: v1alpha1.ReasonHealthy,
		}.survives(ctx)
	})

	It("has brought a change out as an undisturbed one would have", func(ctx SpecContext) {
		before := rich()
		before.Config.From, before.Secrets = nil, nil
		before.Rollout.HistoryLimit = 1
		scenario{
			before: &before,
			happens: func(r *run) {
				r.changes(func(app *v1alpha1.App) {
					app.Spec.Image = "registry.example/shop:1.4.2"
					app.Spec.Config.Data["LOG_LEVEL"] = "debug"
					app.Spec.Ports = nil
				})
			},
			becomes: v1alpha1.ReasonHealthy,
		}.survives(ctx)
	})

	It("has taken a bad change back as an undisturbed one would have", func(ctx SpecContext) {
		before := plain()
		scenario{
			before: &before,
			happens: func(r *run) {
				r.changes(func(app *v1alpha1.App) {
					app.Spec.Image = "registry.example/shop:image-not-found"
					app.Spec.Config.Data["LOG_LEVEL"] = "debug"
				})
			},
			becomes:   v1alpha1.ReasonRolledBack,
			keepsPods: true,
		}.survives(ctx)
	})

	It("has handed the number of pods over as an undisturbed one would have", func(ctx SpecContext) {
		before := plain()
		before.Replicas = ptr.To[int32](3)
		scenario{
			before: &before,
			happens: func(r *run) {
				r.changes(func(app *v1alpha1.App) {
					app.Spec.Replicas = nil
					app.Spec.Autoscale = v1alpha1.AutoscaleSpec{Min: 2, Max: 5}
				})
			},
			becomes:   v1alpha1.ReasonHealthy,
			keepsPods: true,
		}.survives(ctx)
	})

	It("has let go of an App as an undisturbed one would have", func(ctx SpecContext) {
		before := plain()
		scenario{
			before: &before,
			happens: func(r *run) {
				r.Expect(api.Delete(r.ctx, &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: r.namespace}})).To(Succeed())
			},
		}.survives(ctx)
	})
})

// plain is an App with little to it.
func plain() v1alpha1.AppSpec {
	return v1alpha1.AppSpec{
		WorkloadSpec: v1alpha1.WorkloadSpec{
			Image:  "registry.example/shop:1.4.1",
			Config: v1alpha1.ConfigSpec{Data: map[string]v1alpha1.ConfigValue{"LOG_LEVEL": "info"}},
		},
		Replicas: ptr.To[int32](2),
		Rollout:  v1alpha1.RolloutSpec{BakeSeconds: ptr.To[int32](1)},
	}
}

// rich is an App with all there is to one.
func rich() v1alpha1.AppSpec {
	spec := plain()
	spec.Ports = []v1alpha1.PortSpec{{Name: "http", Port: 8080}}
	spec.Config.From = []v1alpha1.SourceSpec{{Name: "shared", As: v1alpha1.SourceEnv}}
	spec.Secrets = []v1alpha1.SecretSpec{{SourceSpec: v1alpha1.SourceSpec{Name: "stripe", As: v1alpha1.SourceEnv}}}
	spec.Replicas = nil
	spec.Autoscale = v1alpha1.AutoscaleSpec{Min: 2, Max: 4}
	return spec
}

func shared() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "shared"}, Data: map[string]string{"COLOR": "blue"}}
}

func stripe() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "stripe"}, Data: map[string][]byte{"KEY": canary.Marks("old")}}
}
