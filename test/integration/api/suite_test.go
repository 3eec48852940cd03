// Package api_test checks the API as people meet it: the CRDs on a real API
// server, the samples that must be accepted, the ones that must be refused and
// with which words, and what kubectl shows.
package api_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

const (
	crdFolder     = "../../../config/crd/bases"
	sampleFolder  = "../../../config/samples"
	invalidFolder = "../../../config/samples/invalid"
)

var (
	config  *rest.Config
	cluster client.WithWatch
	vault   *harness.Vault
	canary  = harness.NewCanary()
	kubectl *kubectlRunner
	applied [2]string // what the client-side apply of the CRDs said, at first and again
)

func TestAPI(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "API")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	Expect(assets).NotTo(BeEmpty(), "these tests need a control plane, and KUBEBUILDER_ASSETS does not name the folder with one: run them with `make test`, which builds it")

	environment := &envtest.Environment{}
	DeferCleanup(environment.Stop)
	var err error
	config, err = environment.Start()
	Expect(err).NotTo(HaveOccurred())

	kubectl = newKubectl(filepath.Join(assets, "kubectl"), environment.KubeConfig, GinkgoT().TempDir())
	applied[0] = kubectl.Run(ctx, "apply", "-f", crdFolder)
	applied[1] = kubectl.Run(ctx, "apply", "-f", crdFolder)
	kubectl.Run(ctx, "wait", "--for=condition=Established", "-f", crdFolder)

	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme} {
		Expect(add(scheme)).To(Succeed())
	}
	cluster, err = client.NewWithWatch(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	vault, err = harness.OpenVault(ctx, cluster, canary)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { vault.Close() })
	DeferCleanup(expectNoLeaks)
})

// expectNoLeaks tells that nothing of what any Secret has ever held stands in
// any other object.
func expectNoLeaks(ctx SpecContext) {
	searched, err := vault.Leaks(ctx, config, harness.Places{})
	Expect(err).NotTo(HaveOccurred())
	GinkgoWriter.Println(searched)
	Expect(searched.Found).To(BeEmpty(), "what Secrets hold stands elsewhere")
}

// newNamespace makes a namespace of its own for a spec.
func newNamespace(ctx context.Context) string {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "api-"}}
	Expect(cluster.Create(ctx, namespace)).To(Succeed())
	return namespace.Name
}

// crds returns the CRDs as the API server has them, by plural name.
func crds(ctx context.Context) map[string]*apiextensionsv1.CustomResourceDefinition {
	GinkgoHelper()
	found := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, plural := range []string{"apps", "releases"} {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		Expect(cluster.Get(ctx, client.ObjectKey{Name: plural + ".bowline.dev"}, crd)).To(Succeed())
		found[plural] = crd
	}
	return found
}

// schemaOf returns the schema of a CRD's only version.
func schemaOf(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.JSONSchemaProps {
	GinkgoHelper()
	Expect(crd.Spec.Versions).To(HaveLen(1))
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}
