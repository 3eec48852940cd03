package resolve

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// memory bounds how many objects are remembered.
const memory = 10_000

// Resolver resolves the inputs of Apps.
type Resolver struct {
	metadata client.Reader // cached, metadata only
	live     client.Reader // the API server
	digests  *lru.Cache    // digestKey -> string
	keys     *lru.Cache    // UID of an App -> its digest key
	facts    *lru.Cache    // version -> []fact
	services Services
	follow   Follower
}

// New returns a Resolver. The first reader answers for metadata of ConfigMaps
// and Secrets, from a cache; the second asks the API server.
func New(metadata, live client.Reader, services Services, follow Follower) *Resolver {
	return &Resolver{
		metadata: metadata, live: live, services: services, follow: follow,
		digests: lru.New(memory), keys: lru.New(memory), facts: lru.New(memory),
	}
}

// Result is what became of an App's references.
type Result struct {
	// Inputs are complete when Held is nil, and then Hash identifies them.
	Inputs release.Inputs
	Hash   string
	// Held says what is missing or wrong, nil when nothing is.
	Held *rollout.Held
	// Unbound says which services are not ready, nil when all are. Held says the
	// same, unless it has something else to say.
	Unbound *rollout.Held
	// Bound tells that it is known whether the services are ready.
	Bound bool
	// Poll tells that nobody is told when a service changes.
	Poll bool
	// NewKey is a digest key that was made for the App and must be stored
	// before anything that depends on it, nil when there is nothing to store.
	NewKey []byte
	// Generated are Secrets with random values that must be written before
	// anything that depends on them.
	Generated []Generated

	contents map[source]Content
	adopts   bool
}

// source names a ConfigMap or Secret that an App refers to.
type source struct {
	kind v1alpha1.SourceKind
	name string
}

// version identifies a version of an object.
type version struct{ uid, resourceVersion string }

// digestKey identifies what one App takes of a version of a source: digests of
// Secrets are keyed by App.
type digestKey struct {
	app string
	version
	keys string
}

// Resolve resolves everything an App refers to. Releases are those the App
// has: what they know of a version need not be read again. Adopts tells that what
// an App of the same name has left behind counts as the App's. An error means
// that something could not be read, not that it is missing.
func (r *Resolver) Resolve(ctx context.Context, app *v1alpha1.App, releases []v1alpha1.Release, adopts bool) (Result, error) {
	result := Result{contents: map[source]Content{}, adopts: adopts}
	image, held := r.withoutReading(app)
	if held != nil {
		result.Held = held
		return result, nil
	}
	result.Inputs = release.Inputs{
		Image:    image,
		Workload: app.Spec.WorkloadSpec,
		Spread:   app.Spec.Availability.SpreadOrDefault(),
	}
	wanted := wants(&app.Spec.WorkloadSpec)
	if err := r.pinAll(ctx, app, wanted, releases, &result); err != nil {
		return Result{}, err
	}
	if err := r.bindAll(ctx, app, releases, &result); err != nil {
		return Result{}, err
	}
	result.Bound = true
	if result.Held = cmp.Or(result.Held, notReady(result.Unbound)); result.Held != nil {
		return result, nil
	}
	result.Hash = release.Hash(result.Inputs)
	if slices.ContainsFunc(releases, func(r v1alpha1.Release) bool { return r.Spec.InputHash == result.Hash }) {
		return result, nil // what a Release was made of was in order
	}
	return result, r.checkAll(ctx, app, wanted, &result)
}

// checkAll finds what no pod could run with in what all inputs hold.
func (r *Resolver) checkAll(ctx context.Context, app *v1alpha1.App, wanted []want, result *Result) error {
	if err := r.checkContents(ctx, app, wanted, result); err != nil {
		return err
	}
	if err := r.checkBindings(ctx, app, result); err != nil {
		return err
	}
	if result.Unbound == nil {
		result.Unbound = unprojectable(app, result)
	}
	result.Held = cmp.Or(result.Held, notReady(result.Unbound))
	return nil
}

// unprojectable finds bindings that do not go together with the rest of the pod
// template.
func unprojectable(app *v1alpha1.App, result *Result) *rollout.Held {
	if len(app.Spec.Bindings) == 0 {
		return nil
	}
	err := render.Check(app.Name, &v1alpha1.ReleaseSpec{
		Image: result.Inputs.Image, Workload: result.Inputs.Workload, Sources: result.Inputs.Sources, Bindings: result.Inputs.Bindings,
	})
	if err == nil {
		return nil
	}
	return &rollout.Held{Reason: v1alpha1.ReasonBindingRefused, Message: err.Error()}
}

// withoutReading finds what is wrong with an App whatever the objects hold that
// it refers to, and returns its image in full.
func (r *Resolver) withoutReading(app *v1alpha1.App) (string, *rollout.Held) {
	if app.Spec.Unreadable != "" {
		return "", invalid(fmt.Sprintf("spec: %s: correct the value", app.Spec.Unreadable))
	}
	image, held := Image(app.Spec.Image)
	if held != nil {
		return "", held
	}
	return image, Check(app)
}

func invalid(message string) *rollout.Held {
	return &rollout.Held{Reason: v1alpha1.ReasonInvalidInput, Message: message}
}

// pinAll finds out what all sources hold now, and which are missing.
func (r *Resolver) pinAll(ctx context.Context, app *v1alpha1.App, wanted []want, releases []v1alpha1.Release, result *Result) error {
	var missing []string
	for _, w := range wanted {
		pinned, err := r.pin(ctx, app, w, releases, result)
		switch {
		case apierrors.IsNotFound(err) && w.optional:
		case apierrors.IsNotFound(err):
			missing = append(missing, fmt.Sprintf("%s: %s %q does not exist in namespace %q", w.field, w.kind, w.name, app.Namespace))
		case err != nil:
			return fmt.Errorf("%s: read %s %q: %w", w.field, w.kind, w.name, err)
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
	return nil
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

// Wishes finds an annotation that asks for what cannot be done, because its value
// does not fit.
func Wishes(app *v1alpha1.App) *rollout.Held {
	for _, annotation := range []string{v1alpha1.AnnotationRetry, v1alpha1.AnnotationRestart} {
		if size := len(app.Annotations[annotation]); size > maxToken {
			return invalid(fmt.Sprintf("annotation %s: the value has %d bytes, and at most %d are allowed: any short new value will do", annotation, size, maxToken))
		}
	}
	switch value := app.Annotations[v1alpha1.AnnotationAdopt]; value {
	case "", v1alpha1.AdoptUnchanged, v1alpha1.AdoptAndRollOut:
		return nil
	default:
		return invalid(fmt.Sprintf("annotation %s: %q is neither %q (take over what runs what the App says) nor %q (take over, then roll out what the App says)",
			v1alpha1.AnnotationAdopt, value, v1alpha1.AdoptUnchanged, v1alpha1.AdoptAndRollOut))
	}
}

// Names returns the names of the ConfigMaps or Secrets that an App refers to,
// for the index that finds the Apps of a changed object.
func Names(app *v1alpha1.App, kind v1alpha1.SourceKind) []string {
	var names []string
	for _, w := range wants(&app.Spec.WorkloadSpec) {
		if w.kind == kind {
			names = append(names, w.name)
		}
	}
	return names
}

// pin says what a source holds now.
func (r *Resolver) pin(ctx context.Context, app *v1alpha1.App, w want, releases []v1alpha1.Release, result *Result) (v1alpha1.PinnedSource, error) {
	meta := &metav1.PartialObjectMetadata{}
	meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(w.kind)))
	err := r.metadata.Get(ctx, client.ObjectKey{Namespace: app.Namespace, Name: w.name}, meta)
	if err != nil && (len(w.generate) == 0 || !apierrors.IsNotFound(err)) {
		return v1alpha1.PinnedSource{}, err
	}
	if len(w.generate) > 0 {
		if err := r.generate(ctx, app, w, meta, releases, result); err != nil {
			return v1alpha1.PinnedSource{}, err
		}
	}
	digest, err := r.digest(ctx, app, w, meta, releases, result)
	if err != nil {
		return v1alpha1.PinnedSource{}, err
	}
	pinned := v1alpha1.PinnedSource{Kind: w.kind, Name: w.name, Digest: digest, UID: string(meta.UID), ResourceVersion: meta.ResourceVersion}
	if !w.live {
		pinned.CopyName = release.CopyName(app.Name, w.kind, digest)
	}
	return pinned, nil
}

func versionOf(meta *metav1.PartialObjectMetadata) version {
	return version{string(meta.UID), meta.ResourceVersion}
}

// digest identifies what an App takes of a source.
func (r *Resolver) digest(ctx context.Context, app *v1alpha1.App, w want, meta *metav1.PartialObjectMetadata, releases []v1alpha1.Release, result *Result) (string, error) {
	if _, made := result.generated(w.name); made && w.kind == v1alpha1.SourceSecret {
		return r.identify(ctx, app, w, result.contents[w.source], releases, result)
	}
	if digest, ok := recorded(releases, w, meta); ok {
		return digest, nil
	}
	key := digestKey{string(app.UID), versionOf(meta), strings.Join(w.keys, "/")}
	if digest, ok := r.digests.Get(key); ok {
		return digest.(string), nil
	}
	content, err := r.read(ctx, app.Namespace, w.source, meta, result)
	if err != nil {
		return "", err
	}
	digest, err := r.identify(ctx, app, w, content, releases, result)
	if err != nil {
		return "", err
	}
	// A digest made with a key that is not stored yet may never be made again.
	if result.NewKey == nil {
		r.digests.Add(key, digest)
	}
	return digest, nil
}

// recorded finds the digest of this very version on a Release that takes the
// same of it.
func recorded(releases []v1alpha1.Release, w want, meta *metav1.PartialObjectMetadata) (string, bool) {
	for i := len(releases) - 1; i >= 0; i-- {
		for _, pinned := range releases[i].Spec.Sources {
			if pinned.Kind == w.kind && pinned.Name == w.name && pinned.UID == string(meta.UID) && pinned.ResourceVersion == meta.ResourceVersion &&
				slices.Equal(selection(&releases[i].Spec.Workload, w.source), w.keys) {
				return pinned.Digest, true
			}
		}
		for _, pinned := range releases[i].Spec.Bindings {
			if w.kind == v1alpha1.SourceSecret && w.keys == nil && pinned.SecretName == w.name && pinned.UID == string(meta.UID) && pinned.ResourceVersion == meta.ResourceVersion {
				return pinned.Digest, true
			}
		}
	}
	return "", false
}

// read reads a source in this pass at most once, and remembers what there is to
// know of its keys.
func (r *Resolver) read(ctx context.Context, namespace string, ref source, meta *metav1.PartialObjectMetadata, result *Result) (Content, error) {
	if content, ok := result.contents[ref]; ok {
		return content, nil
	}
	content, err := r.content(ctx, namespace, ref)
	if err != nil {
		return Content{}, err
	}
	result.contents[ref] = content
	r.facts.Add(versionOf(meta), content.facts(ref.kind))
	return content, nil
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

// factsOf returns what there is to know of the keys of a source, which is read
// where nobody knows yet.
func (r *Resolver) factsOf(ctx context.Context, app *v1alpha1.App, w want, at version, result *Result) ([]fact, error) {
	if content, ok := result.contents[w.source]; ok {
		return content.facts(w.kind), nil
	}
	if facts, ok := r.facts.Get(at); ok {
		return facts.([]fact), nil
	}
	content, err := r.content(ctx, app.Namespace, w.source)
	if err != nil {
		return nil, fmt.Errorf("%s: read %s %q: %w", w.field, w.kind, w.name, err)
	}
	r.facts.Add(at, content.facts(w.kind))
	result.contents[w.source] = content
	return content.facts(w.kind), nil
}

// checkContents finds what no pod could run with in what the sources hold.
func (r *Resolver) checkContents(ctx context.Context, app *v1alpha1.App, wanted []want, result *Result) error {
	known := make(map[source][]fact, len(wanted))
	for _, w := range wanted {
		i := slices.IndexFunc(result.Inputs.Sources, func(p v1alpha1.PinnedSource) bool { return p.Kind == w.kind && p.Name == w.name })
		if i < 0 {
			continue // optional, and not there
		}
		pinned := result.Inputs.Sources[i]
		facts, err := r.factsOf(ctx, app, w, version{pinned.UID, pinned.ResourceVersion}, result)
		if err != nil {
			return err
		}
		known[w.source] = facts
	}
	if message := contentProblem(&app.Spec.WorkloadSpec, known); message != "" {
		result.Held = invalid(message)
	}
	return nil
}
