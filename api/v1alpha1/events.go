package v1alpha1

// Reasons of the events the operator writes on an App, each once for each
// transition.
const (
	// EventReleaseCreated (Normal): a change made a new Release.
	EventReleaseCreated = "ReleaseCreated"
	// EventReleaseHealthy (Normal): a Release has proved healthy.
	EventReleaseHealthy = "ReleaseHealthy"
	// EventReleaseFailed (Warning): a Release failed.
	EventReleaseFailed = "ReleaseFailed"
	// EventRolledBack (Warning): the last healthy Release serves again.
	EventRolledBack = "RolledBack"
	// EventStalled (Warning): nothing more happens until a person acts.
	EventStalled = "Stalled"
	// EventPinned (Normal): an annotation holds the App at a Release.
	EventPinned = "Pinned"
	// EventPaused (Normal): a change waits because the rollout is paused.
	EventPaused = "Paused"
	// EventWaitingForTurn (Normal): a change of a shared source waits for its
	// turn.
	EventWaitingForTurn = "WaitingForTurn"
	// EventInputsMissing (Warning): something the App refers to does not exist.
	EventInputsMissing = "InputsMissing"
	// EventImageNotResolved (Warning): the registry did not say what the image's
	// tag stands for.
	EventImageNotResolved = "ImageNotResolved"
	// EventUnavailable (Warning): users are not served.
	EventUnavailable = "Unavailable"
)
