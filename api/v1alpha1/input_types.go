package v1alpha1

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
