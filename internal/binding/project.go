package binding

import (
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
)

const (
	rootVariable = "SERVICE_BINDING_ROOT"
	defaultRoot  = "/bindings"
)

// Project returns the workload with the binding, and whether that differs from
// the workload. The workload is not changed. All bindings it has follow the
// mapping, so that a changed one restarts its pods once. Errors are Refusals.
func Project(workload map[string]any, mapping Mapping, b Binding) (map[string]any, bool, error) {
	before, err := recall(workload)
	if err != nil {
		return nil, false, err
	}
	version, _ := workload["apiVersion"].(string)
	if len(before.without(b.Key)) > 0 && before.APIVersion != version {
		return nil, false, refuse(servicebindingv1.ReasonWorkloadRefused,
			"it is bound as %s by binding %q: set the same spec.workload.apiVersion", before.APIVersion, before.without(b.Key)[0].Key)
	}
	out := runtime.DeepCopyJSON(workload)
	if err := adopt(out, &before, mapping, b); err != nil {
		return nil, false, err
	}
	if err := strip(out, &before, before.Bindings, nil); err != nil {
		return nil, false, err
	}
	// What was made for bindings and is used by others too stays remembered, as when
	// one of several is taken out: a Deployment's revision, which comes right after
	// it is stored, would have the memory written once more.
	after := memory{APIVersion: version, Mapping: mapping, Bindings: before.with(b), Created: before.Created}
	if err := add(out, &after, b.Key); err != nil {
		return nil, false, err
	}
	if holds(workload, out) {
		return workload, false, nil
	}
	return inPlace(workload, out), true, nil
}

// inPlace returns the workload with the memory of the wanted one, if nothing but
// the memory differs: where others moved what is ours, it stays, and no pod is
// restarted. Else it returns the wanted one.
func inPlace(workload, wanted map[string]any) map[string]any {
	text, _ := look(wanted, memoryPath)
	out := runtime.DeepCopyJSON(workload)
	put(out, "", memoryPath, text, func(string) {})
	if holds(out, wanted) {
		return out
	}
	return wanted
}

// Unproject returns the workload without the binding that has the key, and
// whether it had it. The workload is not changed. The mapping is the one that the
// binding was projected by.
func Unproject(workload map[string]any, key string) (map[string]any, bool, error) {
	before, err := recall(workload)
	if err != nil {
		return nil, false, err
	}
	gone := before.find(key)
	if gone == nil {
		return workload, false, nil
	}
	out := runtime.DeepCopyJSON(workload)
	if err := strip(out, &before, []Binding{*gone}, before.without(key)); err != nil {
		return nil, false, err
	}
	return out, true, nil
}

// Into returns a workload that is being made with its bindings, whatever their
// order, and without a memory: it is made anew whenever they change. The
// workload is not changed. Errors are Refusals.
func Into(workload map[string]any, mapping Mapping, bindings []Binding) (map[string]any, error) {
	m := memory{Mapping: mapping}
	for _, b := range bindings {
		m.Bindings = m.with(b)
	}
	if len(bindings) == 0 {
		return workload, nil
	}
	out := runtime.DeepCopyJSON(workload)
	bound, containers, err := m.addParts(out)
	if err != nil {
		return nil, err
	}
	for i := range m.Bindings {
		if b := &m.Bindings[i]; !bound[b.Key] {
			return nil, nobody(b, containers, &m.Mapping)
		}
	}
	return out, nil
}

// Has tells whether the workload has a binding of this key.
func Has(annotations map[string]string, key string) bool {
	return slices.Contains(Keys(annotations), key)
}

// adopt takes a binding whose volume is there but whose memory somebody removed
// for one that is remembered.
func adopt(workload map[string]any, m *memory, mapping Mapping, b Binding) error {
	if m.find(b.Key) != nil {
		return nil
	}
	at, err := fields(mapping.Volumes)
	if err != nil {
		return refuse(servicebindingv1.ReasonMappingInvalid, "volumes %s %s", mapping.Volumes, err)
	}
	volumes, err := list(workload, at, "the workload")
	if err != nil || !slices.ContainsFunc(volumes, named(b.volumeName())) {
		return err
	}
	if len(m.Bindings) == 0 {
		m.Mapping = mapping
	}
	m.Bindings = m.with(b)
	return nil
}

// strip takes bindings out of a workload and leaves others in. It forgets what
// no binding needs any more.
func strip(workload map[string]any, m *memory, gone, left []Binding) error {
	if len(m.Bindings) == 0 {
		return nil
	}
	containers, err := m.Mapping.containers(workload)
	if err != nil {
		return err
	}
	for _, c := range containers {
		if err := c.strip(m, gone, left); err != nil {
			return err
		}
	}
	volumes, _ := fields(m.Mapping.Volumes)
	if err := remove(workload, volumes, "the workload", ofAny(gone)); err != nil {
		return err
	}
	if err := stripAnnotations(workload, m, gone); err != nil {
		return err
	}
	return remember(workload, m, left)
}

// strip takes bindings out of a container. The root goes with the last mount.
func (c *container) strip(m *memory, gone, left []Binding) error {
	if err := remove(c.object, c.mounts, c.title(), ofAny(gone)); err != nil {
		return err
	}
	err := remove(c.object, c.env, c.title(), func(element any) bool {
		return slices.ContainsFunc(gone, func(b Binding) bool { return b.sets(element) })
	})
	if err != nil || !slices.Contains(m.Roots, c.location) {
		return err
	}
	mounts, err := list(c.object, c.mounts, c.title())
	if err != nil || slices.ContainsFunc(mounts, ofAny(left)) {
		return err
	}
	m.Roots = slices.DeleteFunc(m.Roots, func(root string) bool { return root == c.location })
	return remove(c.object, c.env, c.title(), func(element any) bool { return holds(element, ourRoot()) })
}

func ourRoot() map[string]any { return map[string]any{"name": rootVariable, "value": defaultRoot} }

// sets tells whether an element of env is one that the binding puts there.
func (b *Binding) sets(element any) bool {
	return slices.ContainsFunc(b.Env, func(env Env) bool { return holds(element, b.variable(env)) })
}

func stripAnnotations(workload map[string]any, m *memory, gone []Binding) error {
	at, _ := fields(m.Mapping.Annotations)
	value, err := look(workload, at)
	if err != nil {
		return refuse(servicebindingv1.ReasonWorkloadRefused, "%s", err)
	}
	annotations, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	for i := range gone {
		for _, o := range gone[i].overridden() {
			delete(annotations, o.annotation)
		}
	}
	return nil
}

// remember writes down which bindings are left, or nothing if none is, and
// removes the fields that were made for those that are gone.
func remember(workload map[string]any, m *memory, left []Binding) error {
	value, err := look(workload, memoryPath[:2])
	if err != nil {
		return refuse(servicebindingv1.ReasonWorkloadRefused, "%s", err)
	}
	annotations, _ := value.(map[string]any)
	if len(left) == 0 {
		delete(annotations, Annotation)
		m.Created = prune(workload, m.Created)
		return nil
	}
	kept := memory{APIVersion: m.APIVersion, Mapping: m.Mapping, Bindings: left, Roots: m.Roots}
	kept.Created = prune(workload, m.Created)
	annotations[Annotation], err = kept.encode()
	return err
}

// add puts all bindings of a memory into a workload that has none, and the
// memory too. What is in the way of the binding with the key is refused; another
// one that has no container any more says so when it is looked at.
func add(workload map[string]any, m *memory, key string) error {
	bound, containers, err := m.addParts(workload)
	if err != nil {
		return err
	}
	if !bound[key] {
		return nobody(m.find(key), containers, &m.Mapping)
	}
	return m.write(workload, m.create)
}

// create remembers a field that did not exist.
func (m *memory) create(location string) { m.Created = append(m.Created, location) }

// addParts puts all bindings into a workload, and tells by key which of them
// have a container.
func (m *memory) addParts(workload map[string]any) (map[string]bool, []*container, error) {
	containers, err := m.Mapping.containers(workload)
	if err != nil {
		return nil, nil, err
	}
	bound := map[string]bool{}
	for _, c := range containers {
		if err := c.add(m, m.create, bound); err != nil {
			return nil, nil, err
		}
	}
	return bound, containers, addVolumes(workload, m, m.create, bound)
}

// nobody says that a binding has no container to go to.
func nobody(b *Binding, containers []*container, mapping *Mapping) error {
	if len(containers) == 0 {
		var paths []string
		for _, c := range mapping.Containers {
			paths = append(paths, c.Path)
		}
		return refuse(servicebindingv1.ReasonWorkloadRefused,
			"it has no container at %s: add one, or describe the kind with a ClusterWorkloadResourceMapping", strings.Join(paths, " or "))
	}
	var names []string
	for _, c := range containers {
		names = append(names, c.title())
	}
	return refuse(servicebindingv1.ReasonWorkloadRefused,
		"it has no container named %s, only %s: correct %s", strings.Join(b.Containers, " or "), strings.Join(names, ", "), b.at("containers"))
}

// add puts into a container what its bindings ask for.
func (c *container) add(m *memory, created func(string), bound map[string]bool) error {
	var mine []*Binding
	for i := range m.Bindings {
		if m.Bindings[i].targets(c) {
			mine = append(mine, &m.Bindings[i])
			bound[m.Bindings[i].Key] = true
		}
	}
	if len(mine) == 0 {
		return nil
	}
	env, err := list(c.object, c.env, c.title())
	if err != nil {
		return err
	}
	root, ours, err := c.root(env)
	if err != nil {
		return err
	}
	var first []any
	if ours {
		first = append(first, ourRoot())
		m.Roots = append(m.Roots, c.location)
	}
	variables, err := c.variables(mine, env)
	if err != nil {
		return err
	}
	if first = append(first, variables...); len(first) > 0 {
		put(c.object, c.location, c.env, append(first, env...), created)
	}
	return c.mount(mine, root, created)
}

// root returns where bindings are in the container, and whether we say so.
func (c *container) root(env []any) (string, bool, error) {
	var root map[string]any
	for _, element := range env {
		if named(rootVariable)(element) {
			root, _ = element.(map[string]any) // of several, the last counts
		}
	}
	if root == nil {
		return defaultRoot, true, nil
	}
	value, _ := root["value"].(string)
	switch {
	case root["valueFrom"] != nil:
		return "", false, refuse(servicebindingv1.ReasonWorkloadRefused,
			"container %q: %s has valueFrom, so where bindings belong is known in the pod only: give it a value, or remove it", c.title(), rootVariable)
	case value == "":
		return "", false, refuse(servicebindingv1.ReasonWorkloadRefused,
			"container %q: %s is empty: give it a value, or remove it", c.title(), rootVariable)
	case strings.Contains(value, "$("):
		return "", false, refuse(servicebindingv1.ReasonWorkloadRefused,
			"container %q: %s refers to another variable, so where bindings belong is known in the pod only: write the value out, or remove it", c.title(), rootVariable)
	}
	return value, false, nil
}

func (c *container) variables(mine []*Binding, env []any) ([]any, error) {
	var out []any
	owner := map[string]string{}
	for _, b := range mine {
		for _, e := range b.Env {
			if slices.ContainsFunc(env, named(e.Name)) {
				return nil, refuse(servicebindingv1.ReasonWorkloadRefused,
					"container %q has a variable %s already, which binding %q would set: remove it from the workload, or give it another name in %s", c.title(), e.Name, b.Key, b.at("env"))
			}
			if other, ok := owner[e.Name]; ok {
				return nil, refuse(servicebindingv1.ReasonWorkloadRefused,
					"container %q: bindings %q and %q both set the variable %s: give it another name in %s, or in the other", c.title(), other, b.Key, e.Name, b.at("env"))
			}
			owner[e.Name] = b.Key
			out = append(out, b.variable(e))
		}
	}
	return out, nil
}

func (c *container) mount(mine []*Binding, root string, created func(string)) error {
	mounts, err := list(c.object, c.mounts, c.title())
	if err != nil {
		return err
	}
	own := slices.Clone(mounts)
	owner := map[string]string{}
	for _, b := range mine {
		at := path.Join(root, b.Name)
		if slices.ContainsFunc(own, mountedAt(at)) {
			return refuse(servicebindingv1.ReasonWorkloadRefused,
				"container %q mounts another volume at %s, where binding %q belongs: mount it elsewhere, or set %s", c.title(), at, b.Key, b.at("name"))
		}
		if other, ok := owner[b.Name]; ok {
			return refuse(servicebindingv1.ReasonNameTaken,
				"container %q: bindings %q and %q both have the name %q: set another %s, or that of the other", c.title(), other, b.Key, b.Name, b.at("name"))
		}
		owner[b.Name] = b.Key
		mounts = append(mounts, b.mount(at))
	}
	put(c.object, c.location, c.mounts, mounts, created)
	return nil
}

func mountedAt(at string) func(any) bool {
	return func(element any) bool {
		mount, _ := element.(map[string]any)
		where, _ := mount["mountPath"].(string)
		return where != "" && path.Clean(where) == at
	}
}

func addVolumes(workload map[string]any, m *memory, created func(string), bound map[string]bool) error {
	at, err := fields(m.Mapping.Volumes)
	if err != nil {
		return refuse(servicebindingv1.ReasonMappingInvalid, "volumes %s %s", m.Mapping.Volumes, err)
	}
	volumes, err := list(workload, at, "the workload")
	if err != nil || len(bound) == 0 {
		return err
	}
	overrides := map[string]any{}
	for i := range m.Bindings {
		b := &m.Bindings[i]
		if !bound[b.Key] {
			continue
		}
		volumes = append(volumes, b.volume())
		for _, o := range b.overridden() {
			overrides[o.annotation] = o.value
		}
	}
	put(workload, "", at, volumes, created)
	return annotate(workload, m.Mapping.Annotations, overrides, created)
}

// annotate adds to the annotations that pods get.
func annotate(workload map[string]any, where string, overrides map[string]any, created func(string)) error {
	at, err := fields(where)
	if err != nil {
		return refuse(servicebindingv1.ReasonMappingInvalid, "annotations %s %s", where, err)
	}
	if len(overrides) == 0 {
		return nil
	}
	value, err := look(workload, at)
	if err != nil {
		return refuse(servicebindingv1.ReasonWorkloadRefused, "%s", err)
	}
	annotations, ok := value.(map[string]any)
	if !ok && value != nil {
		return refuse(servicebindingv1.ReasonWorkloadRefused, "%s is no object", where)
	}
	merged := map[string]any{}
	for key, value := range annotations {
		merged[key] = value
	}
	for key, value := range overrides {
		merged[key] = value
	}
	put(workload, "", at, merged, created)
	return nil
}

// write puts the memory into the workload's annotations.
func (m *memory) write(workload map[string]any, created func(string)) error {
	put(workload, "", memoryPath, "", func(location string) {
		if location != child(child(child("", "metadata"), "annotations"), Annotation) {
			created(location)
		}
	})
	slices.Sort(m.Created)
	m.Created = slices.Compact(m.Created)
	slices.Sort(m.Roots)
	text, err := m.encode()
	if err != nil {
		return err
	}
	put(workload, "", memoryPath, text, func(string) {})
	return nil
}

// list returns a copy of the list at a path, which may not exist.
func list(object map[string]any, at []string, whose string) ([]any, error) {
	value, err := look(object, at)
	if err != nil {
		return nil, refuse(servicebindingv1.ReasonWorkloadRefused, "%s: %s", whose, err)
	}
	if value == nil {
		return nil, nil
	}
	elements, ok := value.([]any)
	if !ok {
		return nil, refuse(servicebindingv1.ReasonWorkloadRefused, "%s: %s is no list", whose, written(at))
	}
	return slices.Clone(elements), nil
}

// remove takes elements out of the list at a path.
func remove(object map[string]any, at []string, whose string, which func(any) bool) error {
	elements, err := list(object, at, whose)
	if err != nil || !slices.ContainsFunc(elements, which) {
		return err
	}
	put(object, "", at, slices.DeleteFunc(elements, which), func(string) {})
	return nil
}

func named(name string) func(any) bool {
	return func(element any) bool {
		object, _ := element.(map[string]any)
		return object["name"] == name
	}
}

// ofAny tells which volumes and mounts are those of bindings.
func ofAny(bindings []Binding) func(any) bool {
	return func(element any) bool {
		return slices.ContainsFunc(bindings, func(b Binding) bool { return named(b.volumeName())(element) })
	}
}
