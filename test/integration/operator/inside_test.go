package operator_test

import (
	"fmt"
	"path"
	"strings"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Inside is what the App's container sees, worked out from the pod template and
// the objects it refers to, as a kubelet would.
type Inside struct {
	*App
	spec corev1.PodSpec
}

// Inside returns what pods made now see.
func (a *App) Inside() Inside { return Inside{a, a.Deployment().Spec.Template.Spec} }

// held is what a ConfigMap or Secret holds, and nothing when there is none.
func (i Inside) held(configMap, secret string) map[string]string {
	out := map[string]string{}
	if configMap != "" {
		c := &corev1.ConfigMap{}
		if api.Get(i.ctx, i.key(configMap), c) != nil {
			return nil
		}
		for key, value := range c.Data {
			out[key] = value
		}
		for key, value := range c.BinaryData {
			out[key] = string(value)
		}
		return out
	}
	s := &corev1.Secret{}
	if api.Get(i.ctx, i.key(secret), s) != nil {
		return nil
	}
	for key, value := range s.Data {
		out[key] = canary.Unmarked(value)
	}
	return out
}

// Var returns the value of an environment variable, "unset" when there is none.
func (i Inside) Var(name string) string {
	container := i.Container()
	for _, e := range container.Env {
		if e.Name == name {
			return i.value(e)
		}
	}
	for _, from := range container.EnvFrom {
		var holds map[string]string
		if from.ConfigMapRef != nil {
			holds = i.held(from.ConfigMapRef.Name, "")
		} else {
			holds = i.held("", from.SecretRef.Name)
		}
		key, ok := strings.CutPrefix(name, from.Prefix)
		if value, has := holds[key]; ok && has {
			return value
		}
	}
	return "unset"
}

func (i Inside) value(e corev1.EnvVar) string {
	from := ptr.Deref(e.ValueFrom, corev1.EnvVarSource{})
	var holds map[string]string
	var key string
	switch {
	case from.ConfigMapKeyRef != nil:
		holds, key = i.held(from.ConfigMapKeyRef.Name, ""), from.ConfigMapKeyRef.Key
	case from.SecretKeyRef != nil:
		holds, key = i.held("", from.SecretKeyRef.Name), from.SecretKeyRef.Key
	case from.FieldRef != nil:
		return i.annotation(from.FieldRef.FieldPath)
	default:
		return e.Value
	}
	value, ok := holds[key]
	if !ok {
		return "unset"
	}
	return value
}

// File returns the permissions and the content of a file, "none" when there is
// none.
func (i Inside) File(file string) string {
	for _, m := range i.Container().VolumeMounts {
		rest, ok := strings.CutPrefix(file+"/", m.MountPath+"/")
		if !ok {
			continue
		}
		rest = path.Join(m.SubPath, strings.TrimSuffix(rest, "/"))
		for _, v := range i.spec.Volumes {
			if v.Name == m.Name {
				return i.in(v, rest)
			}
		}
	}
	return "none"
}

func (i Inside) in(v corev1.Volume, file string) string {
	var holds map[string]string
	var items []corev1.KeyToPath
	var mode *int32
	if v.Projected != nil {
		return i.projected(v.Projected, file)
	}
	if v.ConfigMap != nil {
		holds, items, mode = i.held(v.ConfigMap.Name, ""), v.ConfigMap.Items, v.ConfigMap.DefaultMode
	} else {
		holds, items, mode = i.held("", v.Secret.SecretName), v.Secret.Items, v.Secret.DefaultMode
	}
	key := file
	if len(items) > 0 {
		key = ""
	}
	for _, item := range items {
		if item.Path == file {
			key = item.Key
			if item.Mode != nil {
				mode = item.Mode
			}
		}
	}
	content, ok := holds[key]
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%#o %s", ptr.Deref(mode, 0), content)
}

// projected finds a file in a projected volume; of the same file the later source
// wins.
func (i Inside) projected(volume *corev1.ProjectedVolumeSource, file string) string {
	found := "none"
	for _, source := range volume.Sources {
		switch {
		case source.Secret != nil:
			if content, ok := i.held("", source.Secret.Name)[file]; ok {
				found = content
			}
		case source.DownwardAPI != nil:
			for _, item := range source.DownwardAPI.Items {
				if item.Path == file {
					found = i.annotation(item.FieldRef.FieldPath)
				}
			}
		}
	}
	if found == "none" {
		return found
	}
	return fmt.Sprintf("%#o %s", ptr.Deref(volume.DefaultMode, 0), found)
}

// annotation follows the path of an annotation of the pods.
func (i Inside) annotation(fieldPath string) string {
	key := strings.TrimSuffix(strings.TrimPrefix(fieldPath, "metadata.annotations['"), "']")
	return i.Deployment().Spec.Template.Annotations[key]
}

// Sees waits until what pods see has a value.
func (a *App) Sees(what func(Inside) string, want string) {
	a.Eventually(func() string { return what(a.Inside()) }).WithContext(a.ctx).WithTimeout(soon).Should(Equal(want))
}
