package operator_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// theirLabels are those of pods that were not made for an App.
var theirLabels = map[string]string{"tier": "front", "team": "blue"}

// theirs is a Deployment as people write them, with three pods.
func theirs(change ...func(*appsv1.Deployment)) *appsv1.Deployment {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: appsv1.DeploymentSpec{
		Replicas: ptr.To[int32](3),
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "front"}},
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: maps.Clone(theirLabels)},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{
				Name: "web", Image: good,
				Ports: []corev1.ContainerPort{{ContainerPort: 8080}},
				Env:   []corev1.EnvVar{{Name: "COLOR", Value: "blue"}},
			}}},
		},
	}}
	for _, c := range change {
		c(d)
	}
	return d
}

// like is the spec of an App that says what theirs runs.
func like(change ...func(*v1alpha1.AppSpec)) v1alpha1.AppSpec {
	same := []func(*v1alpha1.AppSpec){
		func(spec *v1alpha1.AppSpec) {
			spec.Replicas = nil // the App keeps the size there is
			spec.Env = []corev1.EnvVar{{Name: "COLOR", Value: "blue"}}
		},
		port("http", 8080),
		podTemplate("metadata: {labels: {tier: front, team: blue}}"),
	}
	return Spec(good, append(same, change...)...)
}

// theirPods are the pods with their labels, by UID, once all are ready.
func (s *Scene) theirPods(want int) []types.UID {
	var uids []types.UID
	s.Eventually(func(g Gomega) {
		list := &corev1.PodList{}
		g.Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace), client.MatchingLabels(theirLabels))).To(Succeed())
		uids = nil
		for _, pod := range list.Items {
			g.Expect(conditionOfPod(&pod, corev1.PodReady)).To(BeTrue())
			uids = append(uids, pod.UID)
		}
		g.Expect(uids).To(HaveLen(want))
		slices.Sort(uids)
		d := &appsv1.Deployment{}
		g.Expect(api.Get(s.ctx, s.key("shop"), d)).To(Succeed())
		g.Expect(d.Status.AvailableReplicas).To(BeEquivalentTo(want))
	}).WithContext(s.ctx).WithTimeout(rollout).WithPolling(200 * time.Millisecond).Should(Succeed())
	return uids
}

func conditionOfPod(pod *corev1.Pod, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == kind && c.Status == corev1.ConditionTrue })
}

// Adopts creates App shop with the annotation bowline.dev/adopt.
func (s *Scene) Adopts(how string, spec v1alpha1.AppSpec) *App {
	s.Step("create App shop that adopts: " + how)
	s.Create(&v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: map[string]string{v1alpha1.AnnotationAdopt: how}}, Spec: spec})
	return &App{s, "shop"}
}

// endpoints is how many pods the Service shop leads to.
func (s *Scene) endpoints() int {
	list := &discoveryv1.EndpointSliceList{}
	s.Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace), client.MatchingLabels{discoveryv1.LabelServiceName: "shop"})).To(Succeed())
	ready := 0
	for _, slice := range list.Items {
		for _, endpoint := range slice.Endpoints {
			if len(slice.Ports) > 0 && ptr.Deref(endpoint.Conditions.Ready, false) {
				ready += len(endpoint.Addresses)
			}
		}
	}
	return ready
}

// allOf are the UIDs of everything in the scene of the kinds that are made for an
// App.
func (s *Scene) allOf() map[string]types.UID {
	uids := map[string]types.UID{}
	for _, object := range s.Children() {
		uids[called(object)] = object.GetUID()
	}
	return uids
}

// lost are the pods that were there and are not any more.
func lost(before, now []types.UID) []types.UID {
	return slices.DeleteFunc(slices.Clone(before), func(uid types.UID) bool { return slices.Contains(now, uid) })
}

var _ = Describe("A Deployment that an App takes over", func() {
	Concurrently("keeps its pods, with what stands around them, and the next change rolls as any other", func(s *Scene) {
		s.Create(theirs(),
			&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: corev1.ServiceSpec{
				Selector: map[string]string{"tier": "front"}, Ports: []corev1.ServicePort{{Name: "http", Port: 8080}},
			}},
			&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: policyv1.PodDisruptionBudgetSpec{
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "front"}}, MaxUnavailable: ptr.To(intstr.FromInt32(2)),
			}})
		persons := []client.Object{NewSecret("mine", "KEY", "one"), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}}
		for _, object := range persons {
			object.SetLabels(map[string]string{"bowline.dev/app": "shop"})
		}
		s.Create(persons...)
		untouched := []string{s.as(persons[0]), s.as(persons[1])}
		pods := s.theirPods(3)
		service := s.allOf()["Service shop"]

		shop := s.Applies(like())
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(fmt.Sprintf(
			`False Conflict Deployment "shop" exists in namespace %q, which nothing controls: it was not touched; delete or rename it, give the App another name, or set the annotation bowline.dev/adopt to take it over`, s.Namespace)))

		shop.Annotate(v1alpha1.AnnotationAdopt, "true")
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(s.theirPods(3)).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Progressing (spec) superseded", "shop-2 Healthy (adopted)"}))
		s.Expect(shop.Deployment().Spec.Selector.MatchLabels).To(Equal(map[string]string{"bowline.dev/app": "shop"}))
		s.Expect(s.allOf()).To(HaveKeyWithValue("Service shop", service))
		for _, child := range s.Children() {
			if child.GetName() != "mine" {
				s.Expect(child.GetOwnerReferences()).To(Equal([]metav1.OwnerReference{shop.owner()}), called(child))
			}
		}
		s.Eventually(s.endpoints).WithTimeout(soon).Should(Equal(3))

		s.Step("the same pods answer for a larger App")
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Replicas = ptr.To[int32](4) })
		shop.SettledWith(4, Healthy, rollout)
		s.Expect(lost(pods, shop.PodUIDs())).To(BeEmpty())

		shop.Image(notThere)
		shop.Settled(RolledBack, rollout)
		s.Expect(lost(pods, shop.PodUIDs())).To(BeEmpty(), "the youngest made place for the new one")
		s.Expect(shop.Live().Status.Release.Running).To(Equal("shop-2"))

		shop.Change(all(image(better), podTemplate("{}")))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Container().Image).To(Equal(better))
		s.Expect(lost(pods, shop.PodUIDs())).To(HaveLen(3))
		s.Expect(shop.Deployment().Spec.Template.Labels).NotTo(HaveKey("tier"))
		s.Eventually(s.endpoints).WithTimeout(soon).Should(Equal(4))
		s.Expect([]string{s.as(persons[0]), s.as(persons[1])}).To(Equal(untouched), "a label alone makes nothing the App's")
	})

	Concurrently("waits until the App goes on", func(s *Scene) {
		s.Create(theirs())
		pods := s.theirPods(3)
		before := s.as(theirsIn(s))

		shop := s.Adopts("true", like(paused))
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(`False Conflict Deployment "shop" is not taken over, and nothing was touched: spec.rollout.state is Paused; set it to Active to go on`))
		shop.Stays(v1alpha1.ReasonConflict, 3*time.Second)
		s.Expect(s.as(theirsIn(s))).To(MatchJSON(before))
		s.Expect(shop.Releases()).To(BeEmpty())

		shop.Change(active)
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})

	for _, held := range []struct {
		text, reason string
		hold         func(*App)
	}{
		{"the App is paused", v1alpha1.ReasonPaused, func(shop *App) { shop.Annotate(v1alpha1.AnnotationPaused, "true"); shop.Image(better) }},
		{"an input is missing", v1alpha1.ReasonInputsMissing, func(shop *App) { shop.Change(configFrom("missing")) }},
		{"the annotation says nothing", v1alpha1.ReasonInvalidInput, func(shop *App) { shop.Annotate(v1alpha1.AnnotationAdopt, "yes") }},
	} {
		Concurrently("has somebody who looks after its pods also if, once it is gone, "+held.text, func(s *Scene) {
			s.Create(theirs())
			pods := s.theirPods(3)
			shop := s.Adopts("true", like())
			shop.Settled(Healthy, rollout)
			held.hold(shop)
			shop.Becomes(held.reason, soon)
			old := shop.Deployment()

			s.Remove(&appsv1.Deployment{}, "shop", client.PropagationPolicy(metav1.DeletePropagationOrphan))
			s.Eventually(func(g Gomega) {
				d := &appsv1.Deployment{}
				g.Expect(api.Get(s.ctx, s.key("shop"), d)).To(Succeed())
				g.Expect(d.UID).NotTo(Equal(old.UID))
				g.Expect(d.Status.AvailableReplicas).To(BeEquivalentTo(3))
			}).WithContext(s.ctx).WithTimeout(rollout).WithPolling(200 * time.Millisecond).Should(Succeed())
			shop.Stays(held.reason, 3*time.Second)
			s.Expect(shop.PodUIDs()).To(Equal(pods))
			s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (adopted)"}))
		})
	}

	Concurrently("keeps the size that its autoscaler gave it", func(s *Scene) {
		s.Create(theirs(), &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "shop"},
			MinReplicas:    ptr.To[int32](2), MaxReplicas: 6,
		}})
		pods := s.theirPods(3)

		shop := s.Adopts("true", like())
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(`False Conflict Deployment "shop" is not taken over, and nothing was touched: HorizontalPodAutoscaler "shop" scales it: let spec.autoscale say so of the App and name the HorizontalPodAutoscaler "shop", or delete it`))

		shop.Change(autoscale(2, 5))
		shop.SettledWith(3, Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Sizes()).To(Equal([]int32{3}))
	})

	Concurrently("is left alone while it runs something else than the App says", func(s *Scene) {
		s.Create(theirs())
		pods := s.theirPods(3)
		before := s.as(theirsIn(s))

		shop := s.Adopts("true", like(image(notThere), podTemplate("metadata: {labels: {tier: front}}"), func(spec *v1alpha1.AppSpec) { spec.Env[0].Value = "red" }))
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(`False Conflict Deployment "shop" is not taken over, and nothing was touched: it does not run what the App says, and its pods would be restarted (` +
			`metadata.labels.team: "blue" runs, the App says nothing; ` +
			`spec.containers[web].env[COLOR].value: a value runs, the App says a value; ` +
			`spec.containers[web].image: "registry.example/shop:1.4.1" runs, the App says "registry.example/shop:image-not-found"); ` +
			`let the App say what runs, or set the annotation bowline.dev/adopt to rollout`))
		s.Expect(shop.Kstatus()).To(Equal("Failed"))
		shop.Stays(v1alpha1.ReasonConflict, 3*time.Second)
		s.Expect(s.as(theirsIn(s))).To(MatchJSON(before))
		s.Expect(names(s.Children())).To(Equal([]string{"Deployment shop"}))

		s.Step("a person allows a rollout, and it fails: what ran comes back")
		shop.Annotate(v1alpha1.AnnotationAdopt, "rollout")
		shop.Settled(RolledBack, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (adopted)", "shop-2 CannotStart (spec)"}))
		s.Expect(lost(pods, shop.PodUIDs())).To(BeEmpty())

		shop.Image(better)
		shop.Settled(Healthy, rollout)
		s.Expect(lost(pods, shop.PodUIDs())).To(Equal(pods))
	})

	Alone("is taken over all the same when the operator dies half way, twice", func(s *Scene) {
		s.Create(theirs())
		pods := s.theirPods(3)
		old := theirsIn(s)
		s.Expect(api.Get(s.ctx, s.key("shop"), old)).To(Succeed())
		shop := s.Adopts("true", like())
		for _, half := range []struct {
			text string
			is   func() bool
		}{
			{"what runs is a Release", func() bool { return api.Get(s.ctx, s.key("shop-1"), &v1alpha1.Release{}) == nil }},
			{"the Deployment is gone", func() bool {
				d := &appsv1.Deployment{}
				err := api.Get(s.ctx, s.key("shop"), d)
				return apierrors.IsNotFound(err) || err == nil && (d.UID != old.UID || !d.DeletionTimestamp.IsZero())
			}},
		} {
			s.Step(half.text + ": the operator dies")
			s.Eventually(half.is).WithTimeout(soon).WithPolling(time.Millisecond).Should(BeTrue())
			s.Expect(operator.Kill()).To(Succeed())
			s.Expect(lost(pods, s.shopPods())).To(BeEmpty())
			operator = startOperator(s.ctx)
		}
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (adopted)"}))
	})

	for _, unfit := range []struct {
		text   string
		others []client.Object
		change func(*appsv1.Deployment)
		why    string
	}{
		{
			text: "it is paused", change: func(d *appsv1.Deployment) { d.Spec.Paused, d.Spec.Replicas = true, ptr.To[int32](0) },
			why: `Deployment "shop" is not taken over, and nothing was touched: it is paused: kubectl rollout resume lets it come to rest`,
		},
		{
			text: "it does not serve", change: func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = neverUp },
			why: `Deployment "shop" is not taken over, and nothing was touched: 0 of its 3 pods are available: it is taken over when all are`,
		},
		{
			text: "it is replaced all at once", change: func(d *appsv1.Deployment) { d.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType },
			why: `Deployment "shop" is not taken over, and nothing was touched: it does not run what the App says, and its pods would be restarted (strategy: Recreate runs, an App replaces its pods one by one); let the App say what runs, or set the annotation bowline.dev/adopt to rollout`,
		},
		{
			text:   "what stands around it cannot be the App's",
			others: []client.Object{&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: policyv1.PodDisruptionBudgetSpec{MinAvailable: ptr.To(intstr.FromInt32(1))}}},
			change: func(*appsv1.Deployment) {},
			why:    `PodDisruptionBudget "shop" is refused by the API server: PodDisruptionBudget.policy "shop" is invalid: spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"bowline.dev/app":"shop"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":"AlwaysAllow"}: minAvailable and maxUnavailable cannot be both set`,
		},
	} {
		Concurrently("must be at rest and fit: "+unfit.text, func(s *Scene) {
			s.Create(unfit.others...)
			d := theirs(unfit.change)
			s.Create(d)
			s.letControllersLook(d)
			image := d.Spec.Template.Spec.Containers[0].Image
			if image == good && !d.Spec.Paused {
				s.theirPods(3)
			}
			s.Eventually(func() int32 {
				s.Expect(api.Get(s.ctx, s.key("shop"), d)).To(Succeed())
				return d.Status.UpdatedReplicas
			}).WithTimeout(soon).Should(Equal(*d.Spec.Replicas))
			uid := d.UID
			shop := s.Adopts("true", like(func(spec *v1alpha1.AppSpec) { spec.Image = image }))
			s.Eventually(func() string { return conditionOf(shop.Live().Status.Conditions, "Ready").Message }).WithTimeout(soon).Should(HavePrefix(unfit.why))
			s.Expect(shop.Deployment().UID).To(Equal(uid))
			s.Expect(shop.Releases()).To(BeEmpty())
		})
	}

	Concurrently("is taken over as one of two words says", func(s *Scene) {
		s.Create(theirs())
		shop := s.Adopts("yes", like())
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(`False InvalidInput annotation bowline.dev/adopt: "yes" is neither "true" (take over what runs what the App says) nor "rollout" (take over, then roll out what the App says)`))
	})
})

// theirsIn is the Deployment of the scene, as a name.
func theirsIn(s *Scene) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: s.Namespace}}
}

// collectorKnowsReleases waits until Kubernetes' garbage collector has learned of
// Releases, which takes it up to half a minute after their definition was
// installed. Before that it takes no owner off them, and collects them later.
func (s *Scene) collectorKnowsReleases() {
	orphan := foreignRelease()
	orphan.Name = "orphan"
	orphan.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "App", Name: "nobody", UID: "00000000-0000-0000-0000-000000000000",
	}}
	s.Create(orphan)
	s.Eventually(func() bool { return apierrors.IsNotFound(api.Get(s.ctx, s.key("orphan"), &v1alpha1.Release{})) }).
		WithContext(s.ctx).WithTimeout(90 * time.Second).WithPolling(500 * time.Millisecond).Should(BeTrue())
}

var _ = Describe("An App that is deleted without what it made", func() {
	everything := func(change ...func(*v1alpha1.AppSpec)) v1alpha1.AppSpec {
		return Spec(good, append([]func(*v1alpha1.AppSpec){
			port("http", 8080), level("info"), autoscale(2, 4), secretFrom("stripe"),
			secret(v1alpha1.SourceSpec{Name: "session", As: v1alpha1.SourceEnv}, v1alpha1.GenerateSpec{Key: "SALT"}),
		}, change...)...)
	}
	leave := func(s *Scene) {
		s.collectorKnowsReleases()
		s.Remove(&v1alpha1.App{}, "shop", client.PropagationPolicy(metav1.DeletePropagationOrphan))
		s.Eventually(func() error { return api.Get(s.ctx, s.key("shop"), &v1alpha1.App{}) }).WithTimeout(soon).ShouldNot(Succeed())
	}

	Concurrently("leaves all of it serving, and one that adopts takes it over again", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "one"))
		shop := s.Runs(everything())
		shop.Change(level("debug"))
		shop.Settled(Healthy, rollout)
		pods, all, releases := shop.PodUIDs(), s.allOf(), shop.Releases()

		leave(s)
		left := map[string]string{}
		for _, child := range s.Children() {
			s.Expect(child.GetOwnerReferences()).To(BeEmpty(), called(child))
			left[called(child)] = child.GetResourceVersion()
		}
		s.Step("the operator does not look after it any more")
		Edit(s, &corev1.Service{}, "shop", func(service *corev1.Service) { service.Spec.Ports[0].Port = 9090 })
		s.Consistently(func(g Gomega) {
			g.Expect(s.allOf()).To(Equal(all))
			g.Expect(shop.PodUIDs()).To(Equal(pods))
			service := &corev1.Service{}
			g.Expect(api.Get(s.ctx, s.key("shop"), service)).To(Succeed())
			g.Expect(service.Spec.Ports[0].Port).To(BeEquivalentTo(9090))
		}).WithContext(s.ctx).WithTimeout(3 * time.Second).WithPolling(500 * time.Millisecond).Should(Succeed())
		Edit(s, &corev1.Service{}, "shop", func(service *corev1.Service) { service.Spec.Ports[0].Port = 8080 })

		shop = s.Applies(everything(level("debug")))
		shop.Becomes(v1alpha1.ReasonConflict, soon)
		s.Expect(shop.Condition("Ready")).To(And(HavePrefix(`False Conflict Secret "shop-digest-key" exists in namespace `), HaveSuffix("or set the annotation bowline.dev/adopt to take it over")))
		shop.Annotate(v1alpha1.AnnotationAdopt, "true")
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(s.allOf()).To(Equal(all))
		s.Expect(shop.Releases()).To(Equal(releases))
		for _, child := range s.Children() {
			if called(child) != "Secret stripe" {
				s.Expect(child.GetOwnerReferences()).To(Equal([]metav1.OwnerReference{shop.owner()}), called(child))
			}
		}

		shop.Image(notThere)
		shop.Settled(RolledBack, rollout)
		s.Expect(lost(pods, shop.PodUIDs())).To(BeEmpty())
	})

	Concurrently("comes back with another spec only if a rollout is allowed", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "one"))
		shop := s.Runs(everything())
		shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		leave(s)
		owners := func() map[string]int {
			found := map[string]int{}
			for _, child := range s.Children() {
				if owned := len(child.GetOwnerReferences()); owned > 0 {
					found[called(child)] = owned
				}
			}
			return found
		}
		for _, refused := range []struct {
			how, reason, says string
			spec              v1alpha1.AppSpec
		}{
			{"true", v1alpha1.ReasonConflict, `Deployment "shop" is not taken over, and nothing was touched: it does not run what the App says, and its pods would be restarted (`, everything(image(better))},
			{"false", v1alpha1.ReasonInvalidInput, `annotation bowline.dev/adopt: "false" is neither`, everything()},
			{"true", v1alpha1.ReasonInputsMissing, `spec.config.from[0]: ConfigMap "missing" does not exist`, everything(configFrom("missing"))},
			{"true", v1alpha1.ReasonConflict, `Deployment "shop" is not taken over, and nothing was touched: spec.rollout.state is Paused`, everything(paused)},
		} {
			shop = s.Adopts(refused.how, refused.spec)
			shop.Becomes(refused.reason, soon)
			s.Expect(shop.Condition("Ready")).To(HavePrefix("False " + refused.reason + " " + refused.says))
			s.Expect(owners()).To(BeEmpty(), "what it does not take over must not go with it")
			s.Remove(&v1alpha1.App{}, "shop")
			s.Eventually(func() error { return api.Get(s.ctx, s.key("shop"), &v1alpha1.App{}) }).WithTimeout(soon).ShouldNot(Succeed())
		}
		s.Expect(shop.PodUIDs()).To(Equal(pods))

		shop = s.Adopts("rollout", everything(image(better)))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))
		s.Expect(owners()).To(HaveLen(len(s.Children())-1), "all but the Secret that a person made")
	})
})
