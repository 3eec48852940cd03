package gitops_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// customizations has the shape of resource_customizations in Argo CD.
const customizations = "config/gitops/argocd/bowline.dev/App"

func inRoot(path ...string) string { return filepath.Join(append([]string{root}, path...)...) }

// waitsForASecret: a missing input is waited for, and is no failure.
func waitsForASecret(s *scene) {
	s.kubectl("apply", "--filename="+s.git(good, func(m *manifest) { m.Secret = "payments" }))
	s.becomes(v1alpha1.ReasonInputsMissing)
	s.snapshot("inputs-missing")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "payments"}, StringData: map[string]string{"TOKEN": "abc"}}
	s.Expect(api.Create(s.ctx, secret)).To(Succeed())
	s.becomes(v1alpha1.ReasonHealthy)
	s.hasBeen("InProgress", "Current")
}

// stopsToServe: what has proved healthy is not taken back when it fails later,
// and is not called healthy either.
func stopsToServe(s *scene) {
	s.kubectl("apply", "--filename="+s.git(good, func(m *manifest) { m.Replicas = 1 }))
	s.becomes(v1alpha1.ReasonHealthy)
	s.kubectl("create", "quota", "nothing-more", "--hard=pods=0")
	s.kubectl("delete", "pod", "--selector="+v1alpha1.LabelApp+"=shop", "--wait=false")
	s.becomes(v1alpha1.ReasonUnavailable)
	s.snapshotAt("unavailable", v1alpha1.ReasonUnavailable)
}

// isPinned: what a person asked for is what the App waits for.
func isPinned(s *scene) {
	s.kubectl("apply", "--filename="+s.git(good))
	s.becomes(v1alpha1.ReasonHealthy)
	s.kubectl("apply", "--filename="+s.git(better))
	s.becomes(v1alpha1.ReasonHealthy)
	s.kubectl("annotate", "app/shop", "bowline.dev/rollback-to=shop-1")
	s.Eventually(func() string { return s.app().Status.Release.Running }).WithTimeout(rollout).Should(Equal("shop-1"))
	s.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "app/shop")
	s.becomes(v1alpha1.ReasonPinned)
	s.snapshot("pinned")
	s.kubectl("annotate", "app/shop", "bowline.dev/rollback-to-")
	s.becomes(v1alpha1.ReasonHealthy)
	s.kubectl("patch", "app/shop", "--type=merge", `--patch={"spec":{"image":"`+good+`","rollout":{"state":"Paused"}}}`)
	s.becomes(v1alpha1.ReasonPaused)
	s.snapshot("paused-in-spec")
}

// snapshotFirst keeps what the App was before the operator saw it.
func (s *scene) snapshotFirst(name string) {
	s.t.Helper()
	s.keep(name, s.versions()[0])
}

// snapshotBehind keeps what the App was when its newest generation had not been
// looked at.
func (s *scene) snapshotBehind(name string) {
	s.t.Helper()
	for _, version := range s.versions() {
		if behind(version) && version.GetGeneration() > 1 {
			s.keep(name, version)
			return
		}
	}
	s.t.Error("no version is behind")
}

// snapshotAt keeps the first version that was ready, or not, for a reason.
func (s *scene) snapshotAt(name, reason string) {
	s.t.Helper()
	for _, version := range s.versions() {
		if ready := conditionOf(version, v1alpha1.ConditionReady); ready != nil && ready["reason"] == reason {
			s.keep(name, version)
			return
		}
	}
	s.t.Errorf("no version is %s", reason)
}

// snapshot keeps the App as it is once its numbers of pods have settled.
func (s *scene) snapshot(name string) {
	s.t.Helper()
	var app *v1alpha1.App
	s.Eventually(func() bool {
		app = s.app()
		count := app.Status
		return count.Replicas == nil ||
			*count.Replicas == *app.Spec.Replicas && *count.UpdatedReplicas == *count.Replicas && *count.ReadyReplicas == *count.AvailableReplicas
	}).WithTimeout(soon).WithPolling(100*time.Millisecond).Should(BeTrue(), "the numbers of pods settle")
	for _, version := range s.versions() {
		if version.GetResourceVersion() == app.ResourceVersion {
			s.keep(name, version)
			return
		}
	}
	s.t.Errorf("%s: the watch did not show resourceVersion %s", name, app.ResourceVersion)
}

// chance is what differs from run to run.
var chance = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`), "2026-01-01T00:00:00Z"},
	{regexp.MustCompile(`gitops-[a-z0-9]{5}\b`), "default"},
	{regexp.MustCompile(`pod shop-[a-z0-9]{6,10}-[a-z0-9]{5}\b`), "pod shop-7d9c5b6f4d-abcde"},
	{regexp.MustCompile(`^shop-binding-[0-9a-f]{8}$`), "shop-binding-01234567"},
	{regexp.MustCompile(`(ErrImagePull|ImagePullBackOff) for \d+ s,`), "ImagePullBackOff for 10 s,"},
	{regexp.MustCompile(`container app: .* not fou…\)`), "container app: Back-off pulling image)"},
	{regexp.MustCompile(`\d of \d updated pods`), "1 of 1 updated pods"},
}

// keep compares a version with the testdata of Argo CD's health check, where it
// stands without what differs from run to run; or writes it there.
func (s *scene) keep(name string, version *unstructured.Unstructured) {
	s.t.Helper()
	app := version.DeepCopy()
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "creationTimestamp"} {
		unstructured.RemoveNestedField(app.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(app.Object, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
	unstructured.RemoveNestedField(app.Object, "metadata", "annotations", v1alpha1.AnnotationRestart)
	if len(app.GetAnnotations()) == 0 {
		unstructured.RemoveNestedField(app.Object, "metadata", "annotations")
	}
	got, err := yaml.Marshal(settled(app.Object))
	s.Expect(err).NotTo(HaveOccurred())
	file := inRoot(customizations, "testdata", name+".yaml")
	if *update {
		s.Expect(os.WriteFile(file, got, 0o644)).To(Succeed())
		return
	}
	want, err := os.ReadFile(file)
	s.Expect(err).NotTo(HaveOccurred())
	if !bytes.Equal(got, want) {
		s.t.Errorf("%s differs, run the test with -args -update and look at what changed:\n%s", file, got)
	}
}

// settled replaces what differs from run to run in all strings.
func settled(value any) any {
	switch v := value.(type) {
	case string:
		for _, c := range chance {
			v = c.pattern.ReplaceAllString(v, c.instead)
		}
		return v
	case []any:
		for i := range v {
			v[i] = settled(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = settled(v[key])
		}
	}
	return value
}

// samplesAreValid: Argo CD's own schema, on the API server, accepts what people
// copy. (Flux's types are held against its samples in the module flux.)
func samplesAreValid(s *scene) {
	download := exec.CommandContext(s.ctx, "go", "mod", "download", "-json", "github.com/argoproj/argo-cd/v3")
	download.Dir = inRoot("test/gitops/schemas")
	out, err := download.Output()
	s.Expect(err).NotTo(HaveOccurred())
	var module struct{ Dir string }
	s.Expect(json.Unmarshal(out, &module)).To(Succeed())
	crd := filepath.Join(module.Dir, "manifests", "crds", "application-crd.yaml")
	s.kubectl("apply", "--server-side", "--filename="+crd)
	s.Eventually(func() error {
		_, err := s.try("kubectl", "get", "applications.argoproj.io", "--all-namespaces")
		return err
	}).WithTimeout(soon).WithPolling(time.Second).Should(Succeed(), "the kind is served")
	s.kubectl("create", "namespace", "argocd")
	s.run("kubectl", "apply", "--dry-run=server", "--validate=strict", "--filename="+inRoot("config/gitops/argocd/application.yaml"))
	s.run("kubectl", "apply", "--dry-run=server", "--validate=strict", "--filename="+inRoot("config/gitops/argocd/argocd-cm.yaml"))
}
