package overlay

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// Container is the name of the App's container, the same in every App, so that
// kubectl logs -c app and overlays need no other.
const Container = "app"

// Names of the volumes that the operator makes: that of spec.config.files, and
// what those of sources begin with.
const (
	FilesVolume   = "files"
	ConfigPrefix  = "config-"
	SecretPrefix  = "secret-"
	BindingPrefix = "binding-"
)

// spec is the field with the pod's spec.
const spec = root + ".spec"

// rules are what an overlay may not do. Each returns a message, empty when it
// finds nothing; the first one counts.
var rules = []func(object, *v1alpha1.WorkloadSpec) string{
	func(o object, _ *v1alpha1.WorkloadSpec) string { return keyProblem(o, "", root) },
	nullProblem,
	metadataProblem,
	podProblem,
	accountProblem,
	containerProblem,
	appProblem,
	volumeProblem,
}

// Check tells what is wrong with a workload's overlay, nil when nothing is.
func Check(w *v1alpha1.WorkloadSpec) error {
	if w.PodTemplate == nil {
		return nil
	}
	o, err := decode(w.PodTemplate.Raw)
	if err != nil {
		return err
	}
	for _, problem := range rules {
		if message := problem(o, w); message != "" {
			return errors.New(message)
		}
	}
	return nil
}

// Mount is a place in the App's container that an overlay mounts something at.
type Mount struct{ Field, Path string }

// Mounts returns the places at which an overlay mounts something in the App's
// container, none where it cannot be read.
func Mounts(w *v1alpha1.WorkloadSpec) []Mount {
	if w.PodTemplate == nil {
		return nil
	}
	o, err := decode(w.PodTemplate.Raw)
	if err != nil {
		return nil
	}
	var out []Mount
	for _, c := range containers(o) {
		if c.list != "containers" || c.name != Container {
			continue
		}
		for i, item := range list(c.fields, "volumeMounts") {
			mount, _ := item.(object)
			if at, ok := mount["mountPath"].(string); ok {
				out = append(out, Mount{fmt.Sprintf("%s.volumeMounts[%d].mountPath", c.path, i), path.Clean(at)})
			}
		}
	}
	return out
}

// nullProblem finds nulls that would remove more than one thing that other
// fields of the App made.
func nullProblem(o object, _ *v1alpha1.WorkloadSpec) string {
	type place struct {
		parent object
		path   string
		fields []string
	}
	places := []place{
		{o, root, []string{"metadata", "spec"}},
		{sub(o, "metadata"), root + ".metadata", []string{"labels"}},
		{sub(o, "spec"), spec, []string{"containers", "volumes", "imagePullSecrets"}},
	}
	for _, c := range containers(o) {
		if c.name == Container {
			places = append(places, place{c.fields, c.path, []string{"env", "volumeMounts"}})
		}
	}
	for _, p := range places {
		for _, field := range p.fields {
			if value, there := p.parent[field]; there && value == nil {
				return fmt.Sprintf("%s.%s: null would remove what other fields of the App make: leave it out, and change those fields", p.path, field)
			}
		}
	}
	return ""
}

// metadataProblem finds what of a pod's metadata is not a person's to set.
func metadataProblem(o object, _ *v1alpha1.WorkloadSpec) string {
	metadata := sub(o, "metadata")
	for _, field := range slices.Sorted(maps.Keys(metadata)) {
		at := root + ".metadata." + field
		if field != "labels" && field != "annotations" {
			return at + ": only labels and annotations can be set: remove it"
		}
		for _, key := range slices.Sorted(maps.Keys(sub(metadata, field))) {
			if reserved(key) {
				return fmt.Sprintf("%s: %q is set by the operator: use another key", at, key)
			}
		}
	}
	return ""
}

// reserved tells that a label or annotation is the operator's, or that of the
// Deployment's controller.
func reserved(key string) bool {
	return strings.HasPrefix(key, v1alpha1.GroupVersion.Group+"/") || key == v1alpha1.LabelName || key == "pod-template-hash"
}

// refusedFields are fields of a pod's spec that a template cannot have, or that
// are set elsewhere, with the way out.
var refusedFields = map[string]string{
	"activeDeadlineSeconds": "it would end the pods, which run until they are replaced: remove it",
	"ephemeralContainers":   "they are added to a running pod, with kubectl debug: remove it",
	"nodeName":              "it would pass the scheduler by: choose nodes with spec.scheduling.nodeSelector",
	"serviceAccount":        "set spec.serviceAccountName instead",
	"serviceAccountName":    "set spec.serviceAccountName instead",
}

// podProblem finds fields of the pod that cannot be set here.
func podProblem(o object, _ *v1alpha1.WorkloadSpec) string {
	pod := sub(o, "spec")
	for _, field := range slices.Sorted(maps.Keys(refusedFields)) {
		if pod[field] != nil {
			return fmt.Sprintf("%s.%s: %s", spec, field, refusedFields[field])
		}
	}
	return restartProblem(pod, spec)
}

// restartProblem finds containers that would not be started again.
func restartProblem(fields object, at string) string {
	if policy := fields["restartPolicy"]; policy != nil && policy != string(corev1.RestartPolicyAlways) {
		return at + ".restartPolicy: must be Always, for an App runs until it is replaced: remove it"
	}
	return ""
}

// accountProblem finds a token that would be mounted though the App names no
// service account.
func accountProblem(o object, w *v1alpha1.WorkloadSpec) string {
	if sub(o, "spec")["automountServiceAccountToken"] == true && w.ServiceAccountName == "" {
		return spec + ".automountServiceAccountToken: true is for an App with a service account of its own: name it in spec.serviceAccountName, with which its token is mounted"
	}
	return ""
}

// container is a container of an overlay and where it stands.
type container struct {
	list, name, path string
	fields           object
}

// containers returns an overlay's containers, those that init first.
func containers(o object) []container {
	var out []container
	for _, field := range []string{"initContainers", "containers"} {
		for i, item := range list(sub(o, "spec"), field) {
			fields, _ := item.(object)
			name, _ := fields["name"].(string)
			out = append(out, container{field, name, fmt.Sprintf("%s.%s[%d]", spec, field, i), fields})
		}
	}
	return out
}

// containerProblem finds what cannot be a container beside the App's.
func containerProblem(o object, _ *v1alpha1.WorkloadSpec) string {
	seen := map[string]string{}
	for _, c := range containers(o) {
		if other, twice := seen[c.name]; twice {
			return fmt.Sprintf("%s.name: %s stands in %s already: give each a name of its own", c.path, c.name, other)
		}
		seen[c.name] = c.path
		if c.list == "initContainers" && c.name == Container {
			return fmt.Sprintf("%s.name: %s is the App's own container: use another name", c.path, Container)
		}
		if c.name != Container && (c.fields["image"] == nil || c.fields["image"] == "") {
			return fmt.Sprintf("%s: container %q has no image: set one, or call it %q if the App's own is meant", c.path, c.name, Container)
		}
		if c.list == "initContainers" {
			continue // one may stay (Always) or end, as it likes
		}
		if problem := restartProblem(c.fields, c.path); problem != "" {
			return problem
		}
		if c.fields["restartPolicyRules"] != nil {
			return c.path + ".restartPolicyRules: an App runs until it is replaced: remove it"
		}
	}
	return ""
}

// refusedOfApp are fields of the App's container that act beyond the pod, or
// whose lists would be replaced as a whole, with the way out.
var refusedOfApp = map[string]string{
	"envFrom": "set spec.config.from and spec.secrets instead",
	"image":   "set spec.image instead",
	"ports":   "set spec.ports instead, which the Service has too",
}

// appProblem finds fields of the App's container that are set elsewhere.
func appProblem(o object, _ *v1alpha1.WorkloadSpec) string {
	for _, c := range containers(o) {
		if c.name != Container {
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(refusedOfApp)) {
			if _, there := c.fields[field]; there {
				return fmt.Sprintf("%s.%s: %s", c.path, field, refusedOfApp[field])
			}
		}
	}
	return ""
}

// volumeProblem finds volumes with names of the operator's.
func volumeProblem(o object, _ *v1alpha1.WorkloadSpec) string {
	for i, item := range list(sub(o, "spec"), "volumes") {
		volume, _ := item.(object)
		name, _ := volume["name"].(string)
		for _, prefix := range []string{ConfigPrefix, SecretPrefix, BindingPrefix} {
			if strings.HasPrefix(name, prefix) {
				return fmt.Sprintf("%s.volumes[%d].name: names that begin with %q are of volumes that the operator makes: use another name", spec, i, prefix)
			}
		}
		if name == FilesVolume {
			return fmt.Sprintf("%s.volumes[%d].name: %q is the volume of spec.config.files: use another name", spec, i, name)
		}
	}
	return ""
}
