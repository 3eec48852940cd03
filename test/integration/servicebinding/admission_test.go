package servicebinding_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/admission"
	"github.com/bowline-dev/bowline/internal/binding"
)

// AtAdmission waits until a workload would have these bindings at once, if it was
// created: what the webhook is asked for takes a moment to reach the API server.
func (s *Scene) AtAdmission(workload client.Object, bindings ...string) {
	GinkgoHelper()
	Eventually(func() []string { return s.dryRun(workload) }).
		WithContext(s.ctx).WithTimeout(soon).WithPolling(50 * time.Millisecond).Should(Equal(bindings))
}

func (s *Scene) dryRun(workload client.Object) []string {
	GinkgoHelper()
	dry := workload.DeepCopyObject().(client.Object)
	Expect(api.Create(s.ctx, dry, client.DryRunAll)).To(Succeed())
	return binding.Keys(dry.GetAnnotations())
}

// Untouched checks that the operator wrote nothing but statuses since a time.
func (s *Scene) Untouched(since time.Time) {
	GinkgoHelper()
	Expect(slices.DeleteFunc(writes(requests(since, s.Namespace)), func(request string) bool {
		return strings.HasPrefix(request, "patch servicebindings ")
	})).To(BeEmpty())
}

// webhook returns what the API server sends to the webhook of a resource.
func webhook(ctx SpecContext, name string) *admissionregistrationv1.MutatingWebhook {
	GinkgoHelper()
	config := &admissionregistrationv1.MutatingWebhookConfiguration{}
	Expect(api.Get(ctx, client.ObjectKey{Name: "bowline-service-bindings"}, config)).To(Succeed())
	i := slices.IndexFunc(config.Webhooks, func(w admissionregistrationv1.MutatingWebhook) bool { return w.Name == name })
	if i < 0 {
		return nil
	}
	return &config.Webhooks[i]
}

var _ = Describe("A workload that is created after its ServiceBinding", func() {
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
	})
	everything := spec(func(b *servicebindingv1.ServiceBindingSpec) {
		b.Type, b.Provider = "t", "p"
		b.Env = []servicebindingv1.EnvMapping{{Name: "T", Key: "type"}, {Name: "PASSWORD", Key: "password"}}
	})

	It("has one rollout, and what it would have had from the controller, which writes nothing", func(ctx SpecContext) {
		s.Bind("orders", "orders-secret", "shop", everything)
		s.Bind("more", "orders-secret", "shop")
		s.AtAdmission(s.deployment("shop"), "more", "orders")
		begin := time.Now()
		s.Deployment("shop")
		s.Ready("orders", "more")
		Expect(writes(requests(begin, s.Namespace))).NotTo(BeEmpty(), "the audit log has the statuses at least")
		Expect(s.Files(s.Pod("shop"), "app")).To(HaveKeyWithValue("/bindings/orders/username", "foo"))
		Expect(s.Revisions("shop")).To(Equal(1))
		Expect(s.Workload("shop").Generation).To(Equal(int64(1)))
		s.Untouched(begin)

		By("starting the operator again")
		Expect(operator.Stop()).To(Succeed())
		again := time.Now()
		operator = startOperator(ctx)
		Eventually(func() []string { return requests(again, s.Namespace) }).WithTimeout(soon).Should(ContainElement("get deployments shop"))
		Consistently(func() []string { return writes(requests(again, s.Namespace)) }).WithTimeout(3 * time.Second).WithPolling(time.Second).Should(BeEmpty())
		Expect(s.Workload("shop").Generation).To(Equal(int64(1)))

		other := newScene(ctx)
		other.Database("orders-secret")
		other.Deployment("shop")
		other.Bind("orders", "orders-secret", "shop", everything)
		other.Bind("more", "orders-secret", "shop")
		other.Ready("orders", "more")
		Expect(s.Workload("shop").Spec).To(Equal(other.Workload("shop").Spec))

		By("unbinding")
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		s.Delete(&servicebindingv1.ServiceBinding{}, "more")
		plain := newScene(ctx)
		plain.Deployment("shop")
		Expect(s.Picture("shop")).To(Equal(plain.Picture("shop")))
	})

	const (
		metadata = "metadata: {labels: {app: x}}"
		pod      = "{" + metadata + ", spec: {restartPolicy: %s, containers: [{name: app, image: i}]}}"
		selector = "selector: {matchLabels: {app: x}}"
	)
	DescribeTable("is bound at once, of whatever kind it is", func(apiVersion, kind, body, restart string, template ...string) {
		object := &unstructured.Unstructured{}
		manifest := fmt.Sprintf("apiVersion: "+apiVersion+"\nkind: "+kind+"\nmetadata: {name: x}\n"+body, restart)
		Expect(yaml.Unmarshal([]byte(manifest), &object.Object)).To(Succeed())
		object.SetNamespace(s.Namespace)
		s.Bind("orders", "orders-secret", "", workload(apiVersion, kind, "x"))
		s.AtAdmission(object, "orders")
		begin := time.Now()
		Expect(api.Create(s.ctx, object)).To(Succeed())
		volumes, _, err := unstructured.NestedSlice(object.Object, append(template, "spec", "volumes")...)
		Expect(err).NotTo(HaveOccurred())
		Expect(volumes).To(ContainElement(HaveKeyWithValue("name", "binding-orders-1c168adb")))
		s.Says("orders", `True Bound: Secret "orders-secret" is projected into `+kind+` "x"`)
		s.Untouched(begin)
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
	},
		Entry(nil, "apps/v1", "StatefulSet", "spec: {serviceName: x, "+selector+", template: "+pod+"}", "Always", "spec", "template"),
		Entry(nil, "apps/v1", "DaemonSet", "spec: {"+selector+", template: "+pod+"}", "Always", "spec", "template"),
		Entry(nil, "batch/v1", "Job", "spec: {template: "+pod+"}", "Never", "spec", "template"),
		Entry(nil, "batch/v1", "CronJob", "spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: "+pod+"}}}", "Never", "spec", "jobTemplate", "spec", "template"),
	)

	It("is bound by those that select it, and by what is ready alone; the rest follows", func() {
		s.Service("Postgres", "waiting", "")
		s.Service("Postgres", "ready", "orders-secret")
		tier := selecting(metav1.LabelSelector{MatchLabels: map[string]string{"tier": "one"}})
		s.Bind("selecting", "", "", service("Postgres", "ready"), tier)
		s.Bind("waiting", "", "shop", service("Postgres", "waiting"))
		s.Bind("missing", "nowhere", "shop")
		s.AtAdmission(s.deployment("shop", labeled("tier", "one")), "selecting")
		Expect(s.dryRun(s.deployment("shop", labeled("tier", "two")))).To(BeEmpty())
		s.Deployment("shop", labeled("tier", "one"))
		s.Ready("selecting")
		s.Says("missing", `False SecretNotFound: Secret "nowhere" does not exist in this namespace, which spec.service names: create it, or correct the name`)
		s.Provision("Postgres", "waiting", "orders-secret")
		s.Ready("waiting")
		Expect(binding.Keys(s.Workload("shop").Annotations)).To(Equal([]string{"selecting", "waiting"}))
	})

	It("is created all the same when it cannot be bound, and the status says why", func() {
		s.Bind("orders", "orders-secret", "shop")
		s.AtAdmission(s.deployment("shop"), "orders")
		s.Deployment("shop", root(corev1.EnvVar{ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}}))
		Eventually(func() string { return said(s.Get("orders"), servicebindingv1.ConditionReady) }).WithTimeout(soon).
			Should(HavePrefix(`False WorkloadRefused: Deployment "shop": `))
		Expect(s.Workload("shop").Spec.Template.Spec.Volumes).To(BeEmpty())
	})

	It("does not keep what a ServiceBinding that goes at the same time gave it", func() {
		const count = 20
		name := func(n int) string { return fmt.Sprintf("shop-%d", n) }
		for n := range count {
			s.Bind(name(n), "orders-secret", name(n))
		}
		for n := range count {
			s.AtAdmission(s.deployment(name(n)), name(n))
		}
		var both sync.WaitGroup
		for n := range count {
			both.Go(func() {
				defer GinkgoRecover()
				s.Deployment(name(n))
			})
			both.Go(func() {
				defer GinkgoRecover()
				Expect(api.Delete(s.ctx, s.binding(name(n), "orders-secret", name(n)))).To(Succeed())
			})
		}
		both.Wait()
		Eventually(func() []servicebindingv1.ServiceBinding {
			list := &servicebindingv1.ServiceBindingList{}
			Expect(api.List(s.ctx, list, client.InNamespace(s.Namespace))).To(Succeed())
			return list.Items
		}).WithTimeout(soon).Should(BeEmpty())
		for n := range count {
			Expect(binding.Keys(s.Workload(name(n)).Annotations)).To(BeEmpty())
			Expect(s.Workload(name(n)).Spec.Template.Spec.Volumes).To(BeEmpty())
		}
	})
})

var _ = Describe("The webhook", Serial, func() {
	const deployments, pods = "deployments.v1.apps.bowline.dev", "pods.v1.core.bowline.dev"
	var s *Scene
	BeforeEach(func(ctx SpecContext) {
		s = newScene(ctx)
		s.Database("orders-secret")
	})

	It("is asked about no more than ServiceBindings mean", func(ctx SpecContext) {
		Expect(webhook(ctx, pods)).To(BeNil())
		selector := metav1.LabelSelector{MatchLabels: map[string]string{"tier": "one"}}
		s.Bind("orders", "orders-secret", "", workload("v1", "Pod", ""), selecting(selector))
		Eventually(func() *admissionregistrationv1.MutatingWebhook { return webhook(ctx, pods) }).WithTimeout(soon).ShouldNot(BeNil())
		is := webhook(ctx, pods)
		Expect(is.NamespaceSelector).To(Equal(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "kubernetes.io/metadata.name", Operator: "In", Values: []string{s.Namespace}}}}))
		Expect(is.ObjectSelector).To(Equal(&selector))
		Expect(*is.FailurePolicy).To(Equal(admissionregistrationv1.Ignore))
		Expect(*is.SideEffects).To(Equal(admissionregistrationv1.SideEffectClassNone))
		begin := is.DeepCopy()
		s.Delete(&servicebindingv1.ServiceBinding{}, "orders")
		Eventually(func() *admissionregistrationv1.MutatingWebhook { return webhook(ctx, pods) }).WithTimeout(soon).Should(BeNil(), "%v", begin)
	})

	It("is where the Service leads that is installed with it", func(ctx SpecContext) {
		deployment, inFront := &appsv1.Deployment{}, &corev1.Service{}
		for _, document := range strings.Split(kubectl(ctx, "kustomize", "../../../config/servicebinding"), "\n---\n") {
			var head metav1.PartialObjectMetadata
			Expect(yaml.Unmarshal([]byte(document), &head)).To(Succeed())
			switch {
			case head.Kind == "Deployment":
				Expect(yaml.Unmarshal([]byte(document), deployment)).To(Succeed())
			case head.Kind == "Service" && head.Name == "bowline-webhook":
				Expect(yaml.Unmarshal([]byte(document), inFront)).To(Succeed())
			}
		}
		Expect(inFront.Namespace).To(Equal("bowline-system"))
		Expect(inFront.Spec.Ports).To(HaveLen(1))
		Expect(inFront.Spec.Ports[0].Port).To(Equal(int32(443)))
		for key, value := range inFront.Spec.Selector {
			Expect(deployment.Spec.Template.Labels).To(HaveKeyWithValue(key, value))
		}
		container := deployment.Spec.Template.Spec.Containers[0]
		Expect(container.Args).To(ContainElements("--service-bindings", "--webhook-bind-address=:9443"))
		Expect(container.Ports).To(ContainElement(corev1.ContainerPort{Name: inFront.Spec.Ports[0].TargetPort.StrVal, ContainerPort: 9443}))
	})

	It("keeps its rules when the manifests are applied again", func(ctx SpecContext) {
		s.Bind("orders", "orders-secret", "shop")
		s.AtAdmission(s.deployment("shop"), "orders")
		kubectl(ctx, "apply", "--server-side", "-f", "../../../config/servicebinding/webhook.yaml")
		Expect(webhook(ctx, deployments)).NotTo(BeNil())
		Expect(s.dryRun(s.deployment("shop"))).To(Equal([]string{"orders"}))
	})

	It("may be away: workloads are created all the same, and bound when the operator is back", func(ctx SpecContext) {
		s.Bind("orders", "orders-secret", "shop")
		s.AtAdmission(s.deployment("shop"), "orders")
		Expect(operator.Stop()).To(Succeed())
		s.Deployment("shop")
		Expect(binding.Keys(s.Workload("shop").Annotations)).To(BeEmpty())
		operator = startOperator(ctx)
		s.Ready("orders")
		Expect(binding.Keys(s.Workload("shop").Annotations)).To(Equal([]string{"orders"}))
	})

	It("is served by operators that do not act, too", func(ctx SpecContext) {
		s.Service("Postgres", "orders", "orders-secret")
		s.Bind("orders", "", "shop", service("Postgres", "orders"))
		s.AtAdmission(s.deployment("shop"), "orders")
		Expect(operator.Stop()).To(Succeed())
		Expect(s.dryRun(s.deployment("shop"))).To(BeEmpty())
		lease := &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Namespace: "bowline-system", Name: "bowline.dev"},
			Spec: coordinationv1.LeaseSpec{
				HolderIdentity: ptr.To("another"), LeaseDurationSeconds: ptr.To(int32(3600)), LeaseTransitions: ptr.To(int32(1)),
				AcquireTime: ptr.To(metav1.NowMicro()), RenewTime: ptr.To(metav1.NowMicro()),
			},
		}
		Expect(api.Create(ctx, lease)).To(Succeed())
		begin := time.Now()
		operator = startOperator(ctx, "--leader-elect", "--leader-election-namespace=bowline-system")
		s.AtAdmission(s.deployment("shop"), "orders")
		s.Deployment("shop")
		Consistently(func() []string { return writes(requests(begin, s.Namespace)) }).WithTimeout(2 * time.Second).Should(BeEmpty())
		Expect(operator.Stop()).To(Succeed())
		Expect(api.Delete(ctx, lease)).To(Succeed())
		operator = startOperator(ctx)
		s.Ready("orders")
		Expect(s.Workload("shop").Generation).To(Equal(int64(1)))
	})

	It("has its rules put right when somebody changes them", func(ctx SpecContext) {
		s.Bind("orders", "orders-secret", "shop")
		s.AtAdmission(s.deployment("shop"), "orders")
		edit(s, &admissionregistrationv1.MutatingWebhookConfiguration{}, "bowline-service-bindings", func(c *admissionregistrationv1.MutatingWebhookConfiguration) { c.Webhooks = nil })
		Eventually(func() *admissionregistrationv1.MutatingWebhook { return webhook(ctx, deployments) }).WithTimeout(soon).ShouldNot(BeNil())
		s.AtAdmission(s.deployment("shop"), "orders")
	})

	It("has a certificate that the API server trusts, and another before it ends or when it is lost", func(ctx SpecContext) {
		s.Bind("orders", "orders-secret", "shop")
		s.AtAdmission(s.deployment("shop"), "orders")
		key := client.ObjectKey{Namespace: "bowline-system", Name: "bowline-webhook-certificate"}
		stored := func() (admission.Pair, error) {
			secret := &corev1.Secret{}
			err := api.Get(ctx, key, secret)
			return admission.Pair{Certificate: secret.Data["tls.crt"], Key: secret.Data["tls.key"]}, err
		}
		replaced := func(before admission.Pair) admission.Pair {
			GinkgoHelper()
			var after admission.Pair
			Eventually(func() ([]byte, error) {
				var err error
				after, err = stored()
				return after.Certificate, client.IgnoreNotFound(err)
			}).WithTimeout(soon).ShouldNot(Or(BeEmpty(), Equal(before.Certificate)))
			Expect(after.Good([]string{"127.0.0.1"}, time.Now())).NotTo(BeZero())
			Expect(string(webhook(ctx, deployments).ClientConfig.CABundle)).To(HavePrefix(string(after.Certificate)))
			return after
		}
		before, err := stored()
		Expect(err).NotTo(HaveOccurred())

		By("losing it")
		Expect(api.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}})).To(Succeed())
		lost := before
		before = replaced(before)
		Expect(string(webhook(ctx, deployments).ClientConfig.CABundle)).To(ContainSubstring(string(lost.Certificate)), "others may serve it yet")
		s.AtAdmission(s.deployment("shop"), "orders")

		By("coming near its end")
		old, err := admission.NewPair([]string{"127.0.0.1"}, time.Now().Add(-61*24*time.Hour))
		Expect(err).NotTo(HaveOccurred())
		secret := &corev1.Secret{}
		Expect(api.Get(ctx, key, secret)).To(Succeed())
		secret.Data = map[string][]byte{"tls.crt": old.Certificate, "tls.key": old.Key}
		Expect(api.Update(ctx, secret)).To(Succeed())
		Eventually(func() ([]byte, error) {
			now, err := stored()
			return now.Certificate, err
		}).WithTimeout(soon).ShouldNot(Or(Equal(before.Certificate), Equal(old.Certificate)))
		replaced(old)
		s.AtAdmission(s.deployment("shop"), "orders")
		s.Deployment("shop")
		s.Ready("orders")
		Expect(s.Workload("shop").Generation).To(Equal(int64(1)))
	})

	It("is missed by nobody where its configuration is not installed", func(ctx SpecContext) {
		config := &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "bowline-service-bindings"}}
		Expect(api.Delete(ctx, config)).To(Succeed())
		s.Bind("orders", "orders-secret", "shop")
		s.Deployment("shop")
		s.Ready("orders")
		Expect(operator.Stop()).To(Succeed())
		operator = startOperator(ctx)
		s.Bind("more", "orders-secret", "shop")
		s.Ready("more")
		Expect(apierrors.IsNotFound(api.Get(ctx, client.ObjectKeyFromObject(config), config))).To(BeTrue())
		Expect(api.Create(ctx, &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "bowline-service-bindings"}})).To(Succeed())
		s.Delete(&appsv1.Deployment{}, "shop")
		s.AtAdmission(s.deployment("shop"), "more", "orders")
	})
})
