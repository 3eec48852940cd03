package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Release is one attempt to run an App with one set of inputs: image,
// configuration, secrets and pod shape together. The operator makes it; its
// spec never changes.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=bowline
// +kubebuilder:printcolumn:name="APP",type=string,JSONPath=`.spec.app`
// +kubebuilder:printcolumn:name="NUMBER",type=integer,JSONPath=`.spec.number`
// +kubebuilder:printcolumn:name="IMAGE",type=string,JSONPath=`.spec.image`
// +kubebuilder:printcolumn:name="HEALTHY",type=string,JSONPath=`.status.conditions[?(@.type=="Healthy")].status`
// +kubebuilder:printcolumn:name="REASON",type=string,JSONPath=`.status.conditions[?(@.type=="Healthy")].reason`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="CAUSE",type=string,priority=1,JSONPath=`.spec.cause`
// +kubebuilder:printcolumn:name="DIGEST",type=string,priority=1,JSONPath=`.spec.digest`
// +kubebuilder:printcolumn:name="MESSAGE",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Healthy")].message`
type Release struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata. The name is the App's name,
	// a dash and the number.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the Release is made of. It never changes.
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a Release never changes; change the App, and a new Release is made"
	// +required
	Spec ReleaseSpec `json:"spec,omitzero"`

	// status is how the Release fared.
	// +default={"conditions":[{"type":"Healthy","status":"Unknown","reason":"Progressing","message":"the Release has not proved healthy or failed yet","lastTransitionTime":"1970-01-01T00:00:00Z"}]}
	// +optional
	Status ReleaseStatus `json:"status,omitzero"`
}

// ReleaseList is a list of Releases.
//
// +kubebuilder:object:root=true
type ReleaseList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list's metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	// items are the Releases.
	Items []Release `json:"items"`
}

// ReleaseSpec is what a Release is made of.
type ReleaseSpec struct {
	// app is the name of the App.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	App string `json:"app,omitempty"`

	// number counts the App's Releases, from 1, without gaps.
	// +kubebuilder:validation:Minimum=1
	// +required
	Number int64 `json:"number,omitempty"`

	// inputHash identifies the inputs: two Releases with the same hash run
	// the same.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +required
	InputHash string `json:"inputHash,omitempty"`

	// cause is what made this Release necessary, for example "spec" or
	// "config shared-settings".
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +required
	Cause string `json:"cause,omitempty"`

	// image is the image in full, for example docker.io/library/nginx:latest.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +required
	Image string `json:"image,omitempty"`

	// digest is what the image's tag stood for when the Release was made, for
	// example sha256:0123...; the pods run that. It is left out when the tag was
	// not resolved.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Digest string `json:"digest,omitempty"`

	// digestProblem is why the tag was not resolved, with imageDigest:
	// BestEffort.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	DigestProblem string `json:"digestProblem,omitempty"`

	// workload is the part of the App's spec that shapes the pods.
	// +required
	Workload WorkloadSpec `json:"workload,omitzero"`

	// spread is over what the pods are spread.
	// +kubebuilder:validation:Enum=Node;Zone;None
	// +optional
	Spread Spread `json:"spread,omitempty"`

	// configName is the ConfigMap with the App's literals and files, when it
	// has any.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	ConfigName string `json:"configName,omitempty"`

	// sources are the ConfigMaps and Secrets the App refers to, as they were
	// when the Release was made.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +optional
	Sources []PinnedSource `json:"sources,omitempty"`

	// bindings are the Secrets that the App's bindings led to when the Release
	// was made.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	Bindings []PinnedBinding `json:"bindings,omitempty"`

	// retryToken is the value of the annotation bowline.dev/retry that this
	// Release has answered.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +optional
	RetryToken string `json:"retryToken,omitempty"`

	// restartToken is the value of the annotation bowline.dev/restart that
	// this Release has answered.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +optional
	RestartToken string `json:"restartToken,omitempty"`

	// adopted is the pod template of a Deployment that the App took over, as it
	// ran. Such a Release runs that, and not what workload says.
	// +kubebuilder:validation:Type=object
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:pruning:PreserveUnknownFields
	// +optional
	Adopted *runtime.RawExtension `json:"adopted,omitempty"`
}

// SourceKind is the kind of an object an App takes input from.
type SourceKind string

const (
	// SourceConfigMap is a ConfigMap.
	SourceConfigMap SourceKind = "ConfigMap"
	// SourceSecret is a Secret.
	SourceSecret SourceKind = "Secret"
)

// PinnedSource is a ConfigMap or Secret as it was when a Release was made.
type PinnedSource struct {
	// kind is ConfigMap or Secret.
	// +kubebuilder:validation:Enum=ConfigMap;Secret
	// +required
	Kind SourceKind `json:"kind,omitempty"`

	// name is the name of the object the App refers to.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name,omitempty"`

	// copyName is the immutable copy of its content that the pods use. It is
	// left out with policy: Live, where they use the object itself.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	CopyName string `json:"copyName,omitempty"`

	// digest identifies the content. That of a Secret is keyed, so that it
	// tells nothing about the content.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +required
	Digest string `json:"digest,omitempty"`

	// uid is the object's UID when it was read.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	UID string `json:"uid,omitempty"`

	// resourceVersion is the object's version when it was read. While it
	// stands, the content need not be read again.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	ResourceVersion string `json:"resourceVersion,omitempty"`
}

// PinnedBinding is the Secret of a service as it was when a Release was made.
type PinnedBinding struct {
	// name is the binding's name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Name string `json:"name,omitempty"`

	// secretName is the Secret that the service hands out.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	SecretName string `json:"secretName,omitempty"`

	// copyName is the immutable copy of its content that the pods use with
	// policy: Pinned.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	CopyName string `json:"copyName,omitempty"`

	// digest identifies the content and tells nothing about it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +required
	Digest string `json:"digest,omitempty"`

	// uid is the Secret's UID when it was read.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	UID string `json:"uid,omitempty"`

	// resourceVersion is the Secret's version when it was read.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	ResourceVersion string `json:"resourceVersion,omitempty"`

	// keys are the Secret's entries, where all of them are variables.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=atomic
	// +optional
	Keys []string `json:"keys,omitempty"`
}

// ReleaseStatus is how a Release fared.
//
// +kubebuilder:validation:MinProperties=1
type ReleaseStatus struct {
	// conditions holds the condition Healthy: Unknown while the Release goes
	// out, True when it has proved healthy, False with the reason when it has
	// failed.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// finishTime is when the Release proved healthy or failed.
	// +optional
	FinishTime metav1.Time `json:"finishTime,omitzero"`

	// supersededTime is when the App went back to earlier inputs before the
	// Release proved healthy or after it failed. A superseded Release does
	// not come back; the same inputs make a new one.
	// +optional
	SupersededTime metav1.Time `json:"supersededTime,omitzero"`

	// progress is the largest number of its pods that were available at one
	// time, and since when. Pods that come and go do not move it.
	// +optional
	Progress ProgressMark `json:"progress,omitzero"`

	// suspicion is a sign of failure that has not lasted long enough yet.
	// +optional
	Suspicion Suspicion `json:"suspicion,omitzero"`

	// evidence is what was seen of the failure, at most 10 entries. It stays
	// when the pods are gone.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	Evidence []Evidence `json:"evidence,omitempty"`
}

// ProgressMark is a high-water mark.
//
// +kubebuilder:validation:MinProperties=1
type ProgressMark struct {
	// available is the number of available pods.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Available *int32 `json:"available,omitempty"`

	// time is when that number was seen. Left out with a number, the
	// Release's clock stands: it is held, or no node could run a pod.
	// +optional
	Time metav1.Time `json:"time,omitzero"`
}

// Suspicion is a sign of failure and since when it stands.
//
// +kubebuilder:validation:MinProperties=1
type Suspicion struct {
	// class is the class of the failure: Terminal or Crash.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Class string `json:"class,omitempty"`

	// since is when the sign was first seen.
	// +optional
	Since metav1.MicroTime `json:"since,omitzero"`
}

// Evidence is what was seen of one container, or of one pod, or of the
// Deployment where no pod could be made.
type Evidence struct {
	// pod is the pod's name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Pod string `json:"pod,omitempty"`

	// container is the container's name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Container string `json:"container,omitempty"`

	// reason is the sign in one word, as Kubernetes says it, for example
	// ImagePullBackOff.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +required
	Reason string `json:"reason,omitempty"`

	// exitCode is the exit code of the container's last end.
	// +optional
	ExitCode *int32 `json:"exitCode,omitempty"`

	// restartCount is how often the container was started again.
	// +kubebuilder:validation:Minimum=0
	// +optional
	RestartCount *int32 `json:"restartCount,omitempty"`

	// message is what Kubernetes or the container said, at most 1 KiB.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Message string `json:"message,omitempty"`

	// time is when it was seen.
	// +optional
	Time metav1.Time `json:"time,omitzero"`
}
