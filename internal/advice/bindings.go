package advice

import servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"

// Bindings are the reasons of a ServiceBinding's conditions that are no good
// news. Some are called like those of an App's condition ServiceBindingsReady,
// and the remedy is another.
var Bindings = []Advice{
	{
		Reason:  servicebindingv1.ReasonServiceNotFound,
		Meaning: "the service or its kind does not exist.",
		Do:      []string{"Create the service, install its kind, or correct spec.service. Both are seen when they come."},
	},
	{
		Reason:  servicebindingv1.ReasonServiceNotReady,
		Meaning: "the service names no Secret yet.",
		Do:      []string{"Wait until the service is ready. One that never sets .status.binding.name is no Provisioned Service: name its Secret in spec.service, with kind: Secret."},
	},
	{
		Reason:  servicebindingv1.ReasonSecretNotFound,
		Meaning: "the Secret that the service names does not exist.",
		Do:      []string{"Create the Secret, or repair the service that should have made it."},
	},
	{
		Reason:  servicebindingv1.ReasonSecretIncomplete,
		Meaning: "the Secret lacks the entry type, or one that env refers to.",
		Do:      []string{"Add the entry that the message names to the Secret, set spec.type, or correct spec.env."},
	},
	{
		Reason:  servicebindingv1.ReasonWorkloadNotFound,
		Meaning: "no workload, or not even its kind, exists.",
		Do:      []string{"Create the workload, or correct the name or the selector in spec.workload."},
	},
	{
		Reason:  servicebindingv1.ReasonWorkloadRefused,
		Meaning: "a workload cannot take the projection.",
		Do:      []string{"Change in the workload what the message names: most often a volume, a mount path or a variable that is taken. For an App, see its condition ServiceBindingsReady."},
	},
	{
		Reason:  servicebindingv1.ReasonWorkloadImmutable,
		Meaning: "the API server lets nobody change the pods of a workload that exists.",
		Do:      []string{"Create the workload anew: with the webhook of config/servicebinding it is bound when it is created."},
	},
	{
		Reason:  servicebindingv1.ReasonNameTaken,
		Meaning: "another binding of a workload has the name.",
		Do:      []string{"Give this one another spec.name, or remove the other binding."},
	},
	{
		Reason:  servicebindingv1.ReasonMappingInvalid,
		Meaning: "the ClusterWorkloadResourceMapping of the kind cannot be followed.",
		Do:      []string{"Correct the path that the message names in the mapping, or have it corrected: it belongs to the cluster."},
	},
	{
		Reason:  servicebindingv1.ReasonSpecInvalid,
		Meaning: "the ServiceBinding itself cannot be followed.",
		Do:      []string{"Correct the field that the message names."},
	},
	{
		Reason:  servicebindingv1.ReasonSeveral,
		Meaning: "several workloads are not bound, for different reasons.",
		Do:      []string{"The message has each of them with its way out."},
	},
	{
		Reason:  servicebindingv1.ReasonForbidden,
		Meaning: "a right is missing. It is asked for again within seconds.",
		Do:      []string{"Grant the verbs that the message names by a ClusterRole with the label servicebinding.io/controller: \"true\"."},
	},
	{
		Reason:  servicebindingv1.ReasonWorkloadPending,
		Meaning: "an App has not made the Release yet that is bound.",
		Do:      []string{"Nothing, as a rule: it takes a moment. If it stays, the App is paused, or waits for other inputs: `kubectl bowline explain APP`."},
	},
}

// BindingEvents are the reasons of the events on a ServiceBinding.
var BindingEvents = []Advice{
	{
		Reason:  servicebindingv1.EventBound,
		Meaning: "Ready became True.",
		Do:      []string{"Nothing: the service is projected into every workload."},
	},
	{
		Reason:  servicebindingv1.EventNotBound,
		Meaning: "Ready ceased to be True, or never was.",
		Do:      []string{"The condition Ready has the reason, and the message the way out."},
	},
	{
		Reason:  servicebindingv1.EventLeftBound,
		Meaning: "a workload that nobody can change stays as it is, though its ServiceBinding is gone.",
		Do:      []string{"Delete the workload, or let it end: it holds the Secret until then."},
	},
}
