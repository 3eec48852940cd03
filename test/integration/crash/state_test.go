package crash_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// objects returns what the run has made: the App, its Releases and children,
// and what the cluster made of them.
func (r *run) objects() ([]client.Object, error) {
	var found []client.Object
	for _, list := range []client.ObjectList{
		&v1alpha1.AppList{}, &v1alpha1.ReleaseList{}, &appsv1.DeploymentList{}, &appsv1.ReplicaSetList{}, &corev1.ServiceList{},
		&autoscalingv2.HorizontalPodAutoscalerList{}, &policyv1.PodDisruptionBudgetList{}, &corev1.ConfigMapList{}, &corev1.SecretList{},
	} {
		if err := api.List(r.ctx, list, client.InNamespace(r.namespace)); err != nil {
			return nil, err
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			object := item.(client.Object)
			if object.GetName() != "kube-root-ca.crt" && len(object.GetOwnerReferences()) > 0 || object.GetName() == "shop" {
				found = append(found, object)
			}
		}
	}
	return found, nil
}

// state tells of everything there is, in words that are the same in every run.
func (r *run) state() []string {
	objects, err := r.objects()
	r.Expect(err).NotTo(HaveOccurred())
	var app *v1alpha1.App
	for _, object := range objects {
		if a, ok := object.(*v1alpha1.App); ok {
			app = a
		}
	}
	var lines []string
	for _, object := range objects {
		lines = append(lines, r.normal(describe(object, app)))
	}
	slices.Sort(lines)
	return lines
}

// describe tells what matters of an object.
func describe(object client.Object, app *v1alpha1.App) string {
	gvk, err := apiutil.GVKForObject(object, api.Scheme())
	if err != nil {
		return err.Error()
	}
	line := gvk.Kind + " " + object.GetName()
	switch o := object.(type) {
	case *v1alpha1.App:
		return line + encode(o.Status.Release, o.Status.Image, o.Status.Failure.Release, conditions(o.Status.Conditions))
	case *v1alpha1.Release:
		var reasons []string
		for _, e := range o.Status.Evidence {
			reasons = append(reasons, e.Container+" "+e.Reason)
		}
		return line + encode(o.Spec.Cause, o.Spec.Image, o.Spec.ConfigName, o.Spec.Workload, conditions(o.Status.Conditions), slices.Compact(reasons),
			o.Status.FinishTime.IsZero(), o.Status.SupersededTime.IsZero(), ownerOf(o, app))
	case *appsv1.ReplicaSet:
		return "ReplicaSet" + encode(o.Labels[v1alpha1.LabelRelease], o.Spec.Template.Labels[v1alpha1.LabelRelease], o.Spec.Replicas)
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return err.Error()
	}
	delete(fields, "metadata")
	delete(fields, "status")
	if strings.HasSuffix(object.GetName(), "-digest-key") {
		delete(fields, "data")
	}
	if secret, ok := object.(*corev1.Secret); ok && secret.Type == "servicebinding.io/http" {
		address := map[string]string{} // readable, for the namespace stands in it
		for key, value := range secret.Data {
			address[key] = string(value)
		}
		fields["data"] = address
	}
	if spec, ok := fields["spec"].(map[string]any); ok {
		delete(spec, "clusterIP")
		delete(spec, "clusterIPs")
	}
	annotations := maps.Clone(object.GetAnnotations())
	delete(annotations, "deployment.kubernetes.io/revision")
	delete(annotations, v1alpha1.AnnotationIntent) // over the owner's UID
	return line + encode(fields, object.GetLabels(), annotations, ownerOf(object, app))
}

func ownerOf(object client.Object, app *v1alpha1.App) string {
	switch {
	case app != nil && metav1.IsControlledBy(object, app):
		return "owned by the App"
	case len(object.GetOwnerReferences()) > 0:
		return "owned by another"
	}
	return "owned by nobody"
}

func conditions(list []metav1.Condition) []string {
	var lines []string
	for _, c := range list {
		if c.Type == v1alpha1.ConditionScalingActive {
			continue // the autoscaler's, who takes his time
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", c.Type, c.Status, c.Reason, c.Message))
	}
	return lines
}

func encode(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		return err.Error()
	}
	return " " + string(text)
}

// variable is what differs from run to run, and the word for it.
var variable = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`shop-secret-[0-9a-f]{8}`), "shop-secret-KEYED"},
	{regexp.MustCompile(`shop-binding-[0-9a-f]{8}`), "shop-binding-OF-THE-NAMESPACE"},
	{regexp.MustCompile(`shop-[0-9a-f]{6,10}-[0-9a-z]{5}`), "POD"},
	{regexp.MustCompile(`ErrImagePull|ImagePullBackOff`), "PULL"},
	{regexp.MustCompile(`\(pod POD, container app: [^)]*\)`), "(POD)"},
	{regexp.MustCompile(`\d+ s\b`), "N s"},
}

func (r *run) normal(text string) string {
	text = strings.ReplaceAll(text, r.namespace, "NAMESPACE")
	for _, v := range variable {
		text = v.pattern.ReplaceAllString(text, v.word)
	}
	return text
}

func conditionOf(list []metav1.Condition, kind string) metav1.Condition {
	for _, c := range list {
		if c.Type == kind {
			return c
		}
	}
	return metav1.Condition{}
}
