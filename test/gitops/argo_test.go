package gitops_test

import (
	"encoding/json"
	"strings"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// By these Argo CD knows what belongs to an application.
const (
	trackingLabel      = "app.kubernetes.io/instance"
	trackingAnnotation = "argocd.argoproj.io/tracking-id"
)

// difference is what test/gitops/argo says of an object.
type difference struct {
	Object, Way  string
	OutOfSync    bool
	Live, Wanted string
}

// livesUnderArgo: whatever happens to an App, Argo CD finds it as it is in Git.
func livesUnderArgo(s *scene, serverSide bool) {
	sync := func(file string) {
		s.t.Helper()
		if serverSide {
			s.run("argo", "sync", "-server", file)
		} else {
			s.run("argo", "sync", file)
		}
	}
	first := s.git(good, label(trackingLabel, "shop"))
	sync(first)
	s.becomes(v1alpha1.ReasonHealthy)
	s.inSyncWithArgo(first)
	pods := s.pods()

	broken := s.git(missing, label(trackingLabel, "shop"), greeting("goodbye"))
	s.Expect(s.outOfSync(broken)).To(HaveLen(3), "a change in Git is found in each way")
	sync(broken)
	s.becomes(v1alpha1.ReasonRolledBack)
	s.inSyncWithArgo(broken)

	sync(first)
	s.becomes(v1alpha1.ReasonHealthy)
	s.inSyncWithArgo(first)
	s.Expect(s.pods()).To(Equal(pods), "going back restarts nothing")
	s.hasBeen("InProgress", "Current", "InProgress", "Failed", "InProgress", "Current")
}

func (s *scene) inSyncWithArgo(file string) {
	s.t.Helper()
	s.Expect(s.outOfSync(file)).To(BeEmpty())
}

// outOfSync returns in which ways an App differs from Git.
func (s *scene) outOfSync(file string) []difference {
	s.t.Helper()
	var all, differ []difference
	s.Expect(json.Unmarshal([]byte(s.run("argo", "diff", file)), &all)).To(Succeed())
	s.Expect(all).To(HaveLen(3), "the ways to compare")
	for _, d := range all {
		if d.OutOfSync {
			differ = append(differ, d)
		}
	}
	return differ
}

// isTracked: nothing that the operator makes is taken for a part of the
// application, which would be pruned, and all of it is shown below the App.
func isTracked(s *scene, by string) {
	value, mark := "shop-in-git", label
	if by == trackingAnnotation {
		value, mark = "shop-in-git:bowline.dev/App:"+s.namespace+"/shop", annotation
	}
	file := s.git(good, mark(by, value))
	s.run("argo", "sync", file)
	s.becomes(v1alpha1.ReasonHealthy)
	s.run("argo", "sync", s.git(missing, mark(by, value)))
	s.becomes(v1alpha1.ReasonRolledBack)

	var tracked struct{ Marked, Parts, Tree []string }
	s.Expect(json.Unmarshal([]byte(s.run("argo", "tracked", "shop-in-git", file)), &tracked)).To(Succeed())
	s.Expect(tracked.Marked).To(Equal([]string{"App/shop"}))
	s.Expect(tracked.Parts).To(Equal([]string{"App/shop"}))
	kinds := map[string]int{}
	for _, object := range tracked.Tree {
		kind, _, _ := strings.Cut(object, "/")
		kinds[kind]++
	}
	s.Expect(kinds).To(And(
		HaveKeyWithValue("App", 1), HaveKeyWithValue("Deployment", 1), HaveKeyWithValue("Service", 1),
		HaveKeyWithValue("PodDisruptionBudget", 1), HaveKeyWithValue("Release", 2), HaveKeyWithValue("Pod", 2),
	), "%v", tracked.Tree)
}

// takesActions: what Argo CD's actions do to an App is done by annotations,
// which Argo CD does not find to differ from Git.
func takesActions(s *scene) {
	file := s.git(good)
	s.run("argo", "sync", file)
	s.becomes(v1alpha1.ReasonHealthy)
	pods := s.pods()

	s.action("restart")
	s.Eventually(s.pods).WithTimeout(rollout).Should(And(HaveLen(2), Not(ContainElements(pods[0])), Not(ContainElements(pods[1]))))
	s.becomes(v1alpha1.ReasonHealthy)
	s.inSyncWithArgo(file)

	s.action("pause")
	s.Eventually(func() string { return s.app().PausedBy() }).WithTimeout(soon).ShouldNot(BeEmpty())
	s.Expect(readyReason(s.app())).To(Equal(v1alpha1.ReasonHealthy), "there is nothing to hold back")
	changed := s.git(missing)
	s.run("argo", "sync", changed)
	s.becomes(v1alpha1.ReasonPaused)
	s.snapshot("paused")
	s.inSyncWithArgo(changed)

	s.action("resume")
	s.becomes(v1alpha1.ReasonRolledBack)
	s.Expect(s.app().PausedBy()).To(BeEmpty())
	s.inSyncWithArgo(changed)

	s.action("retry")
	s.Eventually(func() string { return s.app().Status.Failure.Release }).WithTimeout(rollout).Should(Equal("shop-4"))
	s.becomes(v1alpha1.ReasonRolledBack)
	s.inSyncWithArgo(changed)
}

// action does what Argo CD does when somebody chooses an action.
func (s *scene) action(name string) {
	s.t.Helper()
	live := s.kubectl("get", "app", "shop", "--output=json")
	patch, err := s.feed(live, "lua", "action", inRoot(customizations, "actions", name, "action.lua"))
	s.Expect(err).NotTo(HaveOccurred())
	s.Expect(api.Patch(s.ctx, s.app(), client.RawPatch(types.MergePatchType, []byte(patch)))).To(Succeed())
}
