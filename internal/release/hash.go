package release

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// inputsV1 is what is hashed. It is our own and never changes: a field that
// joins later is left out of the encoding while it is empty, so that no App
// rolls when the operator or a library is replaced. Another meaning of a field
// needs another version beside this one.
type inputsV1 struct {
	Image          string            `json:"image"`
	PullPolicy     string            `json:"pullPolicy,omitempty"`
	PullSecrets    []string          `json:"pullSecrets,omitempty"`
	Command        []string          `json:"command,omitempty"`
	Args           []string          `json:"args,omitempty"`
	Env            []any             `json:"env,omitempty"`
	Ports          []portV1          `json:"ports,omitempty"`
	Data           map[string]string `json:"data,omitempty"`
	Files          map[string]string `json:"files,omitempty"`
	Sources        []sourceV1        `json:"sources,omitempty"`
	Resources      any               `json:"resources,omitempty"`
	Readiness      any               `json:"readiness,omitempty"`
	Liveness       any               `json:"liveness,omitempty"`
	Startup        any               `json:"startup,omitempty"`
	Security       string            `json:"security"`
	ServiceAccount string            `json:"serviceAccount,omitempty"`
	NodeSelector   map[string]string `json:"nodeSelector,omitempty"`
	Tolerations    []any             `json:"tolerations,omitempty"`
	PriorityClass  string            `json:"priorityClass,omitempty"`
	GracePeriod    int64             `json:"gracePeriod"`
	Spread         string            `json:"spread"`
	ImageDigest    string            `json:"imageDigest,omitempty"`
	PodTemplate    any               `json:"podTemplate,omitempty"`
	Bindings       []bindingV1       `json:"bindings,omitempty"`
}

type portV1 struct {
	Name     string `json:"name"`
	Port     int32  `json:"port"`
	Protocol string `json:"protocol"`
}

type sourceV1 struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	As        string `json:"as"`
	Prefix    string `json:"prefix,omitempty"`
	MountPath string `json:"mountPath,omitempty"`
	Digest    string `json:"digest"`

	Keys     []keyV1 `json:"keys,omitempty"`
	Mode     int32   `json:"mode,omitempty"`
	Live     bool    `json:"live,omitempty"`
	Optional bool    `json:"optional,omitempty"`
}

type bindingV1 struct {
	Name       string   `json:"name"`
	Type       string   `json:"type,omitempty"`
	Provider   string   `json:"provider,omitempty"`
	Env        []keyV1  `json:"env,omitempty"`
	EnvPrefix  string   `json:"envPrefix,omitempty"`
	Containers []string `json:"containers,omitempty"`
	Pinned     bool     `json:"pinned,omitempty"`
	Content    string   `json:"content"`
}

type keyV1 struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
	Mode int32  `json:"mode,omitempty"`
}

// Hash identifies inputs: equal hashes mean equal pods. It begins with the
// version of its encoding.
func Hash(in Inputs) string {
	w := in.Workload
	encoded := inputsV1{
		Image:          in.Image,
		PullPolicy:     string(w.ImagePullPolicy),
		Command:        w.Command,
		Args:           w.Args,
		Data:           data(w.Config.Data),
		Files:          files(w.Config.Files),
		Sources:        sources(in),
		Bindings:       bindings(in),
		Resources:      wire(w.Resources),
		Readiness:      wire(probe(w.Health.Readiness)),
		Liveness:       wire(probe(w.Health.Liveness)),
		Startup:        wire(probe(w.Health.Startup)),
		Security:       string(w.ProfileOrDefault()),
		ServiceAccount: w.ServiceAccountName,
		NodeSelector:   w.Scheduling.NodeSelector,
		PriorityClass:  w.Scheduling.PriorityClassName,
		GracePeriod:    w.GracePeriod(),
		Spread:         string(v1alpha1.AvailabilitySpec{Spread: in.Spread}.SpreadOrDefault()),
	}
	if w.Resolves() {
		encoded.ImageDigest = string(w.ImageDigest)
	}
	if w.PodTemplate != nil {
		encoded.PodTemplate = overlay(w.PodTemplate.Raw) // as it is: null and empty lists say something
	}
	for _, secret := range w.ImagePullSecrets {
		encoded.PullSecrets = append(encoded.PullSecrets, secret.Name)
	}
	for _, env := range w.Env {
		encoded.Env = append(encoded.Env, wire(envVar(env)))
	}
	for _, toleration := range w.Scheduling.Tolerations {
		encoded.Tolerations = append(encoded.Tolerations, wire(toleration))
	}
	for _, port := range w.Ports {
		encoded.Ports = append(encoded.Ports, portV1{port.Name, port.Port, orDefault(string(port.Protocol), "TCP")})
	}
	return "v1:" + digest(encoded)
}

// Digest identifies the content of a ConfigMap.
func Digest(data map[string]string, binary map[string][]byte) string {
	return digest([]any{data, binary})
}

// KeyedDigest identifies the content of a Secret without telling anything of
// it to who does not have the key (HMAC-SHA-256, RFC 2104).
func KeyedDigest(key []byte, data map[string][]byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(encode(data))
	return hex.EncodeToString(mac.Sum(nil))
}

func digest(value any) string {
	sum := sha256.Sum256(encode(value))
	return hex.EncodeToString(sum[:])
}

// encode is canonical: struct fields in their order, map keys sorted.
func encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		// Only strings, numbers, byte slices and maps of them come here.
		panic(fmt.Sprintf("release: encode %T: %v", value, err))
	}
	return encoded
}

// wire returns a Kubernetes API value as its JSON form without empty parts.
// The names in it are promised by the API's version; a field that a newer
// library knows and nobody set does not show.
func wire(value any) any {
	var decoded any
	if err := json.Unmarshal(encode(value), &decoded); err != nil {
		panic(fmt.Sprintf("release: decode %T: %v", value, err))
	}
	return prune(decoded)
}

func prune(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if v[key] = prune(inner); v[key] == nil {
				delete(v, key)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = prune(v[i])
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return value
}

// probe states the defaults of a probe (k8s.io/kubernetes pkg/apis/core/v1),
// so that writing one down changes nothing.
func probe(p *corev1.Probe) *corev1.Probe {
	if p == nil {
		return nil
	}
	p = p.DeepCopy()
	setDefault(&p.TimeoutSeconds, 1)
	setDefault(&p.PeriodSeconds, 10)
	setDefault(&p.SuccessThreshold, 1)
	setDefault(&p.FailureThreshold, 3)
	if p.HTTPGet != nil {
		p.HTTPGet.Scheme = corev1.URIScheme(orDefault(string(p.HTTPGet.Scheme), "HTTP"))
		p.HTTPGet.Path = orDefault(p.HTTPGet.Path, "/")
	}
	if p.GRPC != nil && p.GRPC.Service == nil {
		p.GRPC.Service = ptr.To("")
	}
	return p
}

func envVar(env corev1.EnvVar) *corev1.EnvVar {
	out := env.DeepCopy()
	if out.ValueFrom != nil && out.ValueFrom.FieldRef != nil {
		out.ValueFrom.FieldRef.APIVersion = orDefault(out.ValueFrom.FieldRef.APIVersion, "v1")
	}
	return out
}

func data(literals map[string]v1alpha1.ConfigValue) map[string]string {
	out := make(map[string]string, len(literals))
	for key, value := range literals {
		out[key] = string(value)
	}
	return out
}

// overlay returns a pod template as it was written; what is no JSON counts as
// text.
func overlay(raw []byte) any {
	var decoded any
	if json.Unmarshal(raw, &decoded) != nil {
		return string(raw)
	}
	return decoded
}

func files(specs []v1alpha1.FileSpec) map[string]string {
	out := make(map[string]string, len(specs))
	for _, file := range specs {
		out[file.Path] = ptr.Deref(file.Content, "")
	}
	return out
}

// sources lists every reference with the digest of what it refers to, in the
// order of the spec: with environment variables the later one wins.
func sources(in Inputs) []sourceV1 {
	var out []sourceV1
	for _, ref := range References(&in.Workload) {
		out = append(out, sourceV1{
			Kind: string(ref.Kind), Name: ref.Name, As: string(ref.As), Prefix: ref.Prefix, MountPath: ref.MountPath,
			Digest: digestOf(in.Sources, ref.Kind, ref.Name),
			Keys:   keys(ref.Keys), Mode: ref.Mode, Live: ref.Live(), Optional: ref.Optional,
		})
	}
	return out
}

func keys(specs []v1alpha1.KeySpec) []keyV1 {
	var out []keyV1
	for _, k := range specs {
		out = append(out, keyV1{k.Key, k.Name, k.Mode})
	}
	return out
}

// bindings lists the bindings with what their services hand out. The order in
// which they are written means nothing, and which service it is neither, as long
// as it hands out the same.
func bindings(in Inputs) []bindingV1 {
	var out []bindingV1
	for _, b := range in.Workload.Bindings {
		encoded := bindingV1{
			Name: b.Name, Type: b.Type, Provider: b.Provider, EnvPrefix: b.EnvPrefix,
			Pinned: b.Pinned(), Content: bindingOf(in.Bindings, b),
			Containers: slices.Sorted(slices.Values(b.Containers)),
		}
		for _, env := range b.Env {
			encoded.Env = append(encoded.Env, keyV1{Key: env.Key, Name: env.Name})
		}
		out = append(out, encoded)
	}
	slices.SortFunc(out, func(a, b bindingV1) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// bindingOf identifies what a binding leads to: content, and where pods use the
// Secret itself also its name.
func bindingOf(pinned []v1alpha1.PinnedBinding, b v1alpha1.BindingSpec) string {
	i := slices.IndexFunc(pinned, func(p v1alpha1.PinnedBinding) bool { return p.Name == b.Name })
	switch {
	case i < 0:
		return ""
	case b.Pinned():
		return pinned[i].Digest
	}
	return pinned[i].SecretName + " " + pinned[i].Digest
}

func digestOf(pinned []v1alpha1.PinnedSource, kind v1alpha1.SourceKind, name string) string {
	i := slices.IndexFunc(pinned, func(p v1alpha1.PinnedSource) bool { return p.Kind == kind && p.Name == name })
	if i < 0 {
		return ""
	}
	return pinned[i].Digest
}

func setDefault(value *int32, def int32) {
	if *value == 0 {
		*value = def
	}
}

func orDefault(value, def string) string {
	if value == "" {
		return def
	}
	return value
}
