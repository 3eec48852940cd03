package observability_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// checkManifests: what the docs say to write for the Prometheus operator makes a
// monitor that finds the Service of the metrics, under the name that alerts ask
// for.
func checkManifests(ctx SpecContext) {
	folder := GinkgoT().TempDir()
	config, err := filepath.Rel(folder, filepath.Join(root, "config"))
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(filepath.Join(folder, "kustomization.yaml"), fmt.Appendf(nil,
		"resources: [%[1]s/default]\ncomponents: [%[1]s/prometheus]\n", config), 0o600)).To(Succeed())
	text, err := cluster.Kubectl(ctx, "kustomize", folder)
	Expect(err).NotTo(HaveOccurred())

	found := map[string][]unstructured.Unstructured{}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(text), 4096)
	for {
		object := unstructured.Unstructured{}
		if decoder.Decode(&object) != nil {
			break
		}
		found[object.GetKind()] = append(found[object.GetKind()], object)
	}
	Expect(found["PrometheusRule"]).To(HaveLen(1))
	Expect(found["ServiceMonitor"]).To(HaveLen(1))
	monitor := found["ServiceMonitor"][0]
	selected, _, err := unstructured.NestedStringMap(monitor.Object, "spec", "selector", "matchLabels")
	Expect(err).NotTo(HaveOccurred())
	endpoints, _, err := unstructured.NestedSlice(monitor.Object, "spec", "endpoints")
	Expect(err).NotTo(HaveOccurred())
	jobLabel, _, err := unstructured.NestedString(monitor.Object, "spec", "jobLabel")
	Expect(err).NotTo(HaveOccurred())
	var monitored []string
	for _, service := range found["Service"] {
		if service.GetNamespace() == monitor.GetNamespace() && labels.SelectorFromSet(selected).Matches(labels.Set(service.GetLabels())) {
			ports, _, err := unstructured.NestedSlice(service.Object, "spec", "ports")
			Expect(err).NotTo(HaveOccurred())
			Expect(ports[0]).To(HaveKeyWithValue("name", endpoints[0].(map[string]any)["port"]))
			Expect(service.GetLabels()).To(HaveKeyWithValue(jobLabel, "bowline"))
			monitored = append(monitored, service.GetName())
		}
	}
	Expect(monitored).To(Equal([]string{"bowline-controller-manager-metrics"}))
}
