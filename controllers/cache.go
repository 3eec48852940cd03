package controllers

import (
	"unique"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// CacheOptions says what is cached: of our own kinds everything, of children
// only what carries our label, of pods, nodes, ConfigMaps and Secrets only what
// we read. No content of a ConfigMap or Secret is ever cached. Objects from the
// cache are shared and must not be changed. Without namespaces it is those of all.
func CacheOptions(namespaces ...string) cache.Options {
	var watched map[string]cache.Config
	if len(namespaces) > 0 {
		watched = map[string]cache.Config{}
		for _, namespace := range namespaces {
			watched[namespace] = cache.Config{}
		}
	}
	ours := func(transform toolscache.TransformFunc) cache.ByObject {
		return cache.ByObject{Label: hasAppLabel(), Transform: transform}
	}
	return cache.Options{
		DefaultNamespaces:            watched,
		ReaderFailOnMissingInformer:  true,
		DefaultUnsafeDisableDeepCopy: ptr.To(true),
		DefaultTransform:             slimAny,
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.App{}:                          {UnsafeDisableDeepCopy: ptr.To(false)},
			&appsv1.Deployment{}:                     ours(slimDeployment),
			&corev1.Service{}:                        ours(slimService),
			&autoscalingv2.HorizontalPodAutoscaler{}: ours(slimAutoscaler),
			&policyv1.PodDisruptionBudget{}:          ours(slimBudget),
			&corev1.Pod{}:                            ours(slimPod),
			&corev1.Node{}:                           {Transform: slimNode},
			&corev1.ConfigMap{}:                      {Transform: slimMetadata},
			&corev1.Secret{}:                         {Transform: slimMetadata},
			// Our role is for the one alone.
			&admissionregistrationv1.MutatingWebhookConfiguration{}: {Field: fields.OneTermEqualSelector("metadata.name", webhookConfiguration)},
		},
	}
}

func hasAppLabel() labels.Selector {
	requirement, err := labels.NewRequirement(v1alpha1.LabelApp, selection.Exists, nil)
	if err != nil {
		panic(err) // the label is a constant
	}
	return labels.NewSelector().Add(*requirement)
}

// slimAny drops from any object what nobody here reads.
func slimAny(in any) (any, error) {
	if object, ok := in.(metav1.Object); ok {
		slimObjectMeta(object)
	}
	return in, nil
}

// slimObjectMeta drops managed fields, and keeps one copy of the words that
// stand on every object of an App.
func slimObjectMeta(object metav1.Object) {
	object.SetManagedFields(nil)
	object.SetLabels(interned(object.GetLabels()))
	owners := object.GetOwnerReferences()
	for i := range owners {
		owners[i].APIVersion, owners[i].Kind, owners[i].Name = intern(owners[i].APIVersion), intern(owners[i].Kind), intern(owners[i].Name)
		owners[i].UID = unique.Make(owners[i].UID).Value()
	}
	object.SetOwnerReferences(owners)
}

func interned(labels map[string]string) map[string]string {
	if labels == nil {
		return nil
	}
	out := make(map[string]string, len(labels))
	for key, value := range labels {
		out[intern(key)] = intern(value)
	}
	return out
}

func intern(s string) string { return unique.Make(s).Value() }

// slimDeployment keeps of the status what a decision reads.
func slimDeployment(in any) (any, error) {
	if d, ok := in.(*appsv1.Deployment); ok {
		slimObjectMeta(d)
		for i := range d.Status.Conditions {
			if d.Status.Conditions[i].Type != appsv1.DeploymentReplicaFailure {
				d.Status.Conditions[i].Message = ""
			}
		}
	}
	return in, nil
}

// slimService keeps the intent: nobody reads the status.
func slimService(in any) (any, error) {
	if s, ok := in.(*corev1.Service); ok {
		slimObjectMeta(s)
		s.Status = corev1.ServiceStatus{}
	}
	return in, nil
}

// slimAutoscaler keeps of the status whether scaling works.
func slimAutoscaler(in any) (any, error) {
	if h, ok := in.(*autoscalingv2.HorizontalPodAutoscaler); ok {
		slimObjectMeta(h)
		var kept []autoscalingv2.HorizontalPodAutoscalerCondition
		for _, condition := range h.Status.Conditions {
			if condition.Type == autoscalingv2.ScalingActive {
				condition.Message, condition.Reason = intern(condition.Message), intern(condition.Reason)
				kept = append(kept, condition)
			}
		}
		h.Status = autoscalingv2.HorizontalPodAutoscalerStatus{Conditions: kept}
	}
	return in, nil
}

// slimBudget keeps the intent: nobody reads the status.
func slimBudget(in any) (any, error) {
	if b, ok := in.(*policyv1.PodDisruptionBudget); ok {
		slimObjectMeta(b)
		b.Status = policyv1.PodDisruptionBudgetStatus{}
	}
	return in, nil
}

// slimMetadata keeps of an object's metadata what identifies it and tells whose
// it is.
func slimMetadata(in any) (any, error) {
	if object, ok := in.(*metav1.PartialObjectMetadata); ok {
		object.ManagedFields = nil
		regenerate, asked := object.Annotations[v1alpha1.AnnotationRegenerate]
		object.Annotations = nil
		if app, ours := object.Labels[v1alpha1.LabelApp]; ours {
			manager := object.Labels[v1alpha1.LabelManagedBy]
			object.Labels = interned(map[string]string{v1alpha1.LabelApp: app, v1alpha1.LabelManagedBy: manager})
			if asked {
				object.Annotations = map[string]string{v1alpha1.AnnotationRegenerate: regenerate}
			}
		} else {
			object.Labels = nil
			object.OwnerReferences = nil
		}
	}
	return in, nil
}

// slimNode keeps of a node whether it is ready.
func slimNode(in any) (any, error) {
	node, ok := in.(*corev1.Node)
	if !ok {
		return in, nil
	}
	slim := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node.Name, UID: node.UID, ResourceVersion: node.ResourceVersion}}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			slim.Status.Conditions = []corev1.NodeCondition{{Type: condition.Type, Status: condition.Status}}
		}
	}
	return slim, nil
}

// slimPod keeps of a pod what health is judged by.
func slimPod(in any) (any, error) {
	pod, ok := in.(*corev1.Pod)
	if !ok {
		return in, nil
	}
	slim := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:              pod.Name,
			Namespace:         pod.Namespace,
			UID:               pod.UID,
			ResourceVersion:   pod.ResourceVersion,
			CreationTimestamp: pod.CreationTimestamp,
			DeletionTimestamp: pod.DeletionTimestamp,
			Labels: interned(map[string]string{
				v1alpha1.LabelApp:     pod.Labels[v1alpha1.LabelApp],
				v1alpha1.LabelRelease: pod.Labels[v1alpha1.LabelRelease],
			}),
		},
		Spec: corev1.PodSpec{
			NodeName:       intern(pod.Spec.NodeName),
			InitContainers: slimSidecars(pod.Spec.InitContainers),
		},
		Status: corev1.PodStatus{
			Phase:                 pod.Status.Phase,
			Reason:                pod.Status.Reason,
			Message:               pod.Status.Message,
			InitContainerStatuses: slimContainers(pod.Status.InitContainerStatuses),
			ContainerStatuses:     slimContainers(pod.Status.ContainerStatuses),
		},
	}
	for _, condition := range pod.Status.Conditions {
		switch condition.Type {
		case corev1.PodReady:
			slim.Status.Conditions = append(slim.Status.Conditions, corev1.PodCondition{
				Type: condition.Type, Status: condition.Status, LastTransitionTime: condition.LastTransitionTime,
			})
		case corev1.PodScheduled:
			if condition.Status == corev1.ConditionFalse {
				slim.Status.Conditions = append(slim.Status.Conditions, corev1.PodCondition{
					Type: condition.Type, Status: condition.Status, Reason: condition.Reason, Message: condition.Message,
				})
			}
		}
	}
	return slim, nil
}

// slimSidecars keeps of the init containers which of them are meant to stay.
func slimSidecars(containers []corev1.Container) []corev1.Container {
	var slim []corev1.Container
	for i := range containers {
		if containers[i].RestartPolicy != nil {
			slim = append(slim, corev1.Container{Name: containers[i].Name, RestartPolicy: containers[i].RestartPolicy})
		}
	}
	return slim
}

func slimContainers(statuses []corev1.ContainerStatus) []corev1.ContainerStatus {
	var slim []corev1.ContainerStatus
	for _, status := range statuses {
		slim = append(slim, corev1.ContainerStatus{
			Name:                 status.Name,
			Ready:                status.Ready,
			Started:              status.Started,
			RestartCount:         status.RestartCount,
			State:                status.State,
			LastTerminationState: status.LastTerminationState,
		})
	}
	return slim
}
