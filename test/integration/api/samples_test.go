package api_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	kyaml "sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

var _ = Describe("Samples", func() {
	for _, name := range files(sampleFolder) {
		It("accepts "+name+" and keeps it as it is written", func(ctx SpecContext) {
			namespace := newNamespace(ctx)
			apps := 0
			for _, object := range documents(filepath.Join(sampleFolder, name)) {
				written := object.DeepCopy()
				Expect(create(ctx, namespace, object)).To(Succeed())
				if object.GetKind() != "App" {
					continue
				}
				apps++

				By("nothing is added to the spec")
				live := &unstructured.Unstructured{}
				live.SetGroupVersionKind(object.GroupVersionKind())
				Expect(cluster.Get(ctx, client.ObjectKeyFromObject(object), live)).To(Succeed())
				Expect(live.Object["spec"]).To(Equal(written.Object["spec"]))

				By("the Go types know every field of it")
				app := &v1alpha1.App{}
				Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, app)).To(Succeed())
				back, err := runtime.DefaultUnstructuredConverter.ToUnstructured(app)
				Expect(err).NotTo(HaveOccurred())
				Expect(back["spec"]).To(Equal(written.Object["spec"]))
			}
			Expect(apps).To(Equal(1), "Apps in %s", name)
		})
	}

	It("names every sample in the kustomization", func() {
		content, err := os.ReadFile(filepath.Join(sampleFolder, "kustomization.yaml"))
		Expect(err).NotTo(HaveOccurred())
		var kustomization struct {
			Resources []string `json:"resources"`
		}
		Expect(kyaml.UnmarshalStrict(content, &kustomization)).To(Succeed())
		Expect(kustomization.Resources).To(ConsistOf(files(sampleFolder)))
	})
})

var _ = Describe("Invalid samples", func() {
	for _, name := range files(invalidFolder) {
		It("refuses "+name+" in the promised words", func(ctx SpecContext) {
			namespace := newNamespace(ctx)
			path := filepath.Join(invalidFolder, name)
			objects := documents(path)

			By("what comes before the last document is accepted")
			last := len(objects) - 1
			for _, object := range objects[:last] {
				Expect(create(ctx, namespace, object)).To(Succeed())
			}

			By("the last document is refused, as a new object or as a change of the one before")
			object := objects[last]
			var err error
			if last > 0 && objects[last-1].GetName() == object.GetName() {
				object.SetNamespace(namespace)
				object.SetResourceVersion(objects[last-1].GetResourceVersion())
				err = cluster.Update(ctx, object)
			} else {
				err = create(ctx, namespace, object)
			}
			Expect(said(err)).To(ConsistOf(refusals(path)))
		})
	}
})

// said returns what the API server says against an object: the field and the
// message of every cause, or the whole message where it names no cause.
func said(err error) []string {
	GinkgoHelper()
	var status apierrors.APIStatus
	Expect(errors.As(err, &status)).To(BeTrue(), "want an answer of the API server, got %v", err)
	if details := status.Status().Details; details != nil && len(details.Causes) > 0 {
		var lines []string
		for _, cause := range details.Causes {
			if strings.Contains(cause.Message, "some validation rules were not checked") {
				continue // speaks of the other causes
			}
			lines = append(lines, cause.Field+": "+cause.Message)
		}
		return lines
	}
	Expect(status.Status().Reason).NotTo(Equal(metav1.StatusReasonNotFound))
	return []string{status.Status().Message}
}
