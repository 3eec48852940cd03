package operator_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

var _ = Describe("A spec that its schema admits and nobody can read", func() {
	Concurrently("is said so, harms nothing that runs, and stops no other App", func(s *Scene) {
		shop := s.Runs(Spec(good, level("info")))
		shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		surge := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"rollout":{"maxSurge":99999999999}}}`))
		s.Expect(api.Patch(s.ctx, shop.Live(), surge)).To(Succeed())
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("InputsResolved")).To(And(HavePrefix("False InvalidInput spec: "), HaveSuffix("correct the value")))
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
		s.AppliesAs("other", Spec(good)).Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))

		mended := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"rollout":{"maxSurge":1}}}`))
		s.Expect(api.Patch(s.ctx, shop.Live(), mended)).To(Succeed())
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})
})

var _ = Describe("A missing input", func() {
	for _, missing := range []struct {
		kind, field string
		from        func(string) func(*v1alpha1.AppSpec)
		object      func() client.Object
	}{
		{"ConfigMap", "spec.config.from[0]", configFrom, func() client.Object { return NewConfigMap("later", "A", "1") }},
		{"Secret", "spec.secrets[0]", secretFrom, func() client.Object { return NewSecret("later", "A", "1") }},
	} {
		Concurrently("("+missing.kind+") is named, and the App goes out when it comes", func(s *Scene) {
			shop := s.Applies(Spec(good, missing.from("later")))
			shop.Becomes(v1alpha1.ReasonInputsMissing, soon)
			want := fmt.Sprintf("InputsMissing %s: %s %q does not exist in namespace %q: create it or remove the reference", missing.field, missing.kind, "later", s.Namespace)
			s.Expect(shop.Condition("Ready")).To(Equal("False " + want))
			s.Expect(shop.Condition("InputsResolved")).To(Equal("False " + want))
			s.Expect(shop.Condition("Reconciling")).To(Equal("True " + want))
			s.Expect(names(s.Children())).To(BeEmpty())

			s.Create(missing.object())
			created := time.Now()
			shop.Settled(Healthy, rollout)
			s.Expect(shop.firstDeployment(runs(good))).To(BeTemporally("<=", created.Add(quickly)))
			s.Eventually(shop.Events).WithTimeout(soon).Should(Equal([]string{"InputsMissing 1", "ReleaseCreated 1", "ReleaseHealthy 1"}))
		})
	}

	Concurrently("holds a change back, and what serves keeps serving", func(s *Scene) {
		shop := s.Runs(Spec(good))
		before := shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		shop.Change(all(image(better), configFrom("a"), configFrom("b")))
		shop.Becomes(v1alpha1.ReasonInputsMissing, soon)
		s.Expect(shop.Condition("InputsResolved")).To(Equal(fmt.Sprintf(
			`False InputsMissing spec.config.from[0]: ConfigMap "a" does not exist in namespace %[1]q; spec.config.from[1]: ConfigMap "b" does not exist in namespace %[1]q: create it or remove the reference`, s.Namespace)))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Create(NewConfigMap("a", "A", "1"), NewConfigMap("b", "B", "1"))
		shop.Settled(Healthy, rollout)
		shop.WasAlwaysAvailable(before)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)"}))
	})

	Concurrently("that is deleted later does not disturb what runs", func(s *Scene) {
		s.Create(NewConfigMap("shared", "A", "1"))
		shop := s.Runs(Spec(good, configFrom("shared")))
		pods := shop.PodUIDs()
		s.Remove(&corev1.ConfigMap{}, "shared")
		shop.Becomes(v1alpha1.ReasonInputsMissing, soon)
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Create(NewConfigMap("shared", "A", "1"))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.PodUIDs()).To(Equal(pods), "the same content is the same input")
	})
})

var _ = Describe("An image reference that none can read", func() {
	Concurrently("is named, and what serves keeps serving", func(s *Scene) {
		shop := s.Runs(Spec(good))
		before := shop.Settled(Healthy, rollout)
		pods := shop.PodUIDs()
		shop.Image(strings.Repeat("0123456789abcdef", 4))
		shop.Becomes(v1alpha1.ReasonInvalidImage, soon)
		want := `InvalidImage spec.image: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" is no image reference (invalid repository name (0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef), cannot specify 64-byte hexadecimal strings): write it like registry.example/team/app:tag, in lower case`
		s.Expect(shop.Condition("InputsResolved")).To(Equal("False " + want))
		s.Expect(shop.Condition("Stalled")).To(Equal("True " + want))
		s.Expect(shop.Kstatus()).To(Equal("Failed"))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		shop.WasAlwaysAvailable(before)
		shop.Image(better)
		shop.Settled(Healthy, rollout)
	})
})

var _ = Describe("A changed ConfigMap or Secret", func() {
	Concurrently("goes out as a Release of its own with a copy of the content", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"), NewSecret("stripe", "KEY", "old"))
		shop := s.Runs(Spec(good, configFrom("shared"), secretFrom("stripe")))
		s.Expect(shop.pinned()).To(Equal("COLOR=blue KEY=old"))

		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		s.Expect(shop.Release(2).Spec.Cause).To(Equal("config shared"))
		shop.RestsOn(2)
		s.Expect(shop.pinned()).To(Equal("COLOR=green KEY=old"))

		Edit(s, &corev1.Secret{}, "stripe", func(c *corev1.Secret) { c.Data["KEY"] = canary.Marks("new") })
		s.Expect(shop.Release(3).Spec.Cause).To(Equal("secret stripe"))
		shop.RestsOn(3)
		s.Expect(shop.pinned()).To(Equal("COLOR=green KEY=new"))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (config shared)", "shop-3 Healthy (secret stripe)"}))
		for _, from := range shop.Container().EnvFrom {
			if from.ConfigMapRef != nil {
				s.Expect(s.ConfigMap(from.ConfigMapRef.Name).Immutable).To(HaveValue(BeTrue()))
			} else {
				s.Expect(s.Secret(from.SecretRef.Name).Immutable).To(HaveValue(BeTrue()))
			}
		}
	})

	for _, changed := range []struct {
		kind, cause string
		edit        func(*Scene)
	}{
		{"ConfigMap", "config shared", func(s *Scene) {
			Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		}},
		{"Secret", "secret stripe", func(s *Scene) {
			Edit(s, &corev1.Secret{}, "stripe", func(c *corev1.Secret) { c.Data["KEY"] = canary.Marks("new") })
		}},
	} {
		Concurrently("("+changed.kind+") is a Release that names it within 2 s", func(s *Scene) {
			s.Create(NewConfigMap("shared", "COLOR", "blue"), NewSecret("stripe", "KEY", "old"))
			shop := s.Runs(Spec(good, configFrom("shared"), secretFrom("stripe")))
			shop.Settled(Healthy, rollout)
			changed.edit(s)
			answered := time.Now()
			s.Expect(shop.Release(2).Spec.Cause).To(Equal(changed.cause))
			s.Eventually(func() []version { return world.of(shop.release("shop-2")) }).WithTimeout(soon).ShouldNot(BeEmpty())
			took := shop.firstRelease("shop-2", func(*v1alpha1.Release) bool { return true }).Sub(answered)
			s.Logf("the Release was seen %s after the change was answered", took)
			s.Expect(took).To(BeNumerically("<=", 2*time.Second))
			shop.RestsOn(2)
		})
	}

	Concurrently("is one change of every App that uses it", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"))
		one, two := s.AppliesAs("one", Spec(good, configFrom("shared"))), s.AppliesAs("two", Spec(good, configFrom("shared")))
		one.Becomes(Healthy, rollout)
		two.Becomes(Healthy, rollout)
		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Data["COLOR"] = "green" })
		for _, app := range []*App{one, two} {
			s.Expect(app.Release(2).Spec.Cause).To(Equal("config shared"))
			app.RestsOn(2)
			s.Expect(app.pinned()).To(Equal("COLOR=green"))
		}
	})

	Concurrently("whose new content is bad is rolled back to the old content", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"), NewSecret("stripe", "KEY", "old"))
		shop := s.Runs(Spec(good, configFrom("shared"), secretFrom("stripe")))
		before := shop.Settled(Healthy, rollout)
		picture, pods := s.Picture(), shop.PodUIDs()
		s.Refuses(aPod(), "pods", "object.metadata.?labels[?'bowline.dev/release'].orValue('') == '2'")
		Edit(s, &corev1.Secret{}, "stripe", func(c *corev1.Secret) { c.Data["KEY"] = canary.Marks("bad") })
		shop.Becomes(RolledBack, rollout)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 CannotStart (secret stripe)"}))
		s.Expect(shop.pinned()).To(Equal("COLOR=blue KEY=old"))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		delete(picture, "Secret stripe") // the person's
		s.LooksAgain(picture)
		shop.WasAlwaysAvailable(before)
	})

	Concurrently("(a bad password) makes the pods crash: the old one returns, and why is said", func(s *Scene) {
		s.Create(NewSecret("database", "PASSWORD", "right"))
		shop := s.Runs(Spec(good, secretFrom("database")))
		before := shop.Settled(Healthy, rollout)
		picture, pods := s.Picture(), shop.PodUIDs()
		s.Plays("crash-loop", "2") // simulated nodes read no Secrets
		Edit(s, &corev1.Secret{}, "database", func(c *corev1.Secret) { c.Data["PASSWORD"] = canary.Marks("wrong") })
		shop.Settled(RolledBack, 90*time.Second)
		s.Expect(shop.pinned()).To(Equal("PASSWORD=right"))
		s.Expect(shop.PodUIDs()).To(Equal(pods), "what served has served on")
		shop.WasAlwaysAvailable(before)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Crashing (secret database)"}))
		said := `shop-2 \(cause: secret database\) failed \(Crashing: a container was restarted 3 times > 2: \w+ \(pod shop-[-a-z0-9]+, container app, exit code 1\)\); ` +
			`shop-1 serves again: change the spec, or set the annotation bowline\.dev/retry to try the same inputs again$`
		s.Expect(shop.Condition("RolledOut")).To(MatchRegexp("^False RolledBack " + said))
		s.Expect(shop.Condition("Available")).To(HavePrefix("True "))
		s.Expect(canary.Unmarked(s.Secret("database").Data["PASSWORD"])).To(Equal("wrong"), "it is the person's")
		s.Eventually(shop.Events).WithTimeout(soon).Should(Equal([]string{"ReleaseCreated 2", "ReleaseFailed 1", "ReleaseHealthy 1", "RolledBack 1"}))
		s.Expect(shop.notes("RolledBack")).To(ConsistOf(MatchRegexp("^" + said)))
		delete(picture, "Secret database")
		s.LooksAgain(picture)
	})

	Concurrently("with the same content as before is no change", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"))
		shop := s.Runs(Spec(good, configFrom("shared")))
		Edit(s, &corev1.ConfigMap{}, "shared", func(c *corev1.ConfigMap) { c.Labels = map[string]string{"team": "red"} })
		shop.Stays(Healthy, 2*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})
})

var _ = Describe("The value of a Secret", func() {
	Concurrently("is nowhere but in Secrets, whatever its App goes through", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "first"))
		shop := s.Runs(Spec(good, secretFrom("stripe")))
		Edit(s, &corev1.Secret{}, "stripe", func(c *corev1.Secret) { c.Data["KEY"] = canary.Marks("second") })
		shop.RestsOn(2)
		shop.Image(notThere)
		shop.Becomes(RolledBack, rollout)

		config, err := cluster.Config()
		s.Expect(err).NotTo(HaveOccurred())
		searched, err := vault.Leaks(s.ctx, config, harness.Places{Files: []string{operatorLog.Name()}, Metrics: []string{metrics}})
		s.Expect(err).NotTo(HaveOccurred())
		s.Expect(searched.Found).To(BeEmpty())
	})
})

// pinned tells what the pods take from copies, in the order of the spec.
func (a *App) pinned() string {
	var entries []string
	for _, from := range a.Container().EnvFrom {
		switch {
		case from.ConfigMapRef != nil:
			for key, value := range a.ConfigMap(from.ConfigMapRef.Name).Data {
				entries = append(entries, key+"="+value)
			}
		case from.SecretRef != nil:
			for key, value := range a.Secret(from.SecretRef.Name).Data {
				entries = append(entries, key+"="+canary.Unmarked(value))
			}
		}
	}
	return strings.Join(entries, " ")
}
