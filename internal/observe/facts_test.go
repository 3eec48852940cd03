package observe

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/rollout"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// deployment runs Release 2 with three pods, and its rollout was complete at t0.
func deployment(change func(*appsv1.Deployment)) *appsv1.Deployment {
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Generation: 4},
		Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](3), Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{v1alpha1.LabelRelease: "2"}},
		}},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: 4, Replicas: 3, UpdatedReplicas: 3, ReadyReplicas: 3, AvailableReplicas: 3,
			Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue},
				{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable", LastUpdateTime: metav1.NewTime(t0)},
			},
		},
	}
	change(d)
	return d
}

func podOf(release string, ready corev1.ConditionStatus, change ...func(*corev1.Pod)) corev1.Pod {
	pod := corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "shop-x", CreationTimestamp: metav1.NewTime(t0), Labels: map[string]string{v1alpha1.LabelRelease: release}},
		Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}},
	}
	for _, c := range change {
		c(&pod)
	}
	return pod
}

func leaving(pod *corev1.Pod) { pod.DeletionTimestamp = ptr.To(metav1.NewTime(t0)) }

func made(at time.Time) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.CreationTimestamp = metav1.NewTime(at) }
}

func tooFew(noticed time.Time) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) {
		d.Status.AvailableReplicas = 2
		d.Status.Conditions[0] = appsv1.DeploymentCondition{
			Type: appsv1.DeploymentAvailable, Status: corev1.ConditionFalse, LastTransitionTime: metav1.NewTime(noticed),
		}
	}
}

func TestRunning(t *testing.T) {
	settled := rollout.Running{
		Exists: true, Release: 2, Observed: true, Want: 3, Total: 3, Updated: 3, Ready: 3, Available: 3, Serving: true, CompletedAt: t0,
	}
	with := func(change func(*rollout.Running)) rollout.Running {
		r := settled
		change(&r)
		return r
	}
	cases := map[string]struct {
		deployment *appsv1.Deployment
		pods       []corev1.Pod
		want       rollout.Running
	}{
		"no Deployment": {},
		"settled": {
			deployment: deployment(func(*appsv1.Deployment) {}),
			pods:       []corev1.Pod{podOf("2", corev1.ConditionTrue), podOf("2", corev1.ConditionFalse), podOf("1", corev1.ConditionTrue, leaving)},
			want:       with(func(r *rollout.Running) { r.UpdatedAvailable = 1 }),
		},
		"pods of another Release are left": {
			deployment: deployment(func(*appsv1.Deployment) {}),
			pods:       []corev1.Pod{podOf("1", corev1.ConditionTrue)},
			want:       with(func(r *rollout.Running) { r.Old = 1 }),
		},
		"the controller has not looked: nothing is complete": {
			deployment: deployment(func(d *appsv1.Deployment) { d.Generation = 5 }),
			want:       with(func(r *rollout.Running) { r.Observed, r.CompletedAt = false, time.Time{} }),
		},
		"the template went back, and the condition is of the last rollout: not complete": {
			deployment: deployment(func(d *appsv1.Deployment) { d.Status.UpdatedReplicas = 0 }),
			want:       with(func(r *rollout.Running) { r.Updated, r.CompletedAt = 0, time.Time{} }),
		},
		"in the midst of a rollout": {
			deployment: deployment(func(d *appsv1.Deployment) { d.Status.Conditions[1].Reason = "ReplicaSetUpdated" }),
			want:       with(func(r *rollout.Running) { r.CompletedAt = time.Time{} }),
		},
		"one pod more is wanted: users are served as before": {
			deployment: deployment(tooFew(t0.Add(time.Minute))),
			pods:       []corev1.Pod{podOf("2", corev1.ConditionTrue), podOf("2", corev1.ConditionFalse, made(t0.Add(time.Minute)))},
			want:       with(func(r *rollout.Running) { r.Available, r.UpdatedAvailable = 2, 1 }),
		},
		"a pod that served does not: users are served worse": {
			deployment: deployment(tooFew(t0.Add(time.Minute))),
			pods:       []corev1.Pod{podOf("2", corev1.ConditionTrue), podOf("2", corev1.ConditionFalse)},
			want:       with(func(r *rollout.Running) { r.Available, r.UpdatedAvailable, r.Serving = 2, 1, false }),
		},
		"the first pods come up: users are not served yet": {
			deployment: deployment(func(d *appsv1.Deployment) {
				tooFew(t0)(d)
				d.Status.Conditions[1].Reason = "ReplicaSetUpdated"
			}),
			pods: []corev1.Pod{podOf("2", corev1.ConditionTrue), podOf("2", corev1.ConditionFalse)},
			want: with(func(r *rollout.Running) {
				r.Available, r.UpdatedAvailable, r.Serving, r.CompletedAt = 2, 1, false, time.Time{}
			}),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := Snapshot{Deployment: c.deployment, Pods: c.pods}.Running()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Running: want -, got +:\n%s", diff)
			}
		})
	}
}

func TestFacts(t *testing.T) {
	snapshot := Snapshot{
		Deployment: deployment(func(d *appsv1.Deployment) {
			d.Status.Conditions = append(d.Status.Conditions, appsv1.DeploymentCondition{
				Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Message: "exceeded quota",
			})
		}),
		Nodes: map[string]bool{"node-1": false},
		Pods: []corev1.Pod{
			podOf("1", corev1.ConditionTrue),
			podOf("2", corev1.ConditionFalse, func(pod *corev1.Pod) {
				pod.Spec.NodeName = "node-1"
				pod.Status.Phase, pod.Status.Reason = corev1.PodFailed, "Evicted"
				pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
					Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "no room",
				})
				pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
					Name: "app", RestartCount: 2,
					State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off"}},
					LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
						Reason: "Error", ExitCode: 1, Message: "last words", FinishedAt: metav1.NewTime(t0),
					}},
				}}
			}),
		},
	}
	want := health.Facts{
		ReplicaFailure: "exceeded quota", CompletedAt: t0,
		Pods: []health.Pod{{
			Name: "shop-x", Release: 2, Created: t0, Failed: true, Reason: "Evicted", Unschedulable: "no room", NodeName: "node-1", NodeLost: true,
			Containers: []health.Container{{
				Name: "app", Restarts: 2, Waiting: "CrashLoopBackOff", WaitingMessage: "back-off",
				LastEnded: &health.Termination{Reason: "Error", ExitCode: 1, Message: "last words", At: t0},
			}},
		}},
	}
	if diff := cmp.Diff(want, snapshot.Facts()); diff != "" {
		t.Errorf("Facts: want -, got +:\n%s", diff)
	}
}

// TestSidecarsAreMeantToStay: an init container that is started again whenever
// it ends is judged as a container is, and any other by its failures alone.
func TestSidecarsAreMeantToStay(t *testing.T) {
	always := ptr.To(corev1.ContainerRestartPolicyAlways)
	waits := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	ends := func(code int32) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: code, FinishedAt: metav1.NewTime(t0)}}
	}
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	code := func(n int32) *int32 { return &n }
	cases := map[string]struct {
		policy       *corev1.ContainerRestartPolicy
		status       corev1.ContainerStatus
		wantSign     *health.Sign
		wantRestarts int32
	}{
		"a sidecar in a crash loop": {
			always,
			corev1.ContainerStatus{State: waits, LastTerminationState: ends(1), RestartCount: 3},
			&health.Sign{Class: health.Crash, Reason: "CrashLoopBackOff", ExitCode: code(1), Restarts: 3, At: t0}, 3,
		},
		"a sidecar that ended without an error": {
			always,
			corev1.ContainerStatus{State: ends(0)},
			&health.Sign{Class: health.Crash, Reason: "Error", ExitCode: code(0), At: t0}, 0,
		},
		"a sidecar whose startup probe fails": {
			always,
			corev1.ContainerStatus{State: running, Started: ptr.To(false)},
			&health.Sign{Class: health.NotReady, Reason: "NotStarted", Message: "the container has not started, or its startup probe has not succeeded"}, 0,
		},
		"a sidecar that is not ready": {
			always,
			corev1.ContainerStatus{State: running, Started: ptr.To(true)},
			&health.Sign{Class: health.NotReady, Reason: "NotReady", Message: "the container runs, and its readiness probe does not succeed"}, 0,
		},
		"a sidecar that is well again": {
			always, corev1.ContainerStatus{State: running, Ready: true, Started: ptr.To(true), LastTerminationState: ends(1), RestartCount: 1}, nil, 1,
		},
		"an init container in a crash loop": {
			nil,
			corev1.ContainerStatus{State: waits, LastTerminationState: ends(1), RestartCount: 3},
			&health.Sign{Class: health.Terminal, Reason: "CrashLoopBackOff", ExitCode: code(1), Restarts: 3, At: t0}, 0,
		},
		"an init container that did its work": {
			nil, corev1.ContainerStatus{State: ends(0), Ready: true}, nil, 0,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ready := corev1.ConditionFalse
			if c.wantSign == nil {
				ready = corev1.ConditionTrue
			} else {
				c.wantSign.Pod, c.wantSign.Container = "shop-x", "proxy"
			}
			c.status.Name = "proxy"
			pod := podOf("2", ready, func(pod *corev1.Pod) {
				pod.Spec.InitContainers = []corev1.Container{{Name: "proxy", RestartPolicy: c.policy}}
				pod.Status.InitContainerStatuses = []corev1.ContainerStatus{c.status}
				pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "app", Ready: true, Started: ptr.To(true), State: running}}
			})
			got := health.Assess(Snapshot{Deployment: deployment(func(*appsv1.Deployment) {}), Pods: []corev1.Pod{pod}}.Facts())
			var sign *health.Sign
			if len(got.Signs) > 0 {
				sign = &got.Signs[0]
			}
			if diff := cmp.Diff(c.wantSign, sign); diff != "" {
				t.Errorf("sign: want -, got +:\n%s", diff)
			}
			if got.Restarts != c.wantRestarts {
				t.Errorf("%d restarts, want %d", got.Restarts, c.wantRestarts)
			}
		})
	}
}

func TestReleases(t *testing.T) {
	healthy := func(status metav1.ConditionStatus) []metav1.Condition {
		return []metav1.Condition{{Type: "Healthy", Status: status, Reason: "CannotStart", Message: "no image"}}
	}
	got := Releases([]v1alpha1.Release{
		{
			ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(t0)},
			Spec:       v1alpha1.ReleaseSpec{Number: 1, InputHash: "a", Cause: "config shared-settings", RetryToken: "r", RestartToken: "s"},
			Status:     v1alpha1.ReleaseStatus{Conditions: healthy(metav1.ConditionTrue), FinishTime: metav1.NewTime(t0), SupersededTime: metav1.NewTime(t0)},
		},
		{
			Spec: v1alpha1.ReleaseSpec{Number: 2, Cause: "retry"},
			Status: v1alpha1.ReleaseStatus{
				Conditions: healthy(metav1.ConditionFalse),
				Progress:   v1alpha1.ProgressMark{Available: ptr.To[int32](1), Time: metav1.NewTime(t0)},
				Suspicion:  v1alpha1.Suspicion{Class: "Crash", Since: metav1.NewMicroTime(t0)},
			},
		},
		{
			Spec: v1alpha1.ReleaseSpec{Number: 3, Cause: "restart"},
			Status: v1alpha1.ReleaseStatus{
				Conditions: healthy(metav1.ConditionUnknown),
				Progress:   v1alpha1.ProgressMark{Available: ptr.To[int32](1)},
			},
		},
	})
	want := []rollout.Release{
		{Number: 1, InputHash: "a", Cause: rollout.CauseInputs, Health: rollout.Healthy, Created: t0, Finished: t0, Superseded: true, Retry: "r", Restart: "s"},
		{
			Number: 2, Cause: rollout.CauseRetry, Health: rollout.Failed, Reason: "CannotStart", Message: "no image",
			Progress: rollout.Mark{Available: 1, At: t0}, Suspect: rollout.Suspicion{Class: health.Crash, Since: t0},
		},
		{Number: 3, Cause: rollout.CauseRestart, Health: rollout.Unproven, Progress: rollout.Mark{Available: 1, Stands: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Releases: want -, got +:\n%s", diff)
	}
}

func TestPolicy(t *testing.T) {
	got := Policy(&v1alpha1.App{Spec: v1alpha1.AppSpec{Rollout: v1alpha1.RolloutSpec{
		State: v1alpha1.RolloutPaused, Rollback: v1alpha1.RollbackManual,
		ProgressDeadlineSeconds: 90, BakeSeconds: ptr.To[int32](7), MaxRestarts: ptr.To[int32](4),
	}}})
	want := rollout.Policy{Paused: "spec.rollout.state is Paused", ManualRollback: true, ProgressDeadline: 90 * time.Second, Bake: 7 * time.Second, MaxRestarts: 4}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Policy: want -, got +:\n%s", diff)
	}
	want = rollout.Policy{ProgressDeadline: 300 * time.Second, Bake: 30 * time.Second, MaxRestarts: 2}
	if diff := cmp.Diff(want, Policy(&v1alpha1.App{})); diff != "" {
		t.Errorf("Policy of a spec that says nothing: want -, got +:\n%s", diff)
	}
}

// TestHistoryKnowsWhatIsLost: a Release can return only while the copies of what it
// referred to are there.
func TestHistoryKnowsWhatIsLost(t *testing.T) {
	of := func(number int64, secret string) v1alpha1.Release {
		return v1alpha1.Release{Spec: v1alpha1.ReleaseSpec{Number: number, Sources: []v1alpha1.PinnedSource{
			{Kind: v1alpha1.SourceConfigMap, Name: "shared", CopyName: "shop-config-1"},
			{Kind: v1alpha1.SourceSecret, Name: "stripe", CopyName: secret},
		}}}
	}
	there := func(name string) map[string]metav1.PartialObjectMetadata {
		return map[string]metav1.PartialObjectMetadata{name: {}}
	}
	s := Snapshot{
		Releases:   []v1alpha1.Release{of(1, "shop-secret-1"), of(2, "shop-secret-2")},
		ConfigMaps: there("shop-config-1"), Secrets: there("shop-secret-2"),
	}
	if got := s.History(); !got[0].Lost || got[1].Lost {
		t.Errorf("History = %+v, want Release 1 to be lost, and it alone", got)
	}
}
