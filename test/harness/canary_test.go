package harness

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func TestCanaryMarksAndUnmarks(t *testing.T) {
	one, other := NewCanary(), NewCanary()
	if one == other {
		t.Errorf("two canaries are the same: %s", one)
	}
	if got := one.Unmarked(one.Marks("old")); got != "old" {
		t.Errorf("got %q", got)
	}
	if strings.ContainsAny(strings.TrimPrefix(string(one), "canary"), "0123456789abcdef") {
		t.Errorf("%s may be taken for hexadecimal digits", one)
	}
}

func newSecret(name string, owner string, data map[string]string) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: name}, Data: map[string][]byte{}}
	for key, value := range data {
		s.Data[key] = []byte(value)
	}
	if owner != "" {
		s.OwnerReferences = []metav1.OwnerReference{{Kind: owner, Name: "shop", Controller: ptr.To(true)}}
	}
	return s
}

func TestVaultWantsACanaryInEverySecret(t *testing.T) {
	v := &Vault{canary: "canaryghijkl", patterns: NewPatterns()}
	if diff := cmp.Diff([]string{"no Secret was ever seen: there is nothing to look for"}, v.Problems()); diff != "" {
		t.Error(diff)
	}
	v.learn(newSecret("marked", "", map[string]string{"KEY": "canaryghijkl.old"}))
	v.learn(newSecret("one-entry", "", map[string]string{"KEY": "canaryghijkl.", "type": "postgresql"}))
	v.learn(newSecret("empty", "", nil))
	v.learn(newSecret("shop-digest-key", "App", map[string]string{"key": "0123456789zyxwvu"}))
	certificate := newSecret("webhook-certificate", "", map[string]string{"tls.crt": "public-certificate", "tls.key": "PRIVATE KEY qwertzuiop"})
	certificate.Type, certificate.Labels = "kubernetes.io/tls", map[string]string{"app.kubernetes.io/managed-by": "bowline"}
	v.learn(certificate)
	v.learn(newSecret("another", "Job", map[string]string{"KEY": "canary"}))
	v.learn(newSecret("unmarked", "", map[string]string{"KEY": "old"}))
	v.learn(newSecret("unmarked", "", map[string]string{"KEY": "new"}))
	want := []string{
		"the Secret a/another has no canary: make it with one",
		"the Secret a/unmarked has no canary: make it with one",
	}
	if diff := cmp.Diff(want, v.Problems()); diff != "" {
		t.Error(diff)
	}
	for text, secret := range map[string]bool{
		"canaryghijkl.old":       true,
		"0123456789zyxwvu":       true, // a key that the operator made
		"PRIVATE KEY qwertzuiop": true,
		"public-certificate":     false,
		"postgresql":             false, // may stand elsewhere
	} {
		if found := v.patterns.In("here", []byte(text)); (len(found) > 0) != secret {
			t.Errorf("%s: found %v", text, found)
		}
	}
}
