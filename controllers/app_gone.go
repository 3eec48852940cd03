package controllers

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/observe"
	"github.com/bowline-dev/bowline/internal/resolve"
)

// confirm asks the API server whether the App is still there, when what it runs
// on is not: of a deleted App the caches may show that its children are gone
// before they show that itself is, and nothing may be made for it any more. It
// returns ErrStale then.
func (p *pass) confirm(ctx context.Context) error {
	if !lost(p.app, p.snapshot, p.copiedLately) {
		return nil
	}
	live := &metav1.PartialObjectMetadata{}
	live.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("App"))
	err := p.Live.Get(ctx, client.ObjectKeyFromObject(p.app), live)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read App %q, whose children are gone: %w", p.app.Name, err)
	}
	if apierrors.IsNotFound(err) || live.UID != p.app.UID || !live.DeletionTimestamp.IsZero() {
		return apply.ErrStale
	}
	return nil
}

// lost tells whether something is not there that the Release which runs needs
// and had. A copy that was made lately may only not be in the caches yet.
func lost(app *v1alpha1.App, s observe.Snapshot, lately func(name string) bool) bool {
	name := app.Status.Release.Running
	if name == "" {
		return false
	}
	i := slices.IndexFunc(s.Releases, func(r v1alpha1.Release) bool { return r.Name == name })
	if i < 0 || s.Deployment == nil {
		return true
	}
	running := &s.Releases[i].Spec
	if len(running.Workload.Ports) > 0 && s.Service == nil {
		return true
	}
	gone := func(copies map[string]metav1.PartialObjectMetadata, name string) bool {
		_, there := copies[name]
		return name != "" && !there && !lately(name)
	}
	return gone(s.ConfigMaps, running.ConfigName) || slices.ContainsFunc(resolve.Copied(running), func(c v1alpha1.PinnedSource) bool {
		if c.Kind == v1alpha1.SourceSecret {
			return gone(s.Secrets, c.CopyName)
		}
		return gone(s.ConfigMaps, c.CopyName)
	})
}
