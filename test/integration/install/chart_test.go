package install_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"
)

// objects returns the objects of a text, by kind, namespace and name, without
// what says who installed them.
func objects(text string) map[string]map[string]any {
	GinkgoHelper()
	found := map[string]map[string]any{}
	for _, document := range regexp.MustCompile(`(?m)^---$`).Split(text, -1) {
		var object map[string]any
		Expect(yaml.Unmarshal([]byte(document), &object)).To(Succeed())
		if object == nil {
			continue
		}
		metadata := object["metadata"].(map[string]any)
		forget(metadata, "labels", "app.kubernetes.io/managed-by", "helm.sh/chart")
		forget(metadata, "annotations", "helm.sh/resource-policy")
		namespace, _ := metadata["namespace"].(string)
		key := strings.Join([]string{object["kind"].(string), namespace, metadata["name"].(string)}, " ")
		Expect(found).NotTo(HaveKey(key))
		found[key] = object
	}
	return found
}

func forget(metadata map[string]any, field string, keys ...string) {
	values, _ := metadata[field].(map[string]any)
	for _, key := range keys {
		delete(values, key)
	}
	if len(values) == 0 {
		delete(metadata, field)
	}
}

func toText(object map[string]any) string {
	GinkgoHelper()
	text, err := yaml.Marshal(object)
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

const template = "helm template bowline charts/bowline --namespace=bowline-system "

var _ = Describe("The chart", func() {
	It("pleases helm lint", func(ctx SpecContext) {
		Expect(must(ctx, "helm lint --strict charts/bowline")).To(ContainSubstring("1 chart(s) linted, 0 chart(s) failed"))
	})

	DescribeTable("is what kustomize makes", func(ctx SpecContext, folder, values string) {
		want := objects(must(ctx, "kubectl kustomize config/"+folder))
		delete(want, "Namespace  bowline-system") // Helm makes it
		got := objects(must(ctx, template+values))
		Expect(slices.Sorted(keys(got))).To(Equal(slices.Sorted(keys(want))))
		for key := range want {
			Expect(toText(got[key])).To(Equal(toText(want[key])), key)
		}
	},
		Entry("without values", "default", ""),
		Entry("with service bindings", "servicebinding", "--set=serviceBindings.enabled=true"),
		Entry("for some namespaces", "namespaced", "--set=namespaces={default} --set=metrics.enabled=false"),
	)

	DescribeTable("leaves out what is not wanted", func(ctx SpecContext, values string, gone ...string) {
		all := objects(must(ctx, template+"--set=serviceBindings.enabled=true"))
		got := objects(must(ctx, template+"--set=serviceBindings.enabled=true "+values))
		for _, key := range gone {
			Expect(all).To(HaveKey(key))
			delete(all, key)
		}
		Expect(slices.Sorted(keys(got))).To(Equal(slices.Sorted(keys(all))))
	},
		Entry("CRDs", "--set=crds.install=false", "CustomResourceDefinition  apps.bowline.dev", "CustomResourceDefinition  releases.bowline.dev",
			"CustomResourceDefinition  servicebindings.servicebinding.io", "CustomResourceDefinition  clusterworkloadresourcemappings.servicebinding.io"),
		Entry("the webhook", "--set=serviceBindings.webhook.enabled=false", "MutatingWebhookConfiguration  bowline-service-bindings", "Service bowline-system bowline-webhook"),
		Entry("roles for people", "--set=rbac.peopleRoles=false", "ClusterRole  bowline-app-viewer-role", "ClusterRole  bowline-app-editor-role",
			"ClusterRole  bowline-servicebinding-viewer", "ClusterRole  bowline-servicebinding-editor"),
		Entry("metrics", "--set=metrics.enabled=false", "Service bowline-system bowline-controller-manager-metrics",
			"ClusterRole  bowline-metrics-auth-role", "ClusterRoleBinding  bowline-metrics-auth-rolebinding", "ClusterRole  bowline-metrics-reader"),
		Entry("the policy", "--set=networkPolicy.enabled=false", "NetworkPolicy bowline-system bowline-controller-manager"),
		Entry("the budget", "--set=podDisruptionBudget.enabled=false", "PodDisruptionBudget bowline-system bowline-controller-manager"),
	)

	// said maps each flag to the values that give it.
	said := map[string]string{
		"health-probe-bind-address": "",
		"leader-elect":              "",
		"metrics-bind-address":      "",
		"metrics-secure":            "--set=metrics.secure=false",
		"namespaces":                "--set=namespaces={a} --set=metrics.enabled=false",
		"service-bindings":          "--set=serviceBindings.enabled=true",
		"webhook-bind-address":      "--set=serviceBindings.enabled=true",
		"webhook-service":           "--set=serviceBindings.enabled=true --namespace=elsewhere",
		"webhook-url":               "--set=serviceBindings.enabled=true --set=serviceBindings.webhook.url=https://bowline.example",
		"workers":                   "--set=operator.workers=1",
		"max-shared-rollouts":       "--set=operator.maxSharedRollouts=0",
		"kube-api-qps":              "--set=operator.kubeAPIQPS=20",
		"kube-api-burst":            "--set=operator.kubeAPIBurst=40",
		"registry-ca-file":          "--set=registryCA.configMap=ca",
		"zap-devel":                 "--set=logging.development=true",
		"zap-log-level":             "--set=logging.level=debug",
		"zap-encoder":               "--set=logging.encoder=console",
		"zap-stacktrace-level":      "--set=logging.stacktraceLevel=error",
		"zap-time-encoding":         "--set=logging.timeEncoding=iso8601",
	}
	// unsaid are flags for who runs the operator by hand.
	unsaid := []string{"kubeconfig", "leader-election-namespace", "version"}

	It("gives the operator every flag that it knows", func(ctx SpecContext) {
		var known []string
		for _, match := range regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(must(ctx, binary+" --help"), -1) {
			known = append(known, match[1])
		}
		for _, name := range known {
			values, ok := said[name]
			if !ok {
				Expect(unsaid).To(ContainElement(name), "a flag without a value of the chart")
				continue
			}
			Expect(must(ctx, template+values)).To(MatchRegexp(`(?m)^            - --%s(=\S+)?$`, name))
		}
		for name := range said {
			Expect(known).To(ContainElement(name))
		}
	})

	It("gives the pods what values say", func(ctx SpecContext) {
		digest := "sha256:" + strings.Repeat("0", 64)
		values := filepath.Join(GinkgoT().TempDir(), "values.yaml")
		Expect(os.WriteFile(values, []byte(`
image: {repository: registry.example/bowline, tag: dev, digest: `+digest+`, pullPolicy: Always}
imagePullSecrets: [{name: registry}]
replicas: 3
priorityClassName: system-cluster-critical
nodeSelector: {kubernetes.io/arch: arm64}
tolerations: [{key: special, operator: Exists}]
affinity: {nodeAffinity: {}}
podAnnotations: {team: a}
podLabels: {tier: back}
resources: {limits: {memory: 1Gi}}
registryCA: {configMap: authorities, key: bundle.pem}
networkPolicy: {egress: [{ports: [{port: 443}]}]}
operator: {env: [{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: "http://collector:4318"}]}
metrics: {serviceMonitor: {enabled: true, labels: {release: monitoring}, interval: 30s}, alerts: {enabled: true, labels: {release: monitoring}}}
`), 0o600)).To(Succeed())
		got := objects(must(ctx, template+"--values="+values))
		deployment := toText(got["Deployment bowline-system bowline-controller-manager"])
		for _, part := range []string{
			"  replicas: 3\n", "        image: registry.example/bowline@" + digest + "\n        imagePullPolicy: Always\n",
			"      imagePullSecrets:\n      - name: registry\n", "      priorityClassName: system-cluster-critical\n", "      nodeSelector:\n        kubernetes.io/arch: arm64\n",
			"      tolerations:\n      - key: special\n        operator: Exists\n", "      affinity:\n        nodeAffinity: {}\n", "        team: a\n", "        tier: back\n",
			"        env:\n        - name: OTEL_EXPORTER_OTLP_ENDPOINT\n          value: http://collector:4318\n",
			"        resources:\n          limits:\n            memory: 1Gi\n",
			"        - --registry-ca-file=/etc/bowline/registry-ca/bundle.pem\n",
			"        volumeMounts:\n        - mountPath: /etc/bowline/registry-ca\n          name: registry-ca\n          readOnly: true\n",
			"      volumes:\n      - configMap:\n          name: authorities\n        name: registry-ca\n",
		} {
			Expect(deployment).To(ContainSubstring(part))
		}
		Expect(toText(got["NetworkPolicy bowline-system bowline-controller-manager"])).To(ContainSubstring("  egress:\n  - ports:\n    - port: 443\n"))
		rule := objects(must(ctx, "cat config/prometheus/rule.yaml"))["PrometheusRule bowline-system bowline-controller-manager"]
		Expect(rule).To(HaveKey("spec"))
		Expect(got["PrometheusRule bowline-system bowline"]).To(HaveKeyWithValue("spec", rule["spec"]))
		Expect(toText(got["ServiceMonitor bowline-system bowline-controller-manager"])).To(And(ContainSubstring("    release: monitoring\n"),
			ContainSubstring("  - bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token\n    honorLabels: true\n    interval: 30s\n    port: https\n    scheme: https\n")))
	})

	DescribeTable("refuses", func(ctx SpecContext, values, want string) {
		out, err := run(ctx, template+values)
		Expect(err).To(HaveOccurred())
		Expect(out).To(ContainSubstring(want))
	},
		Entry("what it does not know", "--set=image.tga=dev", "- at '/image': additional properties 'tga' not allowed"),
		Entry("a number that is none", "--set=replicas=two", "- at '/replicas': got string, want integer"),
		Entry("a digest that is none", "--set=image.digest=dev", "- at '/image/digest': 'dev' does not match pattern '^(sha256:[0-9a-f]{64})?$'"),
		Entry("a policy that is none", "--set=image.pullPolicy=Sometimes", "- at '/image/pullPolicy': value must be one of '', 'Always', 'IfNotPresent', 'Never'"),
		Entry("a namespace that is none", "--set=namespaces={Team}", "- at '/namespaces/0': 'Team' does not match pattern"),
		Entry("a namespace twice", "--set='namespaces={a,a}'", "- at '/namespaces': items at 0 and 1 are equal"),
		Entry("a level that is none", "--set=logging.level=8", "- at '/logging/level': maximum: got 8, want 7"),
		Entry("no workers", "--set=operator.workers=0", "- at '/operator/workers': minimum: got 0, want 1"),
		Entry("fewer shared rollouts than none", "--set=operator.maxSharedRollouts=-1", "- at '/operator/maxSharedRollouts': minimum: got -1, want 0"),
		Entry("a webhook without TLS", "--set=serviceBindings.webhook.url=http://a", "- at '/serviceBindings/webhook/url': 'http://a' does not match pattern '^(https://.+)?$'"),
		Entry("bindings for some namespaces", "--set=namespaces={a} --set=serviceBindings.enabled=true",
			"serviceBindings.enabled: not together with namespaces: ServiceBindings, their mappings and their webhook are the whole cluster's"),
		Entry("guarded metrics of some namespaces", "--set=namespaces={a}",
			"metrics.secure: not together with namespaces, for to ask who calls is a right of the cluster: set metrics.enabled=false, or metrics.secure=false and restrict who may call"),
		Entry("to collect nothing", "--set=metrics.enabled=false --set=metrics.serviceMonitor.enabled=true",
			"metrics.serviceMonitor.enabled: there is nothing to collect without metrics.enabled"),
		Entry("alerts about nothing", "--set=metrics.enabled=false --set=metrics.alerts.enabled=true",
			"metrics.alerts.enabled: without metrics.enabled nothing is known of the operator, so the alert that it is down would never end"),
	)
})
