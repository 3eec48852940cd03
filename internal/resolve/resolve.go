package resolve

import (
	"context"
	"fmt"
	"strings"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// memory bounds how many digests of objects are remembered.
const memory = 10_000

// Resolver resolves the inputs of Apps.
type Resolver struct {
	metadata client.Reader // cached, metadata only
	live     client.Reader // the API server
	digests  *lru.Cache    // digestKey -> string
	keys     *lru.Cache    // UID of an App -> its digest key
}

// New returns a Resolver. The first reader answers for metadata of ConfigMaps
// and Secrets, from a cache; the second asks the API server.
func New(metadata, live client.Reader) *Resolver {
	return &Resolver{metadata: metadata, live: live, digests: lru.New(memory), keys: lru.New(memory)}
}

// Result is what became of an App's references.
type Result struct {
	// Inputs are complete when Held is nil.
	Inputs release.Inputs
	// Held says what is missing or wrong, nil when nothing is.
	Held *rollout.Held
	// NewKey is a digest key that was made for the App and must be stored
	// before anything that depends on it, nil when there is nothing to store.
	NewKey []byte

	contents map[source]Content
}

// Content is what a ConfigMap or Secret holds.
type Content struct {
	Data   map[string]string // of a ConfigMap
	Binary map[string][]byte // of a ConfigMap, or everything of a Secret
}

// source names a ConfigMap or Secret that an App refers to.
type source struct {
	kind v1alpha1.SourceKind
	name string
}

// digestKey identifies a version of a source, as seen by one App: digests of
// Secrets are keyed by App.
type digestKey struct {
	app, uid, version string
}

// Resolve resolves everything an App refers to. Releases are those the App
// has: what they know of a version need not be read again. An error means that
// something could not be read, not that it is missing.
func (r *Resolver) Resolve(ctx context.Context, app *v1alpha1.App, releases []v1alpha1.Release) (Result, error) {
	result := Result{contents: map[source]Content{}}
	if app.Spec.Unreadable != "" {
		result.Held = &rollout.Held{
			Reason:  v1alpha1.ReasonInvalidInput,
			Message: fmt.Sprintf("spec: %s: correct the value", app.Spec.Unreadable),
		}
		return result, nil
	}
	image, held := Image(app.Spec.Image)
	if held == nil {
		held = Check(app)
	}
	if held != nil {
		result.Held = held
		return result, nil
	}
	result.Inputs = release.Inputs{
		Image:    image,
		Workload: app.Spec.WorkloadSpec,
		Spread:   app.Spec.Availability.SpreadOrDefault(),
	}
	var missing []string
	for _, ref := range references(app) {
		pinned, err := r.pin(ctx, app, ref.source, releases, &result)
		switch {
		case apierrors.IsNotFound(err):
			missing = append(missing, fmt.Sprintf("%s: %s %q does not exist in namespace %q", ref.field, ref.source.kind, ref.source.name, app.Namespace))
		case err != nil:
			return Result{}, fmt.Errorf("%s: read %s %q: %w", ref.field, ref.source.kind, ref.source.name, err)
		default:
			result.Inputs.Sources = append(result.Inputs.Sources, pinned)
		}
	}
	if len(missing) > 0 {
		result.Held = &rollout.Held{
			Reason:  v1alpha1.ReasonInputsMissing,
			Message: strings.Join(missing, "; ") + ": create it or remove the reference",
		}
	}
	return result, nil
}

// Image returns an image reference in full, with registry and tag, as
// container runtimes understand it: nginx is docker.io/library/nginx:latest.
func Image(image string) (string, *rollout.Held) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "", &rollout.Held{
			Reason:  v1alpha1.ReasonInvalidImage,
			Message: fmt.Sprintf("spec.image: %q is no image reference (%v): write it like registry.example/team/app:tag, in lower case", image, err),
		}
	}
	return reference.TagNameOnly(named).String(), nil
}

// Pin returns the number of the Release that the App is pinned to by
// annotation, 0 when it is not.
func Pin(app *v1alpha1.App, releases []v1alpha1.Release) (int64, *rollout.Held) {
	name := app.Annotations[v1alpha1.AnnotationRollbackTo]
	if name == "" {
		return 0, nil
	}
	var known []string
	for _, candidate := range releases {
		if candidate.Name == name {
			return candidate.Spec.Number, nil
		}
		known = append(known, candidate.Name)
	}
	return 0, &rollout.Held{
		Reason: v1alpha1.ReasonInvalidInput,
		Message: fmt.Sprintf("annotation %s: App %q has no Release %q: name one of [%s], or remove the annotation",
			v1alpha1.AnnotationRollbackTo, app.Name, name, strings.Join(known, ", ")),
	}
}

// maxToken is how long the value of a wish may be, in bytes; Releases keep it.
const maxToken = 256

// Wishes finds a wish that no Release could answer, because its value does not
// fit.
func Wishes(app *v1alpha1.App) *rollout.Held {
	for _, annotation := range []string{v1alpha1.AnnotationRetry, v1alpha1.AnnotationRestart} {
		if size := len(app.Annotations[annotation]); size > maxToken {
			return &rollout.Held{
				Reason:  v1alpha1.ReasonInvalidInput,
				Message: fmt.Sprintf("annotation %s: the value has %d bytes, and at most %d are allowed: any short new value will do", annotation, size, maxToken),
			}
		}
	}
	return nil
}

// named is a source and the field that names it.
type named struct {
	source source
	field  string
}

// references lists what an App refers to, each object once, by kind and name.
func references(app *v1alpha1.App) []named {
	var out []named
	seen := map[source]bool{}
	for _, r := range release.References(&app.Spec.WorkloadSpec) {
		ref := source{r.Kind, r.Name}
		if !seen[ref] {
			seen[ref] = true
			out = append(out, named{ref, r.Field})
		}
	}
	return out
}

// Names returns the names of the ConfigMaps or Secrets that an App refers to,
// for the index that finds the Apps of a changed object.
func Names(app *v1alpha1.App, kind v1alpha1.SourceKind) []string {
	var names []string
	for _, ref := range references(app) {
		if ref.source.kind == kind {
			names = append(names, ref.source.name)
		}
	}
	return names
}

// pin says what a source holds now.
func (r *Resolver) pin(ctx context.Context, app *v1alpha1.App, ref source, releases []v1alpha1.Release, result *Result) (v1alpha1.PinnedSource, error) {
	meta := &metav1.PartialObjectMetadata{}
	meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(ref.kind)))
	if err := r.metadata.Get(ctx, client.ObjectKey{Namespace: app.Namespace, Name: ref.name}, meta); err != nil {
		return v1alpha1.PinnedSource{}, err
	}
	digest, err := r.digest(ctx, app, ref, meta, releases, result)
	if err != nil {
		return v1alpha1.PinnedSource{}, err
	}
	return v1alpha1.PinnedSource{
		Kind:            ref.kind,
		Name:            ref.name,
		CopyName:        release.CopyName(app.Name, ref.kind, digest),
		Digest:          digest,
		UID:             string(meta.UID),
		ResourceVersion: meta.ResourceVersion,
	}, nil
}

func (r *Resolver) digest(ctx context.Context, app *v1alpha1.App, ref source, meta *metav1.PartialObjectMetadata, releases []v1alpha1.Release, result *Result) (string, error) {
	if digest, ok := recorded(releases, ref, meta); ok {
		return digest, nil
	}
	key := digestKey{string(app.UID), string(meta.UID), meta.ResourceVersion}
	if digest, ok := r.digests.Get(key); ok {
		return digest.(string), nil
	}
	content, err := r.content(ctx, app.Namespace, ref)
	if err != nil {
		return "", err
	}
	result.contents[ref] = content
	digest, err := r.identify(ctx, app, ref, content, releases, result)
	if err != nil {
		return "", err
	}
	// A digest made with a key that is not stored yet may never be made again.
	if result.NewKey == nil {
		r.digests.Add(key, digest)
	}
	return digest, nil
}

// recorded finds the digest of this very version on a Release.
func recorded(releases []v1alpha1.Release, ref source, meta *metav1.PartialObjectMetadata) (string, bool) {
	for i := len(releases) - 1; i >= 0; i-- {
		for _, pinned := range releases[i].Spec.Sources {
			if pinned.Kind == ref.kind && pinned.Name == ref.name && pinned.UID == string(meta.UID) && pinned.ResourceVersion == meta.ResourceVersion {
				return pinned.Digest, true
			}
		}
	}
	return "", false
}

// content reads a ConfigMap or Secret from the API server.
func (r *Resolver) content(ctx context.Context, namespace string, ref source) (Content, error) {
	key := client.ObjectKey{Namespace: namespace, Name: ref.name}
	if ref.kind == v1alpha1.SourceSecret {
		secret := &corev1.Secret{}
		err := r.live.Get(ctx, key, secret)
		return Content{Binary: secret.Data}, err
	}
	configMap := &corev1.ConfigMap{}
	err := r.live.Get(ctx, key, configMap)
	return Content{Data: configMap.Data, Binary: configMap.BinaryData}, err
}
