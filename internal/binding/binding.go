package binding

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// Binding is one Secret to be projected into a workload.
type Binding struct {
	// Key tells the bindings of a workload apart. It stays when anything else
	// changes.
	Key string `json:"key"`
	// Name is the directory below $SERVICE_BINDING_ROOT.
	Name string `json:"name"`
	// Secret is the name of the Secret.
	Secret string `json:"secret"`
	// Type and Provider replace the Secret's entries of these names.
	Type     string `json:"type,omitempty"`
	Provider string `json:"provider,omitempty"`
	// Env makes variables of entries.
	Env []Env `json:"env,omitempty"`
	// Containers are the names of the containers to bind: all, if there is none.
	Containers []string `json:"containers,omitempty"`
	// Field is where the binding is written, for example spec.bindings[0], empty
	// for one that is a ServiceBinding.
	Field string `json:"-"`
}

// at names a field of the binding, for who is to change it.
func (b *Binding) at(field string) string {
	switch {
	case b.Field != "":
		return b.Field + "." + field
	case field == "containers":
		return "spec.workload.containers"
	case field == "env":
		return "spec.env"
	}
	return "spec." + field + " of the ServiceBinding"
}

// Env makes a variable of an entry.
type Env struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Of returns what a ServiceBinding asks for, once it is known which Secret its
// service names.
func Of(object *servicebindingv1.ServiceBinding, secret string) Binding {
	b := Binding{
		Key:        object.Name,
		Name:       object.Directory(),
		Secret:     secret,
		Type:       object.Spec.Type,
		Provider:   object.Spec.Provider,
		Containers: slices.Clone(object.Spec.Workload.Containers),
	}
	slices.Sort(b.Containers)
	b.Containers = slices.Compact(b.Containers)
	for _, env := range object.Spec.Env {
		b.Env = append(b.Env, Env{Name: env.Name, Key: env.Key})
	}
	slices.SortFunc(b.Env, func(x, y Env) int { return strings.Compare(x.Name, y.Name) })
	return b
}

// Refusal says why a binding is not projected, and what to do.
type Refusal struct {
	// Reason is that of the condition Ready.
	Reason  string
	Message string
}

// Error returns the message.
func (r *Refusal) Error() string { return r.Message }

func refuse(reason, format string, args ...any) error {
	return &Refusal{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

var directory = regexp.MustCompile(`^[a-z0-9.-]{1,253}$`)

// CheckName refuses what is no name of a directory below the root. The API
// server does too, where its CRD is ours.
func CheckName(name string) error {
	if !directory.MatchString(name) || name == "." || name == ".." {
		return refuse(servicebindingv1.ReasonSpecInvalid,
			"spec.name: %q is no name of a directory: use lower case letters, digits, - and . only, and neither . nor ..", name)
	}
	return nil
}

const (
	typeEntry     = "type"
	providerEntry = "provider"
)

// CheckEntries refuses a binding whose Secret has not the entries that it
// needs. Without a type, libraries that read bindings fail when their program
// starts.
func CheckEntries(b Binding, keys []string) error {
	if b.Type == "" && !slices.Contains(keys, typeEntry) {
		return refuse(servicebindingv1.ReasonSecretIncomplete,
			"Secret %q has no entry %q: add it, or set %s", b.Secret, typeEntry, b.at("type"))
	}
	for _, env := range b.Env {
		if !b.overrides(env.Key) && !slices.Contains(keys, env.Key) {
			return refuse(servicebindingv1.ReasonSecretIncomplete,
				"Secret %q has no entry %q, which %s makes %s of: add it, or correct the key", b.Secret, env.Key, b.at("env"), env.Name)
		}
	}
	return nil
}

func (b *Binding) overrides(key string) bool {
	return key == typeEntry && b.Type != "" || key == providerEntry && b.Provider != ""
}

// targets tells whether a container is bound. A container whose name the
// mapping does not tell always is.
func (b *Binding) targets(c *container) bool {
	return len(b.Containers) == 0 || !c.named || slices.Contains(b.Containers, c.name)
}

// slugLength keeps annotation keys and volume names within 63 characters.
const slugLength = 40

// id tells the parts of a binding apart from those of others. It comes from the
// key alone, so that a binding made anew under the same name restarts no pod.
func (b *Binding) id() string {
	slug := strings.Trim(strings.ReplaceAll(b.Key, ".", "-"), "-")
	if len(slug) > slugLength {
		slug = strings.Trim(slug[:slugLength], "-")
	}
	sum := sha256.Sum256([]byte(b.Key))
	return slug + "-" + hex.EncodeToString(sum[:4])
}

func (b *Binding) volumeName() string { return "binding-" + b.id() }

// overridden returns the entries that the binding replaces, with the keys of the
// pods' annotations that hold them.
func (b *Binding) overridden() []override {
	var out []override
	if b.Provider != "" {
		out = append(out, override{providerEntry, "bowline.dev/provider-" + b.id(), b.Provider})
	}
	if b.Type != "" {
		out = append(out, override{typeEntry, "bowline.dev/type-" + b.id(), b.Type})
	}
	return out
}

type override struct{ entry, annotation, value string }

func (o override) field() map[string]any {
	return map[string]any{"apiVersion": "v1", "fieldPath": "metadata.annotations['" + o.annotation + "']"}
}

// fileMode is what the API server writes into a volume that says nothing.
const fileMode = int64(0o644)

// volume holds what the API server would default too: else its answer would
// differ from what we ask for.
func (b *Binding) volume() map[string]any {
	sources := []any{map[string]any{"secret": map[string]any{"name": b.Secret}}}
	var items []any
	for _, o := range b.overridden() {
		items = append(items, map[string]any{"path": o.entry, "fieldRef": o.field()})
	}
	if items != nil {
		// Of two sources with the same file, the kubelet takes the later.
		sources = append(sources, map[string]any{"downwardAPI": map[string]any{"items": items}})
	}
	return map[string]any{
		"name":      b.volumeName(),
		"projected": map[string]any{"defaultMode": fileMode, "sources": sources},
	}
}

func (b *Binding) mount(at string) map[string]any {
	return map[string]any{"name": b.volumeName(), "mountPath": at, "readOnly": true}
}

func (b *Binding) variable(env Env) map[string]any {
	from := map[string]any{"secretKeyRef": map[string]any{"name": b.Secret, "key": env.Key}}
	for _, o := range b.overridden() {
		if o.entry == env.Key {
			from = map[string]any{"fieldRef": o.field()}
		}
	}
	return map[string]any{"name": env.Name, "valueFrom": from}
}
