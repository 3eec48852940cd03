package offline

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/resolve"
)

// copies are the copies of what a Release refers to, as far as it is given.
func copies(app *v1alpha1.App, made *v1alpha1.ReleaseSpec, contents map[ref]content) []any {
	var out []any
	for _, pinned := range resolve.Copied(made) {
		held, ok := contents[ref{string(pinned.Kind), pinned.Name}]
		if !ok {
			continue
		}
		held = held.only(takenOf(&made.Workload, pinned))
		if pinned.Kind == v1alpha1.SourceConfigMap {
			out = append(out, render.ConfigCopy(app, pinned.CopyName, held.data, held.binary))
			continue
		}
		out = append(out, hidden(render.SecretCopy(app, pinned.CopyName, nil), held.keys()))
	}
	return out
}

// takenOf are the keys that a workload takes of a source, nil for all.
func takenOf(w *v1alpha1.WorkloadSpec, pinned v1alpha1.PinnedSource) map[string]bool {
	keys := map[string]bool{}
	found := false
	for _, ref := range release.References(w) {
		if ref.Kind != pinned.Kind || ref.Name != pinned.Name {
			continue
		}
		found = true
		if ref.Keys == nil {
			return nil
		}
		for _, k := range ref.Keys {
			keys[k.Key] = true
		}
	}
	if !found {
		return nil // of a binding
	}
	return keys
}

// generated are the Secrets with random values.
func generated(app *v1alpha1.App) []any {
	var out []any
	for _, secret := range app.Spec.Secrets {
		if len(secret.Generate) == 0 {
			continue
		}
		var keys []string
		for _, value := range secret.Generate {
			keys = append(keys, value.Key)
		}
		object := render.SecretCopy(app, secret.Name, nil)
		object.Immutable = nil
		out = append(out, hidden(object, keys))
	}
	return out
}

// keySecret is the Secret with the key of the digests, nil for an App that uses
// no Secrets.
func keySecret(app *v1alpha1.App, made *v1alpha1.Release) *maskedSecret {
	uses := len(made.Spec.Bindings) > 0
	for _, source := range made.Spec.Sources {
		uses = uses || source.Kind == v1alpha1.SourceSecret
	}
	if !uses {
		return nil
	}
	return hidden(render.SecretCopy(app, release.KeyName(app.Name), nil), []string{resolve.KeyEntry})
}

// maskedSecret is a Secret without its values.
type maskedSecret struct {
	corev1ac.SecretApplyConfiguration `json:",inline"`
	Data                              map[string]string `json:"data,omitempty"`
}

func hidden(secret *corev1ac.SecretApplyConfiguration, keys []string) *maskedSecret {
	out := &maskedSecret{SecretApplyConfiguration: *secret, Data: map[string]string{}}
	for _, key := range keys {
		out.Data[key] = Hidden
	}
	return out
}

// content is what a ConfigMap or Secret holds.
type content struct {
	data   map[string]string
	binary map[string][]byte
}

func (c content) only(keys map[string]bool) content {
	if keys == nil {
		return c
	}
	out := content{}
	for key, value := range c.data {
		if keys[key] {
			if out.data == nil {
				out.data = map[string]string{}
			}
			out.data[key] = value
		}
	}
	for key, value := range c.binary {
		if keys[key] {
			if out.binary == nil {
				out.binary = map[string][]byte{}
			}
			out.binary[key] = value
		}
	}
	return out
}

func (c content) keys() []string {
	var out []string
	for key := range c.data {
		out = append(out, key)
	}
	for key := range c.binary {
		out = append(out, key)
	}
	return out
}

// contentsOf are the contents of all given ConfigMaps and Secrets of a
// namespace.
func contentsOf(namespace string, given []*Given) map[ref]content {
	out := map[ref]content{}
	for _, g := range given {
		if cmp.Or(g.Namespace(), namespace) != namespace {
			continue
		}
		switch object := g.typed.(type) {
		case *corev1.ConfigMap:
			out[ref{"ConfigMap", object.Name}] = content{object.Data, object.BinaryData}
		case *corev1.Secret:
			out[ref{"Secret", object.Name}] = content{nil, object.Data}
		}
	}
	return out
}

// ref names an object of a namespace.
type ref struct{ kind, name string }
