package operator_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// quickly is how soon what a rival does is put right: a second or two, and more
// where many scenes share a machine.
const quickly = 10 * time.Second

var _ = Describe("A rival", func() {
	Concurrently("who takes our label from a Release hides it until the next look", func(s *Scene) {
		shop := s.Runs(Spec(good))
		shop.Settled(Healthy, rollout)
		Edit(s, &v1alpha1.Release{}, "shop-1", func(r *v1alpha1.Release) { delete(r.Labels, v1alpha1.LabelApp) })
		shop.Change(env("REGION", "us"))
		shop.RestsOn(2)
		found := &v1alpha1.Release{}
		s.Expect(api.Get(s.ctx, client.ObjectKey{Namespace: s.Namespace, Name: "shop-1"}, found)).To(Succeed())
		s.Expect(found.Labels).To(HaveKeyWithValue(v1alpha1.LabelApp, "shop"))
	})

	Concurrently("who changes what is ours finds it put right soon, and no pod restarted by it for long", func(s *Scene) {
		shop := s.Runs(Spec(good, port("http", 8080), env("REGION", "eu"), level("info")))
		shop.Settled(Healthy, rollout)
		picture := s.Picture()
		for _, rival := range []struct {
			does string
			edit func()
		}{
			{"changes the image", func() {
				Edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = "registry.example/rival:1" })
			}},
			{"changes a variable", func() {
				Edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) {
					env := d.Spec.Template.Spec.Containers[0].Env
					env[len(env)-1].Value = "us"
				})
			}},
			{"removes the variables", func() {
				Edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Env = nil })
			}},
			{"changes the labels", func() {
				Edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) { d.Labels["app.kubernetes.io/managed-by"] = "rival" })
			}},
			{"changes the number of pods", func() {
				Edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) { *d.Spec.Replicas = 5 })
			}},
			{"changes the Service's port", func() {
				Edit(s, &corev1.Service{}, "shop", func(svc *corev1.Service) { svc.Spec.Ports[0].TargetPort = intstr.FromInt32(9) })
			}},
			{"changes the Service's selector", func() {
				Edit(s, &corev1.Service{}, "shop", func(svc *corev1.Service) { svc.Spec.Selector = map[string]string{"bowline.dev/app": "rival"} })
			}},
			{"changes the budget", func() {
				Edit(s, &policyv1.PodDisruptionBudget{}, "shop", func(b *policyv1.PodDisruptionBudget) { *b.Spec.MaxUnavailable = intstr.FromInt32(2) })
			}},
			{"changes the budget's labels", func() {
				Edit(s, &policyv1.PodDisruptionBudget{}, "shop", func(b *policyv1.PodDisruptionBudget) { b.Labels["app.kubernetes.io/name"] = "rival" })
			}},
			{"takes our label from the Deployment", func() {
				Edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) { delete(d.Labels, v1alpha1.LabelApp) })
			}},
			{"takes our label from the Service", func() {
				Edit(s, &corev1.Service{}, "shop", func(svc *corev1.Service) { delete(svc.Labels, v1alpha1.LabelApp) })
			}},
			{"takes our label from the configuration", func() {
				Edit(s, &corev1.ConfigMap{}, shop.configName(), func(c *corev1.ConfigMap) { delete(c.Labels, v1alpha1.LabelApp) })
			}},
			{"deletes the Service", func() { s.Remove(&corev1.Service{}, "shop") }},
			{"deletes the budget", func() { s.Remove(&policyv1.PodDisruptionBudget{}, "shop") }},
			{"deletes the configuration", func() { s.Remove(&corev1.ConfigMap{}, shop.configName()) }},
			{"deletes the Deployment", func() {
				s.Remove(&appsv1.Deployment{}, "shop", client.PropagationPolicy(metav1.DeletePropagationBackground))
			}},
		} {
			rival.edit()
			s.Eventually(s.Picture).WithTimeout(quickly).WithPolling(50*time.Millisecond).Should(Equal(picture), "after a rival %s", rival.does)
		}
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})

	Concurrently("who deletes the copies of a ConfigMap and a Secret finds them there again", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"), NewSecret("stripe", "KEY", "old"))
		shop := s.Runs(Spec(good, configFrom("shared"), secretFrom("stripe")))
		shop.Settled(Healthy, rollout)
		picture, pods := s.Picture(), shop.PodUIDs()
		s.Remove(&corev1.ConfigMap{}, shop.Container().EnvFrom[0].ConfigMapRef.Name)
		s.Eventually(s.Picture).WithTimeout(quickly).WithPolling(50 * time.Millisecond).Should(Equal(picture))
		s.Remove(&corev1.Secret{}, shop.Container().EnvFrom[1].SecretRef.Name)
		s.Eventually(s.Picture).WithTimeout(quickly).WithPolling(50 * time.Millisecond).Should(Equal(picture))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})

	Concurrently("who deletes the digest key of the Secrets restarts nothing", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "old"))
		shop := s.Runs(Spec(good, secretFrom("stripe")))
		shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		s.Remove(&corev1.Secret{}, "shop-digest-key")
		Edit(s, &corev1.Secret{}, "stripe", func(secret *corev1.Secret) { secret.Labels = map[string]string{"team": "red"} })
		shop.Stays(Healthy, 3*time.Second)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})

	Concurrently("who deletes the Release that runs restarts nothing", func(s *Scene) {
		shop := s.Runs(Spec(good, level("info")))
		shop.Settled(Healthy, rollout)
		picture, pods := s.Picture(), shop.PodUIDs()
		s.Remove(&v1alpha1.Release{}, "shop-1")
		s.Eventually(shop.Releases).WithTimeout(soon).Should(Equal([]string{"shop-1 Healthy (spec)"}))
		shop.Settled(Healthy, rollout)
		s.LooksAgain(picture)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})

	Concurrently("who changes the autoscaler finds it put right soon", func(s *Scene) {
		shop := s.Runs(Spec(good, autoscale(2, 4)))
		shop.Settled(Healthy, rollout)
		picture := s.Picture()
		Edit(s, &autoscalingv2.HorizontalPodAutoscaler{}, "shop", func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MaxReplicas = 9 })
		s.Eventually(s.Picture).WithTimeout(quickly).WithPolling(50 * time.Millisecond).Should(Equal(picture))
		s.Remove(&autoscalingv2.HorizontalPodAutoscaler{}, "shop")
		s.Eventually(s.Picture).WithTimeout(quickly).WithPolling(50 * time.Millisecond).Should(Equal(picture))
	})

	Concurrently("keeps fields of their own: an annotation, and a sidecar", func(s *Scene) {
		shop := s.Runs(Spec(good))
		sidecar := appsv1ac.Deployment("shop", s.Namespace).
			WithAnnotations(map[string]string{"rival.example/note": "mine"}).
			WithSpec(appsv1ac.DeploymentSpec().WithTemplate(corev1ac.PodTemplateSpec().WithSpec(corev1ac.PodSpec().
				WithContainers(corev1ac.Container().WithName("sidecar").WithImage("registry.example/sidecar:1")))))
		s.Expect(api.Apply(s.ctx, sidecar, client.FieldOwner("rival"))).To(Succeed())
		shop.Settled(Healthy, rollout)
		shop.Image(better)
		shop.RestsOn(2)
		d := shop.Deployment()
		s.Expect(d.Annotations).To(HaveKeyWithValue("rival.example/note", "mine"))
		s.Expect(d.Spec.Template.Spec.Containers).To(ConsistOf(HaveField("Name", "app"), HaveField("Name", "sidecar")))
		s.Expect(shop.Container().Image).To(Equal(better))
	})

	Concurrently("who edits twenty times a second has lost 2 s after giving up", func(s *Scene) {
		shop := s.Runs(Spec(good, port("http", 8080)))
		shop.Settled(Healthy, rollout)
		picture := s.Picture()
		edits := time.NewTicker(50 * time.Millisecond)
		defer edits.Stop()
		for n := range 60 {
			<-edits.C
			patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"replicas":`+[]string{"3", "4"}[n%2]+`,"template":{"spec":{"terminationGracePeriodSeconds":7}}}}`))
			d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: s.Namespace}}
			s.Expect(api.Patch(s.ctx, d, patch)).To(Succeed())
		}
		s.Step("the rival gives up")
		s.Eventually(s.Picture).WithTimeout(quickly).WithPolling(50 * time.Millisecond).Should(Equal(picture))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})
})

func (a *App) configName() string { return a.Container().Env[0].ValueFrom.ConfigMapKeyRef.Name }
