package binding

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

// Mapping says where a workload describes its pods. All of it is set.
type Mapping struct {
	Annotations string      `json:"annotations"`
	Volumes     string      `json:"volumes"`
	Containers  []Container `json:"containers"`
}

// Container says where containers are, and, from a container on, where its
// parts are. Without a Name containers cannot be chosen by name.
type Container struct {
	Path         string `json:"path"`
	Name         string `json:"name,omitempty"`
	Env          string `json:"env"`
	VolumeMounts string `json:"volumeMounts"`
}

// anyVersion is the version of a mapping for all versions that have none.
const anyVersion = "*"

// PodSpecAble is the mapping of a workload with a pod template where a
// Deployment has it.
func PodSpecAble() Mapping { return podsAt(".spec.template") }

// Pods is the mapping of a pod, or of a pod template by itself.
func Pods() Mapping { return podsAt("") }

// podsAt is the mapping of a workload with a pod template at a path.
func podsAt(template string) Mapping {
	return Mapping{
		Annotations: template + ".metadata.annotations",
		Volumes:     template + ".spec.volumes",
		Containers: []Container{
			{Path: template + ".spec.containers[*]", Name: ".name", Env: ".env", VolumeMounts: ".volumeMounts"},
			{Path: template + ".spec.initContainers[*]", Name: ".name", Env: ".env", VolumeMounts: ".volumeMounts"},
		},
	}
}

// builtIn are the kinds of Kubernetes whose pods are described elsewhere.
var builtIn = map[schema.GroupResource]string{
	{Group: "batch", Resource: "cronjobs"}: ".spec.jobTemplate.spec.template",
	{Resource: "podtemplates"}:             ".template",
	{Resource: "pods"}:                     "",
}

// MappingFor returns the mapping of a version of a kind: that of its
// ClusterWorkloadResourceMapping for the version, else that for all versions,
// else what is known of the kind. The spec is nil where there is no such object.
func MappingFor(kind schema.GroupResource, version string, spec *servicebindingv1.ClusterWorkloadResourceMappingSpec) (Mapping, error) {
	template, ok := builtIn[kind]
	if !ok {
		template = ".spec.template"
	}
	mapping := podsAt(template)
	if spec != nil {
		for _, wanted := range []string{version, anyVersion} {
			i := slices.IndexFunc(spec.Versions, func(t servicebindingv1.ClusterWorkloadResourceMappingTemplate) bool { return t.Version == wanted })
			if i >= 0 {
				return spelledOut(&spec.Versions[i], kind)
			}
		}
	}
	return mapping, nil
}

// spelledOut fills in what a mapping leaves out, and checks the rest.
func spelledOut(t *servicebindingv1.ClusterWorkloadResourceMappingTemplate, kind schema.GroupResource) (Mapping, error) {
	defaults := PodSpecAble()
	mapping := Mapping{
		Annotations: either(t.Annotations, defaults.Annotations),
		Volumes:     either(t.Volumes, defaults.Volumes),
	}
	for _, c := range t.Containers {
		mapping.Containers = append(mapping.Containers, Container{
			Path: c.Path, Name: c.Name, Env: either(c.Env, ".env"), VolumeMounts: either(c.VolumeMounts, ".volumeMounts"),
		})
	}
	if mapping.Containers == nil {
		mapping.Containers = defaults.Containers
	}
	if field, err := mapping.check(); err != nil {
		return Mapping{}, refuse(servicebindingv1.ReasonMappingInvalid,
			"ClusterWorkloadResourceMapping %q, version %q, %s: %s", kind.String(), t.Version, field, err)
	}
	return mapping, nil
}

func either(set, otherwise string) string {
	if set != "" {
		return set
	}
	return otherwise
}

// check returns the field that cannot be followed, as people write it.
func (m *Mapping) check() (string, error) {
	fixed := [][2]string{{"annotations", m.Annotations}, {"volumes", m.Volumes}}
	for _, c := range m.Containers {
		if _, err := query(c.Path); err != nil {
			return "containers, path " + c.Path, err
		}
		fixed = append(fixed, [][2]string{{"containers, env", c.Env}, {"containers, volumeMounts", c.VolumeMounts}}...)
		if c.Name != "" {
			fixed = append(fixed, [2]string{"containers, name", c.Name})
		}
	}
	for _, f := range fixed {
		if _, err := fields(f[1]); err != nil {
			return f[0] + " " + f[1], err
		}
	}
	return "", nil
}

// container is a container of a workload and where its parts are.
type container struct {
	object   map[string]any
	location string
	name     string
	named    bool
	env      []string
	mounts   []string
}

// title is what a message calls the container.
func (c *container) title() string {
	if c.named {
		return c.name
	}
	return strings.TrimPrefix(c.location, "/")
}

// containers returns the containers of a workload in an order that depends on
// nothing but the workload.
func (m *Mapping) containers(workload map[string]any) ([]*container, error) {
	where := locations(workload)
	seen := map[uintptr]bool{}
	var out []*container
	for _, entry := range m.Containers {
		objects, err := find(workload, entry.Path)
		if err != nil {
			return nil, refuse(servicebindingv1.ReasonMappingInvalid,
				"path %s of the containers %s: correct the ClusterWorkloadResourceMapping of this kind", entry.Path, err)
		}
		for _, object := range objects {
			if seen[identity(object)] {
				continue
			}
			seen[identity(object)] = true
			c, err := entry.read(object)
			if err != nil {
				return nil, err
			}
			c.location = where[identity(object)]
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *container) int { return strings.Compare(a.location, b.location) })
	return out, nil
}

func (c *Container) read(object map[string]any) (*container, error) {
	out := &container{object: object}
	var err error
	if out.env, err = fields(c.Env); err != nil {
		return nil, refuse(servicebindingv1.ReasonMappingInvalid, "env %s %s", c.Env, err)
	}
	if out.mounts, err = fields(c.VolumeMounts); err != nil {
		return nil, refuse(servicebindingv1.ReasonMappingInvalid, "volumeMounts %s %s", c.VolumeMounts, err)
	}
	if c.Name == "" {
		return out, nil
	}
	path, err := fields(c.Name)
	if err != nil {
		return nil, refuse(servicebindingv1.ReasonMappingInvalid, "name %s %s", c.Name, err)
	}
	name, err := look(object, path)
	if err != nil {
		return nil, refuse(servicebindingv1.ReasonWorkloadRefused, "a container's %s", err)
	}
	out.name, out.named = name.(string)
	return out, nil
}
