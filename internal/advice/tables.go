package advice

import "github.com/bowline-dev/bowline/api/v1alpha1"

const (
	readLogs  = "Read what the container wrote last in the evidence, or, while its pods are there: `kubectl logs -l bowline.dev/app=APP -c app --previous`."
	seeDiff   = "See what changed since the last healthy Release: `kubectl bowline diff APP`."
	seeTree   = "See which pods are in trouble, and why: `kubectl bowline get APP`."
	tryAgain  = "When the cause lay outside the App and is gone, try the same inputs again: `kubectl bowline retry APP`."
	seeEvents = "Read what the cluster said: `kubectl get events --field-selector involvedObject.name=APP`."
)

// Failures are the reasons for which a Release fails.
var Failures = []Advice{
	{
		Reason:  v1alpha1.FailureTerminal,
		Meaning: "pods cannot start, and waiting will not help.",
		Do: []string{
			"Correct what the evidence names: most often the image's name or tag, a key that is not there, or the command.",
			seeDiff,
			tryAgain,
		},
	},
	{
		Reason:  v1alpha1.FailureCrash,
		Meaning: "containers crash.",
		Do: []string{
			readLogs,
			seeDiff,
			"Where a restart or two is normal, allow more of them in spec.rollout.maxRestarts.",
			tryAgain,
		},
	},
	{
		Reason:  v1alpha1.FailureNotReady,
		Meaning: "pods run but do not become ready.",
		Do: []string{
			"Check that spec.health.readiness asks for the port and path that the container serves.",
			"Read what the container wrote: `kubectl logs -l bowline.dev/app=APP -c app`.",
			"Where it needs longer to start, give it a startup probe in spec.health.startup, or a longer spec.rollout.progressDeadlineSeconds.",
			seeDiff,
		},
	},
	{
		Reason:  v1alpha1.FailureInfrastructure,
		Meaning: "the cluster could not run the pods in time.",
		Do: []string{
			"The App may be in order: look at what the evidence names (room on nodes, a quota, the registry).",
			"Ask for less in spec.resources.requests, or have nodes or quota added.",
			tryAgain,
		},
	},
	{
		Reason:  v1alpha1.FailureBake,
		Meaning: "all pods were available, and then not all of them stayed healthy.",
		Do: []string{
			readLogs,
			"Look for what happens only after a while: memory that grows, a connection that is lost, a liveness probe that is too strict.",
			seeDiff,
			tryAgain,
		},
	},
}

// Conditions are the reasons of an App's conditions that are no good news.
var Conditions = []Advice{
	{
		Reason:  v1alpha1.ReasonProgressing,
		Meaning: "a Release, or another number of pods, goes out.",
		Do:      []string{"Nothing: follow it with `kubectl bowline get APP --watch`."},
	},
	{
		Reason:  v1alpha1.ReasonBaking,
		Meaning: "all pods are available; the Release must stay healthy for bakeSeconds.",
		Do:      []string{"Nothing: users are served. spec.rollout.bakeSeconds says how long it takes."},
	},
	{
		Reason:  v1alpha1.ReasonRolledBack,
		Meaning: "the desired Release failed and the last healthy one serves.",
		Do: []string{
			"See why it failed: `kubectl bowline explain APP`.",
			"Correct the spec, or go back to the old manifest, which restarts nothing.",
			tryAgain,
		},
	},
	{
		Reason:  v1alpha1.ReasonRollingBack,
		Meaning: "the desired Release failed and the last healthy one returns.",
		Do:      []string{"Nothing yet: `kubectl bowline status APP` waits until it serves again."},
	},
	{
		Reason:  v1alpha1.ReasonRollbackFailed,
		Meaning: "the desired Release failed, and so did what should have returned.",
		Do: []string{
			"Something outside the App has most likely changed for all Releases: a Secret that is Live, a registry, a policy. " + seeTree,
			"Correct the spec, or name a Release to run: `kubectl bowline rollback APP --to N`; `kubectl bowline history APP` lists them.",
		},
	},
	{
		Reason:  v1alpha1.ReasonReturnFailed,
		Meaning: "the spec went back to a Release that had proved healthy, and its pods do not come up again.",
		Do: []string{
			"What the pods lack now was there then: " + seeTree,
			"Repair that, or change the spec. What serves keeps serving.",
		},
	},
	{
		Reason:  v1alpha1.ReasonFailed,
		Meaning: "the desired Release failed and nothing is taken back, because there is no healthy Release or rollback is Manual.",
		Do: []string{
			"See why it failed: `kubectl bowline explain APP`; its pods are kept to be looked at.",
			"Correct the spec.",
			"With rollback: Manual, return to the last healthy Release: `kubectl bowline rollback APP`.",
			tryAgain,
		},
	},
	{
		Reason:  v1alpha1.ReasonPinned,
		Meaning: "the annotation bowline.dev/rollback-to holds the App at a Release, which is what a person asked for.",
		Do:      []string{"To run what the spec says again: `kubectl bowline rollback APP --undo`."},
	},
	{
		Reason:  v1alpha1.ReasonWaitingForTurn,
		Meaning: "a ConfigMap or Secret changed that many Apps use, and only some of them roll the change out at a time.",
		Do:      []string{"Nothing: it rolls out when those before it are done. The message says how many are."},
	},
	{
		Reason:  v1alpha1.ReasonPaused,
		Meaning: "spec.rollout.state is Paused, or the annotation bowline.dev/paused is set.",
		Do:      []string{"Let changes go out again: `kubectl bowline resume APP`, set spec.rollout.state to Active where the manifest is kept, or remove the annotation `bowline.dev/paused`."},
	},
	{
		Reason:  v1alpha1.ReasonInputsMissing,
		Meaning: "something the App refers to does not exist (yet).",
		Do: []string{
			"Create what the message names in the App's namespace, or correct the reference. It is seen at once.",
			"Where it may be missing, set optional: true at the reference.",
		},
	},
	{
		Reason:  v1alpha1.ReasonInvalidImage,
		Meaning: "spec.image is no image reference.",
		Do:      []string{"Write it like registry.example/team/app:tag, in lower case."},
	},
	{
		Reason:  v1alpha1.ReasonInvalidInput,
		Meaning: "an input exists but cannot be used.",
		Do:      []string{"Change the field that the message names as it says.", "Check the manifest before it is applied: `kubectl bowline lint -f FILE`."},
	},
	{
		Reason:  v1alpha1.ReasonResolvingImage,
		Meaning: "the registry is being asked what the image's tag stands for.",
		Do:      []string{"Nothing: the answer is on its way."},
	},
	{
		Reason:  v1alpha1.ReasonImageNotResolved,
		Meaning: "the registry does not say what the image's tag stands for, and imageDigest is Required. It is asked again.",
		Do: []string{
			"Correct the image or its tag, or the Secrets in spec.imagePullSecrets: the message has the registry's words.",
			"To run the tag when the registry does not answer, set imageDigest: BestEffort.",
		},
	},
	{
		Reason:  v1alpha1.ReasonConflict,
		Meaning: "an object with the name of a child belongs to somebody else.",
		Do: []string{
			"Delete or rename the object that the message names, or give the App another name. Nothing of it was touched.",
			"If it is to be the App's, set the annotation bowline.dev/adopt: docs/moving.md says what must fit.",
		},
	},
	{
		Reason:  v1alpha1.ReasonRefused,
		Meaning: "the API server refuses a child.",
		Do: []string{
			"Change what the message objects to, or have the policy, quota or webhook that refuses it changed.",
			"It is tried again every 5 minutes, and at once when the App changes.",
		},
	},
	{
		Reason:  v1alpha1.ReasonServiceBindingsNotReady,
		Meaning: "the condition ServiceBindingsReady says what the App waits for.",
		Do:      []string{"See what that condition says: `kubectl bowline explain APP`."},
	},
	{
		Reason:  v1alpha1.ReasonServiceNotFound,
		Meaning: "a service of a binding does not exist (yet).",
		Do:      []string{"Create the service, install its kind, or correct serviceRef."},
	},
	{
		Reason:  v1alpha1.ReasonServiceNotReady,
		Meaning: "a service of a binding names no Secret (yet).",
		Do:      []string{"Wait until the service is ready. One that never names a Secret in .status.binding.name is no Provisioned Service: bind its Secret instead."},
	},
	{
		Reason:  v1alpha1.ReasonSecretNotFound,
		Meaning: "the Secret that a service names does not exist (yet).",
		Do:      []string{"Create the Secret, or repair the service that should have made it."},
	},
	{
		Reason:  v1alpha1.ReasonSecretIncomplete,
		Meaning: "the Secret of a service lacks an entry.",
		Do:      []string{"Add the entry that the message names, or correct env in the binding."},
	},
	{
		Reason:  v1alpha1.ReasonBindingRefused,
		Meaning: "a binding cannot be projected into the App's pods.",
		Do:      []string{"Change the binding as the message says: most often two things want the same name or place."},
	},
	{
		Reason:  v1alpha1.ReasonForbidden,
		Meaning: "the operator may not read services of this kind.",
		Do:      []string{"Grant get, list and watch by a ClusterRole with the label servicebinding.io/controller: \"true\"."},
	},
	{
		Reason:  v1alpha1.ReasonReadFailed,
		Meaning: "the operator could not read an input.",
		Do:      []string{"It tries again by itself. If it stays, look at the operator's log and its rights."},
	},
	{
		Reason:  v1alpha1.ReasonUnavailable,
		Meaning: "what is rolled out does not serve at present.",
		Do: []string{
			seeTree,
			"It proved healthy, so nothing is taken back: look for what changed around it (nodes, a service it needs).",
			"To go back all the same: `kubectl bowline rollback APP`.",
		},
	},
	{
		Reason:  v1alpha1.ReasonMinimumReplicasUnavailable,
		Meaning: "too few pods serve.",
		Do:      []string{seeTree},
	},
	{
		Reason:  v1alpha1.ReasonNothingRuns,
		Meaning: "there is no Deployment that could have made pods.",
		Do:      []string{"The condition RolledOut says what is in the way: `kubectl bowline explain APP`."},
	},
	{
		Reason:  v1alpha1.ReasonNotObserved,
		Meaning: "the Deployment's status does not speak of its present spec yet, and nothing was known before.",
		Do:      []string{"Nothing: it takes a moment. If it stays, see whether kube-controller-manager runs."},
	},
	{
		Reason:  v1alpha1.ReasonScalingInactive,
		Meaning: "the HorizontalPodAutoscaler does not scale and gives no reason.",
		Do:      []string{"Look at it: `kubectl describe hpa APP`."},
	},
	{
		Reason:  v1alpha1.ReasonScalingUnknown,
		Meaning: "the HorizontalPodAutoscaler has not reported yet.",
		Do:      []string{"Nothing: it takes some seconds. Without a metrics server it never does."},
	},
}

// Signs are the words that Kubernetes and package health have for a pod in
// trouble.
var Signs = []Advice{
	{
		Reason: "ErrImagePull", Meaning: "the node could not pull the image.",
		Do: []string{"Check the image's name and tag, and that it was pushed.", "For a private registry, name the Secret with its credentials in spec.imagePullSecrets."},
	},
	{
		Reason: "ImagePullBackOff", Meaning: "the node could not pull the image, and waits before it tries again.",
		Do: []string{"Check the image's name and tag, and that it was pushed.", "For a private registry, name the Secret with its credentials in spec.imagePullSecrets."},
	},
	{
		Reason: "InvalidImageName", Meaning: "the container runtime does not understand the image's name.",
		Do: []string{"Write it like registry.example/team/app:tag, in lower case."},
	},
	{
		Reason: "ErrImageNeverPull", Meaning: "imagePullPolicy is Never, and the node does not have the image.",
		Do: []string{"Set spec.imagePullPolicy to IfNotPresent, or bring the image to the nodes."},
	},
	{
		Reason: "CreateContainerConfigError", Meaning: "something the container refers to is not there: a key, a ConfigMap or a Secret.",
		Do: []string{"Add the key that the message names, or correct valueFrom in spec.env. References in spec.config.from and spec.secrets are checked before pods are made."},
	},
	{
		Reason: "CreateContainerError", Meaning: "the container runtime could not make the container.",
		Do: []string{"Read the message: most often a mount path, or a name that is taken."},
	},
	{
		Reason: "RunContainerError", Meaning: "the container could not be started: most often the command does not exist in the image.",
		Do: []string{"Correct spec.command and spec.args, or leave them out to run what the image says."},
	},
	{
		Reason: "StartError", Meaning: "the container could not be started: most often the command does not exist in the image.",
		Do: []string{"Correct spec.command and spec.args, or leave them out to run what the image says."},
	},
	{
		Reason: "CrashLoopBackOff", Meaning: "the container ends again and again.",
		Do: []string{readLogs, "Exit code 0 counts too: the container of an App is meant to stay."},
	},
	{
		Reason: "Error", Meaning: "the container ended with an error.",
		Do: []string{readLogs},
	},
	{
		Reason: "Completed", Meaning: "the container ended with exit code 0, though an App is meant to stay.",
		Do: []string{"Check that spec.command and spec.args start a server; a task that ends belongs in a Job."},
	},
	{
		Reason: "OOMKilled", Meaning: "the container used more memory than its limit.",
		Do: []string{"Raise spec.resources.limits.memory, or find what uses the memory."},
	},
	{
		Reason: "Evicted", Meaning: "the node ended the pod for what it used.",
		Do: []string{"The message says of what there was too much: set requests and limits for it in spec.resources."},
	},
	{
		Reason: "NotStarted", Meaning: "the container has not started, or its startup probe has not succeeded.",
		Do: []string{"Allow it more time in spec.health.startup (failureThreshold x periodSeconds)."},
	},
	{
		Reason: "ContainerCreating", Meaning: "the node prepares the container.",
		Do: []string{"If it stays, a volume or the network is missing: " + seeEvents},
	},
	{
		Reason: "Unschedulable", Meaning: "no node fits: room, or what the App asks of a node.",
		Do: []string{"Ask for less in spec.resources.requests, loosen spec.scheduling, or have nodes added. The message counts the nodes and what each lacks."},
	},
	{
		Reason: "NodeNotReady", Meaning: "the pod's node went away.",
		Do: []string{"Nothing: the pod is replaced when the cluster gives the node up."},
	},
	{
		Reason: "QuotaExceeded", Meaning: "the namespace's quota does not allow another pod.",
		Do: []string{"Ask for less in spec.resources or spec.replicas, have the quota raised, or set spec.rollout.maxSurge to 0 to replace pods without more of them at a time."},
	},
	{
		Reason: "WebhookUnavailable", Meaning: "an admission webhook that must see each pod does not answer.",
		Do: []string{"Repair the webhook that the message names; it belongs to the cluster and not to the App."},
	},
	{
		Reason: "PodsRefused", Meaning: "the API server refuses the pods: a policy, or a field that does not go together with another.",
		Do: []string{"Change what the message objects to. For the Pod Security Standard \"restricted\", set spec.security to Restricted."},
	},
	{
		Reason: "PodsNotCreated", Meaning: "the Deployment's controller could not make pods.",
		Do: []string{"Read the message; it is tried again by itself."},
	},
}
