package api_test

import (
	"encoding/base64"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

// The search that every suite ends with, where there is something to find.
var _ = Describe("The search for what Secrets hold", func() {
	It("finds it in objects of any kind and in files, and passes Secrets over", func(ctx SpecContext) {
		namespace, secret := newNamespace(ctx), harness.NewCanary()
		meta := metav1.ObjectMeta{Namespace: namespace, Name: "planted"}
		encoded := base64.StdEncoding.EncodeToString([]byte("ab" + string(secret)))
		Expect(cluster.Create(ctx, &corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"a": []byte(secret), "b": canary.Marks("")}})).To(Succeed())
		Expect(cluster.Create(ctx, &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"a": encoded}})).To(Succeed())
		app := &v1alpha1.App{ObjectMeta: *meta.DeepCopy(), Spec: v1alpha1.AppSpec{WorkloadSpec: v1alpha1.WorkloadSpec{Image: "a"}}}
		app.Annotations = map[string]string{"note": string(secret)}
		Expect(cluster.Create(ctx, app)).To(Succeed())
		log := filepath.Join(GinkgoT().TempDir(), "log")
		Expect(os.WriteFile(log, []byte("12345"+string(secret)), 0o600)).To(Succeed())

		patterns := harness.NewPatterns()
		patterns.Add("it", []byte(secret))
		searched, err := harness.Search(ctx, config, patterns, harness.Places{Files: []string{log}})
		Expect(err).NotTo(HaveOccurred())
		var places []string
		for _, found := range searched.Found {
			places = append(places, found.Where+": "+found.Form)
		}
		Expect(places).To(ConsistOf(
			"v1 ConfigMap "+namespace+"/planted: the plain text in base64",
			"bowline.dev/v1alpha1 App "+namespace+"/planted: the plain text",
			"the file "+log+": the plain text",
		))
	})
})
