package simulation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// source names a ConfigMap or Secret that Apps may refer to.
type source struct {
	kind v1alpha1.SourceKind
	name string
}

func (s source) String() string { return string(s.kind) + " " + s.name }

var (
	// settings is the ConfigMap that every App of a scenario shares with others.
	settings = source{v1alpha1.SourceConfigMap, "shared-settings"}
	// stripe is a Secret that every App of a scenario has, with credentials for
	// its configuration.
	stripe = source{v1alpha1.SourceSecret, "stripe"}
)

// copies are names of copies, by kind.
type copies map[v1alpha1.SourceKind]map[string]bool

// asked is what the App asks for now, resolved.
type asked struct {
	inputs release.Inputs
	hash   string
	held   *rollout.Held // set when something that is not optional is missing
}

// resolve finds what the App refers to, as package resolve does on an API
// server.
func (c *Cluster) resolve() *asked {
	if c.asked != nil {
		return c.asked
	}
	var pinned []v1alpha1.PinnedSource
	var missing []string
	for _, ref := range release.References(&c.App.Spec.WorkloadSpec) {
		digest, exists := c.digest(source{ref.Kind, ref.Name})
		switch {
		case !exists && !ref.Optional:
			missing = append(missing, fmt.Sprintf("%s %q does not exist", ref.Kind, ref.Name))
		case !exists:
		case ref.Live():
			pinned = append(pinned, v1alpha1.PinnedSource{Kind: ref.Kind, Name: ref.Name, Digest: digest})
		default:
			name := release.CopyName(c.App.Name, ref.Kind, digest)
			pinned = append(pinned, v1alpha1.PinnedSource{Kind: ref.Kind, Name: ref.Name, Digest: digest, CopyName: name})
		}
	}
	inputs := release.Inputs{Image: c.App.Spec.Image, Workload: *c.App.Spec.WorkloadSpec.DeepCopy(), Sources: pinned}
	c.asked = &asked{inputs: inputs, hash: release.Hash(inputs)}
	if len(missing) > 0 {
		c.asked.held = &rollout.Held{Reason: v1alpha1.ReasonInputsMissing, Message: strings.Join(missing, "; ") + ": create it or remove the reference"}
	}
	return c.asked
}

// digest identifies the content of a source, if there is one.
func (c *Cluster) digest(s source) (digest string, exists bool) {
	content, exists := c.sources[s]
	if s.kind == v1alpha1.SourceSecret {
		return release.KeyedDigest([]byte("key"), map[string][]byte{"content": []byte(content)}), exists
	}
	return release.Digest(map[string]string{"content": content}, nil), exists
}

// copied is a copy that a Release's pods use, and where its content comes from.
type copied struct {
	kind v1alpha1.SourceKind
	name string
	from *v1alpha1.PinnedSource // nil for the literals, which the Release holds
}

// copiesOf lists the copies that a Release's pods use.
func copiesOf(made v1alpha1.ReleaseSpec) []copied {
	var out []copied
	if made.ConfigName != "" {
		out = append(out, copied{v1alpha1.SourceConfigMap, made.ConfigName, nil})
	}
	for i, s := range made.Sources {
		if s.CopyName != "" {
			out = append(out, copied{s.Kind, s.CopyName, &made.Sources[i]})
		}
	}
	return out
}

// canCopy tells whether the content of a copy can be had: only while its source
// still holds it.
func (c *Cluster) canCopy(wanted copied) bool {
	if wanted.from == nil {
		return true
	}
	digest, exists := c.digest(source{wanted.kind, wanted.from.Name})
	return exists && digest == wanted.from.Digest
}

// lacks returns the copies that a Release's pods use and that are not there.
func (c *Cluster) lacks(made v1alpha1.ReleaseSpec) []copied {
	return slices.DeleteFunc(copiesOf(made), func(wanted copied) bool { return c.copies[wanted.kind][wanted.name] })
}
