package admission

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
)

var (
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	server      = admissionregistrationv1.WebhookClientConfig{URL: ptr.To("https://127.0.0.1/bind"), CABundle: []byte("pem")}
	web         = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "web"}}
)

func in(values ...string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "kubernetes.io/metadata.name", Operator: "In", Values: values}}}
}

func TestWebhooksAreWrittenOut(t *testing.T) {
	want := []admissionregistrationv1.MutatingWebhook{{
		Name:         "deployments.v1.apps.bowline.dev",
		ClientConfig: server,
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{"CREATE"},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}, Scope: ptr.To(admissionregistrationv1.ScopeType("Namespaced"))},
		}},
		FailurePolicy:           ptr.To(admissionregistrationv1.FailurePolicyType("Ignore")),
		MatchPolicy:             ptr.To(admissionregistrationv1.MatchPolicyType("Equivalent")),
		NamespaceSelector:       in("shop"),
		ObjectSelector:          &metav1.LabelSelector{},
		SideEffects:             ptr.To(admissionregistrationv1.SideEffectClass("None")),
		TimeoutSeconds:          ptr.To(int32(2)),
		AdmissionReviewVersions: []string{"v1"},
		ReinvocationPolicy:      ptr.To(admissionregistrationv1.ReinvocationPolicyType("IfNeeded")),
	}}
	if diff := cmp.Diff(want, Webhooks([]Target{{deployments, "shop", nil}}, server)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWebhooksAskForNoMoreThanIsMeant(t *testing.T) {
	other := &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "db"}}
	many := func(count int) (targets []Target) {
		for n := range count {
			targets = append(targets, Target{deployments, fmt.Sprintf("n%03d", n), nil})
		}
		return targets
	}
	type asked struct {
		Name               string
		Namespaces, Labels *metav1.LabelSelector
	}
	for name, c := range map[string]struct {
		targets []Target
		want    []asked
	}{
		"nothing":    {nil, nil},
		"two kinds":  {[]Target{{pods, "b", nil}, {deployments, "a", nil}}, []asked{{"deployments.v1.apps.bowline.dev", in("a"), &metav1.LabelSelector{}}, {"pods.v1.core.bowline.dev", in("b"), &metav1.LabelSelector{}}}},
		"namespaces": {[]Target{{deployments, "b", nil}, {deployments, "a", nil}, {deployments, "b", nil}}, []asked{{"deployments.v1.apps.bowline.dev", in("a", "b"), &metav1.LabelSelector{}}}},
		"a selector": {[]Target{{deployments, "a", web}, {deployments, "b", web.DeepCopy()}}, []asked{{"deployments.v1.apps.bowline.dev", in("a", "b"), web}}},
		"two selectors, of which there is no union": {[]Target{{deployments, "a", web}, {deployments, "a", other}}, []asked{{"deployments.v1.apps.bowline.dev", in("a"), &metav1.LabelSelector{}}}},
		"a selector and a name":                     {[]Target{{deployments, "a", web}, {deployments, "a", nil}}, []asked{{"deployments.v1.apps.bowline.dev", in("a"), &metav1.LabelSelector{}}}},
		"more namespaces than a rule names":         {many(101), []asked{{"deployments.v1.apps.bowline.dev", &metav1.LabelSelector{}, &metav1.LabelSelector{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []asked
			for _, w := range Webhooks(c.targets, server) {
				got = append(got, asked{w.Name, w.NamespaceSelector, w.ObjectSelector})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := Webhooks(many(100), server)[0].NamespaceSelector.MatchExpressions[0].Values; len(got) != 100 {
		t.Errorf("names %d namespaces", len(got))
	}
}

func TestWebhooksAreTheSameInAnyOrder(t *testing.T) {
	targets := []Target{{pods, "b", web}, {deployments, "a", nil}, {deployments, "c", web}, {pods, "a", web}}
	want := Webhooks(targets, server)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		random.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
		if diff := cmp.Diff(want, Webhooks(targets, server)); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}
