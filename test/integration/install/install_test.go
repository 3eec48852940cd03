package install_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/test/harness"
)

// One thing after the other is installed, taken over and removed, and all the
// while App shop serves.
var _ = Describe("An App", Ordered, func() {
	const shop = "shops"
	var pods []types.UID
	var operator *process
	AfterAll(func() { Expect(operator.Stop()).To(Succeed()) })

	// takesOver starts the operator and checks that it works, and that App shop is
	// as it was and nobody wrote of it.
	takesOver := func(ctx context.Context, other string) {
		GinkgoHelper()
		since := time.Now()
		operator = start(ctx, account(ctx, everywhere))
		apply(ctx, other, "other", nil)
		becomes(ctx, other, "other", v1alpha1.ReasonHealthy)
		Expect(serving(ctx, shop, "shop")).To(Equal(pods))
		Expect(written(since, shop)).To(BeEmpty())
		Expect(written(since, other)).To(ContainElement("patch deployments other"))
	}
	// removed checks that nothing is left of the operator but the CRDs, and that App
	// shop serves as before.
	removed := func(ctx context.Context) {
		GinkgoHelper()
		missing(ctx, &appsv1.Deployment{}, harness.OperatorNamespace, "bowline-controller-manager")
		roles, bindings := &rbacv1.ClusterRoleList{}, &rbacv1.ClusterRoleBindingList{}
		ours := client.MatchingLabels{"app.kubernetes.io/name": "bowline"}
		Expect(api.List(ctx, roles, ours)).To(Succeed())
		Expect(api.List(ctx, bindings, ours)).To(Succeed())
		Expect(roles.Items).To(BeEmpty())
		Expect(bindings.Items).To(BeEmpty())
		Expect(serving(ctx, shop, "shop")).To(Equal(pods))
		becomes(ctx, shop, "shop", v1alpha1.ReasonHealthy)
	}

	It("runs by what kubectl installs", func(ctx SpecContext) {
		follow(ctx, documented("With kubectl")[0])
		operator = start(ctx, account(ctx, everywhere))
		apply(ctx, shop, "shop", nil)
		becomes(ctx, shop, "shop", v1alpha1.ReasonHealthy)
		pods = serving(ctx, shop, "shop")
	})

	It("has an operator that tells metrics to whom it may", func(ctx SpecContext) {
		Expect(operator.Stop()).To(Succeed())
		address, err := harness.FreeAddress(ctx)
		Expect(err).NotTo(HaveOccurred())
		operator = start(ctx, account(ctx, everywhere), "--metrics-bind-address="+address)
		must(ctx, "kubectl create serviceaccount reader && kubectl create serviceaccount nobody")
		must(ctx, "kubectl create clusterrolebinding reader --clusterrole=bowline-metrics-reader --serviceaccount=default:reader")
		Eventually(func() (int, error) { return scrape(ctx, address, token(ctx, "reader")) }).WithTimeout(soon).Should(Equal(http.StatusOK))
		Expect(scrape(ctx, address, token(ctx, "nobody"))).To(Equal(http.StatusForbidden))
		Expect(scrape(ctx, address, "")).To(Equal(http.StatusUnauthorized))
	})

	It("serves on when the operator is removed, and what is left does not hinder it", func(ctx SpecContext) {
		operator.content()
		Expect(operator.Stop()).To(Succeed())
		follow(ctx, documented("Uninstall")[0])
		removed(ctx)
		missing(ctx, &corev1.Namespace{}, "", harness.OperatorNamespace)
	})

	It("is taken over by the operator that kubectl installs again", func(ctx SpecContext) {
		follow(ctx, documented("With kubectl")[0])
		takesOver(ctx, "after-kubectl")
	})

	It("is taken over by the operator of Helm where kubectl installed one", func(ctx SpecContext) {
		Expect(operator.Stop()).To(Succeed())
		follow(ctx, []string{documented("With Helm")[0][0] + " --take-ownership --force-conflicts"})
		takesOver(ctx, "after-helm")
	})

	It("does not notice an upgrade of the release", func(ctx SpecContext) {
		operator.content()
		Expect(operator.Stop()).To(Succeed())
		authority := filepath.Join(GinkgoT().TempDir(), "ca.crt")
		Expect(os.WriteFile(authority, []byte("of a registry"), 0o600)).To(Succeed())
		for _, command := range documented("Registries with a certificate of your own")[0] {
			command = strings.ReplaceAll(command, "/path/to/ca.crt", authority)
			follow(ctx, []string{strings.ReplaceAll(command, "helm upgrade ", "helm upgrade --force-conflicts ")}) // kubectl installed before
		}
		deployment := &appsv1.Deployment{}
		Expect(api.Get(ctx, client.ObjectKey{Namespace: harness.OperatorNamespace, Name: "bowline-controller-manager"}, deployment)).To(Succeed())
		Expect(deployment.Spec.Template.Spec.Containers[0].Args).To(ContainElement("--registry-ca-file=/etc/bowline/registry-ca/ca.crt"))
		follow(ctx, []string{documented("With Helm")[0][0] + " --reset-values --force-conflicts"})
		takesOver(ctx, "after-upgrade")
	})

	It("serves on when the release is uninstalled, and its CRDs stay", func(ctx SpecContext) {
		operator.content()
		Expect(operator.Stop()).To(Succeed())
		follow(ctx, documented("Uninstall")[1])
		removed(ctx)
		Expect(must(ctx, "kubectl get crd apps.bowline.dev releases.bowline.dev --output=name")).To(Equal(
			"customresourcedefinition.apiextensions.k8s.io/apps.bowline.dev\ncustomresourcedefinition.apiextensions.k8s.io/releases.bowline.dev\n"))
	})

	It("is taken over by a release that is installed again", func(ctx SpecContext) {
		follow(ctx, documented("With Helm")[0])
		takesOver(ctx, "after-helm-again")
		operator.content()
		Expect(operator.Stop()).To(Succeed())
		must(ctx, "helm uninstall bowline --namespace=bowline-system --wait && kubectl delete namespace bowline-system")
	})

	It("serves on when service bindings go, and no ServiceBinding hangs", func(ctx SpecContext) {
		follow(ctx, documented("With service bindings")[0])
		operator = start(ctx, account(ctx, everywhere), "--webhook-bind-address=0")
		must(ctx, "kubectl create secret generic orders --from-literal=type=postgresql && kubectl create deployment plain --image=registry.example/plain:1 --replicas=2")
		binding := &servicebindingv1.ServiceBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "orders", Finalizers: []string{"example.com/other"}}}
		binding.Spec.Service.APIVersion, binding.Spec.Service.Kind, binding.Spec.Service.Name = "v1", "Secret", "orders"
		binding.Spec.Workload.APIVersion, binding.Spec.Workload.Kind, binding.Spec.Workload.Name = "apps/v1", "Deployment", "plain"
		Expect(api.Create(ctx, binding)).To(Succeed())
		must(ctx, "kubectl wait --for=condition=Ready --timeout=30s servicebinding/orders")
		must(ctx, "kubectl rollout status deployment/plain --timeout=60s")
		Expect(api.Get(ctx, client.ObjectKeyFromObject(binding), binding)).To(Succeed())
		Expect(binding.Finalizers).To(Equal([]string{"example.com/other", "bowline.dev/unbind"}))
		template := must(ctx, "kubectl get deployment plain --output=jsonpath='{.spec.template}'")
		Expect(template).To(ContainSubstring("SERVICE_BINDING_ROOT"))

		operator.content()
		Expect(operator.Stop()).To(Succeed())
		must(ctx, documented("Uninstall")[0][0]+" CONFIG=config/servicebinding")
		removed(ctx)
		Expect(api.Get(ctx, client.ObjectKeyFromObject(binding), binding)).To(Succeed())
		Expect(binding.Finalizers).To(Equal([]string{"example.com/other"}))
		Expect(must(ctx, "kubectl get deployment plain --output=jsonpath='{.spec.template}'")).To(Equal(template))

		By("the script by itself, where nothing is left to do")
		follow(ctx, documented("Uninstall")[2])
		must(ctx, `kubectl patch servicebinding orders --type=merge --patch='{"metadata":{"finalizers":null}}'`)
		must(ctx, "kubectl delete servicebinding orders --timeout=30s")
	})

	It("goes with the CRDs, and what it ran with it", func(ctx SpecContext) {
		follow(ctx, documented("Uninstall")[3])
		Eventually(func() (int, error) {
			pods := &corev1.PodList{}
			err := api.List(ctx, pods, client.InNamespace(shop))
			return len(pods.Items), err
		}).WithContext(ctx).WithTimeout(rollout).Should(BeZero())
		crd := &unstructured.Unstructured{}
		crd.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
		for _, name := range []string{"apps.bowline.dev", "servicebindings.servicebinding.io"} {
			missing(ctx, crd, "", name)
		}
		must(ctx, "config/servicebinding/let-go.sh") // without the CRD there is nothing to do
	})
})

func token(ctx context.Context, account string) string {
	GinkgoHelper()
	return strings.TrimSpace(must(ctx, "kubectl create token "+account))
}

// scrape asks for metrics and returns the code of the answer.
func scrape(ctx context.Context, address, token string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	// The operator's certificate is its own.
	caller := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	response, err := caller.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode == http.StatusOK && !strings.Contains(string(body), "controller_runtime_reconcile_total") {
		err = fmt.Errorf("no metrics: %s", body)
	}
	return response.StatusCode, err
}
