package apptest

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/internal/health"
)

// podStatus is the status that a kubelet would give a pod.
func podStatus(pod *corev1.Pod, facts health.Pod, offset time.Duration) corev1.PodStatus {
	status := corev1.PodStatus{Phase: corev1.PodPending, QOSClass: pod.Status.QOSClass}
	scheduled := corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}
	if facts.NodeName == "" {
		scheduled = corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: facts.Unschedulable}
	}
	ready := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: at(facts.Turned, offset)}
	if facts.Ready {
		ready.Status = corev1.ConditionTrue
	}
	status.Conditions = []corev1.PodCondition{scheduled, ready}
	for i, c := range pod.Spec.Containers {
		of := health.Container{Name: c.Name, Started: facts.Ready, Ready: facts.Ready} // what stands beside the first does as the pod does
		if i == 0 && len(facts.Containers) > 0 {
			of = facts.Containers[0]
		}
		state := containerStatus(c, of, offset)
		if state.State.Running != nil {
			status.Phase = corev1.PodRunning
		}
		status.ContainerStatuses = append(status.ContainerStatuses, state)
	}
	return status
}

func containerStatus(c corev1.Container, facts health.Container, offset time.Duration) corev1.ContainerStatus {
	status := corev1.ContainerStatus{
		Name: c.Name, Image: c.Image, Ready: facts.Ready, Started: ptr.To(facts.Started), RestartCount: facts.Restarts,
		LastTerminationState: terminated(facts.LastEnded, offset),
	}
	switch {
	case facts.Ended != nil:
		status.State = terminated(facts.Ended, offset)
	case facts.Started:
		status.State.Running = &corev1.ContainerStateRunning{}
	case facts.Waiting != "":
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: facts.Waiting, Message: facts.WaitingMessage}
	default:
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	}
	return status
}

func terminated(end *health.Termination, offset time.Duration) corev1.ContainerState {
	if end == nil {
		return corev1.ContainerState{}
	}
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		Reason: end.Reason, ExitCode: end.ExitCode, Message: end.Message, FinishedAt: at(end.At, offset),
	}}
}

// deploymentStatus is the status that the Deployment's controller would give it.
func deploymentStatus(d *appsv1.Deployment, p *play) appsv1.DeploymentStatus {
	running := p.world.Running()
	status := appsv1.DeploymentStatus{
		ObservedGeneration: d.Status.ObservedGeneration,
		Replicas:           running.Total, UpdatedReplicas: running.Updated,
		ReadyReplicas: running.Ready, AvailableReplicas: running.Available,
		UnavailableReplicas: max(0, running.Total-running.Available),
	}
	if running.Observed {
		status.ObservedGeneration = d.Generation
	}
	available := appsv1.DeploymentCondition{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionFalse, Reason: "MinimumReplicasUnavailable"}
	if running.Serving {
		available.Status, available.Reason = corev1.ConditionTrue, "MinimumReplicasAvailable"
	}
	progressing := appsv1.DeploymentCondition{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "ReplicaSetUpdated"}
	if !running.CompletedAt.IsZero() {
		progressing.Reason, progressing.LastUpdateTime = "NewReplicaSetAvailable", at(running.CompletedAt, p.offset)
	}
	keepTransition(&available, d, p)
	keepTransition(&progressing, d, p)
	status.Conditions = []appsv1.DeploymentCondition{available, progressing}
	if failure := p.world.Facts().ReplicaFailure; failure != "" {
		status.Conditions = append(status.Conditions, appsv1.DeploymentCondition{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: failure})
	}
	return status
}

// keepTransition dates a condition: to now when its status is another than
// before.
func keepTransition(condition *appsv1.DeploymentCondition, d *appsv1.Deployment, p *play) {
	condition.LastTransitionTime = at(p.world.Now(), p.offset)
	for _, before := range d.Status.Conditions {
		if before.Type == condition.Type && before.Status == condition.Status {
			condition.LastTransitionTime = before.LastTransitionTime
		}
	}
}

// at is a time of the world on the clock, as the API keeps it.
func at(of time.Time, offset time.Duration) metav1.Time {
	if of.IsZero() {
		return metav1.Time{}
	}
	return metav1.NewTime(of.Add(offset).Truncate(time.Second))
}
