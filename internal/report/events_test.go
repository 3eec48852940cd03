package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/rollout"
)

func statusOf(changes ...func(*Input)) v1alpha1.AppStatus { return Status(scene(changes...)) }

func TestEvents(t *testing.T) {
	made := newRelease(7)
	made.Spec.Cause = "config shared-settings"
	broken := failed(7, "CannotStart", pullFailed)
	failedEvent := Event{"Warning", "ReleaseFailed", "Judge", "shop-7 failed (CannotStart: 3 of 3 updated pods in ImagePullBackOff for 10 s, budget 10 s)"}
	otherMissing := strings.Replace(missing, "shared-settings", "common", 1)

	tests := map[string]struct {
		before, after v1alpha1.AppStatus
		made          *v1alpha1.Release
		want          []Event
	}{
		"the operator looks for the first time": {
			before: v1alpha1.AppStatus{ObservedGeneration: -1},
			after:  statusOf(nothingRuns, only(newRelease(1)), decided(first)),
			made:   ptr.To(newRelease(1)),
			want:   []Event{{"Normal", "ReleaseCreated", "Release", "shop-1 made, cause: , image: ghcr.io/acme/shop:1"}},
		},
		"a change": {
			before: statusOf(), after: statusOf(with(made), decided(advance7)), made: &made,
			want: []Event{{"Normal", "ReleaseCreated", "Release", "shop-7 made, cause: config shared-settings, image: ghcr.io/acme/shop:7"}},
		},
		"a change whose tag was not resolved": {
			before: statusOf(), after: statusOf(with(undigested(7)), decided(advance7)), made: ptr.To(undigested(7)),
			want: []Event{
				{"Normal", "ReleaseCreated", "Release", "shop-7 made, cause: , image: ghcr.io/acme/shop:7"},
				{"Warning", "ImageNotResolved", "Resolve", unauthorized + "; shop-7 runs the tag, and nodes may find other bytes behind it"},
			},
		},
		"the tag that was not resolved goes out": {
			before: statusOf(with(undigested(7)), decided(advance7)), after: statusOf(with(undigested(7)), runs(7, 1), decided(wait7)),
		},
		"a change with a digest": {
			before: statusOf(), after: statusOf(with(made), decided(advance7)), made: ptr.To(digested(7)),
			want: []Event{{"Normal", "ReleaseCreated", "Release", "shop-7 made, cause: , image: ghcr.io/acme/shop:7@sha256:0123a"}},
		},
		"the registry is being asked": {
			before: statusOf(), after: statusOf(heldBy("ResolvingImage", asking)),
		},
		"the registry refuses": {
			before: statusOf(heldBy("ResolvingImage", asking)), after: statusOf(heldBy("ImageNotResolved", unauthorized)),
			want: []Event{{"Warning", "ImageNotResolved", "Resolve", unauthorized}},
		},
		"the registry refuses again": {
			before: statusOf(heldBy("ImageNotResolved", unauthorized)), after: statusOf(heldBy("ImageNotResolved", unauthorized)),
		},
		"the registry answers something else": {
			before: statusOf(heldBy("ImageNotResolved", unauthorized)), after: statusOf(heldBy("ImageNotResolved", "not found")),
			want: []Event{{"Warning", "ImageNotResolved", "Resolve", "not found"}},
		},
		"it goes out": {
			before: statusOf(with(made), decided(advance7)), after: statusOf(with(made), runs(7, 1), decided(wait7)),
		},
		"it bakes": {
			before: statusOf(with(made), runs(7, 1), decided(wait7)), after: statusOf(with(made), runs(7, 3), decided(bake7)),
		},
		"it has proved healthy": {
			before: statusOf(with(made), runs(7, 3), decided(bake7)), after: statusOf(with(healthy(7)), runs(7, 3), decided(settled7)),
			want: []Event{{"Normal", "ReleaseHealthy", "Judge", "shop-7 has proved healthy"}},
		},
		"the tenth has proved healthy after the ninth": {
			before: v1alpha1.AppStatus{Release: v1alpha1.ReleaseRoles{LastHealthy: "shop-9"}},
			after:  v1alpha1.AppStatus{Release: v1alpha1.ReleaseRoles{LastHealthy: "shop-10"}},
			want:   []Event{{"Normal", "ReleaseHealthy", "Judge", "shop-10 has proved healthy"}},
		},
		"it failed": {
			before: statusOf(with(made), runs(7, 1), decided(wait7)), after: statusOf(with(broken), runs(7, 0), decided(back7)),
			want: []Event{failedEvent},
		},
		"the last healthy one returns": {
			before: statusOf(with(broken), runs(7, 0), decided(back7)), after: statusOf(with(broken), runs(6, 1), decided(return6)),
		},
		"rolled back": {
			before: statusOf(with(broken), runs(6, 1), decided(return6)), after: statusOf(with(broken), decided(rolled)),
			want: []Event{{"Warning", "RolledBack", "RollBack", rolledBack}},
		},
		"failed and rolled back in one step": {
			before: statusOf(with(made), runs(7, 1), decided(wait7)), after: statusOf(with(broken), decided(rolled)),
			want: []Event{failedEvent, {"Warning", "RolledBack", "RollBack", rolledBack}},
		},
		"rolled back, and scaled": {
			before: statusOf(with(broken), decided(rolled)), after: statusOf(with(broken), serves(2, false), decided(rolled)),
			want: []Event{{"Warning", "Unavailable", "Observe", "2 of 3 pods available (shop-6)"}},
		},
		"what returned failed too": {
			before: statusOf(with(broken), runs(6, 0), decided(return6)),
			after:  statusOf(only(failed(6, "Crashing", crashed), broken), decided(twice)),
			want:   []Event{{"Warning", "Stalled", "Stall", failedBoth}},
		},
		"an older one is the last healthy now": {
			before: v1alpha1.AppStatus{Release: v1alpha1.ReleaseRoles{LastHealthy: "shop-6"}},
			after:  v1alpha1.AppStatus{Release: v1alpha1.ReleaseRoles{LastHealthy: "shop-5"}},
		},
		"failed, rollback is Manual": {
			before: statusOf(with(made), runs(7, 0), decided(wait7)), after: statusOf(with(broken), runs(7, 0), decided(manual)),
			want: []Event{failedEvent, {"Warning", "Stalled", "Stall", failed7}},
		},
		"a person retries": {
			before: statusOf(with(broken), decided(rolled)),
			after: statusOf(with(broken), with(newRelease(8)), decided(rollout.Decision{
				Action: rollout.Advance, Desired: 8, Target: 8, LastHealthy: 6, Reason: "Progressing",
			})),
			made: ptr.To(newRelease(8)),
			want: []Event{{"Normal", "ReleaseCreated", "Release", "shop-8 made, cause: , image: ghcr.io/acme/shop:8"}},
		},
		"another Release failed": {
			before: statusOf(with(broken), decided(rolled)),
			after: statusOf(with(broken), with(failed(8, "Crashing", crashed)), decided(rollout.Decision{
				Action: rollout.Stall, Desired: 8, Target: 6, LastHealthy: 6, FailedRelease: 8, Reason: "RolledBack",
			})),
			want: []Event{
				{"Warning", "ReleaseFailed", "Judge", "shop-8 failed (Crashing: a container was restarted 3 times > 2)"},
				{"Warning", "RolledBack", "RollBack", "shop-8 failed (Crashing: a container was restarted 3 times > 2); shop-6 serves again: change the spec, or set the annotation bowline.dev/retry to try the same inputs again"},
			},
		},
		"a person pins a Release": {
			before: statusOf(), after: statusOf(decided(pin(rollout.Advance))),
			want: []Event{{"Normal", "Pinned", "Hold", "shop-5 goes out because the annotation bowline.dev/rollback-to asks for it: the annotation bowline.dev/rollback-to names Release 5"}},
		},
		"the pinned Release is out": {
			before: statusOf(decided(pin(rollout.Advance))), after: statusOf(runs(5, 3), decided(pin(rollout.Settled))),
		},
		"a person pauses while a change waits": {
			before: statusOf(), after: statusOf(pausedByUser, decided(hold6)),
			want: []Event{{"Normal", "Paused", "Hold", "spec.rollout.state is Paused; a change waits; set it to Active to go on"}},
		},
		"a shared change waits for its turn": {
			before: statusOf(), after: statusOf(decided(rollout.Decision{Action: rollout.Hold, Desired: 6, Target: 6, LastHealthy: 6, Reason: "WaitingForTurn", Note: waits})),
			want: []Event{{"Normal", "WaitingForTurn", "Hold", waits}},
		},
		"inputs missing": {
			before: statusOf(), after: statusOf(heldBy("InputsMissing", missing)),
			want: []Event{{"Warning", "InputsMissing", "Resolve", missing}},
		},
		"other inputs missing": {
			before: statusOf(heldBy("InputsMissing", missing)), after: statusOf(heldBy("InputsMissing", otherMissing)),
			want: []Event{{"Warning", "InputsMissing", "Resolve", otherMissing}},
		},
		"inputs found": {
			before: statusOf(heldBy("InputsMissing", missing)), after: statusOf(),
		},
		"a failure is told once, whatever is held in between": {
			before: Status(scene(reported(with(broken), decided(rolled)), with(broken), heldBy("InputsMissing", missing))),
			after:  statusOf(with(broken), decided(return6)),
		},
		"an invalid image": {
			before: statusOf(), after: statusOf(heldBy("InvalidImage", "spec.image: invalid")),
			want: []Event{{"Warning", "Stalled", "Stall", "spec.image: invalid"}},
		},
		"a conflict": {
			before: statusOf(), after: statusOf(problem("Conflict", conflict)),
			want: []Event{{"Warning", "Stalled", "Stall", conflict}},
		},
		"refused after a conflict": {
			before: statusOf(problem("Conflict", conflict)),
			after:  statusOf(problem("Refused", "Deployment shop: exceeded quota")),
			want:   []Event{{"Warning", "Stalled", "Stall", refused}},
		},
		"pods are lost": {
			before: statusOf(), after: statusOf(serves(1, false)),
			want: []Event{{"Warning", "Unavailable", "Observe", "1 of 3 pods available (shop-6)"}},
		},
		"the Deployment is deleted": {
			before: statusOf(), after: statusOf(nothingRuns, decided(rollout.Decision{Action: rollout.Advance, Desired: 6, Target: 6, LastHealthy: 6, Reason: "Progressing"})),
			want: []Event{{"Warning", "Unavailable", "Observe", "nothing runs"}},
		},
		"more pods are lost": {
			before: statusOf(serves(1, false)), after: statusOf(serves(0, false)),
		},
		"pods are back": {
			before: statusOf(serves(1, false)), after: statusOf(),
		},
		"asked to grow": {
			before: statusOf(), after: statusOf(serves(3, false), running(func(r *rollout.Running) { r.Want = 10 })),
		},
		"asked to start from zero": {
			before: statusOf(serves(0, true), running(func(r *rollout.Running) { r.Want = 0 })), after: statusOf(serves(0, false)),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Events(test.before, test.after, test.made)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again := Events(test.after, test.after, nil); len(again) != 0 {
				t.Errorf("told again: %v", again)
			}
		})
	}
}

// TestEventsAreBounded: the API takes 1 KiB.
func TestEventsAreBounded(t *testing.T) {
	made := newRelease(7)
	made.Spec.Cause, made.Spec.Image = strings.Repeat("c", 512), strings.Repeat("i", 1024)
	after := statusOf(with(failed(7, "Crashing", strings.Repeat("m", 5000))), decided(rolled))
	events := Events(statusOf(), after, &made)
	if len(events) != 3 {
		t.Fatalf("%d events, not 3", len(events))
	}
	for _, event := range events {
		if len(event.Message) > 1024 {
			t.Errorf("%s: %d bytes", event.Reason, len(event.Message))
		}
	}
}
