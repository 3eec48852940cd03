package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/report"
)

// scene is a namespace with one App, and what a person does to it.
type scene struct {
	ctx       context.Context //nolint:containedctx // a scene lives as long as its spec
	namespace string
}

// newScene makes a namespace. When the spec ends, it tells what is in it if the
// spec failed, and removes it.
func newScene(ctx SpecContext) *scene {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}
	Expect(api.Create(ctx, namespace)).To(Succeed())
	s := &scene{ctx: ctx, namespace: namespace.Name}
	DeferCleanup(func(ctx SpecContext) {
		s.ctx = ctx
		if CurrentSpecReport().Failed() {
			s.dump()
		}
		Expect(client.IgnoreNotFound(api.Delete(ctx, namespace))).To(Succeed())
	})
	return s
}

func (s *scene) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: s.namespace, Name: name}
}

// create makes an object as kubectl does, and returns when.
func (s *scene) create(object client.Object) time.Time {
	GinkgoHelper()
	began := time.Now()
	Expect(api.Create(s.ctx, object)).To(Succeed())
	return began
}

// change changes the App's spec, and returns when.
func (s *scene) change(edit func(*v1alpha1.App)) time.Time {
	GinkgoHelper()
	app := s.app()
	before := client.MergeFrom(app.DeepCopy())
	edit(app)
	began := time.Now()
	Expect(api.Patch(s.ctx, app, before)).To(Succeed())
	return began
}

func (s *scene) app() *v1alpha1.App {
	GinkgoHelper()
	app := &v1alpha1.App{}
	Expect(api.Get(s.ctx, s.key(appName), app)).To(Succeed())
	return app
}

// release returns a Release of the App, or nil while there is none.
func (s *scene) release(number int) *v1alpha1.Release {
	GinkgoHelper()
	release := &v1alpha1.Release{}
	err := client.IgnoreNotFound(api.Get(s.ctx, s.key(fmt.Sprintf("%s-%d", appName, number)), release))
	Expect(err).NotTo(HaveOccurred())
	if release.Name == "" {
		return nil
	}
	return release
}

// ready is the App's condition Ready as a reason, when it speaks of the present
// spec and keeps to what a status must keep to.
func (s *scene) ready() string {
	GinkgoHelper()
	app := s.app()
	Expect(report.CheckInvariants(app)).To(Succeed())
	condition := apimeta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
	if condition == nil || condition.ObservedGeneration != app.Generation {
		return ""
	}
	return condition.Reason
}

// until waits for the App's condition Ready to have a reason, and returns when
// it had.
func (s *scene) until(reason string, within time.Duration) time.Time {
	GinkgoHelper()
	Eventually(s.ready, within).Should(Equal(reason))
	return time.Now()
}

// untilRelease waits for the Release of a number to be judged, and returns it
// and when it was.
func (s *scene) untilRelease(number int, healthy metav1.ConditionStatus, within time.Duration) (*v1alpha1.Release, time.Time) {
	GinkgoHelper()
	var release *v1alpha1.Release
	Eventually(func(g Gomega) {
		release = s.release(number)
		g.Expect(release).NotTo(BeNil(), "Release %d", number)
		g.Expect(apimeta.IsStatusConditionPresentAndEqual(release.Status.Conditions, v1alpha1.ConditionHealthy, healthy)).
			To(BeTrue(), "Release %d: %v", number, release.Status.Conditions)
	}, within).Should(Succeed())
	return release, time.Now()
}

// untilUnderWay waits until there are pods of a Release that is not complete: its
// rollout is under way.
func (s *scene) untilUnderWay(number int) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(s.podsOf(number)).NotTo(BeEmpty())
		g.Expect(s.ready()).To(Equal(v1alpha1.ReasonProgressing))
	}, soon).Should(Succeed())
}

// pods are the App's pods that are not being deleted, in the order of their
// names.
func (s *scene) pods() []corev1.Pod {
	GinkgoHelper()
	list := &corev1.PodList{}
	Expect(api.List(s.ctx, list, client.InNamespace(s.namespace), client.MatchingLabels{v1alpha1.LabelApp: appName})).To(Succeed())
	pods := slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
	slices.SortFunc(pods, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	return pods
}

func (s *scene) podsOf(release int) []corev1.Pod {
	GinkgoHelper()
	return slices.DeleteFunc(s.pods(), func(p corev1.Pod) bool { return p.Labels[v1alpha1.LabelRelease] != fmt.Sprint(release) })
}

// lives tells the pods apart, and how often each was restarted.
func (s *scene) lives() []string {
	GinkgoHelper()
	var out []string
	for _, pod := range s.pods() {
		restarts := int32(0)
		for _, status := range pod.Status.ContainerStatuses {
			restarts += status.RestartCount
		}
		out = append(out, fmt.Sprintf("%s %s, %d restarts", pod.Name, pod.UID, restarts))
	}
	return out
}

// healthyShop makes the App and waits until it is healthy.
func (s *scene) healthyShop(edit ...func(*v1alpha1.App)) {
	GinkgoHelper()
	app := newShop(s.namespace)
	for _, change := range edit {
		change(app)
	}
	s.create(app)
	s.until(v1alpha1.ReasonHealthy, eventually)
}

// seconds is how long ago something began, as a figure.
func seconds(began time.Time) float64 { return took(began, time.Now()) }

func took(from, to time.Time) float64 { return to.Sub(from).Seconds() }
