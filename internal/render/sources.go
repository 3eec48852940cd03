package render

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// env returns the environment variables that stand one by one: the keys of
// sources that are named, the literals of the configuration, in the order of
// their keys, and then spec.env as it was written, so that $(NAME) in it may
// refer to the others.
//
// A name stands once: where both have it, spec.env wins, as the later one of
// two would in the container, but the API server merges variables by name and
// refuses two of them. Literals are not taken with envFrom, which would make
// variables of the files in the same ConfigMap too.
func env(r *v1alpha1.ReleaseSpec) []*corev1ac.EnvVarApplyConfiguration {
	written := make(map[string]bool, len(r.Workload.Env))
	for _, e := range r.Workload.Env {
		written[e.Name] = true
	}
	var out []*corev1ac.EnvVarApplyConfiguration
	for _, v := range keyVars(r) {
		if !written[*v.Name] {
			out = append(out, v)
		}
	}
	config := configName(r)
	for _, l := range literals(r.Workload) {
		if !written[l.key] {
			out = append(out, literalVar(config, l.key))
		}
	}
	for i := range r.Workload.Env {
		out = append(out, envVar(&r.Workload.Env[i]))
	}
	return out
}

// literalVar returns the variable for a literal.
func literalVar(config, key string) *corev1ac.EnvVarApplyConfiguration {
	return corev1ac.EnvVar().WithName(key).WithValueFrom(corev1ac.EnvVarSource().
		WithConfigMapKeyRef(corev1ac.ConfigMapKeySelector().WithName(config).WithKey(key)))
}

// envVar converts a variable. Most have a plain value and need no detour.
func envVar(e *corev1.EnvVar) *corev1ac.EnvVarApplyConfiguration {
	if e.ValueFrom == nil && e.Value != "" {
		return corev1ac.EnvVar().WithName(e.Name).WithValue(e.Value)
	}
	return convert[corev1ac.EnvVarApplyConfiguration](e)
}

// source is a ConfigMap or Secret that the App refers to.
type source struct {
	v1alpha1.SourceSpec
	kind v1alpha1.SourceKind
	// object is the name of the one that the pods use, the copy or the original.
	object string
}

// sources returns what a Release refers to in one way, ConfigMaps before
// Secrets, each in the order in which they were written. What is optional and
// was not there when the Release was made is left out: it is no part of it.
func sources(r *v1alpha1.ReleaseSpec, as v1alpha1.SourceAs) []source {
	var out []source
	for _, ref := range release.References(&r.Workload) {
		object, there := objectOf(r, ref.Kind, ref.Name)
		if ref.As == as && (there || !ref.Optional) {
			out = append(out, source{SourceSpec: ref.SourceSpec, kind: ref.Kind, object: object})
		}
	}
	return out
}

// objectOf returns the name of the object with the content of a source. A
// source that was not copied is used itself.
func objectOf(r *v1alpha1.ReleaseSpec, kind v1alpha1.SourceKind, name string) (string, bool) {
	for _, s := range r.Sources {
		if s.Kind == kind && s.Name == name {
			return cmp.Or(s.CopyName, name), true
		}
	}
	return name, false
}

// useOriginals returns a Release without the copies of some of its sources.
func useOriginals(r *v1alpha1.Release, of []v1alpha1.PinnedSource) *v1alpha1.Release {
	out := *r
	out.Spec.Sources = slices.Clone(r.Spec.Sources)
	for i := range out.Spec.Sources {
		s := &out.Spec.Sources[i]
		if slices.ContainsFunc(of, func(o v1alpha1.PinnedSource) bool { return o.Kind == s.Kind && o.Name == s.Name }) {
			s.CopyName = ""
		}
	}
	out.Spec.Bindings = slices.Clone(r.Spec.Bindings)
	for i := range out.Spec.Bindings {
		b := &out.Spec.Bindings[i]
		if slices.ContainsFunc(of, func(o v1alpha1.PinnedSource) bool { return o.CopyName != "" && o.CopyName == b.CopyName }) {
			b.CopyName = ""
		}
	}
	return &out
}

// envFrom returns the sources whose every key becomes a variable.
func envFrom(r *v1alpha1.ReleaseSpec) []*corev1ac.EnvFromSourceApplyConfiguration {
	var out []*corev1ac.EnvFromSourceApplyConfiguration
	for _, s := range sources(r, v1alpha1.SourceEnv) {
		if len(s.Keys) > 0 {
			continue
		}
		e := corev1ac.EnvFromSource()
		if s.kind == v1alpha1.SourceSecret {
			e.WithSecretRef(corev1ac.SecretEnvSource().WithName(s.object))
			e.SecretRef.Optional = optional(s)
		} else {
			e.WithConfigMapRef(corev1ac.ConfigMapEnvSource().WithName(s.object))
			e.ConfigMapRef.Optional = optional(s)
		}
		if s.Prefix != "" {
			e.WithPrefix(s.Prefix)
		}
		out = append(out, e)
	}
	return out
}

// optional states that a pod may start without the object or its keys. Nobody
// states that it may not, which is the default.
func optional(s source) *bool {
	if !s.Optional {
		return nil
	}
	return ptr.To(true)
}

// keyVars returns the variables that are made of keys which are named one by
// one.
func keyVars(r *v1alpha1.ReleaseSpec) []*corev1ac.EnvVarApplyConfiguration {
	var out []*corev1ac.EnvVarApplyConfiguration
	for _, s := range sources(r, v1alpha1.SourceEnv) {
		for _, k := range s.Keys {
			from := corev1ac.EnvVarSource()
			if s.kind == v1alpha1.SourceSecret {
				from.WithSecretKeyRef(corev1ac.SecretKeySelector().WithName(s.object).WithKey(k.Key))
				from.SecretKeyRef.Optional = optional(s)
			} else {
				from.WithConfigMapKeyRef(corev1ac.ConfigMapKeySelector().WithName(s.object).WithKey(k.Key))
				from.ConfigMapKeyRef.Optional = optional(s)
			}
			out = append(out, corev1ac.EnvVar().WithName(release.VariableName(s.SourceSpec, k)).WithValueFrom(from))
		}
	}
	return out
}

// volumes returns the volumes with the App's own files and with the sources
// whose keys become files.
func volumes(r *v1alpha1.ReleaseSpec) []*corev1ac.VolumeApplyConfiguration {
	var out []*corev1ac.VolumeApplyConfiguration
	if len(r.Workload.Config.Files) > 0 {
		out = append(out, corev1ac.Volume().WithName(filesVolume).
			WithConfigMap(corev1ac.ConfigMapVolumeSource().WithName(configName(r))))
	}
	for _, s := range sources(r, v1alpha1.SourceFiles) {
		v := corev1ac.Volume().WithName(volumeName(s.kind, s.Name))
		if s.kind == v1alpha1.SourceSecret {
			v.WithSecret(corev1ac.SecretVolumeSource().WithSecretName(s.object).WithItems(items(s)...))
			v.Secret.DefaultMode, v.Secret.Optional = mode(s.Mode), optional(s)
		} else {
			v.WithConfigMap(corev1ac.ConfigMapVolumeSource().WithName(s.object).WithItems(items(s)...))
			v.ConfigMap.DefaultMode, v.ConfigMap.Optional = mode(s.Mode), optional(s)
		}
		out = append(out, v)
	}
	return out
}

// items returns the files made of keys which are named one by one.
func items(s source) []*corev1ac.KeyToPathApplyConfiguration {
	var out []*corev1ac.KeyToPathApplyConfiguration
	for _, k := range s.Keys {
		item := corev1ac.KeyToPath().WithKey(k.Key).WithPath(release.FileName(k))
		item.Mode = mode(k.Mode)
		out = append(out, item)
	}
	return out
}

// mode returns the permissions of files, nil for the default.
func mode(m int32) *int32 {
	if m == 0 {
		return nil
	}
	return &m
}

// mounts returns where the container sees the volumes. The App's own files are
// mounted one by one, so that the other files of their directories stay.
func mounts(r *v1alpha1.ReleaseSpec) []*corev1ac.VolumeMountApplyConfiguration {
	var out []*corev1ac.VolumeMountApplyConfiguration
	for _, f := range files(r.Workload) {
		out = append(out, corev1ac.VolumeMount().
			WithName(filesVolume).
			WithMountPath(f.key).
			WithSubPath(fileKey(f.key)).
			WithReadOnly(true))
	}
	for _, s := range sources(r, v1alpha1.SourceFiles) {
		out = append(out, corev1ac.VolumeMount().
			WithName(volumeName(s.kind, s.Name)).
			WithMountPath(s.MountPath).
			WithReadOnly(true))
	}
	return out
}
