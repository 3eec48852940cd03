package api_test

import (
	"context"
	"encoding/json"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
	"github.com/bowline-dev/bowline/internal/render"
)

// standards are the Pod Security Standards that the profiles promise.
var standards = map[v1alpha1.SecurityProfile]string{
	v1alpha1.SecurityBaseline:   "baseline",
	v1alpha1.SecurityRestricted: "restricted",
}

var _ = Describe("Security profiles", func() {
	for _, name := range files(sampleFolder) {
		It("admit the pods of "+name+" where their standard is enforced", func(ctx SpecContext) {
			app := sampleApp(ctx, name)
			Expect(overlay.Check(&app.Spec.WorkloadSpec)).To(Succeed())
			Expect(admit(ctx, app)).To(Succeed())
		})
	}

	DescribeTable("admit every container that an overlay adds",
		func(ctx SpecContext, profile v1alpha1.SecurityProfile, template string) {
			Expect(admit(ctx, overlaid(profile, template))).To(Succeed())
		},
		Entry("a sidecar that says nothing", v1alpha1.SecurityRestricted,
			`{"spec":{"containers":[{"name":"log","image":"log:1"}],"initContainers":[{"name":"proxy","image":"proxy:1","restartPolicy":"Always"}]}}`),
		Entry("a security context that is removed", v1alpha1.SecurityRestricted,
			`{"spec":{"securityContext":null,"containers":[{"name":"app","securityContext":null},{"name":"log","image":"log:1","securityContext":null}]}}`),
		Entry("a capability that the standard allows", v1alpha1.SecurityRestricted,
			`{"spec":{"containers":[{"name":"app","securityContext":{"capabilities":{"add":["NET_BIND_SERVICE"]}}}]}}`),
		Entry("a capability that the standard allows", v1alpha1.SecurityBaseline,
			`{"spec":{"containers":[{"name":"log","image":"log:1","securityContext":{"capabilities":{"add":["CHOWN"]}}}]}}`),
	)

	DescribeTable("do not hide what breaks their standard",
		func(ctx SpecContext, profile v1alpha1.SecurityProfile, template, want string) {
			Expect(admit(ctx, overlaid(profile, template))).To(MatchError(ContainSubstring(want)))
		},
		Entry("root", v1alpha1.SecurityRestricted,
			`{"spec":{"containers":[{"name":"log","image":"log:1","securityContext":{"runAsUser":0}}]}}`,
			`violates PodSecurity "restricted:latest": runAsUser=0 (container "log" must not set runAsUser=0)`),
		Entry("a container that gains privileges", v1alpha1.SecurityRestricted,
			`{"spec":{"initContainers":[{"name":"proxy","image":"proxy:1","securityContext":{"allowPrivilegeEscalation":true}}]}}`,
			`violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "proxy" must set securityContext.allowPrivilegeEscalation=false)`),
		Entry("a privileged container", v1alpha1.SecurityBaseline,
			`{"spec":{"containers":[{"name":"log","image":"log:1","securityContext":{"privileged":true}}]}}`,
			`violates PodSecurity "baseline:latest": privileged (container "log" must not set securityContext.privileged=true)`),
		Entry("the App's container, privileged", v1alpha1.SecurityBaseline,
			`{"spec":{"containers":[{"name":"app","securityContext":{"privileged":true}}]}}`,
			`violates PodSecurity "baseline:latest": privileged (container "app" must not set securityContext.privileged=true)`),
		Entry("a capability that needs escalation", v1alpha1.SecurityBaseline,
			`{"spec":{"containers":[{"name":"app","securityContext":{"capabilities":{"add":["CAP_SYS_ADMIN"]}}}]}}`,
			`violates PodSecurity "baseline:latest": non-default capabilities (container "app" must not include "CAP_SYS_ADMIN" in securityContext.capabilities.add)`),
		Entry("the network of the node", v1alpha1.SecurityBaseline, `{"spec":{"hostNetwork":true}}`,
			`violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`),
	)
})

// sampleApp creates the objects of a sample and returns the App.
func sampleApp(ctx context.Context, name string) *v1alpha1.App {
	GinkgoHelper()
	namespace := newNamespace(ctx)
	for _, object := range documents(filepath.Join(sampleFolder, name)) {
		if object.GetKind() == "App" {
			app := &v1alpha1.App{}
			Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, app)).To(Succeed())
			return app
		}
		err := create(ctx, namespace, object)
		if err == nil && object.GetNamespace() == "" {
			// The next spec makes the same one again.
			DeferCleanup(remove, object)
		}
		Expect(client.IgnoreAlreadyExists(err)).To(Succeed())
	}
	Fail("no App in " + name)
	return nil
}

func remove(ctx context.Context, object client.Object) error { return cluster.Delete(ctx, object) }

func overlaid(profile v1alpha1.SecurityProfile, template string) *v1alpha1.App {
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	app.Spec.Image = "shop:1"
	app.Spec.Security = profile
	app.Spec.PodTemplate = &runtime.RawExtension{Raw: []byte(template)}
	return app
}

// admit asks the API server for a pod of an App, in a namespace that enforces
// the standard which the App's profile promises, and keeps none.
func admit(ctx context.Context, app *v1alpha1.App) error {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "api-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": standards[app.Spec.ProfileOrDefault()]},
	}}
	Expect(cluster.Create(ctx, namespace)).To(Succeed())
	objects, err := render.Render(render.Input{App: app, Release: &v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{
		App: app.Name, Number: 1, Image: app.Spec.Image, Workload: app.Spec.WorkloadSpec,
	}}})
	Expect(err).NotTo(HaveOccurred())
	encoded, err := json.Marshal(objects.Deployment.Spec.Template)
	Expect(err).NotTo(HaveOccurred())
	pod := &corev1.Pod{}
	Expect(json.Unmarshal(encoded, pod)).To(Succeed())
	pod.Name, pod.Namespace = app.Name, namespace.Name
	return client.NewDryRunClient(cluster).Create(ctx, pod)
}
