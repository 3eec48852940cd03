package controllers

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/resolve"
)

// generate writes generated values: a new Secret, or entries of one that was
// made before, if nobody has changed it since.
func (p *pass) generate(ctx context.Context, wanted resolve.Generated) error {
	var written *corev1.Secret
	var err error
	if wanted.Of == nil {
		written, err = p.createGenerated(ctx, wanted)
	} else {
		written, err = p.addGenerated(ctx, wanted)
	}
	if err != nil {
		return err
	}
	for i := range p.inputs.Inputs.Sources {
		source := &p.inputs.Inputs.Sources[i]
		if source.Kind == v1alpha1.SourceSecret && source.Name == wanted.Name {
			source.UID, source.ResourceVersion = string(written.UID), written.ResourceVersion
		}
	}
	return nil
}

func (p *pass) createGenerated(ctx context.Context, wanted resolve.Generated) (*corev1.Secret, error) {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:            wanted.Name,
			Namespace:       p.app.Namespace,
			Labels:          p.childLabels(),
			OwnerReferences: p.owner(),
		},
		Type: corev1.SecretTypeOpaque,
		Data: wanted.Data,
	}
	// Secrets are cached as metadata only: waiting to read the write back would
	// start a cache of their content.
	err := p.Create(ctx, secret, client.FieldOwner(v1alpha1.FieldOwner), client.DisableReadYourWritesConsistency)
	if apierrors.IsAlreadyExists(err) {
		return nil, p.Applier.WhoHas(ctx, p.app, "Secret", wanted.Name)
	}
	return secret, apply.Classify("Secret", wanted.Name, err)
}

// addGenerated adds values to a Secret and takes the wish for new ones off it in
// the same write, so that it is answered once.
func (p *pass) addGenerated(ctx context.Context, wanted resolve.Generated) (*corev1.Secret, error) {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{
			"uid":             wanted.Of.UID,
			"resourceVersion": wanted.Of.ResourceVersion,
			"annotations":     map[string]any{v1alpha1.AnnotationRegenerate: nil},
		},
		"data": wanted.Data,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the patch of Secret %q: %w", wanted.Name, err)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: wanted.Name, Namespace: p.app.Namespace}}
	err = p.Patch(ctx, secret, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldOwner), client.DisableReadYourWritesConsistency)
	if apierrors.IsNotFound(err) {
		return nil, apply.ErrStale
	}
	return secret, apply.Classify("Secret", wanted.Name, err)
}
