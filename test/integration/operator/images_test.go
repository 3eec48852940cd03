package operator_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var (
	// Passwords have the canary in them, so that a search finds where they leak.
	rightPassword = string(canary.Marks("right"))
	wrongPassword = string(canary.Marks("wrong"))

	required   = digested(v1alpha1.DigestRequired)
	bestEffort = digested(v1alpha1.DigestBestEffort)
)

var _ = Describe("An image whose digest is required", func() {
	Concurrently("runs by its digest, and says so", func(s *Scene) {
		digest := s.Pushes("1.4.2")
		s.guardedBy(Private(rightPassword))
		s.Create(NewPullSecret("regcred", rightPassword))
		shop := s.Applies(Spec(s.Reference("1.4.2"), required, pulledWith("regcred")))
		shop.Settled(Healthy, rollout)
		pulled := s.Reference("1.4.2") + "@" + digest
		s.Expect(shop.Container().Image).To(Equal(pulled))
		s.Expect(shop.Live().Status.Image).To(Equal(pulled))
		release := shop.Release(1).Spec
		s.Expect([]string{release.Image, release.Digest, release.DigestProblem}).To(Equal([]string{s.Reference("1.4.2"), digest, ""}))
		s.Eventually(shop.Events).WithTimeout(soon).Should(Equal([]string{"ReleaseCreated 1", "ReleaseHealthy 1"}))
	})

	Concurrently("is asked for with the Secret of the service account where the App names none", func(s *Scene) {
		digest := s.Pushes("1.4.2")
		s.guardedBy(Private(rightPassword))
		s.Create(NewPullSecret("regcred", rightPassword), &corev1.ServiceAccount{
			ObjectMeta:       metav1.ObjectMeta{Name: "robot"},
			ImagePullSecrets: []corev1.LocalObjectReference{{Name: "regcred"}},
		})
		shop := s.Applies(Spec(s.Reference("1.4.2"), required, func(spec *v1alpha1.AppSpec) { spec.ServiceAccountName = "robot" }))
		s.Expect(shop.Release(1).Spec.Digest).To(Equal(digest))
		shop.Settled(Healthy, rollout)
	})

	Concurrently("is waited for while the old one serves, and goes out at once when the password is corrected", func(s *Scene) {
		digest := s.Pushes("1.4.2")
		s.guardedBy(Private(rightPassword))
		s.Create(NewPullSecret("regcred", wrongPassword))
		shop := s.Runs(Spec(good))
		before := shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		shop.Change(all(image(s.Reference("1.4.2")), required, pulledWith("regcred")))
		shop.Becomes(v1alpha1.ReasonImageNotResolved, soon)
		want := fmt.Sprintf(`ImageNotResolved spec.image: %s answered 401 Unauthorized for %q: check spec.imagePullSecrets, or set imageDigest: BestEffort`, registry.host(), s.Reference("1.4.2"))
		s.Expect(shop.Condition("InputsResolved")).To(Equal("False " + want))
		s.Expect(shop.Condition("Ready")).To(Equal("False " + want))
		s.Expect(shop.Condition("Reconciling")).To(Equal("True " + want))
		s.Expect(shop.Condition("Stalled")).To(BeEmpty())
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))

		s.Step("drift is put right meanwhile")
		Edit(s, &appsv1.Deployment{}, "shop", func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = better })
		s.Eventually(func() string { return shop.Container().Image }).WithTimeout(soon).Should(Equal(good))

		s.Step("the password is corrected")
		Edit(s, &corev1.Secret{}, "regcred", func(secret *corev1.Secret) {
			secret.Data = NewPullSecret("regcred", rightPassword).Data
		})
		corrected := time.Now()
		s.Expect(shop.Release(2).Spec.Digest).To(Equal(digest))
		s.Expect(time.Now()).To(BeTemporally("<=", corrected.Add(quickly)), "the time of the next try had not come")
		shop.Settled(Healthy, rollout)
		s.Expect(pods).NotTo(BeEmpty())
		shop.WasAlwaysAvailable(before)
		s.Eventually(shop.Events).WithTimeout(soon).Should(ContainElement("ImageNotResolved 1"))
	})
})

var _ = Describe("An image whose digest is wanted if possible", func() {
	Concurrently("runs by its tag when the registry is too slow, and says so", func(s *Scene) {
		s.guardedBy(Hangs)
		applied := time.Now()
		shop := s.Applies(Spec(s.Reference("1.4.2"), bestEffort))
		shop.Becomes(v1alpha1.ReasonResolvingImage, soon)
		problem := fmt.Sprintf(`spec.image: %s gave no answer within 5s for %q: see that the operator can reach it`, registry.host(), s.Reference("1.4.2"))
		s.Expect(shop.Release(1).Spec.DigestProblem).To(Equal(problem))
		s.Expect(time.Now()).To(BeTemporally("<=", applied.Add(5*time.Second+quickly)))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Container().Image).To(Equal(s.Reference("1.4.2")))
		s.Expect(shop.Condition("InputsResolved")).To(Equal("True Resolved everything the App refers to was found, but the image has no digest: " +
			problem + "; shop-1 runs the tag, and nodes may find other bytes behind it"))
		s.Eventually(shop.Events).WithTimeout(soon).Should(Equal([]string{"ImageNotResolved 1", "ReleaseCreated 1", "ReleaseHealthy 1"}))

		s.Step("the next Release does not wait that long again")
		changed := time.Now()
		shop.Change(level("debug"))
		s.Expect(shop.Release(2).Spec.DigestProblem).To(Equal(problem))
		s.Expect(time.Now()).To(BeTemporally("<=", changed.Add(5*time.Second)))
	})
})

var _ = Describe("A tag that moves", func() {
	Concurrently("rolls nothing, is seen by the next Release, and a rollback runs the same bytes again", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"))
		first := s.Pushes("latest")
		shop := s.Runs(Spec(s.Reference("latest"), required, configFrom("shared")))
		shop.Settled(Healthy, rollout)
		second := s.Pushes("latest")
		shop.Stays(Healthy, 2*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))

		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		shop.RestsOn(2)
		s.Expect(shop.Container().Image).To(Equal(s.Reference("latest") + "@" + second))

		third := s.Pushes("latest")
		asked := registry.requests(s)
		shop.Annotate(v1alpha1.AnnotationRollbackTo, "shop-1")
		shop.Settled(v1alpha1.ReasonPinned, rollout)
		s.Expect(shop.Container().Image).To(Equal(s.Reference("latest") + "@" + first))
		s.Expect(shop.Live().Status.Image).To(Equal(s.Reference("latest") + "@" + first))
		shop.Annotate(v1alpha1.AnnotationRollbackTo, "")
		shop.RestsOn(2)
		s.Expect(registry.requests(s)).To(Equal(asked), "a Release knows its digest")

		shop.Annotate(v1alpha1.AnnotationRestart, "now")
		shop.RestsOn(3)
		s.Expect(shop.Container().Image).To(Equal(s.Reference("latest") + "@" + third))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (config shared, image)", "shop-3 Healthy (restart)"}))
	})

	Alone("moves no App when the operator is started again, which asks no registry", func(s *Scene) {
		digest := s.Pushes("latest")
		shop := s.Runs(Spec(s.Reference("latest"), required))
		tag := s.AppliesAs("tag", Spec(s.Reference("gone"), bestEffort))
		tag.Settled(Healthy, rollout)
		shop.Settled(Healthy, rollout)
		s.Pushes("latest")
		s.letEventsPass()
		asked := registry.requests(s)

		s.Expect(operator.Stop()).To(Succeed())
		again := time.Now()
		operator = startOperator(s.ctx)
		s.Eventually(func() []request { return audit.operatorsSince(again, "") }).WithTimeout(soon).ShouldNot(BeEmpty())
		s.Consistently(func() []request { return only(audit.operatorsSince(again, s.Namespace), wantedOf) }).
			WithTimeout(10 * time.Second).WithPolling(time.Second).Should(BeEmpty())
		s.Expect(registry.requests(s)).To(Equal(asked))
		s.Expect(shop.Container().Image).To(Equal(s.Reference("latest") + "@" + digest))
		s.Expect(tag.Container().Image).To(Equal(s.Reference("gone")))
	})
})
