package v1alpha1

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
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

// ConfigSpec is an App's configuration: literals, files and existing
// ConfigMaps.
//
// +kubebuilder:validation:MinProperties=1
type ConfigSpec struct {
	// data are literals, given to the container as environment variables.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=256
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[A-Za-z_][A-Za-z0-9_]*$') && size(k) <= 253)",message="a key is the name of an environment variable: letters, digits and '_', not starting with a digit"
	// +optional
	Data map[string]ConfigValue `json:"data,omitempty"`

	// files are files in the container. A directory that holds other files
	// keeps them.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=path
	// +optional
	Files []FileSpec `json:"files,omitempty"`

	// from are existing ConfigMaps in the App's namespace, which several Apps
	// may share. A change of their content makes a new Release.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.name == b.name && (a.as == 'Env') == (b.as == 'Env')))",message="a ConfigMap stands at most once as Env and once as Files"
	// +listType=atomic
	// +optional
	From []SourceSpec `json:"from,omitempty"`
}

// ConfigValue is the value of a configuration literal.
//
// +kubebuilder:validation:MaxLength=65536
type ConfigValue string

// FileSpec is a file in the container.
type FileSpec struct {
	// path is the file's absolute path in the container.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') && !self.endsWith('/') && !self.contains('//')",message="an absolute path of a file, such as /etc/shop/app.yaml"
	// +kubebuilder:validation:XValidation:rule="!self.split('/').exists(s, s == '..' || s == '.')",message="the path must not contain '.' or '..' segments"
	// +kubebuilder:validation:XValidation:rule="!self.contains(':')",message="the path must not contain ':'"
	// +required
	Path string `json:"path,omitempty"`

	// content is the file's content.
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=524288
	// +required
	Content *string `json:"content,omitempty"`
}

// SourceSpec refers to a ConfigMap or Secret and says how the container sees its
// content.
//
// +kubebuilder:validation:XValidation:rule="self.as == 'Files' ? has(self.mountPath) : !has(self.mountPath)",message="mountPath is required with as: Files and not allowed with as: Env"
// +kubebuilder:validation:XValidation:rule="self.as == 'Env' || !has(self.prefix)",message="prefix is only allowed with as: Env"
// +kubebuilder:validation:XValidation:rule="self.as == 'Files' || !has(self.mode)",message="mode is only allowed with as: Files"
// +kubebuilder:validation:XValidation:rule="self.as == 'Files' || !has(self.keys) || self.keys.all(k, !has(k.mode))",message="keys: mode is only allowed with as: Files"
// +kubebuilder:validation:XValidation:rule="self.as == 'Files' || !has(self.keys) || self.keys.all(k, !has(k.name) || k.name.matches('^[-._a-zA-Z][-._a-zA-Z0-9]*$'))",message="keys: with as: Env, name is the name of an environment variable: letters, digits, '-', '_' and '.', not starting with a digit"
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || self.keys.all(a, !has(a.name) || self.keys.exists_one(b, has(b.name) && b.name == a.name))",message="keys: a name stands at most once"
type SourceSpec struct {
	// name is the object's name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name,omitempty"`

	// as is how the container sees the content: Env makes every key an
	// environment variable, Files makes every key a file below mountPath.
	// +kubebuilder:validation:Enum=Env;Files
	// +required
	As SourceAs `json:"as,omitempty"`

	// prefix is put before every key that has no name of its own. Only with as:
	// Env.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z_][A-Za-z0-9_]*$')",message="letters, digits and '_', not starting with a digit, because it begins the name of an environment variable"
	// +optional
	Prefix string `json:"prefix,omitempty"`

	// keys are the keys to take, and what the container knows them by. Left
	// out, all are taken. A change of a key that is not taken makes no Release.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=key
	// +optional
	Keys []KeySpec `json:"keys,omitempty"`

	// mountPath is the absolute path of the directory that holds the files.
	// Only with as: Files.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') && !self.endsWith('/') && !self.contains('//')",message="an absolute path of a directory without a slash at its end, such as /etc/shop"
	// +kubebuilder:validation:XValidation:rule="!self.split('/').exists(s, s == '..' || s == '.')",message="the path must not contain '.' or '..' segments"
	// +kubebuilder:validation:XValidation:rule="!self.contains(':')",message="the path must not contain ':'"
	// +optional
	MountPath string `json:"mountPath,omitempty"`

	// mode are the permissions of the files, such as 0440. Left out, they are
	// 0644. Only with as: Files.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=511
	// +optional
	Mode int32 `json:"mode,omitempty"`

	// policy is whose content the pods use. Pinned: a copy of what the object
	// held when the Release was made, which a rollback brings back. Live: the
	// object itself; a rollback uses what it holds by then. Either way a change
	// of the content makes a new Release. Left out, it is Pinned.
	// +kubebuilder:validation:Enum=Pinned;Live
	// +optional
	Policy SourcePolicy `json:"policy,omitempty"`

	// optional lets the App run without the object, and without keys that it
	// does not have. Left out, what is missing holds changes back.
	// +optional
	Optional bool `json:"optional,omitempty"`
}

// KeySpec takes one key of a ConfigMap or Secret.
type KeySpec struct {
	// key is the key in the object.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Key string `json:"key,omitempty"`

	// name is the environment variable, or the path of the file below
	// mountPath. Left out, it is the key, for a variable after the prefix.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[.]?[^./:][^/:]*(/[.]?[^./:][^/:]*)*$')",message="the name of an environment variable, or a path below mountPath without '.' or '..' segments, such as certs/ca.pem"
	// +optional
	Name string `json:"name,omitempty"`

	// mode are the permissions of this file, such as 0400. Left out, they are
	// those of all files. Only with as: Files.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=511
	// +optional
	Mode int32 `json:"mode,omitempty"`
}

// SecretSpec refers to a Secret, or has one made.
type SecretSpec struct {
	SourceSpec `json:",inline"`

	// generate are keys with random values. The Secret is made with them when
	// it is first needed and belongs to the App. Values are made once and stay;
	// the annotation bowline.dev/regenerate on the Secret makes them anew.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=key
	// +optional
	Generate []GenerateSpec `json:"generate,omitempty"`
}

// GenerateSpec is a random value.
type GenerateSpec struct {
	// key is the key in the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')",message="letters, digits, '-', '_' and '.'"
	// +required
	Key string `json:"key,omitempty"`

	// length is how many characters the value has. Left out, it is 32.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4096
	// +optional
	Length int32 `json:"length,omitempty"`

	// alphabet are the characters the value is made of; one that stands twice is
	// twice as likely. Left out, they are the letters A to Z and a to z and the
	// digits.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[ -~]*$')",message="printable ASCII characters"
	// +optional
	Alphabet string `json:"alphabet,omitempty"`
}

// BindingSpec binds a service to the App.
type BindingSpec struct {
	// From is the name of the ServiceBinding that asks for the binding, empty for
	// one that stands in the spec. It is no field of the API.
	From string `json:"-"`

	// name is the directory below $SERVICE_BINDING_ROOT.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9.-]+$') && self != '.' && self != '..'",message="lower case letters, digits, '-' and '.', and neither '.' nor '..', because it is the name of a directory"
	// +required
	Name string `json:"name,omitempty"`

	// serviceRef is the service: a Secret, or an object of any kind that says in
	// .status.binding.name which Secret it hands out, for example another App.
	// +required
	ServiceRef ServiceReference `json:"serviceRef,omitzero"`

	// type replaces the Secret's entry of this name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Type string `json:"type,omitempty"`

	// provider replaces the Secret's entry of this name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Provider string `json:"provider,omitempty"`

	// env are environment variables made of entries of the Secret.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=name
	// +optional
	Env []BindingVariable `json:"env,omitempty"`

	// envPrefix makes environment variables of all entries of the Secret, in
	// upper case and with '_' for '-' and '.', after this prefix: with DB_, the
	// entry private-key becomes DB_PRIVATE_KEY. Those that env names are not made
	// twice.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z_][A-Za-z0-9_]*$')",message="letters, digits and '_', not starting with a digit, because it begins the name of an environment variable"
	// +optional
	EnvPrefix string `json:"envPrefix,omitempty"`

	// containers are the names of the containers to bind, init containers among
	// them. Left out, all are.
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	// +optional
	Containers []string `json:"containers,omitempty"`

	// policy is whose content the pods use. Live: the service's Secret itself; a
	// rollback uses what it holds by then, so that a password which was changed
	// does not come back. Pinned: a copy of what it held when the Release was
	// made, which a rollback brings back. Left out, it is Live.
	// +kubebuilder:validation:Enum=Pinned;Live
	// +optional
	Policy SourcePolicy `json:"policy,omitempty"`
}

// ServiceReference names a service in the App's namespace.
type ServiceReference struct {
	// apiVersion is the version of the service's API, for example v1 or
	// postgres.example.com/v1.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9.-]+/)?v[a-z0-9]+$')",message="the version of an API, such as v1 or postgres.example.com/v1"
	// +required
	APIVersion string `json:"apiVersion,omitempty"`

	// kind is the service's kind, for example Secret or Postgres.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z][A-Za-z0-9]*$')",message="a kind, such as Secret"
	// +required
	Kind string `json:"kind,omitempty"`

	// name is the service's name.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name,omitempty"`
}

// BindingVariable makes an environment variable of an entry.
type BindingVariable struct {
	// name is the variable.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z][-._a-zA-Z0-9]*$')",message="the name of an environment variable: letters, digits, '-', '_' and '.', not starting with a digit"
	// +required
	Name string `json:"name,omitempty"`

	// key is the entry of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Key string `json:"key,omitempty"`
}

// SourcePolicy is whose content the pods use.
type SourcePolicy string

const (
	// PolicyPinned is the content when the Release was made.
	PolicyPinned SourcePolicy = "Pinned"
	// PolicyLive is the content of the day.
	PolicyLive SourcePolicy = "Live"
)

// SourceAs is how a container sees the content of a ConfigMap or Secret.
type SourceAs string

const (
	// SourceEnv makes every key an environment variable.
	SourceEnv SourceAs = "Env"
	// SourceFiles makes every key a file.
	SourceFiles SourceAs = "Files"
)

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
	// nothing else is started or taken back. Left out, it is Active.
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
