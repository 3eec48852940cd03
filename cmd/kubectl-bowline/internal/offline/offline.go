// Package offline makes an App's children as the operator would, without a
// cluster: from the App, and from the ConfigMaps, Secrets and services that are
// given with it.
//
// What only a cluster knows has a placeholder in upper case, which no API server
// accepts as a name, so that nobody takes it for more: the UID of the App, the
// hash of a Secret's content (it is keyed, and the key stays in the cluster), and
// the hash of what was not given. Values of Secrets are not written.
package offline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/resolve"
)

// AppUID stands for the UID that the API server gives the App.
const AppUID = "UID-OF-THE-APP"

// Hidden stands for the value of an entry of a Secret.
const Hidden = "***"

// Result is what an App becomes.
type Result struct {
	// Objects are the App's children, as they would be applied.
	Objects []map[string]any
	// Notes say what is not known, or not given.
	Notes []string
}

// Refusal is what the operator would hold the App for.
type Refusal struct{ Reason, Message string }

func (r *Refusal) Error() string { return r.Message }

// Check finds what the operator would refuse of an App that the API server
// accepts, given what else is known. What is not given is not held against it.
func Check(ctx context.Context, app *v1alpha1.App, given []*Given) error {
	_, _, err := inputsOf(ctx, app, given)
	return err
}

// Render makes the children of an App.
func Render(ctx context.Context, app *v1alpha1.App, given []*Given) (*Result, error) {
	app = app.DeepCopy()
	app.UID = AppUID
	inputs, out, err := inputsOf(ctx, app, given)
	if err != nil {
		return nil, err
	}
	made := releaseOf(app, inputs)
	objects, err := render.Render(render.Input{App: app, Release: made, Replicas: replicas(app)})
	if err != nil {
		return nil, &Refusal{v1alpha1.ReasonInvalidInput, err.Error()}
	}
	contents := contentsOf(app.Namespace, given)
	for _, object := range slices.Concat(
		list(objects.Config), copies(app, &made.Spec, contents), generated(app), list(keySecret(app, made)),
		list(made), list(objects.Deployment), list(objects.Service), list(objects.Autoscaler), list(objects.Budget),
		list(render.Binding(app, made.Spec.Workload.Ports)),
	) {
		fields, err := fieldsOf(object)
		if err != nil {
			return nil, err
		}
		out.Objects = append(out.Objects, fields)
	}
	if app.Spec.Resolves() {
		out.note("spec.imageDigest: the operator asks the registry what the tag stands for; here the pods run the tag")
	}
	if by := app.PausedBy(); by != "" {
		out.note("%s: none of this goes out before the App is resumed", by)
	}
	return out, nil
}

func (r *Result) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// inputsOf resolves what an App refers to, with placeholders for what is not
// given.
func inputsOf(ctx context.Context, app *v1alpha1.App, given []*Given) (release.Inputs, *Result, error) {
	out := &Result{}
	files := &files{namespace: app.Namespace, given: withOffers(given, app.Namespace)}
	resolver := resolve.New(files, files, files, func(types.NamespacedName, []string) {})
	if held := resolve.Wishes(app); held != nil {
		return release.Inputs{}, nil, &Refusal{held.Reason, held.Message}
	}
	resolved, err := resolver.Resolve(ctx, app, nil, false)
	if err != nil {
		return release.Inputs{}, nil, err
	}
	if held := resolved.Held; held != nil && !notGiven(held.Reason) {
		return release.Inputs{}, nil, &Refusal{held.Reason, held.Message}
	}
	inputs := resolved.Inputs
	inputs.Sources = sources(app, inputs.Sources, out)
	inputs.Bindings = bindings(app, inputs.Bindings, out)
	return inputs, out, nil
}

// notGiven tells that something is missing which may well be in the cluster.
func notGiven(reason string) bool {
	return reason == v1alpha1.ReasonInputsMissing || reason == v1alpha1.ReasonServiceBindingsNotReady
}

// sources are all that an App refers to: as they were found, with placeholders
// for the hashes of Secrets, and for what was not found.
func sources(app *v1alpha1.App, found []v1alpha1.PinnedSource, out *Result) []v1alpha1.PinnedSource {
	var all []v1alpha1.PinnedSource
	for _, ref := range release.References(&app.Spec.WorkloadSpec) {
		same := func(p v1alpha1.PinnedSource) bool { return p.Kind == ref.Kind && p.Name == ref.Name }
		if slices.ContainsFunc(all, same) {
			continue
		}
		at := slices.IndexFunc(found, same)
		pinned := v1alpha1.PinnedSource{Kind: ref.Kind, Name: ref.Name}
		switch {
		case at >= 0 && ref.Kind == v1alpha1.SourceConfigMap:
			pinned = found[at]
			pinned.UID, pinned.ResourceVersion = "", ""
		case at >= 0 || !ref.Optional:
			pinned.Digest = placeholder(ref.Name)
			if !ref.Live() {
				pinned.CopyName = copyPlaceholder(app.Name, ref.Kind, ref.Name)
			}
		default:
			out.note("%s: %s %q is optional and not given: this is what the App runs without it", ref.Field, ref.Kind, ref.Name)
			continue
		}
		if at < 0 && len(ref.Generate) == 0 {
			out.note("%s: %s %q is not given: %s stands for the hash of its content", ref.Field, ref.Kind, ref.Name, placeholder(ref.Name))
		} else if ref.Kind == v1alpha1.SourceSecret && !ref.Live() {
			out.note("%s: the hash of Secret %q is made with a key that only the cluster has: %s stands for it", ref.Field, ref.Name, placeholder(ref.Name))
		}
		all = append(all, pinned)
	}
	return all
}

// bindings are all services that an App binds, in the same way.
func bindings(app *v1alpha1.App, found []v1alpha1.PinnedBinding, out *Result) []v1alpha1.PinnedBinding {
	var all []v1alpha1.PinnedBinding
	for i, spec := range app.Spec.Bindings {
		field := binding.FieldOf(i, &spec)
		pinned := v1alpha1.PinnedBinding{Name: spec.Name, SecretName: "SECRET-OF-" + spec.ServiceRef.Name}
		if at := slices.IndexFunc(found, func(p v1alpha1.PinnedBinding) bool { return p.Name == spec.Name }); at >= 0 {
			pinned.SecretName, pinned.Keys = found[at].SecretName, found[at].Keys
		} else {
			if release.IsSecret(spec.ServiceRef) {
				pinned.SecretName = spec.ServiceRef.Name
			}
			out.note("%s: %s %q is not given, or names no Secret here", field, spec.ServiceRef.Kind, spec.ServiceRef.Name)
			if spec.EnvPrefix != "" {
				out.note("%s.envPrefix: the variables it makes are not known without the Secret", field)
			}
		}
		pinned.Digest = placeholder(spec.Name)
		if spec.Pinned() {
			pinned.CopyName = copyPlaceholder(app.Name, v1alpha1.SourceSecret, spec.Name)
		}
		all = append(all, pinned)
	}
	return all
}

func placeholder(name string) string { return "HASH-OF-" + name }

func copyPlaceholder(app string, kind v1alpha1.SourceKind, name string) string {
	part := "config"
	if kind == v1alpha1.SourceSecret {
		part = "secret"
	}
	return app + "-" + part + "-" + placeholder(name)
}

// releaseOf is the first Release of an App.
func releaseOf(app *v1alpha1.App, inputs release.Inputs) *v1alpha1.Release {
	hash := release.Hash(inputs)
	if slices.ContainsFunc(inputs.Sources, func(p v1alpha1.PinnedSource) bool { return p.Digest == placeholder(p.Name) }) || len(inputs.Bindings) > 0 {
		hash = placeholder("all-inputs")
	}
	return &v1alpha1.Release{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Release"},
		ObjectMeta: metav1.ObjectMeta{
			Name: release.Name(app.Name, 1), Namespace: app.Namespace,
			Labels:          map[string]string{v1alpha1.LabelApp: app.Name, v1alpha1.LabelName: app.Name, v1alpha1.LabelManagedBy: v1alpha1.FieldOwner},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(app, v1alpha1.GroupVersion.WithKind("App"))},
		},
		Spec: v1alpha1.ReleaseSpec{
			App: app.Name, Number: 1, InputHash: hash, Cause: "spec",
			Image: inputs.Image, Workload: inputs.Workload, Spread: inputs.Spread,
			ConfigName: render.ConfigName(app.Name, inputs.Workload),
			Sources:    inputs.Sources, Bindings: inputs.Bindings,
			RetryToken: app.Annotations[v1alpha1.AnnotationRetry], RestartToken: app.Annotations[v1alpha1.AnnotationRestart],
		},
	}
}

// replicas is how many pods a new App has, nil where an autoscaler says so.
func replicas(app *v1alpha1.App) *int32 {
	if app.Spec.Autoscale.Enabled() {
		return nil
	}
	return ptr.To(ptr.Deref(app.Spec.Replicas, 1))
}

// list is an object, or nothing where there is none.
func list[T any](object *T) []any {
	if object == nil {
		return nil
	}
	return []any{object}
}

// fieldsOf are the fields of an object, without the status that nobody applies
// and without the values of a Secret.
func fieldsOf(object any) (map[string]any, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("write a child: %w", err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("read a child: %w", err)
	}
	delete(fields, "status")
	if meta, ok := fields["metadata"].(map[string]any); ok {
		delete(meta, "creationTimestamp")
		if meta["namespace"] == "" {
			delete(meta, "namespace")
		}
	}
	return fields, nil
}

// AppOf reads an App.
func AppOf(object map[string]any) (*v1alpha1.App, error) {
	app := &v1alpha1.App{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, app); err != nil {
		return nil, fmt.Errorf("read the App: %w", err)
	}
	return app, nil
}
