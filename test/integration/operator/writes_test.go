package operator_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("The number of writes", func() {
	Concurrently("does not depend on how many keys there are", func(s *Scene) {
		one, many := s.withKeys("one", 1), s.withKeys("many", 50)
		first := s.writesFor(one)
		s.Expect(first).To(Equal([]string{
			"create releases", "patch configmaps", "patch configmaps", "patch deployments", "patch secrets", "patch secrets",
		}))
		s.Expect(s.writesFor(many)).To(Equal(first))

		changed := time.Now()
		for _, app := range []string{"one", "many"} {
			Edit(s, &corev1.Secret{}, app+"-secret", func(secret *corev1.Secret) {
				for key := range secret.Data {
					secret.Data[key] = canary.Marks("new")
				}
			})
		}
		for _, app := range []*App{one, many} {
			s.Eventually(func() []string { return app.Releases() }).WithTimeout(rollout).Should(HaveLen(2))
			app.Becomes(Healthy, rollout)
		}
		s.letEventsPass()
		again := s.writesSince(changed, one)
		s.Expect(again).To(Equal([]string{"create releases", "delete secrets", "patch deployments", "patch secrets"}))
		s.Expect(s.writesSince(changed, many)).To(Equal(again))
	})
})

// withKeys creates an App with literals, a ConfigMap and a Secret of so many keys.
// It wants no pods: how these come up decides how often a status is written.
func (s *Scene) withKeys(name string, keys int) *App {
	config, secret := NewConfigMap(name+"-config", "C_0", "v"), NewSecret(name+"-secret", "S_0", "v")
	literals := map[string]v1alpha1.ConfigValue{}
	for i := range keys {
		literals[fmt.Sprintf("L_%d", i)] = "v"
		config.Data[fmt.Sprintf("C_%d", i)] = "v"
		secret.Data[fmt.Sprintf("S_%d", i)] = canary.Marks("v")
	}
	s.Create(config, secret)
	return s.AppliesAs(name, Spec(good, replicas(0), configFrom(config.Name), secretFrom(secret.Name), func(spec *v1alpha1.AppSpec) {
		spec.Config.Data = literals
	}))
}

// writesFor waits until an App is at rest and returns all that was written for it,
// but for statuses.
func (s *Scene) writesFor(app *App) []string {
	app.Becomes(Healthy, rollout)
	s.letEventsPass()
	return s.writesSince(time.Time{}, app)
}

// writesSince returns the verbs and resources of an App's writes, in order of
// their names. Every one of its objects is named after it.
func (s *Scene) writesSince(since time.Time, app *App) []string {
	var out []string
	for _, r := range only(audit.operatorsSince(since, s.Namespace), request.writes) {
		if r.Object.Subresource == "" && (r.Object.Name == app.Name || strings.HasPrefix(r.Object.Name, app.Name+"-")) {
			out = append(out, r.Verb+" "+r.Object.Resource)
		}
	}
	slices.Sort(out)
	return out
}
