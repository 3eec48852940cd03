package observability_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Images of the simulated nodes' repertoire.
const (
	good     = "registry.example/shop:1.0"
	better   = "registry.example/shop:1.1"
	notThere = "registry.example/shop:image-not-found"
)

const namespace = "shop"

// began and ended bound the story.
var began, ended time.Time

// play tells a story with a bit of everything: the App web is rolled out twice
// and then rolled back; first fails at once; lost lacks a ConfigMap.
func play(ctx context.Context) {
	GinkgoHelper()
	began = time.Now()
	Expect(api.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
	create(ctx, "web", spec(good))
	create(ctx, "first", spec(notThere))
	lost := spec(good)
	lost.Config.From = []v1alpha1.SourceSpec{{Name: "nowhere", As: v1alpha1.SourceEnv}}
	create(ctx, "lost", lost)
	becomes(ctx, "web", "True", v1alpha1.ReasonHealthy, "web-1")
	change(ctx, "web", better)
	becomes(ctx, "web", "True", v1alpha1.ReasonHealthy, "web-2")
	change(ctx, "web", notThere)
	becomes(ctx, "web", "False", v1alpha1.ReasonRolledBack, "web-3")
	becomes(ctx, "first", "False", v1alpha1.ReasonFailed, "first-1")
	becomes(ctx, "lost", "False", v1alpha1.ReasonInputsMissing, "")
	Eventually(prometheus.ask).WithArguments(ctx, `increase(bowline_rollbacks_total[1m]) > 0`).WithTimeout(soon).Should(HaveLen(1))
	Eventually(prometheus.ask).WithArguments(ctx, `count_over_time(bowline_app_info{app="web", status="RolledBack"}[1m]) > 5`).WithTimeout(soon).Should(HaveLen(1), "it is scraped for some seconds")
	ended = time.Now()
}

func spec(image string) v1alpha1.AppSpec {
	return v1alpha1.AppSpec{
		WorkloadSpec: v1alpha1.WorkloadSpec{Image: image},
		Replicas:     ptr.To[int32](2),
		Rollout:      v1alpha1.RolloutSpec{BakeSeconds: ptr.To[int32](2)},
	}
}

func create(ctx context.Context, name string, spec v1alpha1.AppSpec) {
	GinkgoHelper()
	Expect(api.Create(ctx, &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: spec})).To(Succeed())
}

func change(ctx context.Context, name, image string) {
	GinkgoHelper()
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"image":%q}}`, image))
	Expect(api.Patch(ctx, app, patch)).To(Succeed())
}

// becomes waits until an App's condition Ready says so of a desired Release.
func becomes(ctx context.Context, name, status, reason, desired string) {
	GinkgoHelper()
	Eventually(func() (string, error) {
		app := &v1alpha1.App{}
		err := api.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, app)
		ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
		if err != nil || ready == nil {
			return "", err
		}
		return fmt.Sprintf("%s %s %s", ready.Status, ready.Reason, app.Status.Release.Desired), nil
	}).WithTimeout(rollout).WithPolling(200 * time.Millisecond).Should(Equal(fmt.Sprintf("%s %s %s", status, reason, desired)))
}
