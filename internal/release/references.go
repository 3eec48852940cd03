package release

import (
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
