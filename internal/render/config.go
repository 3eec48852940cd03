package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// ConfigName returns the name of the ConfigMap that holds a workload's
// literals and files, for example shop-config-1a2b3c4d, or "" when there are
// none. The name changes with their content and with nothing else.
func ConfigName(app string, w v1alpha1.WorkloadSpec) string {
	c := configV1{literals: literals(w), files: files(w)}
	if len(c.literals) == 0 && len(c.files) == 0 {
		return ""
	}
	return release.ConfigCopyName(app, c.digest())
}

// ConfigCopy returns an immutable copy of a ConfigMap's content.
func ConfigCopy(app *v1alpha1.App, name string, data map[string]string, binaryData map[string][]byte) *corev1ac.ConfigMapApplyConfiguration {
	return corev1ac.ConfigMap(name, app.Namespace).
		WithLabels(labels(app)).
		WithOwnerReferences(owner(app)).
		WithImmutable(true).
		WithData(data).
		WithBinaryData(binaryData)
}

// SecretCopy returns an immutable copy of a Secret's content. It is Opaque
// whatever the original is: pods see no difference, and the API server asks
// for no particular keys.
func SecretCopy(app *v1alpha1.App, name string, data map[string][]byte) *corev1ac.SecretApplyConfiguration {
	return corev1ac.Secret(name, app.Namespace).
		WithLabels(labels(app)).
		WithOwnerReferences(owner(app)).
		WithType(corev1.SecretTypeOpaque).
		WithImmutable(true).
		WithData(data)
}

// Binding returns the immutable Secret with which others reach an App with the
// given ports, nil when nobody can.
func Binding(app *v1alpha1.App, ports []v1alpha1.PortSpec) *corev1ac.SecretApplyConfiguration {
	service, ok := release.ServiceOf(app.Name, app.Namespace, ports)
	if !ok {
		return nil
	}
	return corev1ac.Secret(release.BindingName(app.Name, app.Namespace, ports), app.Namespace).
		WithLabels(labels(app)).
		WithOwnerReferences(owner(app)).
		WithType("servicebinding.io/http").
		WithImmutable(true).
		WithStringData(service.Entries())
}

// config returns the ConfigMap with the literals and files of a Release, nil
// when it has none.
func config(app *v1alpha1.App, r *v1alpha1.ReleaseSpec) *corev1ac.ConfigMapApplyConfiguration {
	name := configName(r)
	if name == "" {
		return nil
	}
	data := map[string]string{}
	for _, l := range literals(r.Workload) {
		data[l.key] = l.value
	}
	for _, f := range files(r.Workload) {
		data[fileKey(f.key)] = f.value
	}
	return ConfigCopy(app, name, data, nil)
}

// configName returns the name of a Release's own ConfigMap, "" when it has no
// literals and files. The name written down when the Release was made wins, so
// that an operator that names differently does not restart its pods.
func configName(r *v1alpha1.ReleaseSpec) string {
	switch {
	case len(r.Workload.Config.Data)+len(r.Workload.Config.Files) == 0:
		return ""
	case r.ConfigName != "":
		return r.ConfigName
	}
	return ConfigName(r.App, r.Workload)
}

// entry is a literal, by its key, or a file, by its path.
type entry struct{ key, value string }

// literals returns a workload's literals in the order of their keys.
func literals(w v1alpha1.WorkloadSpec) []entry {
	out := make([]entry, 0, len(w.Config.Data))
	for _, key := range slices.Sorted(maps.Keys(w.Config.Data)) {
		out = append(out, entry{key, string(w.Config.Data[key])})
	}
	return out
}

// files returns a workload's files in the order of their paths: the order in
// which a person writes them means nothing.
func files(w v1alpha1.WorkloadSpec) []entry {
	out := make([]entry, 0, len(w.Config.Files))
	for _, f := range w.Config.Files {
		out = append(out, entry{f.Path, ptr.Deref(f.Content, "")})
	}
	slices.SortStableFunc(out, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return out
}

// configV1 is the first version of what the digest of literals and files is
// taken over. A field that is added later makes a configV2, used only where
// the field is set: the digests of existing Apps stay.
type configV1 struct{ literals, files []entry }

// digest identifies the content.
func (c configV1) digest() string {
	sum := sha256.Sum256(c.encode())
	return "v1:" + hex.EncodeToString(sum[:])
}

// encode writes the content in a form of our own, in which every string comes
// after its length: different content never gives the same bytes, and no
// library's idea of JSON is part of a name.
func (c configV1) encode() []byte {
	out := []byte("v1:")
	for _, list := range [][]entry{c.literals, c.files} {
		out = strconv.AppendInt(out, int64(len(list)), 10)
		out = append(out, ';')
		for _, e := range list {
			out = appendString(out, e.key)
			out = appendString(out, e.value)
		}
	}
	return out
}

// appendString appends the length of a string and the string.
func appendString(out []byte, s string) []byte {
	out = strconv.AppendInt(out, int64(len(s)), 10)
	out = append(out, ':')
	return append(out, s...)
}
