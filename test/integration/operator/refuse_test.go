package operator_test

import (
	"time"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// house is what the API server says when a policy of a test refuses something.
const house = "not in this house"

// Refuses makes the API server refuse objects of a core resource for which an
// expression holds, in the scene's namespace, and waits until it does. The
// probe is an object of that resource.
func (s *Scene) Refuses(probe client.Object, resource, expression string) (allow func()) {
	s.Step("refuse " + resource + " with " + expression)
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{GenerateName: s.Namespace + "-" + resource + "-"},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(admissionv1.Fail),
			MatchConstraints: &admissionv1.MatchResources{
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
					Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}},
				}}},
			},
			Validations: []admissionv1.Validation{{
				Expression: "object.metadata.name != 'probe' && !(" + expression + ")",
				Message:    house,
			}},
		},
	}
	s.Expect(api.Create(s.ctx, policy)).To(Succeed())
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        policy.Name,
			ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			MatchResources: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: s.Namespace}},
			},
		},
	}
	s.Expect(api.Create(s.ctx, binding)).To(Succeed())
	refused := func() bool { return apierrors.IsInvalid(s.tries(probe)) || apierrors.IsForbidden(s.tries(probe)) }
	s.Eventually(refused).WithTimeout(soon).WithPolling(100 * time.Millisecond).Should(BeTrue())
	return func() {
		s.Step("refuse " + resource + " no longer")
		s.Expect(api.Delete(s.ctx, binding)).To(Succeed())
		s.Eventually(refused).WithTimeout(soon).WithPolling(100 * time.Millisecond).Should(BeFalse())
	}
}

// Plays makes the pods of a Release play an outcome, in the scene's namespace.
func (s *Scene) Plays(outcome, release string) {
	s.Step("the pods of Release " + release + " play " + outcome)
	policy := &admissionv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{GenerateName: s.Namespace + "-plays-"},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			FailurePolicy:      ptr.To(admissionv1.Fail),
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			MatchConstraints: &admissionv1.MatchResources{
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
				}}},
			},
			MatchConditions: []admissionv1.MatchCondition{{
				Name: "release", Expression: "object.metadata.?labels['" + v1alpha1.LabelRelease + "'].orValue('') == '" + release + "'",
			}},
			Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeApplyConfiguration,
				ApplyConfiguration: &admissionv1.ApplyConfiguration{
					Expression: "Object{metadata: Object.metadata{annotations: {'" + playAnnotation + "': '" + outcome + "'}}}",
				},
			}},
		},
	}
	s.Expect(api.Create(s.ctx, policy)).To(Succeed())
	s.Expect(api.Create(s.ctx, &admissionv1.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{
			PolicyName: policy.Name,
			MatchResources: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: s.Namespace}},
			},
		},
	})).To(Succeed())
	s.Eventually(func() string {
		probe := aPod()
		probe.Name, probe.Namespace, probe.Labels = "probe", s.Namespace, map[string]string{v1alpha1.LabelRelease: release}
		s.Expect(api.Create(s.ctx, probe, client.DryRunAll)).To(Succeed())
		return probe.Annotations[playAnnotation]
	}).WithTimeout(soon).WithPolling(100 * time.Millisecond).Should(Equal(outcome))
}

// playAnnotation chooses what a pod plays.
const playAnnotation = "play.bowline.dev/outcome"

// tries creates an object without leaving it there.
func (s *Scene) tries(probe client.Object) error {
	object := probe.DeepCopyObject().(client.Object)
	object.SetName("probe")
	object.SetNamespace(s.Namespace)
	return api.Create(s.ctx, object, client.DryRunAll)
}

func aPod() *corev1.Pod {
	return &corev1.Pod{Spec: corev1.PodSpec{
		AutomountServiceAccountToken: ptr.To(false),
		Containers:                   []corev1.Container{{Name: "app", Image: good}},
	}}
}

func aService() *corev1.Service {
	return &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 1}}}}
}
