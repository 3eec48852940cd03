package adopt

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/overlay"
)

// restartedAt is what kubectl rollout restart leaves.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

// Differences are the fields in which the pods that an App asks for are others
// than those that run, each with both values, in order. Both templates have the
// API server's defaults.
func Differences(says, runs corev1.PodTemplateSpec) []string {
	says, runs = *says.DeepCopy(), *runs.DeepCopy()
	forgiveMetadata(&says, &runs)
	forgivePod(&says.Spec, &runs.Spec)
	rename(&says.Spec, &runs.Spec)
	renameVolumes(&says.Spec, &runs.Spec)
	forgiveContainers(says.Spec.InitContainers, runs.Spec.InitContainers)
	forgiveContainers(says.Spec.Containers, runs.Spec.Containers)
	var found differences
	found.compare("", fields(&says), fields(&runs))
	return found
}

// forgiveMetadata takes out the labels by which the operator finds pods.
func forgiveMetadata(says, runs *corev1.PodTemplateSpec) {
	for _, template := range []*corev1.PodTemplateSpec{says, runs} {
		delete(template.Labels, v1alpha1.LabelApp)
		delete(template.Labels, v1alpha1.LabelRelease)
		delete(template.Annotations, restartedAt)
	}
	if _, ok := runs.Labels[v1alpha1.LabelName]; !ok {
		delete(says.Labels, v1alpha1.LabelName)
	}
}

func forgivePod(says, runs *corev1.PodSpec) {
	if runs.AutomountServiceAccountToken == nil {
		says.AutomountServiceAccountToken = nil
	}
	if ptr.Deref(runs.EnableServiceLinks, true) && !ptr.Deref(says.EnableServiceLinks, true) {
		says.EnableServiceLinks = runs.EnableServiceLinks
	}
	if len(runs.TopologySpreadConstraints) == 0 {
		says.TopologySpreadConstraints = nil
	}
	for _, spec := range []*corev1.PodSpec{says, runs} {
		if spec.SecurityContext == nil {
			spec.SecurityContext = &corev1.PodSecurityContext{}
		}
	}
	profile := says.SecurityContext.SeccompProfile
	if runs.SecurityContext.SeccompProfile == nil && profile != nil && profile.Type == corev1.SeccompProfileTypeRuntimeDefault {
		says.SecurityContext.SeccompProfile = nil
	}
}

// rename calls the App's container what it is called where it runs, if that is
// plain: the operator has a name of its own for it.
func rename(says, runs *corev1.PodSpec) {
	at := slices.IndexFunc(says.Containers, named(overlay.Container))
	if at < 0 || slices.ContainsFunc(runs.Containers, named(overlay.Container)) {
		return
	}
	if others := unnamed(says, runs); len(others) == 1 {
		says.Containers[at].Name = others[0].Name
	}
}

// renameVolumes calls volumes what they are called where they run, if they hold
// the same: only mounts know a volume by its name, and the operator keeps some
// names for its own.
func renameVolumes(says, runs *corev1.PodSpec) {
	for i := range says.Volumes {
		if slices.ContainsFunc(runs.Volumes, func(v corev1.Volume) bool { return v.Name == says.Volumes[i].Name }) {
			continue
		}
		at := slices.IndexFunc(runs.Volumes, func(v corev1.Volume) bool {
			return equality.Semantic.DeepEqual(v.VolumeSource, says.Volumes[i].VolumeSource) &&
				!slices.ContainsFunc(says.Volumes, func(taken corev1.Volume) bool { return taken.Name == v.Name })
		})
		if at < 0 {
			continue
		}
		before, after := says.Volumes[i].Name, runs.Volumes[at].Name
		says.Volumes[i].Name = after
		for _, containers := range [][]corev1.Container{says.InitContainers, says.Containers} {
			for j := range containers {
				renameMounts(&containers[j], before, after)
			}
		}
	}
}

func renameMounts(c *corev1.Container, before, after string) {
	for i := range c.VolumeMounts {
		if c.VolumeMounts[i].Name == before {
			c.VolumeMounts[i].Name = after
		}
	}
	for i := range c.VolumeDevices {
		if c.VolumeDevices[i].Name == before {
			c.VolumeDevices[i].Name = after
		}
	}
}

// unnamed are the containers that run of which the App does not speak by name.
func unnamed(says, runs *corev1.PodSpec) []corev1.Container {
	return slices.DeleteFunc(slices.Clone(runs.Containers), func(c corev1.Container) bool {
		return slices.ContainsFunc(says.Containers, named(c.Name))
	})
}

func named(name string) func(corev1.Container) bool {
	return func(c corev1.Container) bool { return c.Name == name }
}

// Image is what runs in the App's container, as it is written there. Where that
// is not plain, it is the first container of which the App does not speak.
func Image(says, runs *corev1.PodSpec) string {
	if at := slices.IndexFunc(runs.Containers, named(overlay.Container)); at >= 0 {
		return runs.Containers[at].Image
	}
	return append(unnamed(says, runs), runs.Containers...)[0].Image
}

func forgiveContainers(says, runs []corev1.Container) {
	for i := range says {
		at := slices.IndexFunc(runs, named(says[i].Name))
		if at >= 0 {
			forgiveContainer(&says[i], &runs[at])
		}
	}
}

func forgiveContainer(says, runs *corev1.Container) {
	if sameImage(says.Image, runs.Image) {
		says.Image = runs.Image
	}
	if runs.TerminationMessagePolicy == corev1.TerminationMessageReadFile && says.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
		says.TerminationMessagePolicy = runs.TerminationMessagePolicy
	}
	for _, c := range []*corev1.Container{says, runs} {
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		if c.Lifecycle == nil {
			c.Lifecycle = &corev1.Lifecycle{}
		}
	}
	if runs.SecurityContext.AllowPrivilegeEscalation == nil && !ptr.Deref(says.SecurityContext.AllowPrivilegeEscalation, true) {
		says.SecurityContext.AllowPrivilegeEscalation = nil
	}
	if stop := says.Lifecycle.PreStop; runs.Lifecycle.PreStop == nil && stop != nil && stop.Sleep != nil {
		says.Lifecycle.PreStop = nil
	}
	for i := range says.Ports {
		port := &says.Ports[i]
		if slices.ContainsFunc(runs.Ports, func(p corev1.ContainerPort) bool {
			return p.Name == "" && p.ContainerPort == port.ContainerPort && p.Protocol == port.Protocol
		}) {
			port.Name = ""
		}
	}
}

// sameImage tells that two references are written differently and mean the same:
// nginx is docker.io/library/nginx:latest.
func sameImage(a, b string) bool {
	return InFull(a) == InFull(b)
}

// InFull is an image with registry and tag, and as it is where it cannot be read.
func InFull(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return image
	}
	return reference.TagNameOnly(named).String()
}

func fields(template *corev1.PodTemplateSpec) any {
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(template)
	if err != nil {
		panic(fmt.Sprintf("adopt: a pod template has no JSON: %v", err)) // it was read from JSON
	}
	return out
}

// differences are lines that say which field differs.
type differences []string

func (d *differences) compare(path string, says, runs any) {
	if nothing(says) && nothing(runs) {
		return
	}
	a, b := asMap(says), asMap(runs)
	if a == nil || b == nil {
		if text(says) != text(runs) {
			*d = append(*d, fmt.Sprintf("%s: %s runs, the App says %s", path, show(path, runs), show(path, says)))
		}
		return
	}
	both := maps.Clone(a)
	maps.Copy(both, b)
	for _, key := range slices.Sorted(maps.Keys(both)) {
		d.compare(under(path, key), a[key], b[key])
	}
	d.compareOrder(path, says, runs)
}

// ordered are the lists whose items have names and are read in order: what comes
// later waits for what comes before, or refers to it.
var ordered = []string{"initContainers", "env"}

// compareOrder finds that a list has the same names in another order. Of other
// names each is a difference already.
func (d *differences) compareOrder(path string, says, runs any) {
	if !slices.Contains(ordered, path[strings.LastIndex(path, ".")+1:]) {
		return
	}
	a, b := itemNames(says), itemNames(runs)
	if slices.Equal(a, b) || !slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))) {
		return
	}
	*d = append(*d, fmt.Sprintf("%s: the order %s runs, the App says %s", path, atMost(strings.Join(b, ", ")), atMost(strings.Join(a, ", "))))
}

func itemNames(list any) []string {
	items, _ := list.([]any)
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = itemName(item, i)
	}
	return names
}

// nothing tells that a value says nothing.
func nothing(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case map[string]any:
		for _, entry := range v {
			if !nothing(entry) {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	}
	return false
}

// asMap returns an object's fields, or a list's items by their names, those of
// the API, or by their places; nil for all else. Nothing has no fields.
func asMap(value any) map[string]any {
	switch v := value.(type) {
	case nil:
		return map[string]any{}
	case map[string]any:
		return v
	case []any:
		out := make(map[string]any, len(v))
		for i, item := range v {
			out["["+itemName(item, i)+"]"] = item
		}
		return out
	}
	return nil
}

// itemName is what tells an item from the others of a list.
func itemName(item any, at int) string {
	fields, _ := item.(map[string]any)
	for _, key := range []string{"containerPort", "mountPath", "name"} {
		if name, ok := fields[key]; ok {
			if protocol, ok := fields["protocol"]; ok {
				return fmt.Sprintf("%v/%v", name, protocol)
			}
			return fmt.Sprint(name)
		}
	}
	return fmt.Sprint(at)
}

func under(path, key string) string {
	if path == "" || strings.HasPrefix(key, "[") {
		return path + key
	}
	return path + "." + key
}

// longest is how much of a value is shown.
const longest = 80

// show writes a value down for a status. Those of variables may be nobody's
// business.
func show(path string, value any) string {
	switch {
	case nothing(value):
		return "nothing"
	case strings.Contains(path, ".env["):
		return "a value"
	}
	return atMost(text(value))
}

// atMost cuts what is too long, and no character in two.
func atMost(said string) string {
	if len(said) <= longest {
		return said
	}
	end := longest
	for !utf8.RuneStart(said[end]) {
		end--
	}
	return said[:end] + "..."
}

func text(value any) string {
	said, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(said)
}
