package report

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// Input is everything a status is made from.
type Input struct {
	Now time.Time
	// App gives its generation and spec. The status it has now is used only
	// for lastTransitionTime and for what could not be observed in this pass.
	App      *v1alpha1.App
	Decision rollout.Decision
	// Held is why the inputs could not be resolved, nil when they were.
	Held    *rollout.Held
	Running rollout.Running
	// Releases are all Releases after this pass, with its verdicts, in order
	// of their numbers.
	Releases []v1alpha1.Release
	// Problem is what stood in the way of applying children, nil when nothing
	// did.
	Problem *Problem
	// Today are the sources of the Release that runs whose content of then is
	// gone, so that its pods use the content of today.
	Today []v1alpha1.PinnedSource
	// Offered is the Secret with which others reach the App, empty when nobody
	// can.
	Offered string
	// Unbound says which services are not ready, nil when all are; Bound tells
	// that it is known.
	Unbound *rollout.Held
	Bound   bool
	// Scaling is what the HorizontalPodAutoscaler says, nil without autoscale.
	Scaling *Scaling
}

// Problem is what stood in the way of applying children.
type Problem struct {
	Reason  string // v1alpha1.ReasonConflict or v1alpha1.ReasonRefused
	Message string // names the child and what is wrong, of a conflict also the way out
}

// Scaling is what the HorizontalPodAutoscaler says.
type Scaling struct {
	Known   bool // false while it has not reported yet
	Active  bool
	Reason  string
	Message string
}

// Status says how an App is doing.
func Status(in Input) v1alpha1.AppStatus {
	status := v1alpha1.AppStatus{
		ObservedGeneration: in.App.Generation,
		Conditions:         conditions(in),
		Release:            roles(in),
		Selector:           v1alpha1.LabelApp + "=" + in.App.Name,
		Image:              image(in),
		Range:              size(in),
		Failure:            failure(in),
		Binding:            v1alpha1.BindingStatus{Name: in.Offered},
	}
	setCounts(&status, in)
	return status
}

// roles names the Releases that matter now. A Release that is only going to be
// made is not named.
func roles(in Input) v1alpha1.ReleaseRoles {
	var roles v1alpha1.ReleaseRoles
	if in.release(in.Decision.Desired) != nil {
		roles.Desired = in.name(in.Decision.Desired)
	}
	if in.Running.Exists {
		roles.Running = in.name(in.Running.Release)
	}
	roles.LastHealthy = in.name(in.Decision.LastHealthy)
	return roles
}

// image is the image of the running Release, by its digest when that is known. When that Release is gone, the
// image that was known of it stays.
func image(in Input) string {
	if !in.Running.Exists {
		return ""
	}
	if running := in.release(in.Running.Release); running != nil {
		return cut(running.Spec.PodImage(), maxText)
	}
	if in.App.Status.Release.Running == in.name(in.Running.Release) {
		return cut(in.App.Status.Image, maxText)
	}
	return ""
}

// size is the wanted number of pods in words.
func size(in Input) string {
	spec := in.App.Spec
	switch {
	case spec.Autoscale.Enabled():
		return number(spec.Autoscale.MinReplicas()) + "-" + number(spec.Autoscale.Max)
	case spec.Replicas != nil:
		return number(*spec.Replicas)
	case in.Running.Exists:
		return number(in.Running.Want)
	default:
		return "1" // what a new App without replicas starts with
	}
}

// setCounts sets the numbers of pods. Without a Deployment there are none to
// tell; while the Deployment's status speaks of an older spec, the numbers that
// were known stay.
func setCounts(status *v1alpha1.AppStatus, in Input) {
	switch running := in.Running; {
	case !running.Exists:
	case !running.Observed:
		known := in.App.Status.DeepCopy()
		status.Replicas = known.Replicas
		status.ReadyReplicas = known.ReadyReplicas
		status.UpdatedReplicas = known.UpdatedReplicas
		status.AvailableReplicas = known.AvailableReplicas
	default:
		status.Replicas = &running.Total
		status.ReadyReplicas = &running.Ready
		status.UpdatedReplicas = &running.Updated
		status.AvailableReplicas = &running.Available
	}
}

// failure is why the newest change did not go out. While changes are held, what
// was told stands.
func failure(in Input) v1alpha1.FailureStatus {
	failed := in.Decision.FailedRelease
	switch {
	case in.Decision.Action == rollout.Hold:
		return bounded(in.App.Status.Failure)
	case failed == 0:
		return v1alpha1.FailureStatus{}
	}
	told := v1alpha1.FailureStatus{Release: in.name(failed)}
	if r := in.release(failed); r != nil {
		told.Time = r.Status.FinishTime
	} else if known := in.App.Status.Failure; known.Release == told.Release {
		return bounded(known) // the Release is gone, what was known of it stays
	}
	told.Reason, told.Message = in.cause(failed)
	return told
}

func bounded(failure v1alpha1.FailureStatus) v1alpha1.FailureStatus {
	failure.Message = cut(failure.Message, maxText)
	return failure
}

// cause is why a Release failed: the reason and message of its condition, and
// where it has none, what the decision says.
func (in Input) cause(number int64) (reason, message string) {
	if healthy := in.healthy(number); healthy != nil && healthy.Status == metav1.ConditionFalse {
		return reasonOr(healthy.Reason, v1alpha1.ReasonFailed), cut(healthy.Message, maxText)
	}
	return v1alpha1.ReasonFailed, cut(in.Decision.Note, maxText)
}

// release returns the Release with the number, nil when there is none.
func (in Input) release(number int64) *v1alpha1.Release {
	for i := len(in.Releases) - 1; i >= 0; i-- {
		if in.Releases[i].Spec.Number == number {
			return &in.Releases[i]
		}
	}
	return nil
}

// healthy returns the condition Healthy of the Release with the number, nil
// when there is none.
func (in Input) healthy(number int64) *metav1.Condition {
	r := in.release(number)
	if r == nil {
		return nil
	}
	return find(r.Status.Conditions, v1alpha1.ConditionHealthy)
}

// name is the name of the Release with the number, empty for no number.
func (in Input) name(number int64) string {
	if number <= 0 {
		return ""
	}
	return release.Name(in.App.Name, number)
}

// runs tells whether the Deployment runs the Release with the number.
func (in Input) runs(number int64) bool {
	return number > 0 && in.Running.Exists && in.Running.Release == number
}

func number(n int32) string { return strconv.FormatInt(int64(n), 10) }
