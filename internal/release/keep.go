package release

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Kept is what stays of an App's Releases, and which of them may go.
type Kept struct {
	// Stale are the Releases that may be deleted.
	Stale []v1alpha1.Release
	// ConfigMaps and Secrets are the names of the copies that must stay.
	ConfigMaps, Secrets map[string]bool
}

// Collect says what of an App's Releases may go: see Stale. Copies of ConfigMaps
// stay as long as a Release that they belong to, copies of Secrets only while
// such a Release is needed: old credentials lie about no longer than they may
// serve, or all of them while a rollout is moving. Secrets
// that were made with generated values stay as long as a Release that refers to
// them, whether it would still make them or not, and Secrets with which others
// reach the App as long as a Release that they reach.
func Collect(releases []v1alpha1.Release, limit int, moving bool, needed ...int64) Kept {
	stale := Stale(releases, limit, needed...)
	kept := slices.DeleteFunc(slices.Clone(releases), func(r v1alpha1.Release) bool {
		return slices.ContainsFunc(stale, func(s v1alpha1.Release) bool { return s.Spec.Number == r.Spec.Number })
	})
	configMaps := Copies(kept)[v1alpha1.SourceConfigMap]
	serving := slices.DeleteFunc(slices.Clone(kept), func(r v1alpha1.Release) bool { return !moving && !slices.Contains(needed, r.Spec.Number) })
	secrets := Copies(serving)[v1alpha1.SourceSecret]
	for i := range kept {
		for _, name := range SecretNames(&kept[i].Spec.Workload) {
			secrets[name] = true
		}
		for _, b := range kept[i].Spec.Bindings {
			secrets[b.SecretName] = true
		}
		secrets[BindingName(kept[i].Spec.App, kept[i].Namespace, kept[i].Spec.Workload.Ports)] = true
	}
	delete(secrets, "") // no ports
	return Kept{Stale: stale, ConfigMaps: configMaps, Secrets: secrets}
}

// Stale returns the Releases that may be deleted: all but the newest limit
// ones and those that are needed. Age alone never deletes what may have to
// return. The Releases are in order of their numbers.
func Stale(releases []v1alpha1.Release, limit int, needed ...int64) []v1alpha1.Release {
	surplus := len(releases) - limit
	var stale []v1alpha1.Release
	for i, release := range releases {
		if i < surplus && !slices.Contains(needed, release.Spec.Number) {
			stale = append(stale, release)
		}
	}
	return stale
}

// Copies returns the names of the ConfigMaps and Secrets that hold what the
// given Releases are made of.
func Copies(releases []v1alpha1.Release) map[v1alpha1.SourceKind]map[string]bool {
	kept := map[v1alpha1.SourceKind]map[string]bool{
		v1alpha1.SourceConfigMap: {},
		v1alpha1.SourceSecret:    {},
	}
	for _, release := range releases {
		if release.Spec.ConfigName != "" {
			kept[v1alpha1.SourceConfigMap][release.Spec.ConfigName] = true
		}
		for _, source := range release.Spec.Sources {
			if source.CopyName != "" {
				kept[source.Kind][source.CopyName] = true
			}
		}
		for _, b := range release.Spec.Bindings {
			if b.CopyName != "" {
				kept[v1alpha1.SourceSecret][b.CopyName] = true
			}
		}
		if release.Spec.Adopted != nil {
			keepNamed(kept, release.Spec.Adopted.Raw)
		}
	}
	return kept
}

// keepNamed keeps what a pod template that was taken over names: an App that was
// here before may have made it, and its Releases may be gone. A template that
// cannot be read names nothing; no pod could be made of it.
func keepNamed(kept map[v1alpha1.SourceKind]map[string]bool, raw []byte) {
	var template corev1.PodTemplateSpec
	if err := json.Unmarshal(raw, &template); err != nil {
		return
	}
	for _, v := range template.Spec.Volumes {
		keepMounted(kept, v.VolumeSource)
	}
	for _, c := range slices.Concat(template.Spec.InitContainers, template.Spec.Containers) {
		for _, from := range c.EnvFrom {
			kept[v1alpha1.SourceConfigMap][ptr.Deref(from.ConfigMapRef, corev1.ConfigMapEnvSource{}).Name] = true
			kept[v1alpha1.SourceSecret][ptr.Deref(from.SecretRef, corev1.SecretEnvSource{}).Name] = true
		}
		for _, env := range c.Env {
			from := ptr.Deref(env.ValueFrom, corev1.EnvVarSource{})
			kept[v1alpha1.SourceConfigMap][ptr.Deref(from.ConfigMapKeyRef, corev1.ConfigMapKeySelector{}).Name] = true
			kept[v1alpha1.SourceSecret][ptr.Deref(from.SecretKeyRef, corev1.SecretKeySelector{}).Name] = true
		}
	}
	for _, names := range kept {
		delete(names, "") // what is no reference
	}
}

func keepMounted(kept map[v1alpha1.SourceKind]map[string]bool, from corev1.VolumeSource) {
	kept[v1alpha1.SourceConfigMap][ptr.Deref(from.ConfigMap, corev1.ConfigMapVolumeSource{}).Name] = true
	kept[v1alpha1.SourceSecret][ptr.Deref(from.Secret, corev1.SecretVolumeSource{}).SecretName] = true
	for _, source := range ptr.Deref(from.Projected, corev1.ProjectedVolumeSource{}).Sources {
		kept[v1alpha1.SourceConfigMap][ptr.Deref(source.ConfigMap, corev1.ConfigMapProjection{}).Name] = true
		kept[v1alpha1.SourceSecret][ptr.Deref(source.Secret, corev1.SecretProjection{}).Name] = true
	}
}

// Whole tells whether all copies that a Release's pods use are there. Its
// literals are its own.
func Whole(made v1alpha1.ReleaseSpec, there map[v1alpha1.SourceKind]map[string]bool) bool {
	return !slices.ContainsFunc(made.Sources, func(s v1alpha1.PinnedSource) bool { return s.CopyName != "" && !there[s.Kind][s.CopyName] }) &&
		!slices.ContainsFunc(made.Bindings, func(b v1alpha1.PinnedBinding) bool {
			return b.CopyName != "" && !there[v1alpha1.SourceSecret][b.CopyName]
		})
}

// Cause says in words what makes new inputs differ from those of a Release:
// "spec", or the sources whose content changed, such as "config
// shared-settings". With an image whose tag moved since, it names that too:
// "config shared-settings, image".
func Cause(before v1alpha1.ReleaseSpec, now Inputs) string {
	var causes []string
	for _, change := range Changed(before, now) {
		causes = append(causes, change.Cause)
	}
	cause := cmp.Or(strings.Join(causes, ", "), "spec")
	moved := ""
	if tagMoved(before, now) {
		moved = ", " + causeImage
	}
	const most = 512
	return cause[:min(len(cause), most-len(moved))] + moved
}

// tagMoved tells that the same tag stands for another digest.
func tagMoved(before v1alpha1.ReleaseSpec, now Inputs) bool {
	return before.Image == now.Image && before.Digest != "" && now.Digest != "" && before.Digest != now.Digest
}

// Change is what of an App's inputs holds something else than before.
type Change struct {
	// Cause is the change in words, for example "secret stripe".
	Cause string
	// Origin is what changed.
	Origin Origin
}

// Origin is an object from which Apps take input, and of which others may too.
type Origin struct {
	// Kind is ConfigMap or Secret, or version and kind of a service, for example
	// "postgres.example.com/v1 Postgres".
	Kind string
	Name string
}

// ServiceOrigin is the Origin of what a service hands out.
func ServiceOrigin(ref v1alpha1.ServiceReference) Origin {
	if IsSecret(ref) {
		return Origin{string(v1alpha1.SourceSecret), ref.Name}
	}
	return Origin{ref.APIVersion + " " + ref.Kind, ref.Name}
}

// IsSecret tells whether a service is a Secret itself.
func IsSecret(ref v1alpha1.ServiceReference) bool {
	return ref.APIVersion == "v1" && ref.Kind == "Secret"
}

// Changed returns what of now's inputs holds something else than it did for a
// Release, and nothing when anything else differs too.
func Changed(before v1alpha1.ReleaseSpec, now Inputs) []Change {
	same := Inputs{Image: before.Image, Workload: before.Workload, Spread: before.Spread, Sources: now.Sources, Bindings: now.Bindings}
	if Hash(same) != Hash(now) {
		return nil
	}
	var changed []Change
	for _, source := range now.Sources {
		if digestOf(before.Sources, source.Kind, source.Name) != source.Digest {
			changed = append(changed, sourceChange(source))
		}
	}
	for _, source := range before.Sources {
		if digestOf(now.Sources, source.Kind, source.Name) == "" {
			changed = append(changed, sourceChange(source)) // it was optional, and is gone
		}
	}
	for _, b := range now.Workload.Bindings {
		if bindingOf(before.Bindings, b) != bindingOf(now.Bindings, b) {
			changed = append(changed, Change{causeBinding + " " + b.Name, ServiceOrigin(b.ServiceRef)})
		}
	}
	return changed
}

// Caused reads in a Release's cause what had changed.
func Caused(made *v1alpha1.ReleaseSpec) []Origin {
	var origins []Origin
	for said := range strings.SplitSeq(made.Cause, ", ") {
		kind, name, _ := strings.Cut(said, " ")
		switch kind {
		case causeConfig:
			origins = append(origins, Origin{string(v1alpha1.SourceConfigMap), name})
		case causeSecret:
			origins = append(origins, Origin{string(v1alpha1.SourceSecret), name})
		case causeBinding:
			i := slices.IndexFunc(made.Workload.Bindings, func(b v1alpha1.BindingSpec) bool { return b.Name == name })
			if i >= 0 {
				origins = append(origins, ServiceOrigin(made.Workload.Bindings[i].ServiceRef))
			}
		}
	}
	return origins
}

const (
	causeConfig  = "config"
	causeSecret  = "secret"
	causeBinding = "binding"
	causeImage   = "image"
)

func sourceChange(source v1alpha1.PinnedSource) Change {
	cause := causeConfig
	if source.Kind == v1alpha1.SourceSecret {
		cause = causeSecret
	}
	return Change{cause + " " + source.Name, Origin{string(source.Kind), source.Name}}
}
