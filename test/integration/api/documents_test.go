package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/test/harness"
)

// refusedPrefix begins a comment line with words the API server must say.
const refusedPrefix = "# refused: "

// files returns the names of the YAML files in a folder that hold objects for
// the API server. It runs while the specs are put together.
func files(folder string) []string {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		panic("no samples in " + folder)
	}
	var names []string
	for _, path := range paths {
		if name := filepath.Base(path); name != "kustomization.yaml" {
			names = append(names, name)
		}
	}
	return names
}

// documents reads the objects of a file, with every field as it is written.
func documents(path string) []*unstructured.Unstructured {
	GinkgoHelper()
	content, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())

	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), len(content))
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		Expect(err).NotTo(HaveOccurred(), path)
		objects = append(objects, object)
	}
}

// refusals reads the words that a file's comments promise.
func refusals(path string) []string {
	GinkgoHelper()
	content, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())

	var promised []string
	for line := range strings.Lines(string(content)) {
		if words, ok := strings.CutPrefix(line, refusedPrefix); ok {
			promised = append(promised, strings.TrimSuffix(words, "\n"))
		}
	}
	Expect(promised).NotTo(BeEmpty(), "%s promises no refusal", path)
	return promised
}

// create creates an object as kubectl does: unknown fields are errors. A Secret
// gets the canary.
func create(ctx context.Context, namespace string, object *unstructured.Unstructured) error {
	GinkgoHelper()
	namespaced, err := cluster.IsObjectNamespaced(object)
	Expect(err).NotTo(HaveOccurred())
	if namespaced {
		object.SetNamespace(namespace)
	}
	if object.GetKind() == "Secret" {
		Expect(unstructured.SetNestedField(object.Object, string(canary.Marks("")), "stringData", harness.CanaryEntry)).To(Succeed())
	}
	return client.WithFieldValidation(cluster, "Strict").Create(ctx, object)
}
