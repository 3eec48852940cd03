package observe

import (
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/release"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// Running says what the Deployment runs and how far it is.
func (s Snapshot) Running() rollout.Running {
	d := s.Deployment
	if d == nil {
		return rollout.Running{}
	}
	running := rollout.Running{
		Exists:    true,
		Release:   number(d.Spec.Template.Labels),
		Observed:  d.Status.ObservedGeneration >= d.Generation,
		Want:      ptr.Deref(d.Spec.Replicas, 1),
		Total:     d.Status.Replicas,
		Updated:   d.Status.UpdatedReplicas,
		Ready:     d.Status.ReadyReplicas,
		Available: d.Status.AvailableReplicas,
	}
	for i := range s.Pods {
		switch pod := &s.Pods[i]; {
		case gone(pod):
		case number(pod.Labels) != running.Release:
			running.Old++
		case podReady(pod):
			running.UpdatedAvailable++
		}
	}
	running.Serving = s.serving()
	running.CompletedAt = completedAt(d)
	return running
}

// gone tells that a pod is going away or is over. One that is over may lie about
// for long: the ReplicaSet's controller has replaced it and forgets it.
func gone(pod *corev1.Pod) bool { return !pod.DeletionTimestamp.IsZero() || over(pod) }

func over(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}

// completedAt is when the rollout of a Deployment's template was complete, zero
// while it is not.
func completedAt(d *appsv1.Deployment) time.Time {
	if c := condition(d, appsv1.DeploymentProgressing); c != nil && c.Reason == newReplicaSetAvailable && onlyUpdated(d) {
		return c.LastUpdateTime.Time
	}
	return time.Time{}
}

// serving tells whether users are served as well as they were: the Deployment's
// controller finds enough pods available, or, after its last rollout was
// complete, finds too few only because more are wanted now than before. Then
// every pod that is not ready was made after the controller noticed.
func (s Snapshot) serving() bool {
	c := condition(s.Deployment, appsv1.DeploymentAvailable)
	if c == nil {
		return false
	}
	if c.Status == corev1.ConditionTrue {
		return true
	}
	if completedAt(s.Deployment).IsZero() {
		return false
	}
	noticed := c.LastTransitionTime.Add(-noticeDelay)
	return s.Deployment.Status.AvailableReplicas > 0 && !slices.ContainsFunc(s.Pods, func(pod corev1.Pod) bool {
		return inTrouble(pod) && pod.CreationTimestamp.Time.Before(noticed)
	})
}

// noticeDelay is how much older a pod may be than the condition that its making
// changed: the controller makes pods first and then sums up, and times are whole
// seconds.
const noticeDelay = 2 * time.Second

// onlyUpdated tells whether a Deployment's status speaks of its present spec and
// knows no pods of earlier templates. Right after the template went back to an
// earlier one the condition Progressing is still that of the last rollout, so it
// counts only together with this, as it does for the Deployment's controller
// (progress.go: isCompleteDeployment).
func onlyUpdated(d *appsv1.Deployment) bool {
	return d.Status.ObservedGeneration >= d.Generation && d.Status.UpdatedReplicas == d.Status.Replicas
}

// newReplicaSetAvailable is the reason by which the Deployment's controller
// says that a rollout is complete (k8s.io/kubernetes
// pkg/controller/deployment/util: NewRSAvailableReason).
const newReplicaSetAvailable = "NewReplicaSetAvailable"

// Facts returns what health needs to know of the pods of the Release that the
// Deployment runs.
func (s Snapshot) Facts() health.Facts {
	running := s.Running()
	facts := health.Facts{NodesReady: s.nodesReady(), CompletedAt: running.CompletedAt}
	if s.Deployment != nil && running.Observed {
		if c := condition(s.Deployment, appsv1.DeploymentReplicaFailure); c != nil && c.Status == corev1.ConditionTrue {
			facts.ReplicaFailure = c.Message
		}
	}
	for i := range s.Pods {
		if pod := &s.Pods[i]; number(pod.Labels) == running.Release {
			facts.Pods = append(facts.Pods, s.pod(pod))
		}
	}
	return facts
}

// nodesReady is true where nobody asked: a cluster whose nodes cannot be read
// is taken to work.
func (s Snapshot) nodesReady() bool {
	if s.Nodes == nil {
		return true
	}
	for _, ready := range s.Nodes {
		if ready {
			return true
		}
	}
	return false
}

// Pod returns what health needs to know of a pod whose node nobody asked about.
func Pod(pod *corev1.Pod) health.Pod { return Snapshot{}.pod(pod) }

func (s Snapshot) pod(pod *corev1.Pod) health.Pod {
	ready, known := s.Nodes[pod.Spec.NodeName]
	out := health.Pod{
		Name:     pod.Name,
		Release:  number(pod.Labels),
		Created:  pod.CreationTimestamp.Time,
		Deleting: !pod.DeletionTimestamp.IsZero(),
		Failed:   pod.Status.Phase == corev1.PodFailed,
		Reason:   pod.Status.Reason,
		Message:  pod.Status.Message,
		Ready:    podReady(pod),
		Turned:   podTurned(pod),
		NodeName: pod.Spec.NodeName,
		NodeLost: known && !ready,
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable {
			out.Unschedulable = c.Message
		}
	}
	for i := range pod.Status.InitContainerStatuses {
		status := &pod.Status.InitContainerStatuses[i]
		if sidecar(pod, status.Name) {
			out.Containers = append(out.Containers, container(status))
		} else {
			out.Init = append(out.Init, container(status))
		}
	}
	for i := range pod.Status.ContainerStatuses {
		out.Containers = append(out.Containers, container(&pod.Status.ContainerStatuses[i]))
	}
	return out
}

// sidecar tells whether an init container is started again whenever it ends, and
// so is meant to stay as the others are.
func sidecar(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && ptr.Deref(c.RestartPolicy, "") == corev1.ContainerRestartPolicyAlways
	})
}

func container(status *corev1.ContainerStatus) health.Container {
	out := health.Container{
		Name:      status.Name,
		Image:     status.Image,
		Ready:     status.Ready,
		Started:   ptr.Deref(status.Started, status.State.Running != nil),
		Restarts:  status.RestartCount,
		Ended:     termination(status.State.Terminated),
		LastEnded: termination(status.LastTerminationState.Terminated),
	}
	if waiting := status.State.Waiting; waiting != nil {
		out.Waiting, out.WaitingMessage = waiting.Reason, waiting.Message
	}
	return out
}

func termination(state *corev1.ContainerStateTerminated) *health.Termination {
	if state == nil {
		return nil
	}
	return &health.Termination{Reason: state.Reason, ExitCode: state.ExitCode, Message: state.Message, At: state.FinishedAt.Time}
}

// Releases returns what a decision needs to know of the Releases.
func Releases(releases []v1alpha1.Release) []rollout.Release {
	out := make([]rollout.Release, len(releases))
	for i := range releases {
		out[i] = releaseFacts(&releases[i])
	}
	return out
}

// History is what a decision needs to know of the App's Releases, in order of
// their numbers.
func (s Snapshot) History() []rollout.Release {
	there := map[v1alpha1.SourceKind]map[string]bool{
		v1alpha1.SourceConfigMap: names(s.ConfigMaps),
		v1alpha1.SourceSecret:    names(s.Secrets),
	}
	out := Releases(s.Releases)
	for i := range out {
		out[i].Lost = !release.Whole(s.Releases[i].Spec, there)
	}
	return out
}

func names(objects map[string]metav1.PartialObjectMetadata) map[string]bool {
	out := make(map[string]bool, len(objects))
	for name := range objects {
		out[name] = true
	}
	return out
}

func releaseFacts(r *v1alpha1.Release) rollout.Release {
	out := rollout.Release{
		Number:     r.Spec.Number,
		InputHash:  r.Spec.InputHash,
		Cause:      cause(r.Spec.Cause),
		Health:     rollout.Unproven,
		Created:    r.CreationTimestamp.Time,
		Finished:   r.Status.FinishTime.Time,
		Superseded: !r.Status.SupersededTime.IsZero(),
		Retry:      r.Spec.RetryToken,
		Restart:    r.Spec.RestartToken,
		Progress:   mark(r.Status.Progress),
		Suspect:    rollout.Suspicion{Class: health.Class(r.Status.Suspicion.Class), Since: r.Status.Suspicion.Since.Time},
	}
	switch c := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionHealthy); {
	case c == nil:
	case c.Status == metav1.ConditionTrue:
		out.Health = rollout.Healthy
	case c.Status == metav1.ConditionFalse:
		out.Health, out.Reason, out.Message = rollout.Failed, c.Reason, c.Message
	}
	return out
}

// cause reads what made a Release necessary. Everything but a wish is a change
// of inputs, in words of its own.
func cause(said string) rollout.Cause {
	switch c := rollout.Cause(said); c {
	case rollout.CauseRetry, rollout.CauseRestart:
		return c
	case rollout.CauseInputs:
	}
	return rollout.CauseInputs
}

// Policy returns what the person wants of a rollout.
func Policy(app *v1alpha1.App) rollout.Policy {
	spec := app.Spec.Rollout
	return rollout.Policy{
		Paused:           app.PausedBy(),
		ManualRollback:   spec.Rollback == v1alpha1.RollbackManual,
		ProgressDeadline: spec.ProgressDeadline(),
		Bake:             spec.Bake(),
		MaxRestarts:      spec.RestartBudget(),
	}
}

func condition(d *appsv1.Deployment, kind appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range d.Status.Conditions {
		if d.Status.Conditions[i].Type == kind {
			return &d.Status.Conditions[i]
		}
	}
	return nil
}

// number returns the number of the Release in labels, 0 when there is none.
func number(labels map[string]string) int64 {
	n, err := strconv.ParseInt(labels[v1alpha1.LabelRelease], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func podReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// podTurned returns when a pod became ready or stopped being so.
func podTurned(pod *corev1.Pod) time.Time {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.LastTransitionTime.Time
		}
	}
	return time.Time{}
}

// inTrouble tells whether it matters for a pod how the nodes are.
func inTrouble(pod corev1.Pod) bool { return !podReady(&pod) && pod.DeletionTimestamp.IsZero() }

func isTrue(conditions []corev1.NodeCondition, kind corev1.NodeConditionType) bool {
	for _, c := range conditions {
		if c.Type == kind {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// ReleasesWithPods returns the numbers of the Releases that have pods.
func (s Snapshot) ReleasesWithPods() []int64 {
	var numbers []int64
	for i := range s.Pods {
		if n := number(s.Pods[i].Labels); !over(&s.Pods[i]) && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// mark reads a high-water mark. One without a time stands.
func mark(p v1alpha1.ProgressMark) rollout.Mark {
	return rollout.Mark{
		Available: ptr.Deref(p.Available, 0),
		At:        p.Time.Time,
		Stands:    p.Available != nil && p.Time.IsZero(),
	}
}
