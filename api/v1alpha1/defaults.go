package v1alpha1

import (
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Defaults of fields that were left out. They are applied when a field is read
// and never written into a spec: the spec belongs to the person.
const (
	DefaultProgressDeadlineSeconds       = 300
	DefaultBakeSeconds                   = 30
	DefaultMaxRestarts                   = 2
	DefaultHistoryLimit                  = 10
	DefaultTerminationGracePeriodSeconds = 30
	DefaultCPUTarget                     = 80
	DefaultGeneratedLength               = 32
	DefaultAlphabet                      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// ProgressDeadline returns how long a Release may go without progress.
func (r RolloutSpec) ProgressDeadline() time.Duration {
	if r.ProgressDeadlineSeconds == 0 {
		return DefaultProgressDeadlineSeconds * time.Second
	}
	return time.Duration(r.ProgressDeadlineSeconds) * time.Second
}

// Bake returns how long all pods must stay healthy.
func (r RolloutSpec) Bake() time.Duration {
	return time.Duration(ptr.Deref(r.BakeSeconds, DefaultBakeSeconds)) * time.Second
}

// RestartBudget returns how many restarts of a container a Release survives.
func (r RolloutSpec) RestartBudget() int32 {
	return ptr.Deref(r.MaxRestarts, DefaultMaxRestarts)
}

// History returns how many Releases are kept.
func (r RolloutSpec) History() int {
	if r.HistoryLimit == 0 {
		return DefaultHistoryLimit
	}
	return int(r.HistoryLimit)
}

// Surge returns maxSurge or its default.
func (r RolloutSpec) Surge() intstr.IntOrString {
	return ptr.Deref(r.MaxSurge, intstr.FromString("25%"))
}

// Unavailable returns maxUnavailable or its default.
func (r RolloutSpec) Unavailable() intstr.IntOrString {
	return ptr.Deref(r.MaxUnavailable, intstr.FromString("25%"))
}

// Paused tells whether the spec holds changes back.
func (r RolloutSpec) Paused() bool { return r.State == RolloutPaused }

// PausedBy tells in words what holds changes back, the spec or the annotation;
// it is empty when nothing does. Any value of the annotation but "false" does,
// so that a mistyped "true" errs on the safe side.
func (a *App) PausedBy() string {
	switch {
	case a.Spec.Rollout.Paused():
		return "spec.rollout.state is Paused"
	case a.PausedAside():
		return "the annotation " + AnnotationPaused + " is set"
	}
	return ""
}

// PausedAside tells whether the annotation holds changes back.
func (a *App) PausedAside() bool {
	value, ok := a.Annotations[AnnotationPaused]
	return ok && value != "false"
}

// SpreadOrDefault returns over what the pods are spread.
func (a AvailabilitySpec) SpreadOrDefault() Spread {
	if a.Spread == "" {
		return SpreadNode
	}
	return a.Spread
}

// Enabled tells whether a HorizontalPodAutoscaler owns the number of pods.
func (a AutoscaleSpec) Enabled() bool { return a.Max > 0 }

// MinReplicas returns the least number of pods.
func (a AutoscaleSpec) MinReplicas() int32 { return max(a.Min, 1) }

// ProfileOrDefault returns how far the pods are confined.
func (w WorkloadSpec) ProfileOrDefault() SecurityProfile {
	if w.Security == "" {
		return SecurityBaseline
	}
	return w.Security
}

// GracePeriod returns how long a pod may take to stop, in seconds.
func (w WorkloadSpec) GracePeriod() int64 {
	return ptr.Deref(w.TerminationGracePeriodSeconds, DefaultTerminationGracePeriodSeconds)
}

// Live tells whether the pods use the object itself.
func (s SourceSpec) Live() bool { return s.Policy == PolicyLive }

// CauseAdopted is the cause of a Release that was taken over, and its inputHash
// where it runs something else than the App says.
const CauseAdopted = "adopted"

// KnowsWorkload tells that the workload of a Release is what its pods run. Where
// they ran something else than the App said when they were taken over, only
// Adopted says what.
func (r *ReleaseSpec) KnowsWorkload() bool { return r.Adopted == nil || r.InputHash != CauseAdopted }

// PodImage is the image as the pods name it: by the digest, when it is known.
// The tag stays with it, for people; nodes pull by the digest.
func (r *ReleaseSpec) PodImage() string {
	if r.Digest == "" {
		return r.Image
	}
	return r.Image + "@" + r.Digest
}

// Pinned tells whether the pods use a copy of what the service hands out.
func (b BindingSpec) Pinned() bool { return b.Policy == PolicyPinned }

// Resolves tells whether the image's tag is to be resolved to a digest.
func (w *WorkloadSpec) Resolves() bool {
	return w.ImageDigest == DigestRequired || w.ImageDigest == DigestBestEffort
}
