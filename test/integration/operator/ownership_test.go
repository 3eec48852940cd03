package operator_test

import (
	"encoding/json"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/render"
)

var _ = Describe("An object that belongs to somebody else", func() {
	for _, taken := range []struct {
		kind, resource string
		object         client.Object
		around         bool // what an App may take over without labels
	}{
		{"Deployment", "deployments", foreignDeployment(), true},
		{"Service", "services", aService(), true},
		{"HorizontalPodAutoscaler", "horizontalpodautoscalers", foreignAutoscaler(), true},
		{"PodDisruptionBudget", "poddisruptionbudgets", &policyv1.PodDisruptionBudget{Spec: policyv1.PodDisruptionBudgetSpec{MaxUnavailable: ptr.To(intstr.FromInt32(1))}}, true},
		{"ConfigMap", "configmaps", &corev1.ConfigMap{Data: map[string]string{"theirs": "yes"}}, false},
		{"Release", "releases", foreignRelease(), false},
		{"Secret", "secrets", &corev1.Secret{Data: map[string][]byte{"theirs": canary.Marks("yes")}}, false},
	} {
		for _, labels := range []struct {
			text   string
			labels map[string]string
			left   bool // it is as an App leaves it behind
		}{
			{"", nil, false},
			{" and carries our label", map[string]string{"bowline.dev/app": "shop"}, false},
			{" and carries our labels", map[string]string{"bowline.dev/app": "shop", "app.kubernetes.io/managed-by": "bowline"}, true},
		} {
			if taken.around && labels.left {
				continue // its labels do not matter
			}
			Concurrently(fmt.Sprintf("has the name of a %s%s: it is never touched, and when it goes the App goes on", taken.kind, labels.text), func(s *Scene) {
				s.Create(NewSecret("stripe", "KEY", "old"))
				spec := Spec(good, port("http", 8080), level("info"), autoscale(2, 4), secretFrom("stripe"))
				foreign := taken.object.DeepCopyObject().(client.Object)
				foreign.SetName(nameOf(taken.kind, spec))
				foreign.SetLabels(labels.labels)
				s.Create(foreign)
				s.letControllersLook(foreign)
				before := s.as(foreign)
				began := time.Now()

				shop := s.Applies(spec)
				shop.Becomes(v1alpha1.ReasonConflict, soon)
				wayOut := "delete or rename it, or give the App another name"
				if taken.around || labels.left {
					wayOut = "delete or rename it, give the App another name, or set the annotation bowline.dev/adopt to take it over"
				}
				s.Expect(shop.Condition("Ready")).To(Equal(fmt.Sprintf(
					"False Conflict %s %q exists in namespace %q, which nothing controls: it was not touched; %s",
					taken.kind, foreign.GetName(), s.Namespace, wayOut)))
				s.Expect(shop.Condition("Stalled")).To(HavePrefix("True Conflict "))
				s.Expect(shop.Kstatus()).To(Equal("Failed"))
				shop.Stays(v1alpha1.ReasonConflict, 3*time.Second)
				s.Expect(s.as(foreign)).To(MatchJSON(before))
				written := only(of(audit.operatorsSince(began, s.Namespace), taken.resource), func(r request) bool {
					return r.Object.Name == foreign.GetName() && r.writes()
				})
				s.Expect(only(written, func(r request) bool { return r.Response.Code != 409 })).To(BeEmpty())
				s.Expect(len(written)).To(BeNumerically("<=", 2), "asked once, and after a minute again: %v", written)

				s.Remove(foreign, foreign.GetName())
				shop.Settled(Healthy, 70*time.Second)
				s.Expect(names(s.Children())).To(ContainElement(taken.kind + " " + nameOf(taken.kind, spec)))
			})
		}
	}

	Concurrently("has the name of a child that a change asks for: the change goes out all the same", func(s *Scene) {
		shop := s.Runs(Spec(good))
		s.Create(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: aService().Spec})
		shop.Change(port("http", 8080))
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
		s.Expect(shop.Deployment().Spec.Template.Spec.Containers[0].Ports).To(HaveLen(1), "one child that is held back holds back no other")
	})

	Concurrently("may have been ours: who takes the owner away has it for himself", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Settled(Healthy, rollout)
		Edit(s, &policyv1.PodDisruptionBudget{}, "shop", func(b *policyv1.PodDisruptionBudget) { b.OwnerReferences = nil })
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(shop.Condition("Ready")).To(ContainSubstring(`PodDisruptionBudget "shop" exists`))
		s.Remove(&policyv1.PodDisruptionBudget{}, "shop")
		shop.Settled(Healthy, 70*time.Second)
	})

	Concurrently("is named with who controls it", func(s *Scene) {
		other := s.Runs(Spec(good, replicas(1)))
		owner := other.owner()
		foreign := aService()
		foreign.Name = "market"
		foreign.OwnerReferences = []metav1.OwnerReference{owner}
		s.Create(foreign)
		market := s.AppliesAs("market", Spec(good, port("http", 8080)))
		market.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(market.Condition("Ready")).To(ContainSubstring(fmt.Sprintf(`Service "market" exists in namespace %q, which belongs to App "shop" (UID %s): `, s.Namespace, owner.UID)))
	})
})

// nameOf returns the name of the child of a kind of App shop.
func nameOf(kind string, spec v1alpha1.AppSpec) string {
	switch kind {
	case "ConfigMap":
		return render.ConfigName("shop", spec.WorkloadSpec)
	case "Release":
		return "shop-1"
	case "Secret":
		return "shop-digest-key"
	}
	return "shop"
}

// as returns an object as the API server has it, to the byte.
func (s *Scene) as(object client.Object) string {
	live := object.DeepCopyObject().(client.Object)
	s.Expect(api.Get(s.ctx, client.ObjectKeyFromObject(object), live)).To(Succeed())
	text, err := json.Marshal(live)
	s.Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// letControllersLook waits until Kubernetes has written all it writes on an
// object that nobody changes.
func (s *Scene) letControllersLook(object client.Object) {
	s.Eventually(func(g Gomega) {
		g.Expect(api.Get(s.ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		switch o := object.(type) {
		case *appsv1.Deployment:
			g.Expect(o.Status.ObservedGeneration).To(Equal(o.Generation))
			g.Expect(o.Status.Conditions).To(HaveLen(2))
		case *autoscalingv2.HorizontalPodAutoscaler:
			g.Expect(o.Status.Conditions).NotTo(BeEmpty())
		case *policyv1.PodDisruptionBudget:
			g.Expect(o.Status.Conditions).NotTo(BeEmpty())
		}
	}).WithContext(s.ctx).WithTimeout(soon).WithPolling(200 * time.Millisecond).Should(Succeed())
}

func foreignDeployment() *appsv1.Deployment {
	labels := map[string]string{"theirs": "yes"}
	return &appsv1.Deployment{Spec: appsv1.DeploymentSpec{
		Replicas: ptr.To[int32](0),
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: aPod().Spec},
	}}
}

func foreignAutoscaler() *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "theirs"},
		MaxReplicas:    3,
	}}
}

func foreignRelease() *v1alpha1.Release {
	return &v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{
		App: "shop", Number: 1, InputHash: "v1:theirs", Cause: "spec", Image: good, Workload: v1alpha1.WorkloadSpec{Image: good},
	}}
}
