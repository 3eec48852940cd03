package admission

import (
	"cmp"
	"maps"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
)

// Timeout is how long the API server waits for the webhook.
const Timeout = 2 * time.Second

// mostNamespaces is how many namespaces a rule names. Where there are more, it
// is for all.
const mostNamespaces = 100

// Target is what a ServiceBinding means: workloads of a resource in a namespace,
// all that have some labels, or with a nil selector one by its name.
type Target struct {
	Resource  schema.GroupVersionResource
	Namespace string
	Selector  *metav1.LabelSelector
}

// Webhooks returns a webhook for each resource that is meant. It is the same in
// whatever order the targets come, and has all that the API server would fill in.
func Webhooks(targets []Target, client admissionregistrationv1.WebhookClientConfig) []admissionregistrationv1.MutatingWebhook {
	byResource := map[schema.GroupVersionResource][]Target{}
	for _, t := range targets {
		byResource[t.Resource] = append(byResource[t.Resource], t)
	}
	var out []admissionregistrationv1.MutatingWebhook
	for resource, meant := range byResource {
		out = append(out, webhook(resource, meant, client))
	}
	slices.SortFunc(out, func(a, b admissionregistrationv1.MutatingWebhook) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func webhook(resource schema.GroupVersionResource, meant []Target, client admissionregistrationv1.WebhookClientConfig) admissionregistrationv1.MutatingWebhook {
	return admissionregistrationv1.MutatingWebhook{
		Name:         name(resource),
		ClientConfig: client,
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
			Rule: admissionregistrationv1.Rule{
				APIGroups:   []string{resource.Group},
				APIVersions: []string{resource.Version},
				Resources:   []string{resource.Resource},
				Scope:       ptr.To(admissionregistrationv1.NamespacedScope),
			},
		}},
		// It only saves a rollout: without it the controller binds.
		FailurePolicy: ptr.To(admissionregistrationv1.Ignore),
		// Whoever writes another version of the kind writes the same workload.
		MatchPolicy:       ptr.To(admissionregistrationv1.Equivalent),
		NamespaceSelector: namespaces(meant),
		ObjectSelector:    labels(meant),
		SideEffects:       ptr.To(admissionregistrationv1.SideEffectClassNone),
		TimeoutSeconds:    ptr.To(int32(Timeout / time.Second)),
		// Containers that other webhooks add are bound too.
		ReinvocationPolicy:      ptr.To(admissionregistrationv1.IfNeededReinvocationPolicy),
		AdmissionReviewVersions: []string{"v1"},
	}
}

// name has at least three parts, as the API server asks for.
func name(resource schema.GroupVersionResource) string {
	return resource.Resource + "." + resource.Version + "." + cmp.Or(resource.Group, "core") + ".bowline.dev"
}

func namespaces(meant []Target) *metav1.LabelSelector {
	distinct := map[string]bool{}
	for _, t := range meant {
		distinct[t.Namespace] = true
	}
	if len(distinct) > mostNamespaces {
		return &metav1.LabelSelector{}
	}
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
		Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpIn, Values: slices.Sorted(maps.Keys(distinct)),
	}}}
}

// labels is the selector that all have, else all labels: of selectors that
// differ there is no union.
func labels(meant []Target) *metav1.LabelSelector {
	first := meant[0].Selector
	if first == nil || slices.ContainsFunc(meant, func(t Target) bool { return !equality.Semantic.DeepEqual(t.Selector, first) }) {
		return &metav1.LabelSelector{}
	}
	return first.DeepCopy()
}
