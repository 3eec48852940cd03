package v1alpha1

// These strings are load-bearing: selectors, ownership and people's scripts
// depend on them. They never change.
const (
	// FieldOwner is the field manager of everything the operator applies.
	FieldOwner = "bowline"

	// ScaleFieldOwner co-owns a Deployment's replicas for the moment in which
	// they are handed to a HorizontalPodAutoscaler.
	ScaleFieldOwner = "bowline-scale"

	// LabelApp carries the App's name on everything made for it. It is the
	// whole of the pods' selector.
	LabelApp = "bowline.dev/app"

	// LabelRelease carries a Release's number on its pods.
	LabelRelease = "bowline.dev/release"

	// LabelName is the recommended label with the application's name.
	LabelName = "app.kubernetes.io/name"

	// LabelManagedBy is the recommended label with the tool that manages an
	// object.
	LabelManagedBy = "app.kubernetes.io/managed-by"

	// AnnotationIntent carries the hash of what the operator last applied to
	// an object.
	AnnotationIntent = "bowline.dev/intent"

	// AnnotationReplicas is on a Deployment while the operator owns its
	// replicas.
	AnnotationReplicas = "bowline.dev/replicas"

	// AnnotationRetry on an App: any new value makes a new Release of the
	// same inputs.
	AnnotationRetry = "bowline.dev/retry"

	// AnnotationRestart on an App: any new value makes a new Release of the
	// same inputs, and so restarts the pods.
	AnnotationRestart = "bowline.dev/restart"

	// AnnotationPaused on an App: any value but "false" holds changes back, as
	// spec.rollout.state does, until the annotation is removed. A tool that
	// keeps the spec as it is in Git leaves it alone.
	AnnotationPaused = "bowline.dev/paused"

	// AnnotationRegenerate on a Secret with generated values: any value makes
	// them anew. The operator removes it then.
	AnnotationRegenerate = "bowline.dev/regenerate"

	// AnnotationAdopt on an App: it takes over what has the names of its children
	// and belongs to nobody. The value is AdoptUnchanged or AdoptAndRollOut.
	AnnotationAdopt = "bowline.dev/adopt"

	// AnnotationRollbackTo on an App: the name of a Release to run until the
	// annotation is removed.
	AnnotationRollbackTo = "bowline.dev/rollback-to"
)

// What the annotation bowline.dev/adopt can say.
const (
	// AdoptUnchanged takes a Deployment over if it runs what the App says, so
	// that no pod is restarted.
	AdoptUnchanged = "true"
	// AdoptAndRollOut takes it over whatever it runs. What the App says goes out
	// then, and what ran is the Release to which a rollback returns.
	AdoptAndRollOut = "rollout"
)
