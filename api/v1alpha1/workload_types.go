package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// WorkloadSpec is the part of an App that shapes its pods. A Release keeps it
// whole.
type WorkloadSpec struct {
	// image is the container image to run, for example
	// ghcr.io/acme/shop:1.4.2.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="!self.matches('\\\\s')",message="an image reference has no white space"
	// +kubebuilder:validation:XValidation:rule="!self.contains('://')",message="an image reference has no scheme: write registry.example/team/app:tag, not https://registry.example/team/app:tag"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') || self.matches('@(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$')",message="a digest is written @sha256: and 64 hexadecimal digits in lower case"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/@]*/[^:@]*[A-Z]') && !self.matches('^[^/:@]*[A-Z][^/:@]*(:[^/@]*)?(@|$)')",message="a repository is written in lower case, such as ghcr.io/acme/shop"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([^@]*/)?[^/:@]*:[^/@[:space:]]*(@|$)') || self.matches('^([^@]*/)?[^/:@]*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@|$)')",message="a tag has 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'"
	// +kubebuilder:validation:XValidation:rule="self == '' || self.matches('[[:space:]]') || self.contains('://') || self.matches('^(([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|[[][0-9A-Fa-f:]+[]])(:[0-9]+)?/)?[A-Za-z0-9]+(([.]|_|__|-+)[A-Za-z0-9]+)*(/[A-Za-z0-9]+(([.]|_|__|-+)[A-Za-z0-9]+)*)*(:[^/]*)?(@[^/]*)?$')",message="an image reference is written like registry.example:5000/team/app:tag"
	// +required
	Image string `json:"image,omitempty"`

	// imagePullPolicy is when the node pulls the image. Left out, it is
	// Always for the tag latest and for no tag, else IfNotPresent.
	// +kubebuilder:validation:Enum=Always;IfNotPresent;Never
	// +optional
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy,omitempty"`

	// imageDigest is whether the image's tag is resolved to a digest, by asking
	// the registry once when a Release is made, so that a Release always runs
	// the same bytes. Required: no Release is made until the registry has
	// answered. BestEffort: without an answer the Release runs the tag, and says
	// so. Never: the registry is not asked. Left out, it is Never.
	// +kubebuilder:validation:Enum=Required;BestEffort;Never
	// +optional
	ImageDigest ImageDigestPolicy `json:"imageDigest,omitempty"`

	// imagePullSecrets are Secrets in the App's namespace with the
	// credentials to pull the image.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	ImagePullSecrets []LocalReference `json:"imagePullSecrets,omitempty"`

	// command replaces the image's entry point. References of the form
	// $(NAME) are expanded from the environment.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=0
	// +kubebuilder:validation:items:MaxLength=4096
	// +listType=atomic
	// +optional
	Command []string `json:"command,omitempty"`

	// args replaces the image's arguments. References of the form $(NAME)
	// are expanded from the environment.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=0
	// +kubebuilder:validation:items:MaxLength=16384
	// +listType=atomic
	// +optional
	Args []string `json:"args,omitempty"`

	// env are environment variables, as in a pod. A ConfigMap or Secret that
	// valueFrom refers to is read when a container starts; use config.from or
	// secrets to have its content kept with the Release.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=256
	// +listType=map
	// +listMapKey=name
	// +optional
	Env []corev1.EnvVar `json:"env,omitempty"`

	// ports are the ports the container listens on. A Service is made when
	// there is at least one.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.port == b.port && (has(a.protocol) ? a.protocol : 'TCP') == (has(b.protocol) ? b.protocol : 'TCP')))",message="a port number stands at most once for each protocol"
	// +listType=map
	// +listMapKey=name
	// +optional
	Ports []PortSpec `json:"ports,omitempty"`

	// config is the App's configuration. Its content is part of the Release.
	// +optional
	Config ConfigSpec `json:"config,omitzero"`

	// Not a map list with the keys name and as, here and in config.from: "as" is
	// reserved in CEL, where the API server does not find a key of that name, takes
	// two elements of one name for the same, and a Release that has them for changed.

	// secrets are Secrets in the App's namespace: existing ones, or ones made
	// for the App with generated values. A change of their content makes a new
	// Release.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.name == b.name && (a.as == 'Env') == (b.as == 'Env')))",message="a Secret stands at most once as Env and once as Files"
	// +listType=atomic
	// +optional
	Secrets []SecretSpec `json:"secrets,omitempty"`

	// bindings are services that the App uses, such as databases. What a service
	// hands out in its Secret is projected into the containers as the Service
	// Binding Specification for Kubernetes says: files below
	// $SERVICE_BINDING_ROOT/<name>. A change of it makes a new Release.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	Bindings []BindingSpec `json:"bindings,omitempty"`

	// resources are the container's requests and limits.
	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitzero"`

	// health tells when a pod is healthy.
	// +optional
	Health HealthSpec `json:"health,omitzero"`

	// security is how far the pods are confined. Baseline: no privilege
	// escalation, the runtime's seccomp profile, no service account token
	// unless serviceAccountName is set. Restricted: in addition what the Pod
	// Security Standard "restricted" asks for (not root, no capabilities).
	// Left out, it is Baseline.
	// +kubebuilder:validation:Enum=Baseline;Restricted
	// +optional
	Security SecurityProfile `json:"security,omitempty"`

	// serviceAccountName is the service account the pods run as, with its
	// token mounted. Left out, they run as the namespace's default one
	// without a token.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`

	// scheduling is where the pods may run.
	// +optional
	Scheduling SchedulingSpec `json:"scheduling,omitzero"`

	// terminationGracePeriodSeconds is how long a pod may take to stop, in
	// seconds. Left out, it is 30. A pod with ports serves on for the first five
	// of them, or half of them if that is less, so that whoever sends requests has
	// time to learn of its end; podTemplate may say otherwise (lifecycle.preStop
	// of the container app).
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`

	// podTemplate is merged over the pod template made from all else, as kubectl
	// patch does (strategic merge: lists of named things by their names): side
	// cars, init containers, volumes, affinity, or any other field of a pod. The
	// App's container is named app. A null removes what was made. An unknown
	// field is an error that names it, and so is what has a field of its own
	// that acts beyond the pod, such as image or ports. What a container does
	// not say of its security, the profile says.
	// +kubebuilder:validation:Type=object
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:pruning:PreserveUnknownFields
	// +optional
	PodTemplate *runtime.RawExtension `json:"podTemplate,omitempty"`
}

// ImageDigestPolicy is whether a tag is resolved to a digest.
type ImageDigestPolicy string

const (
	// DigestRequired makes no Release without a digest.
	DigestRequired ImageDigestPolicy = "Required"
	// DigestBestEffort falls back to the tag.
	DigestBestEffort ImageDigestPolicy = "BestEffort"
	// DigestNever leaves tags to the nodes.
	DigestNever ImageDigestPolicy = "Never"
)

// LocalReference names an object in the App's namespace.
type LocalReference struct {
	// name is the object's name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name,omitempty"`
}

// PortSpec is a port the container listens on and the Service offers.
type PortSpec struct {
	// name is the port's name, by which probes and other objects refer to it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=15
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$') && self.matches('[a-z]') && !self.contains('--')",message="lower case letters, digits and single '-' inside, with at least one letter"
	// +required
	Name string `json:"name,omitempty"`

	// port is the number of the port, in the container and in the Service.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +required
	Port int32 `json:"port,omitempty"`

	// protocol is the port's protocol. Left out, it is TCP.
	// +kubebuilder:validation:Enum=TCP;UDP;SCTP
	// +optional
	Protocol corev1.Protocol `json:"protocol,omitempty"`
}

// HealthSpec tells when a pod is healthy.
//
// +kubebuilder:validation:MinProperties=1
type HealthSpec struct {
	// readiness tells when the pod may serve. A Release whose pods do not
	// become ready fails.
	// +optional
	Readiness *corev1.Probe `json:"readiness,omitempty"`

	// liveness tells when the container must be restarted.
	// +optional
	Liveness *corev1.Probe `json:"liveness,omitempty"`

	// startup holds the other probes until the container has started.
	// +optional
	Startup *corev1.Probe `json:"startup,omitempty"`
}

// SecurityProfile is how far pods are confined.
type SecurityProfile string

const (
	// SecurityBaseline forbids privilege escalation.
	SecurityBaseline SecurityProfile = "Baseline"
	// SecurityRestricted is the Pod Security Standard "restricted".
	SecurityRestricted SecurityProfile = "Restricted"
)

// SchedulingSpec is where pods may run.
//
// +kubebuilder:validation:MinProperties=1
type SchedulingSpec struct {
	// nodeSelector are labels a node must have.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=32
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// tolerations are the taints of nodes that the pods accept.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`

	// priorityClassName is the pods' priority class.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`
}
