package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/authn/kubernetes"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// credentials are what an image may be asked for with.
type credentials struct {
	found []authn.Authenticator
	// notes say which Secrets are of no use, and why.
	notes []string
}

// credentials reads the pull secrets a pod would have: those of its service
// account only where the App names none, as the API server fills them in. A
// Secret that is missing or of no use is passed over, as nodes do it.
func (d *Digests) credentials(ctx context.Context, s subject, secrets []string, ref name.Reference) (credentials, error) {
	if len(secrets) == 0 {
		var err error
		if secrets, err = d.secretsOf(ctx, s.namespace, s.account); err != nil {
			return credentials{}, err
		}
	}
	var keys credentials
	for _, name := range secrets {
		secret := &corev1.Secret{}
		err := d.live.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, secret)
		switch {
		case apierrors.IsNotFound(err):
			keys.notes = append(keys.notes, fmt.Sprintf("Secret %q does not exist", name))
		case err != nil:
			return credentials{}, err
		default:
			keys.add(ctx, secret, ref)
		}
	}
	return keys, nil
}

// secretsOf are the pull secrets of a service account.
func (d *Digests) secretsOf(ctx context.Context, namespace, account string) ([]string, error) {
	object := &corev1.ServiceAccount{}
	if err := d.live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: account}, object); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	var names []string
	for _, ref := range object.ImagePullSecrets {
		names = append(names, ref.Name)
	}
	return names, nil
}

// add adds what a Secret has for an image. Each Secret is read by itself, so
// that one with an old password does not hide another with the new one.
func (k *credentials) add(ctx context.Context, secret *corev1.Secret, ref name.Reference) {
	if secret.Type != corev1.SecretTypeDockerConfigJson && secret.Type != corev1.SecretTypeDockercfg {
		k.notes = append(k.notes, fmt.Sprintf("Secret %q has the type %s and not %s", secret.Name, secret.Type, corev1.SecretTypeDockerConfigJson))
		return
	}
	keychain, err := kubernetes.NewFromPullSecrets(ctx, []corev1.Secret{*secret})
	if err != nil {
		// What the error quotes is the Secret's content.
		k.notes = append(k.notes, fmt.Sprintf("Secret %q holds no credentials that can be read", secret.Name))
		return
	}
	found := false
	for _, target := range targets(ref) {
		key, err := keychain.Resolve(target)
		if err == nil && key != authn.Anonymous {
			k.found = append(k.found, key)
			found = true
		}
	}
	if !found {
		k.notes = append(k.notes, fmt.Sprintf("Secret %q holds nothing for it", secret.Name))
	}
}

// target is an image as credentials name it.
type target struct{ registry, repository string }

// RegistryStr implements authn.Resource.
func (t target) RegistryStr() string { return t.registry }

// String implements authn.Resource.
func (t target) String() string { return t.registry + "/" + t.repository }

// targets are the names an image goes by in credentials. Those for Docker Hub
// are written with either of its names.
func targets(ref name.Reference) []target {
	repository := ref.Context()
	out := []target{{repository.RegistryStr(), repository.RepositoryStr()}}
	if repository.RegistryStr() == name.DefaultRegistry {
		out = append(out, target{"docker.io", repository.RepositoryStr()})
	}
	return out
}
