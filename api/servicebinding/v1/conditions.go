package v1

// Conditions of a ServiceBinding. Each reason stands under the status it comes
// with.
const (
	// ConditionReady tells whether the service is projected into all workloads.
	// Messages name the object that is in the way, and the way out.
	ConditionReady = "Ready"

	// True.

	// ReasonBound (True): the service is projected into every workload.
	ReasonBound = "Bound"

	// False: the service or a workload is missing or does not conform.

	// ReasonServiceNotFound (False): the service or its kind does not exist.
	ReasonServiceNotFound = "ServiceNotFound"
	// ReasonServiceNotReady (False): the service names no Secret yet.
	ReasonServiceNotReady = "ServiceNotReady"
	// ReasonSecretNotFound (False): the Secret that the service names does not
	// exist.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretIncomplete (False): the Secret lacks the entry type, or one
	// that env refers to.
	ReasonSecretIncomplete = "SecretIncomplete"
	// ReasonWorkloadNotFound (False): no workload, or not even its kind, exists.
	ReasonWorkloadNotFound = "WorkloadNotFound"
	// ReasonWorkloadRefused (False): a workload cannot take the projection.
	ReasonWorkloadRefused = "WorkloadRefused"
	// ReasonWorkloadImmutable (False): the API server lets nobody change the pods
	// of a workload that exists.
	ReasonWorkloadImmutable = "WorkloadImmutable"
	// ReasonNameTaken (False): another binding of a workload has the name.
	ReasonNameTaken = "NameTaken"
	// ReasonMappingInvalid (False): the ClusterWorkloadResourceMapping of the
	// kind cannot be followed.
	ReasonMappingInvalid = "MappingInvalid"
	// ReasonSpecInvalid (False): the ServiceBinding itself cannot be followed.
	ReasonSpecInvalid = "SpecInvalid"
	// ReasonSeveral (False): several workloads are not bound, for different
	// reasons.
	ReasonSeveral = "Several"

	// Unknown: what is the case could not be seen or done.

	// ReasonForbidden (Unknown): a right is missing. It is asked for again within
	// seconds.
	ReasonForbidden = "Forbidden"
	// ReasonWorkloadPending (Unknown): an App has not made the Release yet that is
	// bound.
	ReasonWorkloadPending = "WorkloadPending"

	// ConditionServiceAvailable tells whether there is a Secret to project.
	ConditionServiceAvailable = "ServiceAvailable"

	// ReasonAvailable (True): the service names a Secret that can be projected.
	ReasonAvailable = "Available"
)

// Reasons of the events written on a ServiceBinding, each once for each
// transition.
const (
	// EventBound (Normal): Ready became True.
	EventBound = "Bound"
	// EventNotBound (Warning): Ready ceased to be True, or never was.
	EventNotBound = "NotBound"
	// EventLeftBound (Warning): a workload that nobody can change stays as it is,
	// though its ServiceBinding is gone.
	EventLeftBound = "LeftBound"
)
