package gitops_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// history is every version of every App that the API server has shown.
type history struct {
	watching watch.Interface
	ended    sync.WaitGroup

	mu       sync.Mutex
	versions []*unstructured.Unstructured
	wrong    []string
}

func startRecord(ctx context.Context) (*history, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("AppList"))
	watching, err := api.Watch(ctx, list)
	if err != nil {
		return nil, err
	}
	h := &history{watching: watching}
	h.ended.Go(func() {
		for event := range watching.ResultChan() {
			app, ok := event.Object.(*unstructured.Unstructured)
			h.mu.Lock()
			switch {
			case !ok:
				h.wrong = append(h.wrong, fmt.Sprintf("the watch says: %v", event.Object))
			case event.Type != watch.Deleted:
				h.versions = append(h.versions, app)
			}
			h.mu.Unlock()
		}
	})
	return h, nil
}

func (h *history) stop() {
	h.watching.Stop()
	h.ended.Wait()
}

// of returns the versions of a namespace's App shop, and of all Apps when the
// namespace is empty.
func (h *history) of(namespace string) []*unstructured.Unstructured {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []*unstructured.Unstructured
	for _, app := range h.versions {
		if namespace == "" || app.GetNamespace() == namespace && app.GetName() == "shop" {
			found = append(found, app)
		}
	}
	return found
}

// versions returns every version of the App shop up to the present one.
func (s *scene) versions() []*unstructured.Unstructured {
	s.t.Helper()
	now := s.app().ResourceVersion
	var found []*unstructured.Unstructured
	s.Eventually(func() bool {
		found = record.of(s.namespace)
		return slices.ContainsFunc(found, func(app *unstructured.Unstructured) bool { return app.GetResourceVersion() == now })
	}).WithTimeout(soon).WithPolling(50*time.Millisecond).Should(gomega.BeTrue(), "the watch shows the present version")
	return found
}

// verdict is what test/integration/conformance says of a version.
type verdict struct {
	Status   string   `json:"status"`
	Problems []string `json:"problems"`
}

// judge asks kstatus, and Flux's checks of conditions.
func (s *scene) judge(versions []*unstructured.Unstructured) []verdict {
	s.t.Helper()
	var verdicts []verdict
	for _, line := range s.answers(versions, "conformance") {
		var v verdict
		s.Expect(json.Unmarshal([]byte(line), &v)).To(gomega.Succeed())
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// answers gives a tool a version on each line and returns its lines.
func (s *scene) answers(versions []*unstructured.Unstructured, tool string, args ...string) []string {
	s.t.Helper()
	var in strings.Builder
	for _, version := range versions {
		data, err := version.MarshalJSON()
		s.Expect(err).NotTo(gomega.HaveOccurred())
		in.WriteString(strings.TrimSpace(string(data)) + "\n")
	}
	out, err := s.feed(in.String(), tool, args...)
	s.Expect(err).NotTo(gomega.HaveOccurred())
	lines := strings.Split(strings.TrimSpace(out), "\n")
	s.Expect(lines).To(gomega.HaveLen(len(versions)), "an answer for each version")
	return lines
}

// hasBeen tells what the App has been for who waits for it, from its first
// version on. That it is never Current or Failed for a moment, before or in
// between, is as much of a promise as where it ends.
func (s *scene) hasBeen(want ...string) {
	s.t.Helper()
	versions := s.versions()
	var said []string
	for _, v := range s.judge(versions) {
		said = append(said, v.Status)
	}
	s.Expect(slices.Compact(said)).To(gomega.Equal(want), "of %d versions", len(versions))
}

// agreed is what Flux's expressions and Argo CD's script say where kstatus says
// a word.
var agreed = map[string]struct {
	flux string
	argo []string
}{
	"Current":    {"Current", []string{"Healthy"}},
	"Failed":     {"Failed", []string{"Degraded"}},
	"InProgress": {"InProgress", []string{"Progressing", "Suspended", "Degraded"}},
}

// everyVersion judges all that was seen. Argo CD knows two words more for an
// App that is in progress: Suspended when it is paused, and Degraded when it
// was healthy and does not serve.
func everyVersion(t *testing.T) {
	s := &scene{WithT: gomega.NewWithT(t), t: t, ctx: t.Context()}
	versions := record.of("")
	record.mu.Lock()
	s.Expect(record.wrong).To(gomega.BeEmpty())
	record.mu.Unlock()
	s.Expect(len(versions)).To(gomega.BeNumerically(">", 100), "versions")
	verdicts := s.judge(versions)
	flux := s.answers(versions, "flux", "health", inRoot("config/gitops/flux/kustomization.yaml"))
	argo := s.answers(versions, "lua", "health", inRoot(customizations, "health.lua"))
	count := map[string]int{}
	for i, version := range versions {
		app := version.GetNamespace() + "/" + version.GetName() + " " + version.GetResourceVersion()
		if len(verdicts[i].Problems) > 0 {
			t.Errorf("%s: %v", app, verdicts[i].Problems)
		}
		if version.GetDeletionTimestamp() != nil {
			continue // the tools that look for it do so by themselves
		}
		want, ok := agreed[verdicts[i].Status]
		reason := "nobody has looked"
		if ready := conditionOf(version, v1alpha1.ConditionReady); ready != nil {
			reason = fmt.Sprint(ready["reason"])
		}
		if !ok || flux[i] != want.flux || !slices.Contains(want.argo, argo[i]) ||
			verdicts[i].Status == "InProgress" && !behind(version) && (argo[i] == "Suspended") != (reason == v1alpha1.ReasonPaused) ||
			verdicts[i].Status == "InProgress" && !behind(version) && (argo[i] == "Degraded") != (reason == v1alpha1.ReasonUnavailable) {
			t.Errorf("%s (%s): kstatus says %s, the healthCheckExprs say %s, Argo CD says %s", app, reason, verdicts[i].Status, flux[i], argo[i])
		}
		count[verdicts[i].Status+" "+argo[i]]++
	}
	t.Logf("%d versions: %v", len(versions), count)
	for _, seen := range []string{"Current Healthy", "Failed Degraded", "InProgress Progressing", "InProgress Suspended", "InProgress Degraded"} {
		if count[seen] == 0 {
			t.Errorf("no version was %s: the scenes show too little", seen)
		}
	}
}

// behind tells whether the status of a version speaks of an older generation.
func behind(app *unstructured.Unstructured) bool {
	observed, _, _ := unstructured.NestedInt64(app.Object, "status", "observedGeneration")
	return observed < app.GetGeneration()
}

func conditionOf(app *unstructured.Unstructured, kind string) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(app.Object, "status", "conditions")
	for _, c := range conditions {
		if condition, ok := c.(map[string]any); ok && condition["type"] == kind {
			return condition
		}
	}
	return nil
}
