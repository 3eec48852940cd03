package api_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// maxCRDBytes keeps a CRD well below the 262,144 bytes that an annotation may
// have, so that a client-side apply, which keeps the object in one, works.
const maxCRDBytes = 150_000

var _ = Describe("CRDs", func() {
	for _, name := range files(crdFolder) {
		It(fmt.Sprintf("in %s stay below %d bytes", name, maxCRDBytes), func() {
			info, err := os.Stat(filepath.Join(crdFolder, name))
			Expect(err).NotTo(HaveOccurred())
			AddReportEntry("bytes", info.Size())
			Expect(info.Size()).To(BeNumerically("<", maxCRDBytes))
		})
	}

	It("can be applied by the client, again and again", func(ctx SpecContext) {
		Expect(applied[0]).To(Equal("customresourcedefinition.apiextensions.k8s.io/apps.bowline.dev created\n" +
			"customresourcedefinition.apiextensions.k8s.io/releases.bowline.dev created\n"))
		Expect(applied[1]).To(Equal("customresourcedefinition.apiextensions.k8s.io/apps.bowline.dev unchanged\n" +
			"customresourcedefinition.apiextensions.k8s.io/releases.bowline.dev unchanged\n"))
		for _, crd := range crds(ctx) {
			Expect(crd.Annotations).To(HaveKey("kubectl.kubernetes.io/last-applied-configuration"))
		}
	})

	It("describe every field", func(ctx SpecContext) {
		for plural, crd := range crds(ctx) {
			var silent []string
			walk(plural, schemaOf(crd), func(path string, schema *apiextensionsv1.JSONSchemaProps) {
				element := strings.HasSuffix(path, "[]") || strings.HasSuffix(path, "{}")
				standard := path == plural+".metadata" // described by the API server itself
				if schema.Description == "" && !element && !standard {
					silent = append(silent, path)
				}
			})
			Expect(silent).To(BeEmpty(), "fields of %s without a description", plural)
		}
	})

	It("are explained by kubectl", func(ctx SpecContext) {
		var explained string
		Eventually(ctx, func() (err error) {
			explained, err = kubectl.Try(ctx, "explain", "app.spec")
			return err
		}).WithTimeout(30*time.Second).Should(Succeed(), "the API server publishes the schema a moment after the CRD")
		for name := range schemaOf(crds(ctx)["apps"]).Properties["spec"].Properties {
			Expect(explained).To(MatchRegexp(`(?m)^  %s\t<.+>.*\n(  enum: .*\n)?    \S`, name), "kubectl explain app.spec describes %s", name)
		}
	})

	It("have an invalid sample for every rule", func(ctx SpecContext) {
		var promised []string
		for _, name := range files(invalidFolder) {
			for _, line := range refusals(filepath.Join(invalidFolder, name)) {
				promised = append(promised, index.ReplaceAllString(line, "[]"))
			}
		}
		untested := map[string]bool{}
		for plural, crd := range crds(ctx) {
			walk("", schemaOf(crd), func(path string, schema *apiextensionsv1.JSONSchemaProps) {
				if plural == "releases" && strings.HasPrefix(path, ".spec.workload.") {
					return // the same types as in an App
				}
				for _, rule := range schema.XValidations {
					field := cmp.Or(strings.TrimPrefix(path, "."), "<nil>")
					if !slices.ContainsFunc(promised, func(line string) bool {
						return strings.HasPrefix(line, field+": ") && strings.HasSuffix(line, ": "+rule.Message)
					}) {
						untested[field+": "+rule.Message] = true
					}
				}
			})
		}
		Expect(slices.Sorted(maps.Keys(untested))).To(BeEmpty(), "rules that no file in config/samples/invalid breaks")
	})
})

// index is the place of an item in a list.
var index = regexp.MustCompile(`\[\d+\]`)

// walk calls visit for a schema and everything below it.
func walk(path string, schema *apiextensionsv1.JSONSchemaProps, visit func(string, *apiextensionsv1.JSONSchemaProps)) {
	visit(path, schema)
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		property := schema.Properties[name]
		walk(path+"."+name, &property, visit)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		walk(path+"[]", schema.Items.Schema, visit)
	}
	if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
		walk(path+"{}", schema.AdditionalProperties.Schema, visit)
	}
}
