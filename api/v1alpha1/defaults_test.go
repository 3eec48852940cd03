package v1alpha1

import "testing"

func TestPausedBy(t *testing.T) {
	const spec, annotation = "spec.rollout.state is Paused", "the annotation bowline.dev/paused is set"
	for _, test := range []struct {
		name        string
		state       RolloutState
		annotations map[string]string
		want        string
	}{
		{"nothing", "", nil, ""},
		{"an active rollout", RolloutActive, map[string]string{"bowline.dev/retry": "1"}, ""},
		{"the spec", RolloutPaused, nil, spec},
		{"the annotation", "", map[string]string{"bowline.dev/paused": "true"}, annotation},
		{"the annotation without a value", "", map[string]string{"bowline.dev/paused": ""}, annotation},
		{"a mistyped value", "", map[string]string{"bowline.dev/paused": "ture"}, annotation},
		{"false", "", map[string]string{"bowline.dev/paused": "false"}, ""},
		{"false does not overrule the spec", RolloutPaused, map[string]string{"bowline.dev/paused": "false"}, spec},
		{"both", RolloutPaused, map[string]string{"bowline.dev/paused": "true"}, spec},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := &App{Spec: AppSpec{Rollout: RolloutSpec{State: test.state}}}
			app.Annotations = test.annotations
			if got := app.PausedBy(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
