package operator_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/simulation"
	tiny "github.com/bowline-dev/bowline/internal/world"
)

// The scenarios of the simulation, on the real Deployment controller: the world
// that rollouts are simulated in is only worth what it has in common with this.
//
// A scenario is first simulated. Then its steps are done here, each when the
// real App has come as far as the simulated one had, and in the end both must
// have taken the same course: the same reasons of RolledOut, about the same
// Releases, in the same order; the same Release runs with as many pods, and the
// Releases met the same fates. Seconds are not compared, nor how often the same
// is said: simulated nodes start containers faster than the world's. For the
// same reason every slow start is one of eight seconds, and what crashes in the
// bake does so five seconds after it was ready: no deadline lies between
// that and the simulated time, so the course is the same.
var _ = Describe("The simulated scenario", func() {
	for _, scenario := range simulation.Scenarios {
		if leftOut[scenario.Name] != "" {
			continue
		}
		Concurrently(strings.Join(append([]string{scenario.Name}, scenario.Answers...), ", "), func(s *Scene) {
			newPlayhouse(s).play(scenario)
		})
	}

	It("is played here, or there is a reason why not", func() {
		var names []string
		for _, scenario := range simulation.Scenarios {
			names = append(names, scenario.Name)
		}
		for name := range leftOut {
			Expect(names).To(ContainElement(name))
		}
		Expect(len(names)-len(leftOut)).To(BeNumerically(">=", 20), "scenarios that are played for real")
	})
})

const (
	changesLater = "what becomes of an image changes, and then more pods of it are made or lose their readiness, which no image name can say"
	takesLong    = "it takes longer than a test may"
	startFast    = "simulated nodes are done before the scenario goes on"
	noSuchEnd    = "simulated nodes do not play this"
	othersToo    = "it would disturb all other scenes"
)

// leftOut are the scenarios that are only simulated.
var leftOut = map[string]string{
	"missing configuration key is rolled back":                     noSuchEnd,
	"failing init container is rolled back":                        noSuchEnd,
	"out of memory after a while fails in the bake":                noSuchEnd,
	"slow start with progress does not fail":                       noSuchEnd,
	"late status gives no false verdict":                           noSuchEnd,
	"registry is down for half an hour within the deadline":        takesLong,
	"registry is down for longer than the deadline":                takesLong,
	"all nodes are down for ten minutes in mid rollout":            othersToo,
	"one node is lost in the bake":                                 othersToo,
	"short deadline while all nodes are down":                      othersToo,
	"flapping crash loop fails within its budget":                  startFast,
	"newer spec pre-empts a rollback":                              startFast,
	"operator is away while a rollout breaks":                      othersToo,
	"readiness lost in the bake is rolled back":                    changesLater,
	"scaling up at the end of the bake to a pod that cannot start": changesLater,
	"double failure is bounded":                                    changesLater,
	"second choice comes back when the first fails too":            changesLater,
	"what a person went back to does not come up again":            changesLater,
	"what a person went back to comes up late":                     changesLater,
	"shared ConfigMap with bad content is rolled back":             changesLater,
	"shared change waits for its turn":                             othersToo,
	"retry of a failed Release":                                    changesLater,
}

// playhouse plays a scenario on the real cluster.
type playhouse struct {
	scene    *Scene
	shop     *App
	app      *v1alpha1.App // as the scenario has it
	outcomes map[string]tiny.Outcome
	images   map[string]string // the real ones, which stay what they were
	allow    map[string]func() // ends the refusal of pods with an image
}

var _ simulation.Stage = (*playhouse)(nil)

const settings = "shared-settings"

func newPlayhouse(s *Scene) *playhouse {
	return &playhouse{scene: s, outcomes: map[string]tiny.Outcome{}, images: map[string]string{}, allow: map[string]func(){}}
}

// play does the steps, each when the real App has come as far as the simulated
// one, and compares the ends.
func (h *playhouse) play(scenario simulation.Scenario) {
	s := h.scene
	s.Create(NewConfigMap(settings, "COLOR", "blue"))
	simulated := simulation.NewPlayer()
	var courses [][]string // of the simulation after each step
	for _, step := range scenario.Steps {
		simulated.Play(step)
		courses = append(courses, slices.Clone(simulated.Course))
	}
	s.Expect(simulated.TakeProblems()).To(BeEmpty())
	for i, step := range scenario.Steps {
		s.Step(step.String())
		step.On(h)
		h.comesTo(courses[i], simulated.Course)
	}

	end := func(g Gomega) {
		want := simulated.Cluster.World
		g.Expect(h.course()).To(Equal(simulated.Course))
		g.Expect(h.fates()).To(Equal(simulated.Fates()))
		g.Expect(h.shop.Deployment().Spec.Template.Labels).To(HaveKeyWithValue(v1alpha1.LabelRelease, fmt.Sprint(want.Running().Release)))
		g.Expect(h.shop.Pods()).To(HaveLen(int(want.Pods())))
		g.Expect(h.serving()).To(Equal(int(want.Serving())))
	}
	s.Eventually(end).WithContext(s.ctx).WithTimeout(rollout).WithPolling(200 * time.Millisecond).Should(Succeed())
	s.Consistently(end).WithContext(s.ctx).WithTimeout(atRest).WithPolling(500 * time.Millisecond).Should(Succeed())
}

// atRest is how long the end must last: longer than anything that follows at
// once takes.
const atRest = 3 * time.Second

// comesTo waits until the operator has seen the step and the real App has taken
// a course, and fails at once when it leaves the whole one.
func (h *playhouse) comesTo(course, whole []string) {
	h.scene.Eventually(func() ([]string, error) {
		taken := h.course()
		if len(taken) > len(whole) || !slices.Equal(taken, whole[:len(taken)]) {
			return taken, StopTrying(fmt.Sprintf("the real App took another course: %q, simulated: %q", taken, whole))
		}
		if h.shop != nil {
			if app := h.shop.Live(); app.Status.ObservedGeneration != app.Generation {
				return nil, fmt.Errorf("generation %d is not observed", app.Generation)
			}
		}
		return taken, nil
	}).WithContext(h.scene.ctx).WithTimeout(4*time.Minute).WithPolling(50*time.Millisecond).
		Should(Satisfy(func(taken []string) bool { return len(taken) >= len(course) }), "the simulation's course until here: %q", course)
}

// course is what the App's condition RolledOut has said of which Release.
func (h *playhouse) course() []string {
	var course []string
	for _, version := range world.of(h.key()) {
		app := version.object.(*v1alpha1.App)
		condition := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionRolledOut)
		if condition == nil {
			continue
		}
		entry := condition.Reason + " " + app.Status.Release.Desired
		if len(course) == 0 || course[len(course)-1] != entry {
			course = append(course, entry)
		}
	}
	return course
}

func (h *playhouse) key() *v1alpha1.App {
	return &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: h.scene.Namespace, Name: "shop"}}
}

// fates are what became of the Releases, in the simulation's words.
func (h *playhouse) fates() string {
	list := &v1alpha1.ReleaseList{}
	h.scene.Expect(api.List(h.scene.ctx, list, h.shop.mine()...)).To(Succeed())
	slices.SortFunc(list.Items, func(a, b v1alpha1.Release) int { return int(a.Spec.Number - b.Spec.Number) })
	var fates []string
	for _, r := range list.Items {
		fate := "Unproven"
		switch c := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionHealthy); {
		case c == nil:
		case c.Status == metav1.ConditionTrue:
			fate = "Healthy"
		case c.Status == metav1.ConditionFalse:
			fate = "Failed " + c.Reason
		}
		if !r.Status.SupersededTime.IsZero() {
			fate += ", superseded"
		}
		fates = append(fates, fate)
	}
	return strings.Join(fates, "; ")
}

func (h *playhouse) serving() int {
	serving := 0
	for _, pod := range h.shop.Pods() {
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
				serving++
			}
		}
	}
	return serving
}

// Create implements Stage.
func (h *playhouse) Create(app *v1alpha1.App) {
	h.app = app
	h.shop = h.scene.Applies(h.real().Spec)
}

// Change implements Stage.
func (h *playhouse) Change(change func(*v1alpha1.App)) {
	change(h.app)
	h.shop.update(func(app *v1alpha1.App) {
		played := h.real()
		app.Spec, app.Annotations = played.Spec, played.Annotations
	})
}

// real is the App as the real cluster knows it: its image says what becomes of
// its pods.
func (h *playhouse) real() *v1alpha1.App {
	app := h.app.DeepCopy()
	if h.outcomes[app.Spec.Image].Unschedulable {
		app.Spec.Scheduling.NodeSelector = map[string]string{"disk": "golden"}
	}
	app.Spec.Image = h.image(app.Spec.Image)
	return app
}

// image is the real name of an image. It keeps the one with which it was first
// used, whatever becomes of its pods later: another would be another Release.
func (h *playhouse) image(name string) string {
	if known, used := h.images[name]; used {
		return known
	}
	image := "registry.example/" + strings.Replace(name, ":", ":v", 1)
	if word := h.word(h.outcomes[name]); word != "" {
		image += "-" + word
	}
	h.images[name] = image
	return image
}

// word is how an image's name chooses an outcome.
func (h *playhouse) word(o tiny.Outcome) string {
	switch o {
	case tiny.Outcome{}, tiny.Outcome{Unschedulable: true}:
		return ""
	case tiny.Outcome{ImageMissing: true}:
		return "image-not-found"
	case tiny.Outcome{RunsFor: time.Second}:
		return "crash-loop"
	case tiny.Outcome{RunsFor: 45 * time.Second}:
		return "crash-later" // in the middle of the bake, as there
	case tiny.Outcome{NeverReady: true}:
		return "never-ready"
	}
	if o == (tiny.Outcome{ReadyAfter: o.ReadyAfter}) {
		return "slow-start"
	}
	h.cannot("play an image that " + o.String())
	return ""
}

// Becomes implements Stage.
func (h *playhouse) Becomes(image string, o tiny.Outcome) {
	known, used := h.images[image]
	allow, isRefused := h.allow[image]
	switch {
	case o.Refused:
		h.allow[image] = h.scene.Refuses(aPod(), "pods", fmt.Sprintf("object.spec.containers[0].image == '%s'", h.image(image)))
	case isRefused && o == (tiny.Outcome{}):
		allow()
	case used:
		h.changes(known, o)
	default:
		h.outcomes[image] = o
	}
}

// changes lets pods that run already crash, the one change that simulated nodes
// play, and waits until they do.
func (h *playhouse) changes(image string, o tiny.Outcome) {
	if o != (tiny.Outcome{RunsFor: time.Second}) {
		h.cannot("change running pods so that their image " + o.String())
	}
	for _, pod := range h.shop.Pods() {
		if pod.Spec.Containers[0].Image != image {
			continue
		}
		before := pod.DeepCopy()
		metav1.SetMetaDataAnnotation(&pod.ObjectMeta, playAnnotation, "crash-loop")
		h.scene.Expect(api.Patch(h.scene.ctx, &pod, client.MergeFrom(before))).To(Succeed())
	}
	h.scene.Eventually(h.serving).WithContext(h.scene.ctx).WithTimeout(soon).WithPolling(50 * time.Millisecond).Should(BeZero())
}

// Wait implements Stage: it is the course that is waited for.
func (h *playhouse) Wait(int) {}

// Lose implements Stage.
func (h *playhouse) Lose(string) { h.scene.Remove(&corev1.ConfigMap{}, settings) }

// Find implements Stage.
func (h *playhouse) Find() { h.scene.Create(NewConfigMap(settings, "COLOR", "blue")) }

// Share implements Stage.
func (h *playhouse) Share(content string) {
	key, value, _ := strings.Cut(content, "=")
	Edit(h.scene, &corev1.ConfigMap{}, settings, func(c *corev1.ConfigMap) { c.Data[key] = value })
}

// Turn implements Stage.
func (h *playhouse) Turn(bool) { h.cannot("let other Apps go") }

// Quota implements Stage.
func (h *playhouse) Quota(pods int) {
	if pods < 0 {
		h.scene.Remove(&corev1.ResourceQuota{}, "tight")
		return
	}
	h.scene.Create(quota("count/pods", fmt.Sprint(pods)))
}

// Load implements Stage. There are no metrics that the autoscaler could go by,
// so it scales nothing itself, and what it would do is done as it does it. The
// operator has to have seen it before the next step, as in the simulation.
func (h *playhouse) Load(pods int32) {
	h.scene.Eventually(h.shop.hasAutoscaler).WithTimeout(soon).Should(BeTrue())
	h.shop.hpaScales(pods)
	h.scene.Eventually(func() *int32 { return h.shop.Live().Status.Replicas }).
		WithContext(h.scene.ctx).WithTimeout(soon).WithPolling(50 * time.Millisecond).Should(HaveValue(BeNumerically(">=", pods)))
}

// Registry implements Stage.
func (h *playhouse) Registry(bool) { h.cannot("take the registry down") }

// Nodes implements Stage.
func (h *playhouse) Nodes(int) { h.cannot("take nodes away") }

// Lag implements Stage.
func (h *playhouse) Lag(int) { h.cannot("delay a status") }

// Away implements Stage.
func (h *playhouse) Away(int) { h.cannot("take the operator away") }

func (h *playhouse) cannot(what string) {
	h.scene.Expect(what).To(BeEmpty(), "the real stage cannot do this: the scenario belongs to leftOut")
}
