package e2e_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("A rollout", func() {
	It("serves the first request, by the Service's name, with what the App is made of", func(ctx SpecContext) {
		s := newScene(ctx)
		secret := newSecret(s.namespace)
		s.create(secret)
		s.create(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: configName}, Data: map[string]string{"COLOR": "blue"}})
		visitors := s.newVisitors("visitors", "http://shop:8080/", visits...)
		app := newShop(s.namespace)
		content := "greeting: hello"
		app.Spec.Config.Files = []v1alpha1.FileSpec{{Path: "/etc/shop/app.yaml", Content: &content}}
		app.Spec.Config.From = []v1alpha1.SourceSpec{
			{Name: configName, As: v1alpha1.SourceEnv},
			{Name: configName, As: v1alpha1.SourceFiles, MountPath: "/etc/settings"},
		}
		app.Spec.Secrets = []v1alpha1.SecretSpec{
			{SourceSpec: v1alpha1.SourceSpec{Name: secretName, As: v1alpha1.SourceEnv}},
			{SourceSpec: v1alpha1.SourceSpec{Name: secretName, As: v1alpha1.SourceFiles, MountPath: "/etc/stripe"}},
		}
		applied := s.create(app)
		seen := visitors.untilAnswered()
		AddReportEntry("first request served, s", took(applied, seen.New.First))
		AddReportEntry(figureHealthy, took(applied, s.until(v1alpha1.ReasonHealthy, eventually)))

		key := string(secret.Data[secretKey])
		for _, pod := range s.pods() {
			for path, want := range map[string]string{
				"/env?name=GREETING":                  "hello",
				"/env?name=COLOR":                     "blue",
				"/env?name=" + secretKey:              key,
				"/file?path=/etc/shop/app.yaml":       content,
				"/file?path=/etc/settings/COLOR":      "blue",
				"/file?path=/etc/stripe/" + secretKey: key,
			} {
				Expect(s.ask(pod.Name, path)).To(Equal(want), "%s of %s", path, pod.Name)
			}
			Expect(s.ask(pod.Name, "/lookup?name=shop."+s.namespace+".svc.cluster.local")).To(ContainSubstring("10."))
		}
		visitors.served()
	}, SpecTimeout(5*time.Minute))

	It("of another version, and back, fails no request", func(ctx SpecContext) {
		s := newScene(ctx)
		s.healthyShop()
		visitors := s.visit()
		changed := s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.Two })
		_, healthy := s.untilRelease(2, metav1.ConditionTrue, eventually)
		AddReportEntry(figureHealthy, took(changed, healthy))
		Expect(s.podsOf(2)).To(HaveLen(replicas))
		for _, pod := range s.podsOf(2) {
			Eventually(func() map[string]int { return visitors.report().New.Pods }).Should(HaveKey(pod.Name))
		}
		s.change(func(a *v1alpha1.App) { a.Spec.Image = shared.Apps.One })
		s.until(v1alpha1.ReasonHealthy, eventually)
		Expect(s.podsOf(3)).To(HaveLen(replicas), "a healthy Release was left, so going back is a third one")
		visitors.served()
	}, SpecTimeout(5*time.Minute))

	It("that replaces all pods at once, with long requests under way, fails none", func(ctx SpecContext) {
		s := newScene(ctx)
		s.healthyShop()
		slow := s.newVisitors("slow", s.address()+"slow?for=2s", visits...)
		slow.untilAnswered()
		s.change(func(a *v1alpha1.App) {
			a.Spec.Image = shared.Apps.Two
			a.Spec.Rollout.MaxSurge = percent(100)
		})
		s.untilRelease(2, metav1.ConditionTrue, eventually)
		slow.served()
	}, SpecTimeout(5*time.Minute))
})
