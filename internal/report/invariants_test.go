package report

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

func TestCheckInvariants(t *testing.T) {
	settled := scene()
	progressing := scene(with(newRelease(7)), decided(advance7))
	stalled := scene(with(failed(7, "CannotStart", pullFailed)), decided(rolled))
	missing := scene(heldBy("InputsMissing", missing))

	tests := map[string]struct {
		in   Input
		edit func(*v1alpha1.App)
		want string // all violations, one a line
	}{
		"nobody looked yet": {settled, func(app *v1alpha1.App) { app.Status = v1alpha1.AppStatus{ObservedGeneration: -1} }, ""},
		"no status":         {settled, func(app *v1alpha1.App) { app.Status = v1alpha1.AppStatus{} }, ""},
		"a good status":     {settled, func(*v1alpha1.App) {}, ""},
		"a status that lags": {
			settled, func(app *v1alpha1.App) { app.Generation = 9 }, "",
		},
		"a generation that does not exist": {
			settled, func(app *v1alpha1.App) { app.Generation = 3 }, "observedGeneration is 4, the App's generation is 3",
		},
		"no generation": {
			settled, func(app *v1alpha1.App) {
				app.Status.ObservedGeneration = 0
				for i := range app.Status.Conditions {
					app.Status.Conditions[i].ObservedGeneration = 0
				}
			}, "observedGeneration is 0, the App's generation is 4",
		},
		"a condition of another generation": {
			settled, on("Available", func(c *metav1.Condition) { c.ObservedGeneration = 3 }), "Available speaks of generation 3, the status of 4",
		},
		"no Ready": {
			settled, without("Ready"), "Ready is missing\nReady does not sum up InputsResolved, Available and RolledOut",
		},
		"no RolledOut": {
			progressing, without("RolledOut"), "RolledOut is missing",
		},
		"an unknown condition": {
			settled, on("RolledOut", func(c *metav1.Condition) { c.Type = "Progressing" }),
			"Progressing is unknown, stands twice or out of order\nRolledOut is missing\nProgressing is never True\nReady does not sum up InputsResolved, Available and RolledOut",
		},
		"out of order": {
			settled, func(app *v1alpha1.App) { slices.Reverse(app.Status.Conditions) },
			"Available is unknown, stands twice or out of order\nInputsResolved is unknown, stands twice or out of order\nReady is unknown, stands twice or out of order",
		},
		"twice": {
			settled, func(app *v1alpha1.App) {
				app.Status.Conditions = append(app.Status.Conditions, app.Status.Conditions[3])
			}, "RolledOut is unknown, stands twice or out of order",
		},
		"a status no condition has": {
			progressing, on("Reconciling", func(c *metav1.Condition) { c.Status = "False" }), "Reconciling is never False",
		},
		"a reason of another status": {
			progressing, on("RolledOut", func(c *metav1.Condition) { c.Reason = "Healthy" }),
			"RolledOut is Unknown for the reason \"Healthy\"\n\"shop-7\" is rolled out, but \"shop-6\" runs",
		},
		"a foreign reason that is none": {
			scene(func(in *Input) { in.Scaling = &Scaling{Known: true} }), on("ScalingActive", func(c *metav1.Condition) { c.Reason = "not a word" }),
			"ScalingActive is False for the reason \"not a word\"",
		},
		"no message": {
			settled, on("Available", func(c *metav1.Condition) { c.Message = "" }), "the message of Available is empty, longer than 1024 bytes or no UTF-8",
		},
		"a long message": {
			settled, on("Available", func(c *metav1.Condition) { c.Message = strings.Repeat("m", 1025) }), "the message of Available is empty, longer than 1024 bytes or no UTF-8",
		},
		"a broken message": {
			settled, on("Available", func(c *metav1.Condition) { c.Message = "\xff" }), "the message of Available is empty, longer than 1024 bytes or no UTF-8",
		},
		"no time": {
			settled, on("Available", func(c *metav1.Condition) { c.LastTransitionTime = metav1.Time{} }), "Available has no lastTransitionTime",
		},
		"reconciling and ready": {
			settled, adding("Reconciling", "Healthy", "3 of 3 pods available (shop-6)"), "2 of Ready, Reconciling and Stalled are True, not 1",
		},
		"reconciling and stalled": {
			stalled, func(app *v1alpha1.App) {
				reconciling := app.Status.Conditions[4]
				reconciling.Type = "Reconciling"
				app.Status.Conditions = slices.Insert(app.Status.Conditions, 4, reconciling)
			}, "2 of Ready, Reconciling and Stalled are True, not 1",
		},
		"not ready for no reason": {
			missing, without("Reconciling"), "0 of Ready, Reconciling and Stalled are True, not 1",
		},
		"unknown, but nobody works on it": {
			progressing, without("Reconciling"), "0 of Ready, Reconciling and Stalled are True, not 1\nReady is Unknown, but not Reconciling",
		},
		"stalled, but perhaps ready": {
			progressing, on("Reconciling", func(c *metav1.Condition) { c.Type = "Stalled" }),
			"Stalled, but Ready is Unknown\nReady is Unknown, but not Reconciling",
		},
		"another reason than Ready": {
			stalled, on("Stalled", func(c *metav1.Condition) { c.Reason = "Failed" }), "Stalled gives another reason or message than Ready",
		},
		"another message than Ready": {
			progressing, on("Reconciling", func(c *metav1.Condition) { c.Message = "something" }), "Reconciling gives another reason or message than Ready",
		},
		"ready, but not available": {
			settled, on("Available", func(c *metav1.Condition) { c.Status, c.Reason = "False", "MinimumReplicasUnavailable" }),
			"Ready does not sum up InputsResolved, Available and RolledOut",
		},
		"not ready, but all is well": {
			scene(serves(1, false)), on("Available", func(c *metav1.Condition) { c.Status, c.Reason = "True", "ScaledToZero" }),
			"Ready does not sum up InputsResolved, Available and RolledOut",
		},
		"rolled out what is not resolved": {
			missing, on("RolledOut", func(c *metav1.Condition) { c.Status, c.Reason = "True", "Healthy" }), "RolledOut, but the inputs are not resolved",
		},
		"another Release runs than is rolled out": {
			settled, func(app *v1alpha1.App) { app.Status.Release.Running = "shop-5" }, `"shop-6" is rolled out, but "shop-5" runs`,
		},
		"nothing is rolled out": {
			settled, func(app *v1alpha1.App) { app.Status.Release = v1alpha1.ReleaseRoles{} }, `"" is rolled out, but "" runs`,
		},
		"the pinned one does not run": {
			scene(runs(5, 3), decided(pin("Settled"))), func(app *v1alpha1.App) { app.Status.Release.Running = "" }, "rolled out, but nothing runs",
		},
		"rolled back to what failed": {
			stalled, func(app *v1alpha1.App) { app.Status.Release.Running = "shop-7" }, `"shop-7" runs after a rollback of "shop-7" to "shop-6"`,
		},
		"rolled back to nothing": {
			stalled, func(app *v1alpha1.App) { app.Status.Release.LastHealthy = "" }, `"shop-6" runs after a rollback of "shop-7" to ""`,
		},
		"a failure that is not told": {
			stalled, func(app *v1alpha1.App) { app.Status.Failure = v1alpha1.FailureStatus{} },
			"RolledOut is False for the reason RolledBack, but no failure is told",
		},
		"a failure without a reason": {
			stalled, func(app *v1alpha1.App) { app.Status.Failure.Reason = "" },
			"the failure lacks its Release or its reason, or its message is too long",
		},
		"a long failure": {
			stalled, func(app *v1alpha1.App) { app.Status.Failure.Message = strings.Repeat("m", 1025) },
			"the failure lacks its Release or its reason, or its message is too long",
		},
		"half the counts": {
			settled, func(app *v1alpha1.App) { app.Status.Replicas = nil }, "3 of 4 numbers of pods are known",
		},
		"fewer than no pods": {
			settled, func(app *v1alpha1.App) { app.Status.Replicas = ptr.To[int32](-1) }, "a number of pods is -1",
		},
		"available without a pod": {
			settled, func(app *v1alpha1.App) { app.Status.AvailableReplicas = ptr.To[int32](0) }, "available, but no pod is",
		},
		"another selector": {
			settled, func(app *v1alpha1.App) { app.Status.Selector = "" }, `the selector is "", not "bowline.dev/app=shop"`,
		},
		"no range": {
			settled, func(app *v1alpha1.App) { app.Status.Range = "" }, "the range is empty",
		},
		"a large status": {
			settled, func(app *v1alpha1.App) { app.Status.Image = strings.Repeat("i", 64<<10) }, "the status has 66465 bytes, more than 65536",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := test.in.App.DeepCopy()
			app.Status = Status(test.in)
			if err := CheckInvariants(app); err != nil {
				t.Fatalf("before the edit: %v", err)
			}
			test.edit(app)
			got := ""
			if err := errors.Join(CheckInvariants(app)); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTableOfReasons: no condition can have a reason that the API refuses.
func TestTableOfReasons(t *testing.T) {
	for kind, statuses := range possible {
		if !slices.Contains(order, kind) {
			t.Errorf("%s has no place", kind)
		}
		for status, reasons := range statuses {
			for _, reason := range reasons {
				if !isReason(reason) {
					t.Errorf("%s %s: %q", kind, status, reason)
				}
			}
		}
	}
	if len(possible) != len(order) {
		t.Errorf("%d types with reasons, %d with a place", len(possible), len(order))
	}
}

// on edits one condition.
func on(kind string, edit func(*metav1.Condition)) func(*v1alpha1.App) {
	return func(app *v1alpha1.App) { edit(find(app.Status.Conditions, kind)) }
}

// without removes one condition.
func without(kind string) func(*v1alpha1.App) {
	return func(app *v1alpha1.App) {
		app.Status.Conditions = slices.DeleteFunc(app.Status.Conditions, func(c metav1.Condition) bool { return c.Type == kind })
	}
}

// adding adds a condition that is True.
func adding(kind, reason, message string) func(*v1alpha1.App) {
	return func(app *v1alpha1.App) {
		c := yes(reason, message).condition(kind, scene())
		app.Status.Conditions = append(app.Status.Conditions, c)
	}
}
