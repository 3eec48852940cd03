package release

import (
	"cmp"
	"fmt"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Reference is a place in an App's spec that refers to a ConfigMap or Secret.
type Reference struct {
	// Field names the place, for example spec.secrets[0].
	Field string
	// Kind is the kind of the object.
	Kind v1alpha1.SourceKind
	v1alpha1.SourceSpec
	// Generate are the values that are made when the object is not there.
	Generate []v1alpha1.GenerateSpec
}

// References returns what a workload refers to, ConfigMaps before Secrets, each
// in the order in which they were written.
func References(w *v1alpha1.WorkloadSpec) []Reference {
	out := make([]Reference, 0, len(w.Config.From)+len(w.Secrets))
	for i, from := range w.Config.From {
		out = append(out, Reference{Field: fmt.Sprintf("spec.config.from[%d]", i), Kind: v1alpha1.SourceConfigMap, SourceSpec: from})
	}
	for i, secret := range w.Secrets {
		out = append(out, Reference{Field: fmt.Sprintf("spec.secrets[%d]", i), Kind: v1alpha1.SourceSecret, SourceSpec: secret.SourceSpec, Generate: secret.Generate})
	}
	return out
}

// VariableName returns the name of the environment variable that is made of a
// key which a reference names.
func VariableName(s v1alpha1.SourceSpec, k v1alpha1.KeySpec) string {
	return cmp.Or(k.Name, s.Prefix+k.Key)
}

// FileName returns the path, below mountPath, of the file that is made of a key
// which a reference names.
func FileName(k v1alpha1.KeySpec) string { return cmp.Or(k.Name, k.Key) }

// SecretNames returns the names of the Secrets that a workload refers to.
func SecretNames(w *v1alpha1.WorkloadSpec) []string {
	var names []string
	for _, secret := range w.Secrets {
		names = append(names, secret.Name)
	}
	return names
}
