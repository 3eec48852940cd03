package v1alpha1

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// App is one application: what to run, with which configuration, at which
// size, and how a change of it goes out.
//
// The operator never writes metadata or spec of an App, only its status.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:resource:categories=bowline,shortName=app
// +kubebuilder:metadata:labels="servicebinding.io/provisioned-service=true"
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="UP-TO-DATE",type=integer,JSONPath=`.status.updatedReplicas`
// +kubebuilder:printcolumn:name="AVAILABLE",type=integer,JSONPath=`.status.availableReplicas`
// +kubebuilder:printcolumn:name="RELEASE",type=string,JSONPath=`.status.release.running`
// +kubebuilder:printcolumn:name="STATUS",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="IMAGE",type=string,priority=1,JSONPath=`.status.image`
// +kubebuilder:printcolumn:name="RANGE",type=string,priority=1,JSONPath=`.status.range`
// +kubebuilder:printcolumn:name="MESSAGE",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 40",message="metadata.name: at most 40 characters, so that the names of everything made from it fit in 63"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name: lower case letters, digits and '-', starting with a letter and ending with a letter or digit, because the Service has the same name"
type App struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the person wants. It is never written by the operator.
	// +required
	Spec AppSpec `json:"spec,omitzero"`

	// status is what the operator sees.
	// +default={"observedGeneration":-1}
	// +optional
	Status AppStatus `json:"status,omitzero"`
}

// AppList is a list of Apps.
//
// +kubebuilder:object:root=true
type AppList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the Apps.
	Items []App `json:"items"`
}

// AppSpec is what a person wants to run. A change of any field that shapes the
// pods makes a new Release; replicas, autoscale, availability.maxUnavailable
// and rollout act at once and restart nothing.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!(has(self.replicas) && has(self.autoscale))",message="replicas and autoscale exclude each other: remove one of them"
type AppSpec struct {
	WorkloadSpec `json:",inline"`

	// Unreadable is why the spec could not be read. It is no field of the API:
	// see UnmarshalJSON.
	Unreadable string `json:"-"`

	// replicas is the number of pods. Left out, it is 1 when the App is
	// created, and afterwards the size the App has. It excludes autoscale.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// autoscale hands the number of pods to a HorizontalPodAutoscaler. It
	// excludes replicas.
	// +optional
	Autoscale AutoscaleSpec `json:"autoscale,omitzero"`

	// availability is how the pods stay up while nodes are drained or lost.
	// +optional
	Availability AvailabilitySpec `json:"availability,omitzero"`

	// rollout is how a change goes out and when it is taken back.
	// +optional
	Rollout RolloutSpec `json:"rollout,omitzero"`
}

// AutoscaleSpec is the range and the targets of a HorizontalPodAutoscaler.
// With none of cpu, memory and metrics, the target is 80 % of the requested
// CPU.
//
// +kubebuilder:validation:XValidation:rule="(has(self.min) ? self.min : 1) <= self.max",message="min must be at most max"
type AutoscaleSpec struct {
	// min is the least number of pods. Left out, it is 1.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	Min int32 `json:"min,omitempty"`

	// max is the largest number of pods.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +required
	Max int32 `json:"max,omitempty"`

	// cpu is the average use to aim at, in percent of the requested CPU.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	CPU int32 `json:"cpu,omitempty"`

	// memory is the average use to aim at, in percent of the requested
	// memory.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Memory int32 `json:"memory,omitempty"`

	// metrics are further targets, as in autoscaling/v2.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +optional
	Metrics []autoscalingv2.MetricSpec `json:"metrics,omitempty"`

	// behavior is how fast to scale up and down, as in autoscaling/v2.
	// +optional
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior,omitempty"`
}

// AvailabilitySpec is how pods stay up while nodes are drained or lost.
//
// +kubebuilder:validation:MinProperties=1
type AvailabilitySpec struct {
	// maxUnavailable is how many pods, as a number or a percentage, may be
	// evicted at one time. It becomes a PodDisruptionBudget when the App has
	// more than one replica. Left out, it is 1.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 1 : self.matches('^(100|[1-9][0-9]?)%$')",message="a number from 1 or a percentage from 1% to 100%; 0 would block every node drain"
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	// spread is over what the pods are spread where that is possible: Node,
	// Zone or None. Left out, it is Node.
	// +kubebuilder:validation:Enum=Node;Zone;None
	// +optional
	Spread Spread `json:"spread,omitempty"`
}

// Spread is over what pods are spread.
type Spread string

const (
	// SpreadNode spreads pods over nodes.
	SpreadNode Spread = "Node"
	// SpreadZone spreads pods over zones.
	SpreadZone Spread = "Zone"
	// SpreadNone leaves it to the scheduler.
	SpreadNone Spread = "None"
)

// RolloutSpec is how a change goes out and when it is taken back.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!(has(self.maxSurge) && has(self.maxUnavailable) && (string(self.maxSurge) in ['0', '0%']) && (string(self.maxUnavailable) in ['0', '0%']))",message="maxSurge and maxUnavailable must not both be 0, else no pod could be replaced"
type RolloutSpec struct {
	// maxSurge is how many pods, as a number or a percentage, may run above
	// the wanted number. Left out, it is 25%.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 0 : self.matches('^(100|[1-9]?[0-9])%$')",message="a number from 0 or a percentage from 0% to 100%"
	// +optional
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`

	// maxUnavailable is how many pods, as a number or a percentage, may be
	// missing from the wanted number. Left out, it is 25%.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 0 : self.matches('^(100|[1-9]?[0-9])%$')",message="a number from 0 or a percentage from 0% to 100%"
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	// progressDeadlineSeconds is how long a Release may go without one more
	// available pod before it fails, in seconds. Left out, it is 300.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=86400
	// +optional
	ProgressDeadlineSeconds int32 `json:"progressDeadlineSeconds,omitempty"`

	// bakeSeconds is how long all pods must stay healthy before the Release
	// counts as healthy, in seconds. Left out, it is 30.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	// +optional
	BakeSeconds *int32 `json:"bakeSeconds,omitempty"`

	// maxRestarts is how many restarts of a container a Release survives.
	// Left out, it is 2.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	MaxRestarts *int32 `json:"maxRestarts,omitempty"`

	// rollback is what follows when a Release fails. Automatic: the last
	// healthy Release returns. Manual: the failed one stays, with its
	// evidence. Left out, it is Automatic.
	// +kubebuilder:validation:Enum=Automatic;Manual
	// +optional
	Rollback RollbackPolicy `json:"rollback,omitempty"`

	// historyLimit is how many Releases are kept, besides the ones that run
	// or may return. Left out, it is 10.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	HistoryLimit int32 `json:"historyLimit,omitempty"`

	// state is whether changes go out. Paused: what serves keeps serving, and
	// nothing else is started or taken back. Left out, it is Active. The
	// annotation bowline.dev/paused does the same and leaves the spec alone.
	// +kubebuilder:validation:Enum=Active;Paused
	// +optional
	State RolloutState `json:"state,omitempty"`
}

// RollbackPolicy is what follows when a Release fails.
type RollbackPolicy string

const (
	// RollbackAutomatic brings the last healthy Release back.
	RollbackAutomatic RollbackPolicy = "Automatic"
	// RollbackManual leaves the failed Release where it is.
	RollbackManual RollbackPolicy = "Manual"
)

// RolloutState is whether changes go out.
type RolloutState string

const (
	// RolloutActive lets changes go out.
	RolloutActive RolloutState = "Active"
	// RolloutPaused holds changes back.
	RolloutPaused RolloutState = "Paused"
)

// AppStatus is what the operator sees of an App.
//
// +kubebuilder:validation:MinProperties=1
type AppStatus struct {
	// conditions are the latest observations. Their types and reasons are
	// listed in the reference.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the App that this status speaks
	// of; -1 until the operator has looked for the first time.
	// +kubebuilder:validation:Minimum=-1
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// release names the Releases that matter now.
	// +optional
	Release ReleaseRoles `json:"release,omitzero"`

	// replicas is the number of pods.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// readyReplicas is the number of ready pods.
	// +kubebuilder:validation:Minimum=0
	// +optional
	ReadyReplicas *int32 `json:"readyReplicas,omitempty"`

	// updatedReplicas is the number of pods of the running Release.
	// +kubebuilder:validation:Minimum=0
	// +optional
	UpdatedReplicas *int32 `json:"updatedReplicas,omitempty"`

	// availableReplicas is the number of pods that may serve.
	// +kubebuilder:validation:Minimum=0
	// +optional
	AvailableReplicas *int32 `json:"availableReplicas,omitempty"`

	// selector is the label selector of the App's pods.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Selector string `json:"selector,omitempty"`

	// image is the image of the running Release.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Image string `json:"image,omitempty"`

	// range is the wanted number of pods in words: "3", or "2-10" with
	// autoscale.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Range string `json:"range,omitempty"`

	// failure is why the newest change did not go out.
	// +optional
	Failure FailureStatus `json:"failure,omitzero"`

	// binding names the Secret with which others reach the App, when it has a TCP
	// port: an App is a Provisioned Service of the Service Binding Specification
	// for Kubernetes.
	// +optional
	Binding BindingStatus `json:"binding,omitzero"`
}

// BindingStatus names the Secret that a service hands out.
//
// +kubebuilder:validation:MinProperties=1
type BindingStatus struct {
	// name is the Secret's name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Name string `json:"name,omitempty"`
}

// ReleaseRoles names the Releases of an App that matter now.
//
// +kubebuilder:validation:MinProperties=1
type ReleaseRoles struct {
	// desired is the Release that the App's inputs ask for.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Desired string `json:"desired,omitempty"`

	// running is the Release the Deployment runs.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Running string `json:"running,omitempty"`

	// lastHealthy is the newest Release that proved healthy.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	LastHealthy string `json:"lastHealthy,omitempty"`
}

// FailureStatus is why a Release failed.
//
// +kubebuilder:validation:MinProperties=1
type FailureStatus struct {
	// release is the failed Release.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Release string `json:"release,omitempty"`

	// reason is the failure in one word.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Reason string `json:"reason,omitempty"`

	// message is the failure in a sentence.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Message string `json:"message,omitempty"`

	// time is when the Release failed.
	// +optional
	Time metav1.Time `json:"time,omitzero"`
}
