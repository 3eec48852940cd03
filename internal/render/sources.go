package render

import (
	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// env returns the environment variables that stand one by one: the literals of
// the configuration, in the order of their keys, and then spec.env as it was
// written, so that $(NAME) in it may refer to literals.
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
	// copy is the object that the pods use.
	copy string
}

// sources returns what a Release refers to in one way, ConfigMaps before
// Secrets, each in the order in which they were written: where two give the
// same variable, the later one wins.
func sources(r *v1alpha1.ReleaseSpec, as v1alpha1.SourceAs) []source {
	var out []source
	for _, ref := range release.References(&r.Workload) {
		if ref.As == as {
			out = append(out, source{SourceSpec: ref.SourceSpec, kind: ref.Kind, copy: copyName(r, ref.Kind, ref.Name)})
		}
	}
	return out
}

// copyName returns the name of the object with the content of a source. A
// source that was not copied is used itself.
func copyName(r *v1alpha1.ReleaseSpec, kind v1alpha1.SourceKind, name string) string {
	for _, s := range r.Sources {
		if s.Kind == kind && s.Name == name {
			return s.CopyName
		}
	}
	return name
}

// envFrom returns the sources whose every key becomes a variable.
func envFrom(r *v1alpha1.ReleaseSpec) []*corev1ac.EnvFromSourceApplyConfiguration {
	var out []*corev1ac.EnvFromSourceApplyConfiguration
	for _, s := range sources(r, v1alpha1.SourceEnv) {
		e := corev1ac.EnvFromSource()
		if s.kind == v1alpha1.SourceSecret {
			e.WithSecretRef(corev1ac.SecretEnvSource().WithName(s.copy))
		} else {
			e.WithConfigMapRef(corev1ac.ConfigMapEnvSource().WithName(s.copy))
		}
		if s.Prefix != "" {
			e.WithPrefix(s.Prefix)
		}
		out = append(out, e)
	}
	return out
}

// volumes returns the volumes with the App's own files and with the sources
// whose every key becomes a file.
func volumes(r *v1alpha1.ReleaseSpec) []*corev1ac.VolumeApplyConfiguration {
	var out []*corev1ac.VolumeApplyConfiguration
	if len(r.Workload.Config.Files) > 0 {
		out = append(out, corev1ac.Volume().WithName(filesVolume).
			WithConfigMap(corev1ac.ConfigMapVolumeSource().WithName(configName(r))))
	}
	for _, s := range sources(r, v1alpha1.SourceFiles) {
		v := corev1ac.Volume().WithName(volumeName(s.kind, s.Name))
		if s.kind == v1alpha1.SourceSecret {
			v.WithSecret(corev1ac.SecretVolumeSource().WithSecretName(s.copy))
		} else {
			v.WithConfigMap(corev1ac.ConfigMapVolumeSource().WithName(s.copy))
		}
		out = append(out, v)
	}
	return out
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
