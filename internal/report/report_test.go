package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

var (
	now    = time.Date(2026, 3, 4, 5, 6, 7, 891, time.UTC)
	before = now.Add(-time.Hour)
)

const (
	pullFailed = "3 of 3 updated pods in ImagePullBackOff for 10 s, budget 10 s"
	crashed    = "a container was restarted 3 times > 2"
)

// scene is the App shop, generation 4, with three pods of shop-6, which is
// healthy and desired.
func scene(changes ...func(*Input)) Input {
	in := Input{
		Now: now,
		App: &v1alpha1.App{
			ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "web", Generation: 4},
			Spec:       v1alpha1.AppSpec{Replicas: ptr.To[int32](3)},
		},
		Decision: rollout.Decision{
			Action: rollout.Settled, Desired: 6, Target: 6, LastHealthy: 6,
			Reason: v1alpha1.ReasonHealthy, Note: "Release 6 runs and has proved healthy",
		},
		Running: rollout.Running{
			Exists: true, Release: 6, Observed: true, Want: 3, Total: 3, Updated: 3, Ready: 3,
			Available: 3, UpdatedAvailable: 3, Serving: true, CompletedAt: before,
		},
		Releases: []v1alpha1.Release{healthy(5), healthy(6)},
	}
	for _, change := range changes {
		change(&in)
	}
	return in
}

func newRelease(number int64) v1alpha1.Release {
	return v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{App: "shop", Number: number, Image: "ghcr.io/acme/shop:" + digits(number)}}
}

func digits(number int64) string {
	return strings.TrimPrefix(Input{App: &v1alpha1.App{}}.name(number), "-")
}

func digested(number int64) v1alpha1.Release {
	r := healthy(number)
	r.Spec.Digest = "sha256:0123a"
	return r
}

// undigested is a healthy Release whose tag was not resolved.
func undigested(number int64) v1alpha1.Release {
	r := healthy(number)
	r.Spec.DigestProblem = unauthorized
	return r
}

func healthy(number int64) v1alpha1.Release {
	return judged(number, metav1.ConditionTrue, v1alpha1.ReasonHealthy, "all 3 pods were available and healthy for 30 s")
}

func failed(number int64, reason, message string) v1alpha1.Release {
	return judged(number, metav1.ConditionFalse, reason, message)
}

func judged(number int64, status metav1.ConditionStatus, reason, message string) v1alpha1.Release {
	r := newRelease(number)
	r.Status.FinishTime = metav1.NewTime(before)
	r.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionHealthy, Status: status, Reason: reason, Message: message, ObservedGeneration: 1}}
	return r
}

func madeBy(cause string, r v1alpha1.Release) v1alpha1.Release {
	r.Spec.Cause = cause
	return r
}

// with adds a Release.
func with(r v1alpha1.Release) func(*Input) {
	return func(in *Input) { in.Releases = append(in.Releases, r) }
}

// only makes these the Releases there are.
func only(releases ...v1alpha1.Release) func(*Input) {
	return func(in *Input) { in.Releases = releases }
}

func decided(d rollout.Decision) func(*Input) { return func(in *Input) { in.Decision = d } }

func running(change func(*rollout.Running)) func(*Input) {
	return func(in *Input) { change(&in.Running) }
}

// runs makes the Deployment run a Release, of which so many pods are available.
func runs(number int64, updatedAvailable int32) func(*Input) {
	return running(func(r *rollout.Running) {
		r.Release, r.Updated, r.UpdatedAvailable = number, 3, updatedAvailable
		if updatedAvailable < 3 {
			r.CompletedAt, r.Old = time.Time{}, 3
		}
	})
}

func serves(available int32, serving bool) func(*Input) {
	return running(func(r *rollout.Running) { r.Available, r.Ready, r.Serving = available, available, serving })
}

// nothingRuns: what else a Running says has no meaning then.
func nothingRuns(in *Input) { in.Running.Exists = false }

func unobserved(in *Input) { in.Running.Observed = false }

func replicas(n int32) func(*Input) { return func(in *Input) { in.App.Spec.Replicas = &n } }

func heldBy(reason, message string) func(*Input) {
	return func(in *Input) {
		in.Held = &rollout.Held{Reason: reason, Message: message}
		in.Decision = rollout.Decision{Action: rollout.Hold, Desired: 6, Target: 6, LastHealthy: 6, Reason: reason, Note: message}
	}
}

func problem(reason, message string) func(*Input) {
	return func(in *Input) { in.Problem = &Problem{Reason: reason, Message: message} }
}

// reported gives the App the status of another scene, an hour ago.
func reported(changes ...func(*Input)) func(*Input) {
	earlier := scene(changes...)
	earlier.Now = before
	return func(in *Input) { in.App.Status = Status(earlier) }
}

// The decisions of a rollout of shop-7 that fails.
// await6Paused: what runs is what is desired, and nothing is known of it.
var await6Paused = rollout.Decision{Action: rollout.Await, Desired: 6, Target: 6, LastHealthy: 6}

const pausedText = "spec.rollout.state is Paused; a change waits; set it to Active to go on"

func pausedByUser(in *Input) { in.App.Spec.Rollout.State = v1alpha1.RolloutPaused }

func annotated(in *Input) { in.App.Annotations = map[string]string{v1alpha1.AnnotationPaused: "true"} }

var hold6Aside = rollout.Decision{Action: rollout.Hold, Desired: 6, Target: 6, LastHealthy: 6, Reason: v1alpha1.ReasonPaused, Note: "the annotation bowline.dev/paused is set; a change waits"}

const waits = "config shared changed: at most 10 Apps that use it roll that out at a time, and this one waits for its turn"

const returnFailed = "shop-6 was healthy before and does not come up again: 1 of 3 pods of Release 6 available again: " +
	"Unschedulable (pod shop-x: no room); what serves keeps serving: change the spec, or repair what its pods lack"

var (
	advance7 = rollout.Decision{Action: rollout.Advance, Desired: 7, Target: 7, LastHealthy: 6, Reason: v1alpha1.ReasonProgressing, Note: "Release 7 is desired, 6 runs"}
	await7   = rollout.Decision{Action: rollout.Await, Desired: 7, Target: 7, LastHealthy: 6}
	wait7    = rollout.Decision{Action: rollout.Wait, Desired: 7, Target: 7, LastHealthy: 6, Reason: v1alpha1.ReasonProgressing, Note: "1 of 3 updated pods available"}
	bake7    = rollout.Decision{Action: rollout.Bake, Desired: 7, Target: 7, LastHealthy: 6, Reason: v1alpha1.ReasonBaking, Note: "all 3 pods are available and must stay so for 30 s"}
	settled7 = rollout.Decision{Action: rollout.Settled, Desired: 7, Target: 7, LastHealthy: 7, Reason: v1alpha1.ReasonHealthy}
	back7    = rollout.Decision{Action: rollout.RollBack, Desired: 7, Target: 6, LastHealthy: 6, FailedRelease: 7, Reason: v1alpha1.ReasonRollingBack}
	return6  = rollout.Decision{Action: rollout.Wait, Desired: 7, Target: 6, LastHealthy: 6, FailedRelease: 7, Reason: v1alpha1.ReasonRollingBack}
	await6   = rollout.Decision{Action: rollout.Await, Desired: 7, Target: 6, LastHealthy: 6, FailedRelease: 7}
	rolled   = rollout.Decision{Action: rollout.Stall, Desired: 7, Target: 6, LastHealthy: 6, FailedRelease: 7, Reason: v1alpha1.ReasonRolledBack}
	manual   = rollout.Decision{Action: rollout.Stall, Desired: 7, Target: 7, LastHealthy: 6, FailedRelease: 7, Reason: v1alpha1.ReasonFailed}
	twice    = rollout.Decision{Action: rollout.Stall, Desired: 7, Target: 6, FailedRelease: 7, Reason: v1alpha1.ReasonRollbackFailed}
	lost6    = rollout.Decision{Action: rollout.Stall, Desired: 6, Target: 6, LastHealthy: 6, Reason: v1alpha1.ReasonReturnFailed, Note: "1 of 3 pods of Release 6 available again: Unschedulable (pod shop-x: no room)"}
	first    = rollout.Decision{Action: rollout.Advance, Desired: 1, Target: 1, Make: &rollout.Make{Number: 1}, Reason: v1alpha1.ReasonProgressing, Note: "Release 1 is new"}
	stuck1   = rollout.Decision{Action: rollout.Stall, Desired: 1, Target: 1, FailedRelease: 1, Reason: v1alpha1.ReasonFailed}
	hold6    = rollout.Decision{Action: rollout.Hold, Desired: 6, Target: 6, LastHealthy: 6, Reason: v1alpha1.ReasonPaused, Note: "spec.rollout.state is Paused; a change waits"}
)

func pin(action rollout.Action) rollout.Decision {
	return rollout.Decision{Action: action, Desired: 5, Target: 5, LastHealthy: 6, Reason: v1alpha1.ReasonPinned, Note: "the annotation bowline.dev/rollback-to names Release 5"}
}

// said is a condition without its generation and time.
type said struct {
	kind    string
	status  metav1.ConditionStatus
	reason  string
	message string
}

func saidBy(conditions []metav1.Condition) []said {
	var list []said
	for _, c := range conditions {
		list = append(list, said{c.Type, c.Status, c.Reason, c.Message})
	}
	return list
}

const (
	serving6     = "3 of 3 pods available (shop-6)"
	serving7     = "3 of 3 pods available (shop-7)"
	healthy6     = "shop-6 runs and is healthy"
	unauthorized = `spec.image: ghcr.io answered 401 Unauthorized for "ghcr.io/acme/shop:7": check spec.imagePullSecrets`

	found = "everything the App refers to was found"

	rolledBack = "shop-7 failed (CannotStart: 3 of 3 updated pods in ImagePullBackOff for 10 s, budget 10 s); shop-6 serves again: change the spec, or set the annotation bowline.dev/retry to try the same inputs again"
	comesBack  = "shop-7 failed (CannotStart: 3 of 3 updated pods in ImagePullBackOff for 10 s, budget 10 s); shop-6 comes back"
	failed7    = "shop-7 failed (CannotStart: 3 of 3 updated pods in ImagePullBackOff for 10 s, budget 10 s); its pods are kept: change the spec, or set the annotation bowline.dev/retry to try the same inputs again, or set the annotation bowline.dev/rollback-to to shop-6 to return to it"
	failed1    = "shop-1 failed (Crashing: a container was restarted 3 times > 2); its pods are kept: change the spec, or set the annotation bowline.dev/retry to try the same inputs again"
	failedBoth = "shop-7 failed (CannotStart: 3 of 3 updated pods in ImagePullBackOff for 10 s, budget 10 s), and so did what should have come back; shop-6 runs: change the spec, or set the annotation bowline.dev/retry to try the same inputs again"
	pinGoes    = "shop-5 goes out because the annotation bowline.dev/rollback-to asks for it: the annotation bowline.dev/rollback-to names Release 5"
	pinRuns    = "shop-5 runs because the annotation bowline.dev/rollback-to asks for it; remove the annotation to run what the spec says"
	missing    = "config.from shared-settings: ConfigMap not found"
	conflict   = "Service shop belongs to Deployment other: delete it"
	refused    = "Deployment shop: exceeded quota; change the spec or lift what refuses it; it is tried again every 5 minutes"
	asking     = `spec.image: the registry is being asked what "ghcr.io/acme/shop:7" stands for`
	hpaFails   = "the HPA was unable to compute the replica count"
)

const (
	isTrue    = metav1.ConditionTrue
	isFalse   = metav1.ConditionFalse
	isUnknown = metav1.ConditionUnknown
)

// statusTests is every row of the table in the package comment.
var statusTests = map[string]struct {
	in   Input
	want []said
}{
	"a new App": {
		in: scene(nothingRuns, only(newRelease(1)), decided(first)),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-1 goes out: Release 1 is new"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "NothingRuns", "nothing runs"},
			{"RolledOut", isUnknown, "Progressing", "shop-1 goes out: Release 1 is new"},
			{"Reconciling", isTrue, "Progressing", "shop-1 goes out: Release 1 is new"},
		},
	},
	"a new App, inputs missing": {
		in: scene(nothingRuns, only(), heldBy("InputsMissing", missing), func(in *Input) { in.Decision = rollout.Decision{Action: rollout.Hold, Reason: "InputsMissing"} }),
		want: []said{
			{"Ready", isFalse, "InputsMissing", missing},
			{"InputsResolved", isFalse, "InputsMissing", missing},
			{"Available", isFalse, "NothingRuns", "nothing runs"},
			{"RolledOut", isFalse, "InputsMissing", missing},
			{"Reconciling", isTrue, "InputsMissing", missing},
		},
	},
	"inputs missing": {
		in: scene(heldBy("InputsMissing", missing)),
		want: []said{
			{"Ready", isFalse, "InputsMissing", missing},
			{"InputsResolved", isFalse, "InputsMissing", missing},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "InputsMissing", missing},
			{"Reconciling", isTrue, "InputsMissing", missing},
		},
	},
	"invalid image": {
		in: scene(heldBy("InvalidImage", "spec.image: invalid reference format")),
		want: []said{
			{"Ready", isFalse, "InvalidImage", "spec.image: invalid reference format"},
			{"InputsResolved", isFalse, "InvalidImage", "spec.image: invalid reference format"},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "InvalidImage", "spec.image: invalid reference format"},
			{"Stalled", isTrue, "InvalidImage", "spec.image: invalid reference format"},
		},
	},
	"invalid input": {
		in: scene(heldBy("InvalidInput", "secrets stripe: too large")),
		want: []said{
			{"Ready", isFalse, "InvalidInput", "secrets stripe: too large"},
			{"InputsResolved", isFalse, "InvalidInput", "secrets stripe: too large"},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "InvalidInput", "secrets stripe: too large"},
			{"Stalled", isTrue, "InvalidInput", "secrets stripe: too large"},
		},
	},
	"inputs not read": {
		in: scene(heldBy("ReadFailed", "secrets stripe: the server is busy")),
		want: []said{
			{"Ready", isUnknown, "ReadFailed", "secrets stripe: the server is busy"},
			{"InputsResolved", isUnknown, "ReadFailed", "secrets stripe: the server is busy"},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "ReadFailed", "secrets stripe: the server is busy"},
			{"Reconciling", isTrue, "ReadFailed", "secrets stripe: the server is busy"},
		},
	},
	"the registry is being asked": {
		in: scene(heldBy("ResolvingImage", asking)),
		want: []said{
			{"Ready", isUnknown, "ResolvingImage", asking},
			{"InputsResolved", isUnknown, "ResolvingImage", asking},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "ResolvingImage", asking},
			{"Reconciling", isTrue, "ResolvingImage", asking},
		},
	},
	"the registry refuses": {
		in: scene(heldBy("ImageNotResolved", unauthorized)),
		want: []said{
			{"Ready", isFalse, "ImageNotResolved", unauthorized},
			{"InputsResolved", isFalse, "ImageNotResolved", unauthorized},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "ImageNotResolved", unauthorized},
			{"Reconciling", isTrue, "ImageNotResolved", unauthorized},
		},
	},
	"the registry refused, and the tag runs": {
		in: scene(only(healthy(5), undigested(6))),
		want: []said{
			{"Ready", isTrue, "Healthy", serving6},
			{"InputsResolved", isTrue, "Resolved", "everything the App refers to was found, but the image has no digest: " + unauthorized + "; shop-6 runs the tag, and nodes may find other bytes behind it"},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
		},
	},
	"paused, a change waits": {
		in: scene(pausedByUser, decided(hold6)),
		want: []said{
			{"Ready", isFalse, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active to go on"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active to go on"},
			{"Reconciling", isTrue, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active to go on"},
		},
	},
	"paused, nobody says what waits": {
		in: scene(pausedByUser, decided(rollout.Decision{Action: rollout.Hold, Desired: 6, Target: 6, LastHealthy: 6, Reason: "Paused"})),
		want: []said{
			{"Ready", isFalse, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active to go on"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active to go on"},
			{"Reconciling", isTrue, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active to go on"},
		},
	},
	"paused by the annotation": {
		in: scene(annotated, decided(hold6Aside)),
		want: []said{
			{"Ready", isFalse, "Paused", "the annotation bowline.dev/paused is set; a change waits; remove it to go on"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "Paused", "the annotation bowline.dev/paused is set; a change waits; remove it to go on"},
			{"Reconciling", isTrue, "Paused", "the annotation bowline.dev/paused is set; a change waits; remove it to go on"},
		},
	},
	"paused by spec and annotation": {
		in: scene(pausedByUser, annotated, decided(hold6)),
		want: []said{
			{"Ready", isFalse, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active and remove the annotation bowline.dev/paused to go on"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active and remove the annotation bowline.dev/paused to go on"},
			{"Reconciling", isTrue, "Paused", "spec.rollout.state is Paused; a change waits; set it to Active and remove the annotation bowline.dev/paused to go on"},
		},
	},
	"paused, nothing waits": {
		in: scene(func(in *Input) { in.App.Spec.Rollout.State = v1alpha1.RolloutPaused }),
		want: []said{
			{"Ready", isTrue, "Healthy", serving6},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
		},
	},
	"pinned, another Release runs": {
		in: scene(decided(pin(rollout.Advance))),
		want: []said{
			{"Ready", isUnknown, "Pinned", pinGoes},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "Pinned", pinGoes},
			{"Reconciling", isTrue, "Pinned", pinGoes},
		},
	},
	"pinned, going out": {
		in: scene(runs(5, 1), decided(pin(rollout.Wait))),
		want: []said{
			{"Ready", isUnknown, "Pinned", pinGoes},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isUnknown, "Pinned", pinGoes},
			{"Reconciling", isTrue, "Pinned", pinGoes},
		},
	},
	"pinned, not observed": {
		in: scene(reported(decided(pin(rollout.Advance))), runs(5, 3), unobserved, decided(pin(rollout.Await))),
		want: []said{
			{"Ready", isUnknown, "Pinned", pinGoes},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "Pinned", pinGoes},
			{"Reconciling", isTrue, "Pinned", pinGoes},
		},
	},
	"pinned and out": {
		in: scene(runs(5, 3), decided(pin(rollout.Settled))),
		want: []said{
			{"Ready", isTrue, "Pinned", pinRuns},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isTrue, "Pinned", pinRuns},
		},
	},
	"pinned and out, looked at again": {
		in: scene(reported(runs(5, 3), decided(pin(rollout.Settled))), runs(5, 3), unobserved, decided(pin(rollout.Await))),
		want: []said{
			{"Ready", isTrue, "Pinned", pinRuns},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isTrue, "Pinned", pinRuns},
		},
	},
	"pinned and out, a pod went away": {
		in: scene(runs(5, 3), serves(2, true), running(func(r *rollout.Running) { r.UpdatedAvailable = 2 }), decided(pin(rollout.Wait))),
		want: []said{
			{"Ready", isTrue, "Pinned", pinRuns},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "2 of 3 pods available (shop-5)"},
			{"RolledOut", isTrue, "Pinned", pinRuns},
		},
	},
	"pinned, old pods are left": {
		in: scene(runs(5, 3), running(func(r *rollout.Running) { r.Old = 1 }), decided(pin(rollout.Wait))),
		want: []said{
			{"Ready", isUnknown, "Pinned", pinGoes},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isUnknown, "Pinned", pinGoes},
			{"Reconciling", isTrue, "Pinned", pinGoes},
		},
	},
	"pinned, all new, not all available": {
		in: scene(runs(5, 1), running(func(r *rollout.Running) { r.Old = 0 }), decided(pin(rollout.Wait))),
		want: []said{
			{"Ready", isUnknown, "Pinned", pinGoes},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isUnknown, "Pinned", pinGoes},
			{"Reconciling", isTrue, "Pinned", pinGoes},
		},
	},
	"pinned and out, as decided": {
		in: scene(runs(5, 3), running(func(r *rollout.Running) { r.CompletedAt = time.Time{} }), decided(pin(rollout.Settled))),
		want: []said{
			{"Ready", isTrue, "Pinned", pinRuns},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isTrue, "Pinned", pinRuns},
		},
	},
	"pinned to what runs, not observed": {
		in: scene(reported(runs(5, 3), decided(rollout.Decision{Action: rollout.Settled, Desired: 5, Target: 5, LastHealthy: 6})), runs(5, 3), unobserved, decided(pin(rollout.Await))),
		want: []said{
			{"Ready", isUnknown, "Pinned", pinGoes},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isUnknown, "Pinned", pinGoes},
			{"Reconciling", isTrue, "Pinned", pinGoes},
		},
	},
	"no longer pinned": {
		in: scene(reported(decided(pin(rollout.Settled)), runs(5, 3)), runs(5, 3), unobserved,
			decided(rollout.Decision{Action: rollout.Await, Desired: 5, Target: 5, LastHealthy: 6})),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-5 goes out"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-5)"},
			{"RolledOut", isUnknown, "Progressing", "shop-5 goes out"},
			{"Reconciling", isTrue, "Progressing", "shop-5 goes out"},
		},
	},
	"a change": {
		in: scene(with(newRelease(7)), decided(advance7)),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-7 goes out: Release 7 is desired, 6 runs"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "Progressing", "shop-7 goes out: Release 7 is desired, 6 runs"},
			{"Reconciling", isTrue, "Progressing", "shop-7 goes out: Release 7 is desired, 6 runs"},
		},
	},
	"a change, not observed": {
		in: scene(reported(with(newRelease(7)), decided(advance7)), with(newRelease(7)), runs(7, 0), unobserved, decided(await7)),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-7 goes out"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "Progressing", "shop-7 goes out"},
			{"Reconciling", isTrue, "Progressing", "shop-7 goes out"},
		},
	},
	"a change going out": {
		in: scene(with(newRelease(7)), runs(7, 1), serves(4, true), decided(wait7)),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-7 goes out: 1 of 3 updated pods available"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving7},
			{"RolledOut", isUnknown, "Progressing", "shop-7 goes out: 1 of 3 updated pods available"},
			{"Reconciling", isTrue, "Progressing", "shop-7 goes out: 1 of 3 updated pods available"},
		},
	},
	"a change in the bake": {
		in: scene(with(newRelease(7)), runs(7, 3), decided(bake7)),
		want: []said{
			{"Ready", isUnknown, "Baking", "shop-7 stays under watch: all 3 pods are available and must stay so for 30 s"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving7},
			{"RolledOut", isUnknown, "Baking", "shop-7 stays under watch: all 3 pods are available and must stay so for 30 s"},
			{"Reconciling", isTrue, "Baking", "shop-7 stays under watch: all 3 pods are available and must stay so for 30 s"},
		},
	},
	"a change is out": {
		in: scene(with(healthy(7)), runs(7, 3), decided(settled7)),
		want: []said{
			{"Ready", isTrue, "Healthy", serving7},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving7},
			{"RolledOut", isTrue, "Healthy", "shop-7 runs and is healthy"},
		},
	},
	"healthy, but old pods are left": {
		in: scene(running(func(r *rollout.Running) { r.Old = 1 }), decided(rollout.Decision{
			Action: rollout.Wait, Desired: 6, Target: 6, LastHealthy: 6, Reason: "Progressing", Note: "1 pods of other Releases are to be replaced",
		})),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-6 goes out: 1 pods of other Releases are to be replaced"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "Progressing", "shop-6 goes out: 1 pods of other Releases are to be replaced"},
			{"Reconciling", isTrue, "Progressing", "shop-6 goes out: 1 pods of other Releases are to be replaced"},
		},
	},
	"settled, looked at again": {
		in: scene(reported(), unobserved, decided(rollout.Decision{Action: rollout.Await, Desired: 6, Target: 6, LastHealthy: 6})),
		want: []said{
			{"Ready", isTrue, "Healthy", serving6},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
		},
	},
	"nothing was reported yet, not observed": {
		in: scene(unobserved, decided(rollout.Decision{Action: rollout.Await, Desired: 6, Target: 6, LastHealthy: 6})),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-6 goes out"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isUnknown, "NotObserved", "the Deployment's status does not speak of its present spec yet"},
			{"RolledOut", isUnknown, "Progressing", "shop-6 goes out"},
			{"Reconciling", isTrue, "Progressing", "shop-6 goes out"},
		},
	},
	"settled as decided, but availability was never observed": {
		in: scene(unobserved),
		want: []said{
			{"Ready", isUnknown, "NotObserved", "the Deployment's status does not speak of its present spec yet"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isUnknown, "NotObserved", "the Deployment's status does not speak of its present spec yet"},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"Reconciling", isTrue, "NotObserved", "the Deployment's status does not speak of its present spec yet"},
		},
	},
	"what was in the way does not stand": {
		in: scene(reported(heldBy("InputsMissing", missing)), unobserved, decided(rollout.Decision{Action: rollout.Await, Desired: 6, Target: 6, LastHealthy: 6})),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-6 goes out"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isUnknown, "Progressing", "shop-6 goes out"},
			{"Reconciling", isTrue, "Progressing", "shop-6 goes out"},
		},
	},
	"settled, too few pods serve": {
		in: scene(serves(1, false)),
		want: []said{
			{"Ready", isFalse, "Unavailable", "1 of 3 pods available (shop-6)"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "MinimumReplicasUnavailable", "1 of 3 pods available (shop-6)"},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"Reconciling", isTrue, "Unavailable", "1 of 3 pods available (shop-6)"},
		},
	},
	"settled, no pod serves though maxUnavailable allows it": {
		in: scene(serves(0, true)),
		want: []said{
			{"Ready", isFalse, "Unavailable", "0 of 3 pods available (shop-6)"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "MinimumReplicasUnavailable", "0 of 3 pods available (shop-6)"},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"Reconciling", isTrue, "Unavailable", "0 of 3 pods available (shop-6)"},
		},
	},
	"settled, another size is asked for": {
		in: scene(replicas(5)),
		want: []said{
			{"Ready", isUnknown, "Progressing", "the Deployment is to have 5 pods instead of 3"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"Reconciling", isTrue, "Progressing", "the Deployment is to have 5 pods instead of 3"},
		},
	},
	"settled, another size was asked for, not observed": {
		in: scene(reported(replicas(5)), replicas(5), running(func(r *rollout.Running) { r.Want = 5 }), unobserved, decided(await7), func(in *Input) { in.Decision.Desired = 6 }),
		want: []said{
			{"Ready", isUnknown, "Progressing", "the Deployment's status does not speak of its present spec yet"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"Reconciling", isTrue, "Progressing", "the Deployment's status does not speak of its present spec yet"},
		},
	},
	"settled, scaled to zero": {
		in: scene(replicas(0), serves(0, true), running(func(r *rollout.Running) { r.Want = 0 })),
		want: []said{
			{"Ready", isTrue, "Healthy", "no pods are wanted"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "ScaledToZero", "no pods are wanted"},
			{"RolledOut", isTrue, "Healthy", "shop-6 is out, and no pods are wanted"},
		},
	},
	"rolling back": {
		in: scene(with(failed(7, "CannotStart", pullFailed)), runs(7, 0), decided(back7)),
		want: []said{
			{"Ready", isFalse, "RollingBack", comesBack},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving7},
			{"RolledOut", isFalse, "RollingBack", comesBack},
			{"Reconciling", isTrue, "RollingBack", comesBack},
		},
	},
	"rolling back, the last healthy one returns": {
		in: scene(with(failed(7, "CannotStart", pullFailed)), runs(6, 1), serves(1, false), decided(return6)),
		want: []said{
			{"Ready", isFalse, "RollingBack", comesBack},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "MinimumReplicasUnavailable", "1 of 3 pods available (shop-6)"},
			{"RolledOut", isFalse, "RollingBack", comesBack},
			{"Reconciling", isTrue, "RollingBack", comesBack},
		},
	},
	"rolling back, not observed": {
		in: scene(with(failed(7, "CannotStart", pullFailed)), runs(6, 3), unobserved, decided(await6)),
		want: []said{
			{"Ready", isFalse, "RollingBack", comesBack},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isUnknown, "NotObserved", "the Deployment's status does not speak of its present spec yet"},
			{"RolledOut", isFalse, "RollingBack", comesBack},
			{"Reconciling", isTrue, "RollingBack", comesBack},
		},
	},
	"failed without a word, rolling back, not observed, and reported as going out": {
		in: scene(reported(with(newRelease(7)), decided(advance7)), with(failed(7, "CannotStart", "")), unobserved, decided(await6)),
		want: []said{
			{"Ready", isFalse, "RollingBack", "shop-7 failed (CannotStart); shop-6 comes back"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "RollingBack", "shop-7 failed (CannotStart); shop-6 comes back"},
			{"Reconciling", isTrue, "RollingBack", "shop-7 failed (CannotStart); shop-6 comes back"},
		},
	},
	"rolled back": {
		in: scene(with(failed(7, "CannotStart", pullFailed)), decided(rolled)),
		want: []said{
			{"Ready", isFalse, "RolledBack", rolledBack},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "RolledBack", rolledBack},
			{"Stalled", isTrue, "RolledBack", rolledBack},
		},
	},
	"a change of a Secret rolled back": {
		in: scene(with(madeBy("secret database", failed(7, "CannotStart", pullFailed))), decided(rolled)),
		want: []said{
			{"Ready", isFalse, "RolledBack", strings.Replace(rolledBack, "shop-7", "shop-7 (cause: secret database)", 1)},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "RolledBack", strings.Replace(rolledBack, "shop-7", "shop-7 (cause: secret database)", 1)},
			{"Stalled", isTrue, "RolledBack", strings.Replace(rolledBack, "shop-7", "shop-7 (cause: secret database)", 1)},
		},
	},
	"a change of the spec rolled back": {
		in: scene(with(madeBy("spec", failed(7, "CannotStart", pullFailed))), decided(rolled)),
		want: []said{
			{"Ready", isFalse, "RolledBack", rolledBack},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "RolledBack", rolledBack},
			{"Stalled", isTrue, "RolledBack", rolledBack},
		},
	},
	"rolled back, looked at again": {
		in: scene(reported(with(failed(7, "CannotStart", pullFailed)), decided(rolled)),
			with(failed(7, "CannotStart", pullFailed)), unobserved, decided(await6)),
		want: []said{
			{"Ready", isFalse, "RolledBack", rolledBack},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "RolledBack", rolledBack},
			{"Stalled", isTrue, "RolledBack", rolledBack},
		},
	},
	"rolled back, and what came back is in trouble": {
		in: scene(with(failed(7, "CannotStart", pullFailed)), serves(1, false), decided(rolled)),
		want: []said{
			{"Ready", isFalse, "RolledBack", strings.Replace(rolledBack, "serves again", "runs again", 1)},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "MinimumReplicasUnavailable", "1 of 3 pods available (shop-6)"},
			{"RolledOut", isFalse, "RolledBack", strings.Replace(rolledBack, "serves again", "runs again", 1)},
			{"Stalled", isTrue, "RolledBack", strings.Replace(rolledBack, "serves again", "runs again", 1)},
		},
	},
	"failed, rollback is Manual": {
		in: scene(with(failed(7, "CannotStart", pullFailed)), runs(7, 0), decided(manual)),
		want: []said{
			{"Ready", isFalse, "Failed", failed7},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving7},
			{"RolledOut", isFalse, "Failed", failed7},
			{"Stalled", isTrue, "Failed", failed7},
		},
	},
	"the first Release failed": {
		in: scene(only(failed(1, "Crashing", crashed)), runs(1, 0), serves(0, false), decided(stuck1)),
		want: []said{
			{"Ready", isFalse, "Failed", failed1},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "MinimumReplicasUnavailable", "0 of 3 pods available (shop-1)"},
			{"RolledOut", isFalse, "Failed", failed1},
			{"Stalled", isTrue, "Failed", failed1},
		},
	},
	"the first Release failed, and its Deployment was deleted": {
		in: scene(only(failed(1, "Crashing", crashed)), nothingRuns, decided(stuck1)),
		want: []said{
			{"Ready", isFalse, "Failed", strings.Replace(failed1, "; its pods are kept", "", 1)},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "NothingRuns", "nothing runs"},
			{"RolledOut", isFalse, "Failed", strings.Replace(failed1, "; its pods are kept", "", 1)},
			{"Stalled", isTrue, "Failed", strings.Replace(failed1, "; its pods are kept", "", 1)},
		},
	},
	"what should have come back failed too": {
		in: scene(only(failed(6, "Crashing", crashed), failed(7, "CannotStart", pullFailed)), serves(0, false), decided(twice)),
		want: []said{
			{"Ready", isFalse, "RollbackFailed", failedBoth},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "MinimumReplicasUnavailable", "0 of 3 pods available (shop-6)"},
			{"RolledOut", isFalse, "RollbackFailed", failedBoth},
			{"Stalled", isTrue, "RollbackFailed", failedBoth},
		},
	},
	"what should have come back failed too, and its Deployment was deleted": {
		in: scene(only(failed(6, "Crashing", crashed), failed(7, "CannotStart", pullFailed)), nothingRuns, decided(twice)),
		want: []said{
			{"Ready", isFalse, "RollbackFailed", strings.Replace(failedBoth, "shop-6 runs", "nothing runs", 1)},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "NothingRuns", "nothing runs"},
			{"RolledOut", isFalse, "RollbackFailed", strings.Replace(failedBoth, "shop-6 runs", "nothing runs", 1)},
			{"Stalled", isTrue, "RollbackFailed", strings.Replace(failedBoth, "shop-6 runs", "nothing runs", 1)},
		},
	},
	"what a person went back to does not come up again": {
		in: scene(runs(6, 1), serves(2, true), decided(lost6)),
		want: []said{
			{"Ready", isFalse, "ReturnFailed", returnFailed},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "2 of 3 pods available (shop-6)"},
			{"RolledOut", isFalse, "ReturnFailed", returnFailed},
			{"Stalled", isTrue, "ReturnFailed", returnFailed},
		},
	},
	"paused, and the Deployment's controller has not looked since: it stands": {
		in: scene(pausedByUser, reported(pausedByUser, decided(hold6)), unobserved, decided(await6Paused)),
		want: []said{
			{"Ready", isFalse, "Paused", pausedText},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-6)"},
			{"RolledOut", isFalse, "Paused", pausedText},
			{"Reconciling", isTrue, "Paused", pausedText},
		},
	},
	"resumed, and the Deployment's controller has not looked since: it goes on": {
		in: scene(reported(pausedByUser, decided(hold6)), unobserved, decided(await6Paused)),
		want: []said{
			{"Ready", isUnknown, "Progressing", "shop-6 goes out"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-6)"},
			{"RolledOut", isUnknown, "Progressing", "shop-6 goes out"},
			{"Reconciling", isTrue, "Progressing", "shop-6 goes out"},
		},
	},
	"a change of a shared source waits for its turn": {
		in: scene(decided(rollout.Decision{Action: rollout.Hold, Desired: 6, Target: 6, LastHealthy: 6, Reason: v1alpha1.ReasonWaitingForTurn, Note: waits})),
		want: []said{
			{"Ready", isUnknown, "WaitingForTurn", waits},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", "3 of 3 pods available (shop-6)"},
			{"RolledOut", isUnknown, "WaitingForTurn", waits},
			{"Reconciling", isTrue, "WaitingForTurn", waits},
		},
	},
	"a child belongs to somebody else": {
		in: scene(problem("Conflict", conflict)),
		want: []said{
			{"Ready", isFalse, "Conflict", conflict},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "Conflict", conflict},
			{"Stalled", isTrue, "Conflict", conflict},
		},
	},
	"a child is refused": {
		in: scene(nothingRuns, only(newRelease(1)), decided(first), problem("Refused", "Deployment shop: exceeded quota")),
		want: []said{
			{"Ready", isFalse, "Refused", refused},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isFalse, "NothingRuns", "nothing runs"},
			{"RolledOut", isFalse, "Refused", refused},
			{"Stalled", isTrue, "Refused", refused},
		},
	},
	"a child is refused without a word": {
		in: scene(problem("Refused", "")),
		want: []said{
			{"Ready", isFalse, "Refused", "an object is refused; change the spec or lift what refuses it; it is tried again every 5 minutes"},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "Refused", "an object is refused; change the spec or lift what refuses it; it is tried again every 5 minutes"},
			{"Stalled", isTrue, "Refused", "an object is refused; change the spec or lift what refuses it; it is tried again every 5 minutes"},
		},
	},
	"a child is refused and inputs are missing": {
		in: scene(heldBy("InputsMissing", missing), problem("Refused", "Deployment shop: exceeded quota")),
		want: []said{
			{"Ready", isFalse, "Refused", refused},
			{"InputsResolved", isFalse, "InputsMissing", missing},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isFalse, "Refused", refused},
			{"Stalled", isTrue, "Refused", refused},
		},
	},
	"autoscaled, no word yet": {
		in: scene(func(in *Input) { in.Scaling = &Scaling{} }),
		want: []said{
			{"Ready", isTrue, "Healthy", serving6},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"ScalingActive", isUnknown, "ScalingUnknown", "the HorizontalPodAutoscaler has not reported yet"},
		},
	},
	"autoscaled": {
		in: scene(func(in *Input) {
			in.Scaling = &Scaling{Known: true, Active: true, Reason: "ValidMetricFound", Message: "from cpu"}
		}),
		want: []said{
			{"Ready", isTrue, "Healthy", serving6},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"ScalingActive", isTrue, "ValidMetricFound", "from cpu"},
		},
	},
	"autoscaled without metrics stays ready": {
		in: scene(func(in *Input) {
			in.Scaling = &Scaling{Known: true, Reason: "FailedGetResourceMetric", Message: hpaFails}
		}),
		want: []said{
			{"Ready", isTrue, "Healthy", serving6},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"ScalingActive", isFalse, "FailedGetResourceMetric", hpaFails},
		},
	},
	"an autoscaler that gives no reason": {
		in: scene(func(in *Input) { in.Scaling = &Scaling{Known: true, Reason: "no reason!"} }),
		want: []said{
			{"Ready", isTrue, "Healthy", serving6},
			{"InputsResolved", isTrue, "Resolved", found},
			{"Available", isTrue, "MinimumReplicasAvailable", serving6},
			{"RolledOut", isTrue, "Healthy", healthy6},
			{"ScalingActive", isFalse, "ScalingInactive", "the HorizontalPodAutoscaler does not scale"},
		},
	},
}

func TestStatusConditions(t *testing.T) {
	for name, test := range statusTests {
		t.Run(name, func(t *testing.T) {
			got := Status(test.in)
			if diff := cmp.Diff(test.want, saidBy(got.Conditions), cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			mustHold(t, test.in, got)
			mustRest(t, test.in, got)
		})
	}
}

// mustHold fails the test when a status violates an invariant.
func mustHold(t *testing.T, in Input, status v1alpha1.AppStatus) {
	t.Helper()
	app := in.App.DeepCopy()
	app.Status = status
	if err := CheckInvariants(app); err != nil {
		t.Errorf("invariants:\n%v", err)
	}
}

// mustRest fails the test when the same facts a minute later give another
// status, or something to tell: that would loop.
func mustRest(t *testing.T, in Input, status v1alpha1.AppStatus) {
	t.Helper()
	in.App = in.App.DeepCopy()
	in.App.Status = status
	in.Now = in.Now.Add(time.Minute)
	again := Status(in)
	if diff := cmp.Diff(status, again); diff != "" {
		t.Errorf("the same facts again (-first +second):\n%s", diff)
	}
	if events := Events(status, again, nil); len(events) != 0 {
		t.Errorf("events of no change: %v", events)
	}
	if !OnlyCounts(status, again) {
		t.Error("OnlyCounts is false for the same status")
	}
}

func TestStatusInFull(t *testing.T) {
	got := Status(scene(with(failed(7, "CannotStart", pullFailed)), serves(4, true), decided(rolled),
		running(func(r *rollout.Running) { r.Total, r.Ready, r.Available, r.Updated = 6, 5, 4, 3 })))
	want := v1alpha1.AppStatus{
		ObservedGeneration: 4,
		Conditions: []metav1.Condition{
			{Type: "Ready", Status: "False", Reason: "RolledBack", Message: rolledBack, ObservedGeneration: 4, LastTransitionTime: at("2026-03-04T05:06:07Z")},
			{Type: "InputsResolved", Status: "True", Reason: "Resolved", Message: found, ObservedGeneration: 4, LastTransitionTime: at("2026-03-04T05:06:07Z")},
			{Type: "Available", Status: "True", Reason: "MinimumReplicasAvailable", Message: serving6, ObservedGeneration: 4, LastTransitionTime: at("2026-03-04T05:06:07Z")},
			{Type: "RolledOut", Status: "False", Reason: "RolledBack", Message: rolledBack, ObservedGeneration: 4, LastTransitionTime: at("2026-03-04T05:06:07Z")},
			{Type: "Stalled", Status: "True", Reason: "RolledBack", Message: rolledBack, ObservedGeneration: 4, LastTransitionTime: at("2026-03-04T05:06:07Z")},
		},
		Release:           v1alpha1.ReleaseRoles{Desired: "shop-7", Running: "shop-6", LastHealthy: "shop-6"},
		Replicas:          ptr.To[int32](6),
		ReadyReplicas:     ptr.To[int32](5),
		UpdatedReplicas:   ptr.To[int32](3),
		AvailableReplicas: ptr.To[int32](4),
		Selector:          "bowline.dev/app=shop",
		Image:             "ghcr.io/acme/shop:6",
		Range:             "3",
		Failure:           v1alpha1.FailureStatus{Release: "shop-7", Reason: "CannotStart", Message: pullFailed, Time: metav1.NewTime(before)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func at(text string) metav1.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return metav1.NewTime(t)
}

func TestStatusFields(t *testing.T) {
	autoscaled := func(low, high int32) func(*Input) {
		return func(in *Input) {
			in.App.Spec.Replicas = nil
			in.App.Spec.Autoscale = v1alpha1.AutoscaleSpec{Min: low, Max: high}
		}
	}
	noReplicas := func(in *Input) { in.App.Spec.Replicas = nil }
	tests := map[string]struct {
		in    Input
		field func(v1alpha1.AppStatus) any
		want  any
	}{
		"range of replicas":                     {scene(), sizeOf, "3"},
		"range of no pods":                      {scene(func(in *Input) { in.App.Spec.Replicas = ptr.To[int32](0) }), sizeOf, "0"},
		"range with autoscale":                  {scene(autoscaled(2, 10)), sizeOf, "2-10"},
		"range with autoscale without min":      {scene(autoscaled(0, 10)), sizeOf, "1-10"},
		"range of the size it has":              {scene(noReplicas, running(func(r *rollout.Running) { r.Want = 8 })), sizeOf, "8"},
		"range of a new App":                    {scene(noReplicas, nothingRuns), sizeOf, "1"},
		"image of the running Release":          {scene(with(newRelease(7)), decided(advance7)), imageOf, "ghcr.io/acme/shop:6"},
		"image by its digest":                   {scene(only(healthy(5), digested(6))), imageOf, "ghcr.io/acme/shop:6@sha256:0123a"},
		"no image when nothing runs":            {scene(nothingRuns), imageOf, ""},
		"image of a deleted Release":            {scene(reported(), only(healthy(7))), imageOf, "ghcr.io/acme/shop:6"},
		"no image of an unknown Release":        {scene(reported(), only(healthy(7)), runs(5, 3)), imageOf, ""},
		"a Release not made yet is not desired": {scene(decided(advance7)), rolesOf, v1alpha1.ReleaseRoles{Running: "shop-6", LastHealthy: "shop-6"}},
		"nothing runs":                          {scene(nothingRuns), rolesOf, v1alpha1.ReleaseRoles{Desired: "shop-6", LastHealthy: "shop-6"}},
		"a first look":                          {scene(nothingRuns, only(), decided(rollout.Decision{Action: rollout.Hold})), rolesOf, v1alpha1.ReleaseRoles{}},
		"no counts when nothing runs":           {scene(reported(), nothingRuns), countsOf, []*int32{nil, nil, nil, nil}},
		"counts":                                {scene(reported(), serves(2, true)), countsOf, []*int32{ptr.To[int32](3), ptr.To[int32](2), ptr.To[int32](3), ptr.To[int32](2)}},
		"counts known before":                   {scene(reported(serves(1, true)), unobserved), countsOf, []*int32{ptr.To[int32](3), ptr.To[int32](1), ptr.To[int32](3), ptr.To[int32](1)}},
		"counts never known":                    {scene(unobserved), countsOf, []*int32{nil, nil, nil, nil}},
		"no failure":                            {scene(with(failed(7, "Crashing", crashed))), failureOf, v1alpha1.FailureStatus{}},
		"failure":                               {scene(with(failed(7, "Crashing", crashed)), decided(rolled)), failureOf, v1alpha1.FailureStatus{Release: "shop-7", Reason: "Crashing", Message: crashed, Time: metav1.NewTime(before)}},
		"failure while changes are held":        {scene(reported(with(failed(7, "Crashing", crashed)), decided(rolled)), heldBy("InputsMissing", missing)), failureOf, v1alpha1.FailureStatus{Release: "shop-7", Reason: "Crashing", Message: crashed, Time: metav1.NewTime(before)}},
		"failure of a deleted Release":          {scene(reported(with(failed(7, "Crashing", crashed)), decided(rolled)), decided(rolled)), failureOf, v1alpha1.FailureStatus{Release: "shop-7", Reason: "Crashing", Message: crashed, Time: metav1.NewTime(before)}},
		"failure of an unknown Release":         {scene(decided(rolled), func(in *Input) { in.Decision.Note = "it broke" }), failureOf, v1alpha1.FailureStatus{Release: "shop-7", Reason: "Failed", Message: "it broke"}},
		"failure is gone":                       {scene(reported(with(failed(7, "Crashing", crashed)), decided(rolled))), failureOf, v1alpha1.FailureStatus{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.field(Status(test.in))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func sizeOf(s v1alpha1.AppStatus) any    { return s.Range }
func imageOf(s v1alpha1.AppStatus) any   { return s.Image }
func rolesOf(s v1alpha1.AppStatus) any   { return s.Release }
func failureOf(s v1alpha1.AppStatus) any { return s.Failure }
func countsOf(s v1alpha1.AppStatus) any {
	return []*int32{s.Replicas, s.ReadyReplicas, s.UpdatedReplicas, s.AvailableReplicas}
}

// TestTransitionTimes: lastTransitionTime moves when the status of a condition
// does, and not with its reason, its message or its generation.
func TestTransitionTimes(t *testing.T) {
	earlier, later := metav1.NewTime(before.Truncate(time.Second)), metav1.NewTime(now.Truncate(time.Second))
	in := scene(reported(with(newRelease(7)), runs(7, 1), decided(wait7)), with(healthy(7)), runs(7, 3), serves(2, true), decided(settled7))
	in.App.Generation = 5
	want := map[string]metav1.Time{"Ready": later, "InputsResolved": earlier, "Available": earlier, "RolledOut": later}
	got := map[string]metav1.Time{}
	for _, c := range Status(in).Conditions {
		got[c.Type] = c.LastTransitionTime
		if c.ObservedGeneration != 5 {
			t.Errorf("%s speaks of generation %d", c.Type, c.ObservedGeneration)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTransitionTimeHeals: the API refuses a condition without a time.
func TestTransitionTimeHeals(t *testing.T) {
	in := scene(reported())
	in.App.Status.Conditions[0].LastTransitionTime = metav1.Time{}
	if got, want := Status(in).Conditions[0].LastTransitionTime, at("2026-03-04T05:06:07Z"); !got.Equal(&want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// TestUnwantedConditionsGo: what this App does not have does not stay.
func TestUnwantedConditionsGo(t *testing.T) {
	in := scene()
	in.App.Status.Conditions = []metav1.Condition{{Type: "Progressing", Status: "True"}, {Type: "Stalled", Status: "True"}, {Type: "ScalingActive", Status: "True"}}
	var got []string
	for _, c := range Status(in).Conditions {
		got = append(got, c.Type)
	}
	if diff := cmp.Diff([]string{"Ready", "InputsResolved", "Available", "RolledOut"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStatusLeavesItsInput: neither the App nor the Releases change, now or
// when the status does.
func TestStatusLeavesItsInput(t *testing.T) {
	in := scene(reported(), unobserved)
	app := in.App.DeepCopy()
	status := Status(in)
	*status.Replicas = 77
	status.Conditions[0].Message = "scribbled"
	if diff := cmp.Diff(app, in.App); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func BenchmarkStatus(b *testing.B) {
	in := scene(with(failed(7, "CannotStart", pullFailed)), decided(rolled))
	in.App.Status = Status(in)
	b.ReportAllocs()
	for b.Loop() {
		Status(in)
	}
}
