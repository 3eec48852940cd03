package operator_test

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Changes of a spec, to be given to Spec.

func bake(seconds int32) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Rollout.BakeSeconds = &seconds }
}

func deadline(seconds int32) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Rollout.ProgressDeadlineSeconds = seconds }
}

func replicas(n int32) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Replicas = &n }
}

// autoscale hands the number of pods over and states none.
func autoscale(least, most int32) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Replicas = nil
		spec.Autoscale = v1alpha1.AutoscaleSpec{Min: least, Max: most}
	}
}

func manual(spec *v1alpha1.AppSpec) { spec.Rollout.Rollback = v1alpha1.RollbackManual }

func paused(spec *v1alpha1.AppSpec) { spec.Rollout.State = v1alpha1.RolloutPaused }

func active(spec *v1alpha1.AppSpec) { spec.Rollout.State = v1alpha1.RolloutActive }

func history(limit int32) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Rollout.HistoryLimit = limit }
}

// image changes the image, where a change has several parts.
func image(name string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Image = name }
}

func port(name string, number int32) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Ports = append(spec.Ports, v1alpha1.PortSpec{Name: name, Port: number})
	}
}

func env(name, value string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Env = append(spec.Env, corev1.EnvVar{Name: name, Value: value}) }
}

// level sets the literal LOG_LEVEL.
func level(value string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Config.Data = map[string]v1alpha1.ConfigValue{"LOG_LEVEL": v1alpha1.ConfigValue(value)}
	}
}

func file(path, content string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Config.Files = append(spec.Config.Files, v1alpha1.FileSpec{Path: path, Content: ptr.To(content)})
	}
}

// configFrom takes environment variables from a ConfigMap.
func configFrom(name string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Config.From = append(spec.Config.From, v1alpha1.SourceSpec{Name: name, As: v1alpha1.SourceEnv})
	}
}

// secretFrom takes environment variables from a Secret.
func secretFrom(name string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		spec.Secrets = append(spec.Secrets, v1alpha1.SecretSpec{SourceSpec: v1alpha1.SourceSpec{Name: name, As: v1alpha1.SourceEnv}})
	}
}

func nodes(label, value string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.Scheduling.NodeSelector = map[string]string{label: value} }
}

// all makes several changes one.
func all(changes ...func(*v1alpha1.AppSpec)) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		for _, change := range changes {
			change(spec)
		}
	}
}
