package resolve

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/release"
)

// KeyEntry is the entry of the Secret that holds an App's digest key.
const KeyEntry = "key"

// ErrContentGone tells that a copy cannot be made again, because the object it
// was a copy of is gone or, as ErrContentChanged, holds something else now.
var (
	ErrContentGone    = errors.New("its content at that time is gone")
	ErrContentChanged = fmt.Errorf("%w, and it holds something else today", ErrContentGone)
)

// identify computes the digest of what an App takes of a source.
func (r *Resolver) identify(ctx context.Context, app *v1alpha1.App, w want, content Content, releases []v1alpha1.Release, result *Result) (string, error) {
	content = content.only(w.keys)
	if w.kind == v1alpha1.SourceConfigMap {
		return release.Digest(content.Data, content.Binary), nil
	}
	key, err := r.key(ctx, app, result)
	if err != nil {
		return "", err
	}
	digest := release.KeyedDigest(key, content.Binary)
	if known(releases, w.source, digest) {
		return digest, nil
	}
	// Either the content is new, or the key is.
	if digest, same, err := r.sameAsCopy(ctx, app, w.source, content, releases); err != nil || same {
		return digest, err
	}
	return digest, nil
}

// pinnedIn are the sources of a Release, and the Secrets of its bindings as if
// they were sources.
func pinnedIn(made *v1alpha1.ReleaseSpec) []v1alpha1.PinnedSource {
	out := slices.Clone(made.Sources)
	for _, b := range made.Bindings {
		out = append(out, asSource(b))
	}
	return out
}

func asSource(b v1alpha1.PinnedBinding) v1alpha1.PinnedSource {
	return v1alpha1.PinnedSource{
		Kind: v1alpha1.SourceSecret, Name: b.SecretName,
		CopyName: b.CopyName, Digest: b.Digest, UID: b.UID, ResourceVersion: b.ResourceVersion,
	}
}

// known tells whether a Release has a digest of a source.
func known(releases []v1alpha1.Release, ref source, digest string) bool {
	return slices.ContainsFunc(releases, func(r v1alpha1.Release) bool {
		return slices.ContainsFunc(pinnedIn(&r.Spec), func(p v1alpha1.PinnedSource) bool {
			return p.Kind == ref.kind && p.Name == ref.name && p.Digest == digest
		})
	})
}

// key returns the App's digest key. Where there is none it makes one, to be
// stored by the caller.
func (r *Resolver) key(ctx context.Context, app *v1alpha1.App, result *Result) ([]byte, error) {
	if result.NewKey != nil {
		return result.NewKey, nil
	}
	if known, ok := r.keys.Get(app.UID); ok {
		return known.([]byte), nil
	}
	secret := &corev1.Secret{}
	err := r.live.Get(ctx, client.ObjectKey{Namespace: app.Namespace, Name: release.KeyName(app.Name)}, secret)
	switch {
	case err == nil && len(secret.Data[KeyEntry]) > 0:
		r.keys.Add(app.UID, secret.Data[KeyEntry])
		return secret.Data[KeyEntry], nil
	case err != nil && !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("read the digest key: %w", err)
	}
	result.NewKey = make([]byte, 32)
	if _, err := rand.Read(result.NewKey); err != nil {
		return nil, fmt.Errorf("make a digest key: %w", err)
	}
	return result.NewKey, nil
}

// Stored tells that an App's digest key has been stored.
func (r *Resolver) Stored(app *v1alpha1.App, key []byte) { r.keys.Add(app.UID, key) }

// KnownKey returns the App's digest key if it is known without reading it, else
// nothing.
func (r *Resolver) KnownKey(app *v1alpha1.App) []byte {
	if known, ok := r.keys.Get(app.UID); ok {
		return known.([]byte)
	}
	return nil
}

// sameAsCopy compares a Secret with the copies that Releases keep of it. It is
// how an App whose key was lost does not roll while its Secrets are the same.
func (r *Resolver) sameAsCopy(ctx context.Context, app *v1alpha1.App, ref source, content Content, releases []v1alpha1.Release) (string, bool, error) {
	for i := len(releases) - 1; i >= 0; i-- {
		for _, pinned := range pinnedIn(&releases[i].Spec) {
			if pinned.Kind != ref.kind || pinned.Name != ref.name || pinned.CopyName == "" {
				continue
			}
			kept, err := r.content(ctx, app.Namespace, source{ref.kind, pinned.CopyName})
			if apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return "", false, fmt.Errorf("read the copy %q: %w", pinned.CopyName, err)
			}
			if maps.EqualFunc(kept.Binary, content.Binary, bytes.Equal) {
				return pinned.Digest, true, nil
			}
		}
	}
	return "", false, nil
}

// Exists tells whether there is a Secret of a name, as far as the cache knows.
func (r *Resolver) Exists(ctx context.Context, namespace, name string) (bool, error) {
	meta := &metav1.PartialObjectMetadata{}
	meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	err := r.metadata.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, meta)
	return err == nil, client.IgnoreNotFound(err)
}

// Copied are the copies that a Release's pods use, by what they are copies of.
func Copied(made *v1alpha1.ReleaseSpec) []v1alpha1.PinnedSource {
	return slices.DeleteFunc(pinnedIn(made), func(p v1alpha1.PinnedSource) bool { return p.CopyName == "" })
}

// Content returns what a copy that a Release needs must hold. It fails with
// ErrContentGone when the object no longer holds that.
func (r *Resolver) Content(ctx context.Context, app *v1alpha1.App, of *v1alpha1.ReleaseSpec, pinned v1alpha1.PinnedSource, result *Result) (Content, error) {
	w := want{source: source{pinned.Kind, pinned.Name}}
	if slices.Contains(of.Sources, pinned) {
		w.keys = selection(&of.Workload, w.source) // bindings take all
	}
	content, ok := result.contents[w.source]
	if !ok {
		var err error
		content, err = r.content(ctx, app.Namespace, w.source)
		if apierrors.IsNotFound(err) {
			return Content{}, fmt.Errorf("%s %q: %w", pinned.Kind, pinned.Name, ErrContentGone)
		}
		if err != nil {
			return Content{}, err
		}
	}
	digest, err := r.identify(ctx, app, w, content, nil, result)
	if err != nil {
		return Content{}, err
	}
	if digest != pinned.Digest {
		return Content{}, fmt.Errorf("%s %q: %w", pinned.Kind, pinned.Name, ErrContentChanged)
	}
	return content.only(w.keys), nil
}
