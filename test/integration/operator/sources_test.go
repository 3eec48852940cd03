package operator_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Kinds of references, to be given to Spec.

func config(source v1alpha1.SourceSpec) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Config.From = append(spec.Config.From, source) }
}

func secret(source v1alpha1.SourceSpec, generate ...v1alpha1.GenerateSpec) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Secrets = append(spec.Secrets, v1alpha1.SecretSpec{SourceSpec: source, Generate: generate})
	}
}

func asEnv(name string) v1alpha1.SourceSpec {
	return v1alpha1.SourceSpec{Name: name, As: v1alpha1.SourceEnv}
}

func asFiles(name, mountPath string) v1alpha1.SourceSpec {
	return v1alpha1.SourceSpec{Name: name, As: v1alpha1.SourceFiles, MountPath: mountPath}
}

func live(source v1alpha1.SourceSpec) v1alpha1.SourceSpec {
	source.Policy = v1alpha1.PolicyLive
	return source
}

func optional(source v1alpha1.SourceSpec) v1alpha1.SourceSpec {
	source.Optional = true
	return source
}

func taking(source v1alpha1.SourceSpec, keys ...v1alpha1.KeySpec) v1alpha1.SourceSpec {
	source.Keys = keys
	return source
}

var _ = Describe("Keys of a source", func() {
	Concurrently("that are not taken make no Release when they change, and are in no copy", func(s *Scene) {
		s.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "db"}, Data: map[string][]byte{"password": canary.Marks("p-one-3191"), "other": canary.Marks("o-one-5581")}})
		shop := s.Runs(Spec(good, secret(taking(asEnv("db"), v1alpha1.KeySpec{Key: "password", Name: "DB_PASSWORD"}))))
		s.Expect(shop.Inside().Var("DB_PASSWORD")).To(Equal("p-one-3191"))
		s.Expect(shop.Inside().Var("other")).To(Equal("unset"))
		copied := shop.Container().Env[0].ValueFrom.SecretKeyRef.Name
		s.Expect(s.Secret(copied).Data).To(Equal(map[string][]byte{"password": canary.Marks("p-one-3191")}))

		Edit(s, &corev1.Secret{}, "db", func(c *corev1.Secret) { c.Data["other"] = canary.Marks("o-two-7720") })
		shop.Stays(Healthy, 2*time.Second)
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
		Edit(s, &corev1.Secret{}, "db", func(c *corev1.Secret) { c.Data["password"] = canary.Marks("p-two-9912") })
		s.Expect(shop.Release(2).Spec.Cause).To(Equal("secret db"))
		shop.RestsOn(2)
		s.Expect(shop.Inside().Var("DB_PASSWORD")).To(Equal("p-two-9912"))
	})

	Concurrently("that is taken both as variables and as files are both, by a Release that stays as it is", func(s *Scene) {
		s.Create(NewConfigMap("shared", "COLOR", "blue"), NewSecret("stripe", "KEY", "k-one-6613"))
		shop := s.Runs(Spec(good,
			config(asEnv("shared")), config(asFiles("shared", "/etc/shared")),
			secret(asEnv("stripe")), secret(asFiles("stripe", "/etc/stripe"))))
		inside := shop.Inside()
		s.Expect(inside.Var("COLOR")).To(Equal("blue"))
		s.Expect(inside.File("/etc/shared/COLOR")).To(Equal("0644 blue"))
		s.Expect(inside.Var("KEY")).To(Equal("k-one-6613"))
		s.Expect(inside.File("/etc/stripe/KEY")).To(Equal("0644 k-one-6613"))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))

		for _, change := range []func(*v1alpha1.WorkloadSpec){
			func(w *v1alpha1.WorkloadSpec) { slices.Reverse(w.Config.From) },
			func(w *v1alpha1.WorkloadSpec) { slices.Reverse(w.Secrets) },
			func(w *v1alpha1.WorkloadSpec) { w.Config.From = w.Config.From[:1] },
			func(w *v1alpha1.WorkloadSpec) { w.Secrets[1].MountPath = "/etc/other" },
			func(w *v1alpha1.WorkloadSpec) { w.Secrets[0].Name = "other" },
		} {
			release := shop.Release(1)
			change(&release.Spec.Workload)
			s.Expect(api.Update(s.ctx, release)).To(MatchError(
				`Release.bowline.dev "shop-1" is invalid: spec: Invalid value: a Release never changes; change the App, and a new Release is made`))
		}
	})

	Concurrently("that are not there are named, and what serves keeps serving", func(s *Scene) {
		s.Create(NewSecret("db", "password", "p-one-4412"))
		shop := s.Runs(Spec(good, secret(taking(asEnv("db"), v1alpha1.KeySpec{Key: "password"}))))
		pods := shop.PodUIDs()
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Secrets[0].Keys[0].Key = "pasword" })
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("InputsResolved")).To(HavePrefix(`False InvalidInput spec.secrets[0].keys[0].key: Secret "db" has no key "pasword" (it has `))
		s.Expect(shop.PodUIDs()).To(Equal(pods))

		s.Step("the key comes")
		Edit(s, &corev1.Secret{}, "db", func(c *corev1.Secret) { c.Data["pasword"] = canary.Marks("p-two-1275") })
		shop.RestsOn(2)
	})

	Concurrently("that two sources make the same variable of are named", func(s *Scene) {
		s.Create(NewConfigMap("one", "COLOR", "red"), NewConfigMap("two", "COLOR", "blue"))
		shop := s.Applies(Spec(good, configFrom("one"), configFrom("two")))
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(`False InvalidInput spec.config.from[0] and spec.config.from[1] both make the environment variable "COLOR": set prefix or keys in one of them, or write the value that is to win in spec.env`))
		shop.Change(env("COLOR", "green"))
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Inside().Var("COLOR")).To(Equal("green"))
	})

	Concurrently("that hold no text are named when they are to be variables, and are files all the same", func(s *Scene) {
		s.Create(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "site"}, BinaryData: map[string][]byte{"logo.png": {0x89, 'P', 'N', 'G', 0xff}}})
		shop := s.Applies(Spec(good, configFrom("site")))
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(`False InvalidInput spec.config.from[0]: key "logo.png" of ConfigMap "site" holds bytes that are no text, which no environment variable can hold: use as: Files, or name the keys to take in keys`))
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Config.From[0] = asFiles("site", "/srv") })
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Inside().File("/srv/logo.png")).To(Equal("0644 \x89PNG\xff"))
	})

	Concurrently("of Secrets of all types become variables and files with permissions", func(s *Scene) {
		s.Create(
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "login"}, Type: corev1.SecretTypeBasicAuth, StringData: map[string]string{"username": "orders", "password": string(canary.Marks("pw-8831402"))}},
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "deploy"}, Type: corev1.SecretTypeSSHAuth, StringData: map[string]string{"ssh-privatekey": string(canary.Marks("ssh-55120983"))}},
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "site"}, Type: corev1.SecretTypeTLS, StringData: map[string]string{"tls.crt": string(canary.Marks("crt-19283746")), "tls.key": string(canary.Marks("key-19283746"))}},
		)
		ssh := taking(asFiles("deploy", "/home/app/.ssh"), v1alpha1.KeySpec{Key: "ssh-privatekey", Name: "id_ed25519"})
		ssh.Mode = 0o400
		shop := s.Runs(Spec(good,
			secret(taking(asEnv("login"), v1alpha1.KeySpec{Key: "username", Name: "DB_USER"}, v1alpha1.KeySpec{Key: "password", Name: "DB_PASSWORD"})),
			secret(ssh),
			secret(taking(asFiles("site", "/etc/tls"), v1alpha1.KeySpec{Key: "tls.crt"}, v1alpha1.KeySpec{Key: "tls.key", Mode: 0o440})),
			file("/etc/tls.conf", "on"),
		))
		inside := shop.Inside()
		s.Expect(inside.Var("DB_USER")).To(Equal("orders"))
		s.Expect(inside.Var("DB_PASSWORD")).To(Equal("pw-8831402"))
		s.Expect(inside.File("/home/app/.ssh/id_ed25519")).To(Equal("0400 ssh-55120983"))
		s.Expect(inside.File("/etc/tls/tls.crt")).To(Equal("0644 crt-19283746"))
		s.Expect(inside.File("/etc/tls/tls.key")).To(Equal("0440 key-19283746"))
		s.Expect(inside.File("/etc/tls.conf")).To(Equal("0644 on"))
	})
})

var _ = Describe("Content", func() {
	Concurrently("of nearly 1 MiB goes out as a Release, and a little more is refused with the number of bytes", func(s *Scene) {
		half := strings.Repeat("x", 512*1024)
		shop := s.Runs(Spec(good, file("/etc/a", half), file("/etc/b", half[:len(half)-12])))
		s.Expect(shop.Inside().File("/etc/b")).To(HaveLen(len("0644 ") + len(half) - 12))
		pods := shop.PodUIDs()
		shop.Change(func(spec *v1alpha1.AppSpec) { spec.Config.Files[1].Content = &half })
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("Ready")).To(Equal("False InvalidInput spec.config: data and files hold 1048588 bytes together, and at most 1048576 fit: move some to ConfigMaps of their own and name those in spec.config.from"))
		s.Expect(shop.PodUIDs()).To(Equal(pods))
	})
})

var _ = Describe("An optional source", func() {
	Concurrently("may be missing, is taken when it comes, and let go when it goes", func(s *Scene) {
		shop := s.Runs(Spec(good, config(optional(asEnv("flags"))), secret(optional(asFiles("keys", "/keys")))))
		s.Expect(shop.Inside().Var("BETA")).To(Equal("unset"))
		s.Expect(shop.Container().EnvFrom).To(BeEmpty())
		s.Expect(shop.Deployment().Spec.Template.Spec.Volumes).To(BeEmpty())

		s.Create(NewConfigMap("flags", "BETA", "on"))
		s.Expect(shop.Release(2).Spec.Cause).To(Equal("config flags"))
		shop.RestsOn(2)
		s.Expect(shop.Inside().Var("BETA")).To(Equal("on"))

		s.Remove(&corev1.ConfigMap{}, "flags")
		s.Expect(shop.Release(3).Spec.Cause).To(Equal("config flags"))
		shop.RestsOn(3)
		s.Expect(shop.Inside().Var("BETA")).To(Equal("unset"))
	})

	Concurrently("that lacks a key does without", func(s *Scene) {
		s.Create(NewConfigMap("flags", "BETA", "on"))
		shop := s.Runs(Spec(good, config(optional(taking(asEnv("flags"), v1alpha1.KeySpec{Key: "ALPHA"}, v1alpha1.KeySpec{Key: "BETA"})))))
		s.Expect(shop.Inside().Var("ALPHA")).To(Equal("unset"))
		s.Expect(shop.Inside().Var("BETA")).To(Equal("on"))
		Edit(s, &corev1.ConfigMap{}, "flags", func(c *corev1.ConfigMap) { c.Data["ALPHA"] = "off" })
		shop.RestsOn(2)
		s.Expect(shop.Inside().Var("ALPHA")).To(Equal("off"))
	})
})

var _ = Describe("A generated Secret", func() {
	generated := func(name string, keys ...string) func(*v1alpha1.AppSpec) {
		var values []v1alpha1.GenerateSpec
		for _, key := range keys {
			values = append(values, v1alpha1.GenerateSpec{Key: key, Length: 20})
		}
		return secret(asEnv(name), values...)
	}

	Concurrently("is made once, stays the same from Release to Release, and goes with the App", func(s *Scene) {
		shop := s.Runs(Spec(good, generated("session", "KEY")))
		first := shop.Inside().Var("KEY")
		s.Expect(first).To(MatchRegexp("^[A-Za-z0-9]{20}$"))
		s.Expect(string(s.Secret("session").Data["KEY"])).To(Equal(first), "the Secret holds what pods see")
		s.Expect(s.Secret("session").OwnerReferences).To(Equal([]metav1.OwnerReference{shop.owner()}))
		shop.Image(better)
		shop.RestsOn(2)
		shop.Annotate(v1alpha1.AnnotationRestart, "1")
		shop.RestsOn(3)
		s.Expect(shop.Inside().Var("KEY")).To(Equal(first), "the value is the same")
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (spec)", "shop-3 Healthy (restart)"}))

		s.Remove(shop.Live(), "shop")
		s.Eventually(func() []string { return names(s.Children()) }).WithTimeout(rollout).Should(BeEmpty())
	})

	Concurrently("gets new values when an annotation asks for them, and a bad change of them is taken back", func(s *Scene) {
		shop := s.Runs(Spec(good, generated("session", "KEY", "SALT")))
		key, salt := shop.Inside().Var("KEY"), shop.Inside().Var("SALT")
		Edit(s, &corev1.Secret{}, "session", func(c *corev1.Secret) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationRegenerate, "monday")
		})
		s.Expect(shop.Release(2).Spec.Cause).To(Equal("secret session"))
		shop.RestsOn(2)
		second := shop.Inside().Var("KEY")
		s.Expect(second).NotTo(Equal(key), "a new key")
		s.Expect(shop.Inside().Var("SALT")).NotTo(Equal(salt), "a new salt")
		s.Expect(s.Secret("session").Annotations).NotTo(HaveKey(v1alpha1.AnnotationRegenerate))

		s.Refuses(aPod(), "pods", "object.metadata.?labels[?'bowline.dev/release'].orValue('') == '3'")
		Edit(s, &corev1.Secret{}, "session", func(c *corev1.Secret) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationRegenerate, "tuesday")
		})
		shop.Becomes(RolledBack, rollout)
		s.Expect(shop.Inside().Var("KEY")).To(Equal(second), "the key of before")
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)", "shop-2 Healthy (secret session)", "shop-3 CannotStart (secret session)"}))
	})

	Concurrently("that is deleted comes back with the values it had, and one that needs more keys keeps those it has", func(s *Scene) {
		shop := s.Runs(Spec(good, generated("session", "KEY")))
		key, pods := shop.Inside().Var("KEY"), shop.PodUIDs()
		s.Remove(&corev1.Secret{}, "session")
		s.Eventually(func() error { return api.Get(s.ctx, s.key("session"), &corev1.Secret{}) }).WithTimeout(soon).Should(Succeed())
		s.Expect(string(s.Secret("session").Data["KEY"])).To(Equal(key), "the value of before")
		shop.Stays(Healthy, 2*time.Second)
		s.Expect(shop.PodUIDs()).To(Equal(pods))

		shop.Change(func(spec *v1alpha1.AppSpec) {
			spec.Secrets[0].Generate = append(spec.Secrets[0].Generate, v1alpha1.GenerateSpec{Key: "SALT"})
		})
		shop.RestsOn(2)
		s.Expect(shop.Inside().Var("KEY")).To(Equal(key), "the value of before")
		s.Expect(shop.Inside().Var("SALT")).To(HaveLen(32))
	})

	Concurrently("has a name that nobody else's Secret has", func(s *Scene) {
		s.Create(NewSecret("session", "KEY", "somebody-elses-4410"))
		shop := s.Applies(Spec(good, generated("session", "KEY")))
		shop.Becomes(v1alpha1.ReasonInvalidInput, soon)
		s.Expect(shop.Condition("Ready")).To(Equal(`False InvalidInput spec.secrets[0].generate: Secret "session" exists and does not belong to App "shop": remove generate to use it as it is, or choose another name`))
		s.Expect(canary.Unmarked(s.Secret("session").Data["KEY"])).To(Equal("somebody-elses-4410"))
		s.Expect(s.Secret("session").OwnerReferences).To(BeEmpty())
	})

	Concurrently("goes when no Release refers to it", func(s *Scene) {
		shop := s.Runs(Spec(good, bake(0), history(1), generated("session", "KEY")))
		for number, value := range []string{"1", "2", "3"} {
			shop.Change(func(spec *v1alpha1.AppSpec) {
				spec.Secrets = nil
				level(value)(spec)
			})
			shop.RestsOn(number + 2)
		}
		s.Eventually(func() error { return api.Get(s.ctx, s.key("session"), &corev1.Secret{}) }).WithTimeout(soon).ShouldNot(Succeed())
	})
})

var _ = Describe("A Release whose copies are gone", func() {
	Concurrently("runs with the content of today when a person goes back to it, and says so", func(s *Scene) {
		s.Create(NewSecret("stripe", "KEY", "value-one-71"), NewConfigMap("shared", "COLOR", "blue"))
		shop := s.Runs(Spec(good, bake(0), secretFrom("stripe"), configFrom("shared")))
		for number, value := range []string{"value-two-72", "value-three-73", "value-four-74"} {
			Edit(s, &corev1.Secret{}, "stripe", func(c *corev1.Secret) { c.Data["KEY"] = canary.Marks(value) })
			shop.RestsOn(number + 2)
		}
		s.Expect(shop.keys()).NotTo(ContainElement("value-one-71"))

		shop.Annotate(v1alpha1.AnnotationRollbackTo, "shop-1")
		shop.Becomes(v1alpha1.ReasonPinned, rollout)
		s.Eventually(func() string { return shop.Condition("RolledOut") }).WithTimeout(rollout).Should(Equal(
			`True Pinned shop-1 runs because the annotation bowline.dev/rollback-to asks for it, with the content of today of Secret "stripe", whose content of then is gone; remove the annotation to run what the spec says`))
		s.Expect(shop.Inside().Var("KEY")).To(Equal("value-four-74"))
		s.Expect(shop.Inside().Var("COLOR")).To(Equal("blue"))

		s.Step("and back")
		shop.Annotate(v1alpha1.AnnotationRollbackTo, "")
		shop.Settled(Healthy, rollout)
		s.Expect(shop.Inside().Var("KEY")).To(Equal("value-four-74"))
	})
})

var _ = Describe("The digest of a Secret", func() {
	Concurrently("survives the loss of its key, also where only some keys are taken", func(s *Scene) {
		s.Create(NewSecret("db", "password", "p-one-8863"))
		shop := s.Runs(Spec(good, secret(taking(asEnv("db"), v1alpha1.KeySpec{Key: "password"}))))
		pods := shop.PodUIDs()
		s.Remove(&corev1.Secret{}, "shop-digest-key")
		label := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"red"}}}`))
		s.Expect(api.Patch(s.ctx, s.Secret("db"), label)).To(Succeed())
		shop.Stays(Healthy, 3*time.Second)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})

	Concurrently("survives the loss of its key, also of a live one, of which there is no copy", func(s *Scene) {
		s.Create(NewSecret("db", "password", "p-one-8864"))
		shop := s.Runs(Spec(good, secret(live(asEnv("db")))))
		pods := shop.PodUIDs()
		key := s.Secret("shop-digest-key").Data
		s.Remove(&corev1.Secret{}, "shop-digest-key")
		s.Eventually(func() error { return api.Get(s.ctx, s.key("shop-digest-key"), &corev1.Secret{}) }).WithTimeout(soon).Should(Succeed())
		s.Expect(s.Secret("shop-digest-key").Data).To(Equal(key))
		label := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"red"}}}`))
		s.Expect(api.Patch(s.ctx, s.Secret("db"), label)).To(Succeed())
		shop.Stays(Healthy, 3*time.Second)
		s.Expect(shop.PodUIDs()).To(Equal(pods))
		s.Expect(shop.Releases()).To(Equal([]string{"shop-1 Healthy (spec)"}))
	})

	Concurrently("tells nothing to who reads it: two Apps have different ones for the same content", func(s *Scene) {
		s.Create(NewSecret("db", "password", "hunter2-hunter2"))
		one, two := s.AppliesAs("one", Spec(good, secretFrom("db"))), s.AppliesAs("two", Spec(good, secretFrom("db")))
		one.Becomes(Healthy, rollout)
		two.Becomes(Healthy, rollout)
		a, b := one.Release(1).Spec.Sources[0], two.Release(1).Spec.Sources[0]
		s.Expect(a.Digest).To(MatchRegexp("^[0-9a-f]{64}$"))
		s.Expect(a.Digest).NotTo(Equal(b.Digest))
		s.Expect(strings.TrimPrefix(a.CopyName, "one")).NotTo(Equal(strings.TrimPrefix(b.CopyName, "two")))
		s.Expect(fmt.Sprint(a.Name, b.Name)).To(Equal("dbdb"))
	})
})
