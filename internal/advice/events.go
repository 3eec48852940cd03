package advice

import "github.com/bowline-dev/bowline/api/v1alpha1"

// Events are the reasons of the events on an App. An event tells of a step, and
// the App's conditions of where it stands, so advice on those is not repeated.
var Events = []Advice{
	{
		Reason:  v1alpha1.EventReleaseCreated,
		Meaning: "a change made a new Release.",
		Do:      []string{"Nothing: the message says what the change was. `kubectl bowline status APP` waits for its outcome."},
	},
	{
		Reason:  v1alpha1.EventReleaseHealthy,
		Meaning: "a Release has proved healthy.",
		Do:      []string{"Nothing: it is what later failures are rolled back to."},
	},
	{
		Reason:  v1alpha1.EventReleaseFailed,
		Meaning: "a Release failed.",
		Do:      []string{"See why: `kubectl bowline explain APP`. The message begins with one of the reasons above."},
	},
	{
		Reason:  v1alpha1.EventRolledBack,
		Meaning: "the last healthy Release serves again.",
		Do:      []string{"As for the App's reason RolledBack: correct the spec, or go back to the old manifest."},
	},
	{
		Reason:  v1alpha1.EventStalled,
		Meaning: "nothing more happens until a person acts.",
		Do:      []string{"Do what the message says; the condition Stalled has its reason: `kubectl bowline explain APP`."},
	},
	{
		Reason:  v1alpha1.EventPinned,
		Meaning: "an annotation holds the App at a Release.",
		Do:      []string{"To run what the spec says again: `kubectl bowline rollback APP --undo`."},
	},
	{
		Reason:  v1alpha1.EventPaused,
		Meaning: "a change waits because the rollout is paused.",
		Do:      []string{"Let it go out: `kubectl bowline resume APP`, or set spec.rollout.state to Active where the manifest is kept."},
	},
	{
		Reason:  v1alpha1.EventWaitingForTurn,
		Meaning: "a change of a shared source waits for its turn.",
		Do:      []string{"Nothing: it rolls out when those before it are done."},
	},
	{
		Reason:  v1alpha1.EventInputsMissing,
		Meaning: "something the App refers to does not exist.",
		Do:      []string{"Create what the message names in the App's namespace, or correct the reference. It is seen at once."},
	},
	{
		Reason:  v1alpha1.EventImageNotResolved,
		Meaning: "the registry did not say what the image's tag stands for.",
		Do:      []string{"Correct the image, or the Secrets in spec.imagePullSecrets. With imageDigest: BestEffort the tag itself runs meanwhile."},
	},
	{
		Reason:  v1alpha1.EventUnavailable,
		Meaning: "users are not served.",
		Do:      []string{seeTree, "To go back to an older Release: `kubectl bowline rollback APP`."},
	},
}
