package report

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/rollout"
)

var pull = health.Sign{Class: health.Terminal, Pod: "shop-a", Container: "app", Reason: "ImagePullBackOff", Message: "not found"}

func TestReleaseStatus(t *testing.T) {
	earlier, later := at("2026-03-04T04:06:07Z"), at("2026-03-04T05:06:07Z")
	condition := func(status metav1.ConditionStatus, reason, message string, since metav1.Time) []metav1.Condition {
		return []metav1.Condition{{Type: "Healthy", Status: status, Reason: reason, Message: message, ObservedGeneration: 1, LastTransitionTime: since}}
	}
	// born is the status the API server gives a new Release.
	born := v1alpha1.ReleaseStatus{Conditions: []metav1.Condition{{
		Type: "Healthy", Status: "Unknown", Reason: "Progressing", Message: "not yet", LastTransitionTime: at("1970-01-01T00:00:00Z"),
	}}}
	proved := v1alpha1.ReleaseStatus{Conditions: condition("True", "Healthy", "baked", earlier), FinishTime: earlier}

	tests := map[string]struct {
		old   v1alpha1.ReleaseStatus
		mark  rollout.ReleaseMark
		signs []health.Sign
		want  v1alpha1.ReleaseStatus
	}{
		"nothing to write down": {
			old: proved, mark: rollout.ReleaseMark{Number: 7}, signs: []health.Sign{pull}, want: proved,
		},
		"healthy": {
			old:   born,
			mark:  rollout.ReleaseMark{Number: 7, Verdict: &rollout.FinalVerdict{Health: rollout.Healthy, Reason: "Healthy", Message: "baked"}},
			signs: []health.Sign{pull},
			want:  v1alpha1.ReleaseStatus{Conditions: condition("True", "Healthy", "baked", later), FinishTime: later},
		},
		"failed, with evidence": {
			old:   born,
			mark:  rollout.ReleaseMark{Number: 7, Verdict: &rollout.FinalVerdict{Health: rollout.Failed, Reason: "CannotStart", Message: pullFailed, Evidence: true}},
			signs: []health.Sign{pull},
			want: v1alpha1.ReleaseStatus{
				Conditions: condition("False", "CannotStart", pullFailed, later), FinishTime: later,
				Evidence: []v1alpha1.Evidence{{Pod: "shop-a", Container: "app", Reason: "ImagePullBackOff", Message: "not found", RestartCount: ptr.To[int32](0), Time: later}},
			},
		},
		"failed, without evidence": {
			mark:  rollout.ReleaseMark{Number: 7, Verdict: &rollout.FinalVerdict{Health: rollout.Failed, Reason: "NotReady", Message: "0 of 3"}},
			signs: []health.Sign{pull},
			want:  v1alpha1.ReleaseStatus{Conditions: condition("False", "NotReady", "0 of 3", later), FinishTime: later},
		},
		"fails on its return": {
			old:  proved,
			mark: rollout.ReleaseMark{Number: 6, Verdict: &rollout.FinalVerdict{Health: rollout.Failed, Reason: "Crashing", Message: crashed}},
			want: v1alpha1.ReleaseStatus{Conditions: condition("False", "Crashing", crashed, later), FinishTime: later},
		},
		"the same verdict again": {
			old:  proved,
			mark: rollout.ReleaseMark{Number: 6, Verdict: &rollout.FinalVerdict{Health: rollout.Healthy, Reason: "Healthy", Message: "baked"}},
			want: proved,
		},
		"a verdict without a reason": {
			mark: rollout.ReleaseMark{Number: 7, Verdict: &rollout.FinalVerdict{Health: rollout.Failed, Message: "0 of 3"}},
			want: v1alpha1.ReleaseStatus{Conditions: condition("False", "Failed", "0 of 3", later), FinishTime: later},
		},
		"superseded": {
			old:  proved,
			mark: rollout.ReleaseMark{Number: 7, Superseded: true},
			want: v1alpha1.ReleaseStatus{Conditions: proved.Conditions, FinishTime: earlier, SupersededTime: later},
		},
		"superseded before": {
			old:  v1alpha1.ReleaseStatus{SupersededTime: earlier},
			mark: rollout.ReleaseMark{Number: 7, Superseded: true},
			want: v1alpha1.ReleaseStatus{SupersededTime: earlier},
		},
		"progress": {
			old:  v1alpha1.ReleaseStatus{Progress: v1alpha1.ProgressMark{Available: ptr.To[int32](1), Time: earlier}},
			mark: rollout.ReleaseMark{Number: 7, Progress: &rollout.Mark{Available: 2, At: now}},
			want: v1alpha1.ReleaseStatus{Progress: v1alpha1.ProgressMark{Available: ptr.To[int32](2), Time: later}},
		},
		"the clock stands": {
			old:  v1alpha1.ReleaseStatus{Progress: v1alpha1.ProgressMark{Available: ptr.To[int32](1), Time: earlier}},
			mark: rollout.ReleaseMark{Number: 7, Progress: &rollout.Mark{Stands: true}},
			want: v1alpha1.ReleaseStatus{Progress: v1alpha1.ProgressMark{Available: ptr.To[int32](0)}},
		},
		"suspicion": {
			mark: rollout.ReleaseMark{Number: 7, Suspect: &rollout.Suspicion{Class: health.Crash, Since: now.Add(5 * time.Microsecond)}},
			want: v1alpha1.ReleaseStatus{Suspicion: v1alpha1.Suspicion{Class: "Crash", Since: metav1.NewMicroTime(now.Truncate(time.Second).Add(5 * time.Microsecond))}},
		},
		"suspicion cleared": {
			old:  v1alpha1.ReleaseStatus{Suspicion: v1alpha1.Suspicion{Class: "Crash", Since: metav1.NewMicroTime(before)}},
			mark: rollout.ReleaseMark{Number: 7, Suspect: &rollout.Suspicion{}},
			want: v1alpha1.ReleaseStatus{},
		},
		"suspicion left alone": {
			old:  v1alpha1.ReleaseStatus{Suspicion: v1alpha1.Suspicion{Class: "Crash", Since: metav1.NewMicroTime(before)}},
			mark: rollout.ReleaseMark{Number: 7, Superseded: true},
			want: v1alpha1.ReleaseStatus{Suspicion: v1alpha1.Suspicion{Class: "Crash", Since: metav1.NewMicroTime(before)}, SupersededTime: later},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			old := test.old.DeepCopy()
			got := ReleaseStatus(test.old, test.mark, test.signs, now)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again := ReleaseStatus(got, test.mark, test.signs, now.Add(time.Minute))
			again.Evidence = got.Evidence
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("the same mark again (-first +second):\n%s", diff)
			}
			if diff := cmp.Diff(*old, test.old); diff != "" {
				t.Errorf("the old status changed:\n%s", diff)
			}
		})
	}
}

func TestEvidence(t *testing.T) {
	later, earlier := at("2026-03-04T05:06:07Z"), at("2026-03-04T04:06:07Z")
	sign := func(class health.Class, pod, container, reason string, restarts int32) health.Sign {
		return health.Sign{Class: class, Pod: pod, Container: container, Reason: reason, Restarts: restarts, At: before}
	}
	seen := func(pod, container, reason string, restarts int32) v1alpha1.Evidence {
		e := v1alpha1.Evidence{Pod: pod, Container: container, Reason: reason, Time: earlier}
		if container != "" {
			e.RestartCount = ptr.To(restarts)
		}
		return e
	}
	tests := map[string]struct {
		signs []health.Sign
		want  []v1alpha1.Evidence
	}{
		"no signs": {},
		"the fastest class first, then by pod, container and reason": {
			signs: []health.Sign{
				sign(health.NotReady, "a", "app", "Unready", 0),
				sign(health.Infrastructure, "d", "", "Unschedulable", 0),
				sign(health.Crash, "c", "app", "OOMKilled", 4),
				sign(health.Crash, "c", "app", "Error", 3),
				sign(health.Crash, "b", "side", "Error", 2),
				sign(health.Crash, "b", "app", "Error", 1),
				sign(health.Terminal, "z", "app", "InvalidImageName", 0),
			},
			want: []v1alpha1.Evidence{
				seen("z", "app", "InvalidImageName", 0),
				seen("b", "app", "Error", 1),
				seen("b", "side", "Error", 2),
				seen("c", "app", "Error", 3),
				seen("c", "app", "OOMKilled", 4),
				seen("d", "", "Unschedulable", 0),
				seen("a", "app", "Unready", 0),
			},
		},
		"one for each pod, container and reason: the worst": {
			signs: []health.Sign{
				sign(health.NotReady, "a", "app", "Error", 9),
				sign(health.Crash, "a", "app", "Error", 1),
				sign(health.Crash, "a", "app", "Error", 2),
			},
			want: []v1alpha1.Evidence{seen("a", "app", "Error", 2)},
		},
		"of signs alike the latest, then the one with the lower exit code, then the first in words": {
			signs: []health.Sign{
				{Class: health.Crash, Pod: "a", Reason: "Error", At: before},
				{Class: health.Crash, Pod: "a", Reason: "Error", At: now},
				{Class: health.Crash, Pod: "b", Reason: "Error", At: now},
				{Class: health.Crash, Pod: "b", Reason: "Error", At: now, ExitCode: ptr.To[int32](2)},
				{Class: health.Crash, Pod: "b", Reason: "Error", At: now, ExitCode: ptr.To[int32](1)},
				{Class: health.Crash, Pod: "c", Reason: "Error", At: now, Message: "b"},
				{Class: health.Crash, Pod: "c", Reason: "Error", At: now, Message: "a"},
			},
			want: []v1alpha1.Evidence{
				{Pod: "a", Reason: "Error", Time: later},
				{Pod: "b", Reason: "Error", ExitCode: ptr.To[int32](1), Time: later},
				{Pod: "c", Reason: "Error", Message: "a", Time: later},
			},
		},
		"no pod could be made, at a time nobody says": {
			signs: []health.Sign{{Class: health.Infrastructure, Reason: "FailedCreate", Message: "exceeded quota"}},
			want:  []v1alpha1.Evidence{{Reason: "FailedCreate", Message: "exceeded quota", Time: later}},
		},
		"an exit code": {
			signs: []health.Sign{{Class: health.Crash, Pod: "a", Container: "app", Reason: "Error", ExitCode: ptr.To[int32](0), Restarts: 1, At: before}},
			want:  []v1alpha1.Evidence{{Pod: "a", Container: "app", Reason: "Error", ExitCode: ptr.To[int32](0), RestartCount: ptr.To[int32](1), Time: earlier}},
		},
		"no reason": {
			signs: []health.Sign{{Class: health.Crash, Pod: "a", At: before}, {Pod: "b", At: before}},
			want:  []v1alpha1.Evidence{{Pod: "a", Reason: "Crash", Time: earlier}, {Pod: "b", Reason: "Unknown", Time: earlier}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Evidence(test.signs, now)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEvidenceIsBounded: ten entries, texts within the bounds of the API, in
// the same order however the signs come.
func TestEvidenceIsBounded(t *testing.T) {
	var signs []health.Sign
	for i := range 200 {
		signs = append(signs, health.Sign{
			Class: classes[i%len(classes)], Pod: "shop-" + strconv.Itoa(i%60), Container: strings.Repeat("c", 300), Reason: strings.Repeat("R", 300),
			Message: strings.Repeat("ü\xff", 3000) + strconv.Itoa(i), ExitCode: ptr.To(int32(i)), Restarts: int32(i % 7), At: before.Add(time.Duration(i%3) * time.Second),
		})
	}
	want := Evidence(signs, now)
	if len(want) != 10 {
		t.Fatalf("%d entries, not 10", len(want))
	}
	for _, e := range want {
		if len(e.Message) > 1024 || !utf8.ValidString(e.Message) || len(e.Reason) > 128 || len(e.Container) > 63 {
			t.Errorf("out of bounds: %+v", e)
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		random.Shuffle(len(signs), func(i, j int) { signs[i], signs[j] = signs[j], signs[i] })
		if diff := cmp.Diff(want, Evidence(signs, now)); diff != "" {
			t.Fatalf("another order of signs (-first +shuffled):\n%s", diff)
		}
	}
}

func TestEvidenceLeavesItsSigns(t *testing.T) {
	signs := []health.Sign{{Class: health.NotReady, Pod: "b"}, {Class: health.Crash, Pod: "a", ExitCode: ptr.To[int32](1)}}
	*Evidence(signs, now)[0].ExitCode = 5
	if signs[0].Pod != "b" || *signs[1].ExitCode != 1 {
		t.Errorf("the signs changed: %+v", signs)
	}
}
