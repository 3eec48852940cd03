package v1alpha1

// Condition types of an App. Each carries the generation it speaks of.
const (
	// ConditionReady sums the others up: the newest change is out, healthy and
	// serving. Its reason is that of the condition that decides.
	//
	//	True:    Healthy, Pinned
	//	False:   RolledBack, Failed, RollbackFailed, ReturnFailed, RollingBack,
	//	         Paused,
	//	         InputsMissing, InvalidImage, InvalidInput, ImageNotResolved,
	//	         ServiceBindingsNotReady, Conflict, Refused, Unavailable
	//	Unknown: Progressing, Baking, WaitingForTurn, Pinned, NotObserved,
	//	         ReadFailed, ResolvingImage
	ConditionReady = "Ready"

	// ConditionInputsResolved tells whether everything the App refers to was
	// found and understood.
	//
	//	True:    Resolved
	//	False:   InputsMissing, InvalidImage, InvalidInput, ImageNotResolved,
	//	         ServiceBindingsNotReady
	//	Unknown: ReadFailed, ResolvingImage
	ConditionInputsResolved = "InputsResolved"

	// ConditionAvailable tells whether users are served, by whichever Release.
	//
	//	True:    MinimumReplicasAvailable, ScaledToZero
	//	False:   MinimumReplicasUnavailable, NothingRuns
	//	Unknown: NotObserved
	ConditionAvailable = "Available"

	// ConditionRolledOut tells whether the desired Release runs and is
	// healthy, or, when an annotation asks for a Release, whether that one is
	// out.
	//
	//	True:    Healthy, Pinned
	//	False:   RolledBack, Failed, RollbackFailed, ReturnFailed, RollingBack,
	//	         Conflict, Refused, InputsMissing, InvalidImage, InvalidInput,
	//	         ImageNotResolved, ServiceBindingsNotReady, Paused
	//	Unknown: Progressing, Baking, WaitingForTurn, Pinned, ReadFailed,
	//	         ResolvingImage
	ConditionRolledOut = "RolledOut"

	// ConditionServiceBindingsReady tells whether all services that the App binds
	// were found and are ready. It is present only with bindings. While it is not
	// True, no change goes out, and InputsResolved says the same with the reason
	// ServiceBindingsNotReady, or InvalidInput where it is BindingRefused.
	//
	//	True:    Bound
	//	False:   ServiceNotFound, ServiceNotReady, SecretNotFound,
	//	         SecretIncomplete, BindingRefused
	//	Unknown: Forbidden, NotObserved
	ConditionServiceBindingsReady = "ServiceBindingsReady"

	// ConditionScalingActive mirrors the HorizontalPodAutoscaler's condition
	// of the same name. It is present only with autoscale and never decides
	// Ready.
	//
	//	True, False: the reason the HorizontalPodAutoscaler gives, else
	//	             ScalingActive, ScalingInactive
	//	Unknown:     ScalingUnknown
	ConditionScalingActive = "ScalingActive"

	// ConditionReconciling is present, and True, only while the operator works
	// towards the spec or waits for something that may still come. Reason and
	// message are those of Ready.
	ConditionReconciling = "Reconciling"

	// ConditionStalled is present, and True, only when nothing more happens
	// until a person acts. Ready is False then, with the same reason and
	// message.
	ConditionStalled = "Stalled"
)

// ConditionHealthy is the one condition type of a Release.
//
//	True:    Healthy
//	False:   the reason of the failure: CannotStart, Crashing, NotReady,
//	         Infrastructure, BakeFailed
//	Unknown: Progressing
const ConditionHealthy = "Healthy"

// Reasons of an App's conditions.
const (
	// ReasonHealthy: the desired Release runs and has proved healthy.
	ReasonHealthy = "Healthy"
	// ReasonProgressing: a Release, or another number of pods, goes out.
	ReasonProgressing = "Progressing"
	// ReasonBaking: all pods are available; the Release must stay healthy for
	// bakeSeconds.
	ReasonBaking = "Baking"
	// ReasonRolledBack: the desired Release failed and the last healthy one
	// serves.
	ReasonRolledBack = "RolledBack"
	// ReasonRollingBack: the desired Release failed and the last healthy one
	// returns.
	ReasonRollingBack = "RollingBack"
	// ReasonRollbackFailed: the desired Release failed, and so did what should
	// have returned.
	ReasonRollbackFailed = "RollbackFailed"
	// ReasonReturnFailed: the spec went back to a Release that had proved
	// healthy, and its pods do not come up again.
	ReasonReturnFailed = "ReturnFailed"
	// ReasonFailed: the desired Release failed and nothing is taken back,
	// because there is no healthy Release or rollback is Manual.
	ReasonFailed = "Failed"
	// ReasonPinned: the annotation bowline.dev/rollback-to holds the App at a
	// Release, which is what a person asked for.
	ReasonPinned = "Pinned"
	// ReasonWaitingForTurn: a ConfigMap or Secret changed that many Apps use,
	// and only some of them roll the change out at a time.
	ReasonWaitingForTurn = "WaitingForTurn"
	// ReasonPaused: spec.rollout.state is Paused, or the annotation
	// bowline.dev/paused is set.
	ReasonPaused = "Paused"
	// ReasonResolved: every input was found.
	ReasonResolved = "Resolved"
	// ReasonInputsMissing: something the App refers to does not exist (yet).
	ReasonInputsMissing = "InputsMissing"
	// ReasonInvalidImage: spec.image is no image reference.
	ReasonInvalidImage = "InvalidImage"
	// ReasonInvalidInput: an input exists but cannot be used.
	ReasonInvalidInput = "InvalidInput"
	// ReasonResolvingImage: the registry is being asked what the image's tag
	// stands for.
	ReasonResolvingImage = "ResolvingImage"
	// ReasonImageNotResolved: the registry does not say what the image's tag
	// stands for, and imageDigest is Required. It is asked again.
	ReasonImageNotResolved = "ImageNotResolved"
	// ReasonConflict: an object with the name of a child belongs to somebody
	// else.
	ReasonConflict = "Conflict"
	// ReasonRefused: the API server refuses a child.
	ReasonRefused = "Refused"
	// ReasonServiceBindingsNotReady: the condition ServiceBindingsReady says what
	// the App waits for.
	ReasonServiceBindingsNotReady = "ServiceBindingsNotReady"
	// ReasonBound: all services are ready, and what they hand out is projected.
	ReasonBound = "Bound"
	// ReasonServiceNotFound: a service of a binding does not exist (yet).
	ReasonServiceNotFound = "ServiceNotFound"
	// ReasonServiceNotReady: a service of a binding names no Secret (yet).
	ReasonServiceNotReady = "ServiceNotReady"
	// ReasonSecretNotFound: the Secret that a service names does not exist (yet).
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretIncomplete: the Secret of a service lacks an entry.
	ReasonSecretIncomplete = "SecretIncomplete"
	// ReasonBindingRefused: a binding cannot be projected into the App's pods.
	ReasonBindingRefused = "BindingRefused"
	// ReasonForbidden: the operator may not read services of this kind.
	ReasonForbidden = "Forbidden"
	// ReasonReadFailed: the operator could not read an input.
	ReasonReadFailed = "ReadFailed"
	// ReasonUnavailable: what is rolled out does not serve at present.
	ReasonUnavailable = "Unavailable"
	// ReasonMinimumReplicasAvailable: enough pods serve.
	ReasonMinimumReplicasAvailable = "MinimumReplicasAvailable"
	// ReasonMinimumReplicasUnavailable: too few pods serve.
	ReasonMinimumReplicasUnavailable = "MinimumReplicasUnavailable"
	// ReasonScaledToZero: no pods are wanted.
	ReasonScaledToZero = "ScaledToZero"
	// ReasonNothingRuns: there is no Deployment that could have made pods.
	ReasonNothingRuns = "NothingRuns"
	// ReasonNotObserved: the Deployment's status does not speak of its present
	// spec yet, and nothing was known before.
	ReasonNotObserved = "NotObserved"
	// ReasonScalingActive: the HorizontalPodAutoscaler scales and gives no
	// reason.
	ReasonScalingActive = "ScalingActive"
	// ReasonScalingInactive: the HorizontalPodAutoscaler does not scale and
	// gives no reason.
	ReasonScalingInactive = "ScalingInactive"
	// ReasonScalingUnknown: the HorizontalPodAutoscaler has not reported yet.
	ReasonScalingUnknown = "ScalingUnknown"
)

// Reasons of a Release's condition Healthy when it is False.
const (
	// FailureTerminal: pods cannot start, and waiting will not help.
	FailureTerminal = "CannotStart"
	// FailureCrash: containers crash.
	FailureCrash = "Crashing"
	// FailureNotReady: pods run but do not become ready.
	FailureNotReady = "NotReady"
	// FailureInfrastructure: the cluster could not run the pods in time.
	FailureInfrastructure = "Infrastructure"
	// FailureBake: all pods were available, and then not all of them stayed
	// healthy.
	FailureBake = "BakeFailed"
)
