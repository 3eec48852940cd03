package operator_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Images of the simulated nodes' repertoire.
const (
	good      = "registry.example/shop:1.4.1"
	better    = "registry.example/shop:1.4.2"
	notThere  = "registry.example/shop:image-not-found"
	crashes   = "registry.example/shop:crash-loop"
	oom       = "registry.example/shop:oom"
	neverUp   = "registry.example/shop:never-ready"
	slow      = "registry.example/shop:slow-start"
	later     = "registry.example/shop:crash-later"
	registry5 = "registry.example/shop:registry-5xx"
)

// Reasons of Ready, which sums an App up.
const (
	Healthy    = v1alpha1.ReasonHealthy
	RolledBack = v1alpha1.ReasonRolledBack
	Failed     = v1alpha1.ReasonFailed
)

// App is an App of a scene, called shop unless said otherwise.
type App struct {
	*Scene
	Name string
}

// Spec returns a spec of two pods of an image whose bake is short.
func Spec(image string, changes ...func(*v1alpha1.AppSpec)) v1alpha1.AppSpec {
	spec := v1alpha1.AppSpec{
		WorkloadSpec: v1alpha1.WorkloadSpec{Image: image},
		Replicas:     ptr.To[int32](2),
		Rollout:      v1alpha1.RolloutSpec{BakeSeconds: ptr.To[int32](1)},
	}
	for _, change := range changes {
		change(&spec)
	}
	return spec
}

// Applies creates an App.
func (s *Scene) Applies(spec v1alpha1.AppSpec) *App { return s.AppliesAs("shop", spec) }

// AppliesAs creates an App with a name.
func (s *Scene) AppliesAs(name string, spec v1alpha1.AppSpec) *App {
	s.Step("create App " + name)
	s.Create(&v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec})
	return &App{s, name}
}

// Runs creates an App and waits until it is healthy.
func (s *Scene) Runs(spec v1alpha1.AppSpec) *App {
	app := s.Applies(spec)
	app.Becomes(Healthy, rollout)
	return app
}

// Change changes the spec.
func (a *App) Change(change func(*v1alpha1.AppSpec)) {
	a.Step("change the spec of App " + a.Name)
	a.update(func(app *v1alpha1.App) { change(&app.Spec) })
}

// Image changes the image.
func (a *App) Image(image string) {
	a.Change(func(spec *v1alpha1.AppSpec) { spec.Image = image })
}

// Annotate sets an annotation, or removes it when the value is empty.
func (a *App) Annotate(key, value string) {
	a.Step("annotate App " + a.Name + " with " + key + "=" + value)
	a.update(func(app *v1alpha1.App) {
		if value == "" {
			delete(app.Annotations, key)
			return
		}
		metav1.SetMetaDataAnnotation(&app.ObjectMeta, key, value)
	})
}

// update writes the App as a person does: with a patch of what they changed.
func (a *App) update(change func(*v1alpha1.App)) {
	app := a.Live()
	before := app.DeepCopy()
	change(app)
	a.Expect(api.Patch(a.ctx, app, client.MergeFrom(before))).To(Succeed())
}

// Live returns the App as it is now.
func (a *App) Live() *v1alpha1.App {
	app := &v1alpha1.App{}
	a.Expect(api.Get(a.ctx, a.key(a.Name), app)).To(Succeed())
	return app
}

// Becomes waits until the App is ready, or not, for a reason, and says so of
// its present generation.
func (a *App) Becomes(reason string, within time.Duration) *v1alpha1.App {
	a.Step(fmt.Sprintf("App %s becomes %s within %s", a.Name, reason, within))
	var app *v1alpha1.App
	a.Eventually(func() string {
		app = a.Live()
		return summary(app)
	}).WithContext(a.ctx).WithTimeout(within).WithPolling(200*time.Millisecond).Should(HavePrefix(reason+":"), "of App %s in namespace %s", a.Name, a.Namespace)
	return app
}

// Stays tells that the App, once it is ready, or not, for a reason, stays so.
func (a *App) Stays(reason string, during time.Duration) {
	a.Becomes(reason, soon)
	a.Step(fmt.Sprintf("App %s stays %s for %s", a.Name, reason, during))
	a.Consistently(func() string { return summary(a.Live()) }).
		WithContext(a.ctx).WithTimeout(during).WithPolling(200 * time.Millisecond).Should(HavePrefix(reason + ":"))
}

// summary is reason and message of Ready, when it speaks of the present
// generation.
func summary(app *v1alpha1.App) string {
	ready := conditionOf(app.Status.Conditions, v1alpha1.ConditionReady)
	if app.Status.ObservedGeneration != app.Generation {
		return fmt.Sprintf("generation %d not observed, before: %s", app.Generation, ready.Reason)
	}
	return ready.Reason + ": " + ready.Message
}

func conditionOf(conditions []metav1.Condition, kind string) metav1.Condition {
	for _, c := range conditions {
		if c.Type == kind {
			return c
		}
	}
	return metav1.Condition{}
}

// Condition returns the status, reason and message of a condition, with a
// space between them; empty when there is none.
func (a *App) Condition(kind string) string {
	c := conditionOf(a.Live().Status.Conditions, kind)
	return strings.TrimSpace(string(c.Status) + " " + c.Reason + " " + c.Message)
}

// Versions returns every version of the App that was ever seen.
func (a *App) Versions() []*v1alpha1.App {
	world.catchUp(a.ctx, a.Gomega, a.Namespace)
	var apps []*v1alpha1.App
	for _, v := range world.of(a.Live()) {
		if !v.deleted {
			apps = append(apps, v.object.(*v1alpha1.App))
		}
	}
	return apps
}

// WasAlwaysAvailable tells that every version of the App since a version said
// that users are served.
func (a *App) WasAlwaysAvailable(since *v1alpha1.App) {
	versions := a.Versions()
	from := slices.IndexFunc(versions, func(v *v1alpha1.App) bool { return v.ResourceVersion == since.ResourceVersion })
	a.Expect(from).To(BeNumerically(">=", 0), "the version to begin with")
	for _, v := range versions[from:] {
		a.Expect(conditionOf(v.Status.Conditions, v1alpha1.ConditionAvailable).Status).To(Equal(metav1.ConditionTrue), statusOf(v))
	}
}

// Kstatus returns what kstatus says of the App now.
func (a *App) Kstatus() string {
	said := ""
	a.Eventually(func() string {
		said = world.kstatus(a.Live())
		return said
	}).WithContext(a.ctx).WithTimeout(soon).WithPolling(50*time.Millisecond).ShouldNot(BeEmpty(), "a verdict")
	return said
}

// Release waits for the App's Release with a number.
func (a *App) Release(number int) *v1alpha1.Release {
	found := &v1alpha1.Release{}
	a.Eventually(func() error { return api.Get(a.ctx, a.key(fmt.Sprintf("%s-%d", a.Name, number)), found) }).
		WithContext(a.ctx).WithTimeout(soon).WithPolling(100 * time.Millisecond).Should(Succeed())
	return found
}

// Releases tells the App's Releases as name, verdict and cause.
func (a *App) Releases() []string {
	list := &v1alpha1.ReleaseList{}
	a.Expect(api.List(a.ctx, list, a.mine()...)).To(Succeed())
	slices.SortFunc(list.Items, func(x, y v1alpha1.Release) int { return int(x.Spec.Number - y.Spec.Number) })
	lines := []string{}
	for _, r := range list.Items {
		healthy := conditionOf(r.Status.Conditions, v1alpha1.ConditionHealthy)
		line := fmt.Sprintf("%s %s (%s)", r.Name, healthy.Reason, r.Spec.Cause)
		if !r.Status.SupersededTime.IsZero() {
			line += " superseded"
		}
		lines = append(lines, line)
	}
	return lines
}

// Deployment returns the App's Deployment.
func (a *App) Deployment() *appsv1.Deployment {
	d := &appsv1.Deployment{}
	a.Expect(api.Get(a.ctx, a.key(a.Name), d)).To(Succeed())
	return d
}

// Container returns the App's container in the Deployment's pod template.
func (a *App) Container() corev1.Container {
	containers := a.Deployment().Spec.Template.Spec.Containers
	at := slices.IndexFunc(containers, func(c corev1.Container) bool { return c.Name == "app" })
	a.Expect(at).To(BeNumerically(">=", 0), "the container app")
	return containers[at]
}

// Pods returns the App's pods that are not going away.
func (a *App) Pods() []corev1.Pod {
	list := &corev1.PodList{}
	a.Expect(api.List(a.ctx, list, a.mine()...)).To(Succeed())
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
}

// PodUIDs identify the App's pods.
func (a *App) PodUIDs() []types.UID {
	var uids []types.UID
	for _, pod := range a.Pods() {
		uids = append(uids, pod.UID)
	}
	slices.Sort(uids)
	return uids
}

// Sizes returns the numbers of pods that were ever asked of the Deployment, in
// order, each once in a row.
func (a *App) Sizes() []int32 {
	var sizes []int32
	for _, v := range world.of(a.Deployment()) {
		sizes = append(sizes, ptr.Deref(v.object.(*appsv1.Deployment).Spec.Replicas, -1))
	}
	return slices.Compact(sizes)
}

// Events tells the App's events as reason and how often, in order of reasons.
func (a *App) Events() []string {
	list := &eventsv1.EventList{}
	a.Expect(api.List(a.ctx, list, client.InNamespace(a.Namespace))).To(Succeed())
	counts := map[string]int32{}
	for _, e := range list.Items {
		if e.Regarding.Kind != "App" || e.Regarding.Name != a.Name {
			continue
		}
		counts[e.Reason]++
		if e.Series != nil {
			counts[e.Reason] += e.Series.Count - 1
		}
	}
	lines := []string{}
	for reason, count := range counts {
		lines = append(lines, fmt.Sprintf("%s %d", reason, count))
	}
	slices.Sort(lines)
	return lines
}

// notes are what the App's events of a reason say, in order.
func (a *App) notes(reason string) []string {
	list := &eventsv1.EventList{}
	a.Expect(api.List(a.ctx, list, client.InNamespace(a.Namespace))).To(Succeed())
	notes := []string{}
	for _, e := range list.Items {
		if e.Regarding.Kind == "App" && e.Regarding.Name == a.Name && e.Reason == reason {
			notes = append(notes, e.Note)
		}
	}
	slices.Sort(notes)
	return notes
}

// Settled waits until the App has come to rest: it says what it shall, and has
// as many pods as are wanted.
func (a *App) Settled(reason string, within time.Duration) *v1alpha1.App {
	return a.settled(reason, within, func() int { return int(*a.Deployment().Spec.Replicas) })
}

// SettledWith is Settled for an App that rests with another number of pods.
func (a *App) SettledWith(pods int, reason string, within time.Duration) *v1alpha1.App {
	return a.settled(reason, within, func() int { return pods })
}

func (a *App) settled(reason string, within time.Duration, count func() int) *v1alpha1.App {
	app := a.Becomes(reason, within)
	a.Eventually(func(g Gomega) {
		pods := a.Pods()
		g.Expect(pods).To(HaveLen(count()))
		app = a.Live()
		g.Expect(summary(app)).To(HavePrefix(reason + ":"))
		g.Expect(app.Status.Replicas).To(HaveValue(BeEquivalentTo(len(pods))))
	}).WithContext(a.ctx).WithTimeout(within).WithPolling(200 * time.Millisecond).Should(Succeed())
	return app
}

// RestsOn waits until a Release that no change of the spec asked for runs and
// has proved healthy.
func (a *App) RestsOn(number int) {
	name := fmt.Sprintf("%s-%d", a.Name, number)
	a.Step("App " + a.Name + " rests on " + name)
	a.Eventually(func() v1alpha1.ReleaseRoles { return a.Live().Status.Release }).
		WithContext(a.ctx).WithTimeout(rollout).WithPolling(200 * time.Millisecond).
		Should(Equal(v1alpha1.ReleaseRoles{Desired: name, Running: name, LastHealthy: name}))
	a.Settled(Healthy, rollout)
}

// children are lists of all kinds the operator makes for an App, but Releases.
func children() []client.ObjectList {
	return []client.ObjectList{
		&appsv1.DeploymentList{}, &corev1.ServiceList{}, &autoscalingv2.HorizontalPodAutoscalerList{},
		&policyv1.PodDisruptionBudgetList{}, &corev1.ConfigMapList{}, &corev1.SecretList{},
	}
}

// mine selects what belongs to the App.
func (a *App) mine() []client.ListOption {
	return []client.ListOption{client.InNamespace(a.Namespace), client.MatchingLabels{v1alpha1.LabelApp: a.Name}}
}

func (s *Scene) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: s.Namespace, Name: name}
}
