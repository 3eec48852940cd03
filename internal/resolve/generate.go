package resolve

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/adopt"
)

// Generated is a Secret with random values that is to be written.
type Generated struct {
	Name string
	// Data are the entries to write: all of a new Secret, of another one those
	// that are new.
	Data map[string][]byte
	// Of is the version of the Secret that is to get them, nil where there is
	// no Secret.
	Of *metav1.PartialObjectMetadata
}

// generated returns what is to be written to a Secret.
func (r *Result) generated(name string) (*Generated, bool) {
	for i := range r.Generated {
		if r.Generated[i].Name == name {
			return &r.Generated[i], true
		}
	}
	return nil, false
}

// generate makes the values of a Secret that are not there yet, or all of them
// when the Secret asks for it. Meta is empty where there is no Secret.
//
//	the Secret                                         what is made
//	-------------------------------------------------  -----------------------------
//	is not there, a Release has a copy of it           what the copy lacks
//	is not there                                       all values
//	belongs to somebody else                           nothing: an error
//	was left behind, and the App adopts                as of one that is the App's
//	carries the annotation bowline.dev/regenerate      all values
//	lacks keys                                         those
func (r *Resolver) generate(ctx context.Context, app *v1alpha1.App, w want, meta *metav1.PartialObjectMetadata, releases []v1alpha1.Release, result *Result) error {
	var present Content
	made := Generated{Name: w.name}
	wanted := w.generate
	switch {
	case meta.Name == "":
		kept, err := r.keptCopy(ctx, app, w, releases)
		if err != nil {
			return err
		}
		made.Data = maps.Clone(kept.Binary)
		wanted = lacking(w.generate, kept)
	case !metav1.IsControlledBy(meta, app) && (!result.adopts || !adopt.Left(app.Name, meta)):
		result.Held = cmp.Or(result.Held, invalid(fmt.Sprintf(
			"%s.generate: Secret %q exists and does not belong to App %q: remove generate to use it as it is, or choose another name", w.field, w.name, app.Name)))
		return nil
	default:
		_, anew := meta.Annotations[v1alpha1.AnnotationRegenerate]
		if !anew && r.complete(w, meta, releases) {
			return nil
		}
		content, err := r.read(ctx, app.Namespace, w.source, meta, result)
		if err != nil {
			return err
		}
		if !anew {
			wanted = lacking(w.generate, content)
		}
		if len(wanted) == 0 {
			return nil
		}
		present, made.Of = content, meta.DeepCopy()
	}
	if made.Data == nil {
		made.Data = map[string][]byte{}
	}
	for _, value := range wanted {
		random, err := random(value)
		if err != nil {
			return fmt.Errorf("make a value: %w", err)
		}
		made.Data[value.Key] = random
	}
	all := maps.Clone(made.Data)
	for key, value := range present.Binary {
		if _, isNew := all[key]; !isNew {
			all[key] = value
		}
	}
	result.contents[w.source] = Content{Binary: all}
	result.Generated = append(result.Generated, made)
	return nil
}

// complete tells, without reading it, that a Secret has all generated keys: they
// are those it was found to have before.
func (r *Resolver) complete(w want, meta *metav1.PartialObjectMetadata, releases []v1alpha1.Release) bool {
	if known, ok := r.facts.Get(versionOf(meta)); ok {
		facts := known.([]fact)
		return !slices.ContainsFunc(w.generate, func(g v1alpha1.GenerateSpec) bool {
			return !slices.ContainsFunc(facts, func(f fact) bool { return f.key == g.Key })
		})
	}
	// The values were made before the newest Release was.
	if _, ok := recorded(releases, w, meta); !ok {
		return false
	}
	for _, before := range wants(&releases[len(releases)-1].Spec.Workload) {
		if before.source == w.source {
			return slices.Equal(before.generate, w.generate)
		}
	}
	return false
}

// lacking are the values for which there is no entry.
func lacking(wanted []v1alpha1.GenerateSpec, content Content) []v1alpha1.GenerateSpec {
	var out []v1alpha1.GenerateSpec
	for _, value := range wanted {
		if _, ok := content.Binary[value.Key]; !ok {
			out = append(out, value)
		}
	}
	return out
}

// keptCopy returns what the newest Release that has a copy of a Secret keeps of
// it, and nothing when there is none: a Secret that was deleted by mistake comes
// back with the values it had.
func (r *Resolver) keptCopy(ctx context.Context, app *v1alpha1.App, w want, releases []v1alpha1.Release) (Content, error) {
	for i := len(releases) - 1; i >= 0; i-- {
		for _, pinned := range pinnedIn(&releases[i].Spec) {
			if pinned.Kind != w.kind || pinned.Name != w.name || pinned.CopyName == "" {
				continue
			}
			content, err := r.content(ctx, app.Namespace, source{w.kind, pinned.CopyName})
			if err == nil {
				return content, nil
			}
			if !apierrors.IsNotFound(err) {
				return Content{}, fmt.Errorf("read the copy %q: %w", pinned.CopyName, err)
			}
		}
	}
	return Content{}, nil
}

// random returns a random value. Each character is as likely as the others.
func random(spec v1alpha1.GenerateSpec) ([]byte, error) {
	alphabet := cmp.Or(spec.Alphabet, v1alpha1.DefaultAlphabet)
	size := big.NewInt(int64(len(alphabet)))
	out := make([]byte, cmp.Or(spec.Length, v1alpha1.DefaultGeneratedLength))
	for i := range out {
		at, err := rand.Int(rand.Reader, size)
		if err != nil {
			return nil, err
		}
		out[i] = alphabet[at.Int64()]
	}
	return out, nil
}
