package report

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// maxEvidence is how many entries of evidence a Release keeps.
const maxEvidence = 10

// releaseGeneration is the generation of every Release: its spec never
// changes.
const releaseGeneration = 1

// ReleaseStatus writes a mark of the decision down on the status a Release
// has. What the mark does not speak of stays. The same mark again changes
// nothing.
func ReleaseStatus(old v1alpha1.ReleaseStatus, mark rollout.ReleaseMark, signs []health.Sign, now time.Time) v1alpha1.ReleaseStatus {
	status := *old.DeepCopy()
	if mark.Verdict != nil {
		setVerdict(&status, *mark.Verdict, signs, now)
	}
	if mark.Superseded && status.SupersededTime.IsZero() {
		status.SupersededTime = seconds(now)
	}
	if mark.Progress != nil {
		available := mark.Progress.Available
		status.Progress = v1alpha1.ProgressMark{Available: &available, Time: seconds(mark.Progress.At)}
	}
	if mark.Suspect != nil {
		status.Suspicion = suspicion(*mark.Suspect)
	}
	return status
}

// setVerdict writes down how the Release ended.
func setVerdict(status *v1alpha1.ReleaseStatus, verdict rollout.FinalVerdict, signs []health.Sign, now time.Time) {
	condition := metav1.Condition{
		Type:               v1alpha1.ConditionHealthy,
		Status:             metav1.ConditionFalse,
		ObservedGeneration: releaseGeneration,
		LastTransitionTime: seconds(now),
		Reason:             reasonOr(verdict.Reason, v1alpha1.ReasonFailed),
		Message:            cut(verdict.Message, maxText),
	}
	if verdict.Health == rollout.Healthy {
		condition.Status = metav1.ConditionTrue
		condition.Reason = v1alpha1.ReasonHealthy
	}
	before := find(status.Conditions, v1alpha1.ConditionHealthy)
	if before == nil || before.Status != condition.Status || status.FinishTime.IsZero() {
		status.FinishTime = seconds(now)
	}
	keepTransition(&condition, before)
	if before != nil {
		*before = condition
	} else {
		status.Conditions = append(status.Conditions, condition)
	}
	if verdict.Evidence {
		status.Evidence = Evidence(signs, now)
	}
}

// suspicion of no class and no time is none.
func suspicion(suspect rollout.Suspicion) v1alpha1.Suspicion {
	return v1alpha1.Suspicion{
		Class: string(suspect.Class),
		Since: metav1.NewMicroTime(suspect.Since.Truncate(time.Microsecond)),
	}
}

// Evidence is what is kept of the signs of a failure: at most 10 entries, one
// for each pod, container and reason, the class that is judged fastest first.
func Evidence(signs []health.Sign, now time.Time) []v1alpha1.Evidence {
	ordered := slices.Clone(signs)
	slices.SortStableFunc(ordered, compareSigns)
	var evidence []v1alpha1.Evidence
	type key struct{ pod, container, reason string }
	seen := map[key]bool{}
	for _, sign := range ordered {
		k := key{sign.Pod, sign.Container, sign.Reason}
		if len(evidence) == maxEvidence {
			break
		}
		if !seen[k] {
			seen[k] = true
			evidence = append(evidence, evidenceOf(sign, now))
		}
	}
	return evidence
}

// evidenceOf is one sign as a Release keeps it, within the bounds of the API.
func evidenceOf(sign health.Sign, now time.Time) v1alpha1.Evidence {
	at := sign.At
	if at.IsZero() {
		at = now
	}
	evidence := v1alpha1.Evidence{
		Pod:       cut(sign.Pod, 253),
		Container: cut(sign.Container, 63),
		Reason:    cut(cmp.Or(sign.Reason, string(sign.Class), "Unknown"), maxReason),
		Message:   cut(sign.Message, maxText),
		Time:      seconds(at),
	}
	if sign.ExitCode != nil {
		code := *sign.ExitCode
		evidence.ExitCode = &code
	}
	if sign.Container != "" {
		restarts := sign.Restarts
		evidence.RestartCount = &restarts
	}
	return evidence
}

// classes is the order of the classes in the evidence, which is that of a
// verdict's signs: what the cluster could not do explains why a pod is not
// ready.
var classes = []health.Class{health.Terminal, health.Crash, health.Infrastructure, health.NotReady}

// compareSigns orders signs: the fastest class first, then by pod, container
// and reason. Of the signs of one container and reason the one with the most
// restarts and the latest comes first; the rest of the order only makes it
// total.
func compareSigns(a, b health.Sign) int {
	return cmp.Or(
		cmp.Compare(rank(a.Class), rank(b.Class)),
		cmp.Compare(a.Pod, b.Pod),
		cmp.Compare(a.Container, b.Container),
		cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(b.Restarts, a.Restarts),
		b.At.Compare(a.At),
		compareCodes(a.ExitCode, b.ExitCode),
		cmp.Compare(a.Message, b.Message),
	)
}

// rank is the place of a class, the last for one that is not known.
func rank(class health.Class) int {
	if i := slices.Index(classes, class); i >= 0 {
		return i
	}
	return len(classes)
}

// compareCodes orders exit codes, a missing one last.
func compareCodes(a, b *int32) int {
	switch {
	case a != nil && b != nil:
		return cmp.Compare(*a, *b)
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	default:
		return -1
	}
}
