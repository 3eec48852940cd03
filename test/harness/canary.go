package harness

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Canary is a text that stands in every Secret a suite makes and must be found
// nowhere else.
type Canary string

// NewCanary returns a canary that no other suite has. It is made of letters
// that are no hexadecimal digits, so nothing else looks like it.
func NewCanary() Canary {
	const letters = "ghijklmnopqrstuvwxyz"
	random := make([]byte, 14)
	_, _ = rand.Read(random) // never fails
	for i, b := range random {
		random[i] = letters[int(b)%len(letters)]
	}
	return Canary("canary" + string(random))
}

// Marks returns a value with the canary in it: the same for the same text.
func (c Canary) Marks(text string) []byte { return []byte(string(c) + "." + text) }

// Unmarked returns the text that Marks was given.
func (c Canary) Unmarked(value []byte) string {
	return strings.TrimPrefix(string(value), string(c)+".")
}

// CanaryEntry is an entry for the canary in a Secret whose other values must be
// what they are.
const CanaryEntry = "canary"

// Vault is what all Secrets of a cluster have ever held since it was opened.
type Vault struct {
	canary   Canary
	api      client.WithWatch
	watching watch.Interface
	followed sync.WaitGroup

	mu       sync.Mutex
	patterns *Patterns
	seen     int
	wrong    []string
}

// OpenVault begins to follow the Secrets of a cluster.
func OpenVault(ctx context.Context, api client.WithWatch, canary Canary) (*Vault, error) {
	v := &Vault{canary: canary, api: api, patterns: NewPatterns()}
	v.patterns.Add("the canary", []byte(canary))
	watching, err := api.Watch(context.WithoutCancel(ctx), &corev1.SecretList{})
	if err != nil {
		return nil, fmt.Errorf("watch Secrets: %w", err)
	}
	v.watching = watching
	v.followed.Go(func() {
		for event := range watching.ResultChan() {
			if secret, ok := event.Object.(*corev1.Secret); ok {
				v.learn(secret)
			} else {
				v.blame(fmt.Sprintf("the watch of Secrets says %s: %v", event.Type, event.Object))
			}
		}
	})
	return v, nil
}

// Close stops following.
func (v *Vault) Close() {
	v.watching.Stop()
	v.followed.Wait()
}

// catchUp learns of the Secrets that there are now.
func (v *Vault) catchUp(ctx context.Context) error {
	list := &corev1.SecretList{}
	if err := v.api.List(ctx, list); err != nil {
		return fmt.Errorf("list Secrets: %w", err)
	}
	for i := range list.Items {
		v.learn(&list.Items[i])
	}
	return nil
}

// Problems tells of Secrets that a suite made without a canary, and of a vault
// that could not see.
func (v *Vault) Problems() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == 0 {
		return append(slices.Clone(v.wrong), "no Secret was ever seen: there is nothing to look for")
	}
	return slices.Clone(v.wrong)
}

func (v *Vault) blame(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.Contains(v.wrong, text) {
		v.wrong = append(v.wrong, text)
	}
}

// learn adds what a version of a Secret holds.
func (v *Vault) learn(secret *corev1.Secret) {
	if madeForApp(secret) && secret.Type == "servicebinding.io/http" {
		return // the address of an App, which everybody may know
	}
	marked := false
	if ofWebhook(secret) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.seen++
		v.patterns.AddSecret("the Secret "+secret.Namespace+"/"+secret.Name, secret.Data, isKey)
		return
	}
	for _, value := range secret.Data {
		marked = marked || bytes.Contains(value, []byte(v.canary))
	}
	if !marked && !madeForApp(secret) && len(secret.Data) > 0 {
		v.blame(fmt.Sprintf("the Secret %s/%s has no canary: make it with one", secret.Namespace, secret.Name))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen++
	// Where there is a canary, an entry without it may hold what stands
	// elsewhere too, such as the type of a database.
	v.patterns.AddSecret("the Secret "+secret.Namespace+"/"+secret.Name, secret.Data, func(value []byte) bool {
		return !marked || bytes.Contains(value, []byte(v.canary))
	})
}

// madeForApp tells of a Secret the operator made: a copy, a key, or generated
// values. An App that was deleted may have left it behind.
func madeForApp(secret *corev1.Secret) bool {
	owner := metav1.GetControllerOf(secret)
	return owner != nil && owner.Kind == "App" || owner == nil && secret.Labels["app.kubernetes.io/managed-by"] == "bowline" && secret.Labels["bowline.dev/app"] != ""
}

// ofWebhook tells of the Secret with the certificate of the operator's webhook,
// which everybody may know, and its key.
func ofWebhook(secret *corev1.Secret) bool {
	return secret.Type == corev1.SecretTypeTLS && secret.Labels["app.kubernetes.io/managed-by"] == "bowline"
}

func isKey(value []byte) bool { return bytes.Contains(value, []byte("PRIVATE KEY")) }
