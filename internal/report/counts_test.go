package report

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

func TestOnlyCounts(t *testing.T) {
	going := func(changes ...func(*Input)) v1alpha1.AppStatus {
		in := scene(with(newRelease(7)), runs(7, 1), serves(3, true), decided(wait7))
		for _, change := range changes {
			change(&in)
		}
		return Status(in)
	}
	edited := func(edit func(*v1alpha1.AppStatus)) v1alpha1.AppStatus {
		s := going()
		edit(&s)
		return s
	}
	note := func(text string) func(*Input) { return func(in *Input) { in.Decision.Note = text } }
	tests := map[string]struct {
		other v1alpha1.AppStatus
		want  bool
	}{
		"nothing differs": {going(), true},
		"counts":          {edited(func(s *v1alpha1.AppStatus) { s.Replicas, s.AvailableReplicas = ptr.To[int32](9), nil }), true},
		"counts in words": {going(serves(2, true), note("2 of 3 updated pods available")), true},
		"other words":     {going(note("1 of 3 updated pods available: Unschedulable")), false},
		"another Release in words": {
			edited(func(s *v1alpha1.AppStatus) {
				s.Conditions[0].Message = "shop-8 goes out: 1 of 3 updated pods available"
			}), false,
		},
		"generation":         {edited(func(s *v1alpha1.AppStatus) { s.ObservedGeneration++ }), false},
		"role":               {edited(func(s *v1alpha1.AppStatus) { s.Release.Running = "shop-5" }), false},
		"selector":           {edited(func(s *v1alpha1.AppStatus) { s.Selector = "" }), false},
		"image":              {edited(func(s *v1alpha1.AppStatus) { s.Image = "" }), false},
		"range":              {edited(func(s *v1alpha1.AppStatus) { s.Range = "4" }), false},
		"failed Release":     {edited(func(s *v1alpha1.AppStatus) { s.Failure.Release = "shop-7" }), false},
		"failure's reason":   {edited(func(s *v1alpha1.AppStatus) { s.Failure.Reason = "Crashing" }), false},
		"failure's message":  {edited(func(s *v1alpha1.AppStatus) { s.Failure.Message = "it broke" }), false},
		"failure's time":     {edited(func(s *v1alpha1.AppStatus) { s.Failure.Time = metav1.NewTime(now) }), false},
		"a condition less":   {edited(func(s *v1alpha1.AppStatus) { s.Conditions = s.Conditions[1:] }), false},
		"condition's type":   {edited(func(s *v1alpha1.AppStatus) { s.Conditions[0].Type = "Other" }), false},
		"condition's status": {edited(func(s *v1alpha1.AppStatus) { s.Conditions[0].Status = "True" }), false},
		"condition's reason": {edited(func(s *v1alpha1.AppStatus) { s.Conditions[0].Reason = "Baking" }), false},
		"condition's generation": {
			edited(func(s *v1alpha1.AppStatus) { s.Conditions[0].ObservedGeneration++ }), false,
		},
		"condition's time": {
			edited(func(s *v1alpha1.AppStatus) { s.Conditions[0].LastTransitionTime = metav1.NewTime(before) }), false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := OnlyCounts(going(), test.other); got != test.want {
				t.Errorf("%v, not %v", got, test.want)
			}
			if got := OnlyCounts(test.other, going()); got != test.want {
				t.Errorf("the other way round: %v, not %v", got, test.want)
			}
		})
	}
}

// TestNewStep: one line of the log for each step, however long it takes.
func TestNewStep(t *testing.T) {
	going := func(decision rollout.Decision, note string) v1alpha1.AppStatus {
		decision.Note = note
		return Status(scene(with(newRelease(7)), runs(7, 1), serves(3, true), decided(decision)))
	}
	before := going(wait7, "1 of 3 updated pods available")
	failed := before
	failed.Failure.Release = "shop-7"
	there, wanted, proved := before, before, before
	there.Release.Running = "shop-6"
	wanted.Release.Desired = "shop-8"
	proved.Release.LastHealthy = "shop-5"
	tests := map[string]struct {
		after v1alpha1.AppStatus
		want  bool
	}{
		"nothing differs":         {before, false},
		"further":                 {going(wait7, "2 of 3 updated pods available"), false},
		"slower":                  {going(wait7, "1 of 3 updated pods available: Unschedulable"), false},
		"its first pods run":      {there, false},
		"another one is desired":  {wanted, true},
		"the healthy one is gone": {proved, true},
		"the Release has failed":  {failed, true},
		"it is under watch":       {going(bake7, "3 of 3 updated pods available"), true},
		"before the first look":   {v1alpha1.AppStatus{}, true},
	}
	for name, test := range tests {
		if got := NewStep(before, test.after); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}
