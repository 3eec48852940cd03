package tree

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/screen"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func named(name string, age time.Duration, owner string) metav1.ObjectMeta {
	out := metav1.ObjectMeta{Name: name, Namespace: "shops", CreationTimestamp: metav1.NewTime(now.Add(-age))}
	if owner != "" {
		out.OwnerReferences = []metav1.OwnerReference{{Name: owner, Controller: ptr.To(true)}}
	}
	return out
}

func release(number int64, status metav1.ConditionStatus, reason string) v1alpha1.Release {
	r := v1alpha1.Release{ObjectMeta: named("shop-"+string(rune('0'+number)), time.Hour, "shop")}
	r.Spec = v1alpha1.ReleaseSpec{App: "shop", Number: number, Image: "shop:" + string(rune('0'+number)), Cause: "spec"}
	r.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionHealthy, Status: status, Reason: reason}}
	return r
}

func replicaSet(name, release string, wanted, ready int32) appsv1.ReplicaSet {
	set := appsv1.ReplicaSet{ObjectMeta: named(name, 10*time.Minute, "shop")}
	set.Spec.Replicas = ptr.To(wanted)
	set.Spec.Template.Labels = map[string]string{v1alpha1.LabelRelease: release}
	set.Status.ReadyReplicas = ready
	return set
}

func pod(name, owner string, ready bool, status corev1.ContainerStatus) corev1.Pod {
	p := corev1.Pod{ObjectMeta: named(name, 90*time.Second, owner)}
	p.Spec.Containers = []corev1.Container{{Name: "app"}}
	p.Status.Phase = corev1.PodRunning
	condition := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse}
	if ready {
		condition.Status = corev1.ConditionTrue
	}
	p.Status.Conditions = []corev1.PodCondition{condition}
	status.Name, status.Ready = "app", ready
	p.Status.ContainerStatuses = []corev1.ContainerStatus{status}
	return p
}

// broken is a view in which everything is to be seen that a tree can show.
func broken() *view.View {
	app := &v1alpha1.App{ObjectMeta: named("shop", 2*time.Hour, "")}
	app.Generation = 3
	app.Status = v1alpha1.AppStatus{
		ObservedGeneration: 3, Image: "shop:1", Range: "2",
		Replicas: ptr.To[int32](3), ReadyReplicas: ptr.To[int32](2), AvailableReplicas: ptr.To[int32](2), UpdatedReplicas: ptr.To[int32](1),
		Release:    v1alpha1.ReleaseRoles{Desired: "shop-3", Running: "shop-3", LastHealthy: "shop-1"},
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionUnknown, Reason: "Progressing", Message: "shop-3 goes out"}},
	}
	superseded := release(2, metav1.ConditionUnknown, "Progressing")
	superseded.Status.SupersededTime = metav1.NewTime(now)
	waiting := corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "not\n  found"}}}
	crashing := corev1.ContainerStatus{
		RestartCount: 4, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}},
	}
	running := corev1.ContainerStatus{Started: ptr.To(true), State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
	going := pod("shop-a-going", "shop-a", true, running)
	going.DeletionTimestamp = &metav1.Time{Time: now}
	unschedulable := pod("shop-c-nowhere", "shop-c", false, corev1.ContainerStatus{})
	unschedulable.Status.ContainerStatuses = nil
	unschedulable.Status.Conditions = append(unschedulable.Status.Conditions, corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: "0/3 nodes are available"})
	return &view.View{
		App:         app,
		Releases:    []v1alpha1.Release{release(1, metav1.ConditionTrue, "Healthy"), superseded, release(3, metav1.ConditionUnknown, "Progressing")},
		ReplicaSets: []appsv1.ReplicaSet{replicaSet("shop-a", "1", 2, 2), replicaSet("shop-z", "0", 0, 0), replicaSet("shop-c", "3", 4, 0)},
		Pods: []corev1.Pod{
			pod("shop-a-fine", "shop-a", true, running), going,
			pod("shop-c-pulling", "shop-c", false, waiting), pod("shop-c-crashing", "shop-c", false, crashing), pod("shop-c-slow", "shop-c", false, running), unschedulable,
			pod("stray", "somebody", true, running),
		},
	}
}

func TestText(t *testing.T) {
	want := `App:        shop
Namespace:  shops
Status:     ◌ Progressing
Message:    shop-3 goes out
Image:      shop:1
Releases:   shop-3 desired, shop-3 running, shop-1 last healthy
Pods:       2 wanted, 3 there, 2 ready, 1 up to date, 2 available

NAME                   KIND        STATUS              AGE    INFO
shop                   App         ◌ Progressing       120m
├─shop-3               Release     ◌ Progressing       60m    shop:3, cause spec, desired, running
│ └─shop-c             ReplicaSet  ◌ 0/4 ready         10m
│   ├─shop-c-pulling   Pod         ✖ ImagePullBackOff  90s    ready 0/1, not found
│   ├─shop-c-crashing  Pod         ✖ OOMKilled         90s    ready 0/1, restarts 4
│   ├─shop-c-slow      Pod         ◌ NotReady          90s    ready 0/1, the container runs, and its readiness probe does not succeed
│   └─shop-c-nowhere   Pod         ✖ Unschedulable     90s    ready 0/1, 0/3 nodes are available
├─shop-2               Release     · Superseded        60m    shop:2, cause spec
├─shop-1               Release     ✔ Healthy           60m    shop:1, cause spec, last healthy
│ └─shop-a             ReplicaSet  ✔ 2/2 ready         10m
│   ├─shop-a-fine      Pod         ✔ Running           90s    ready 1/1
│   └─shop-a-going     Pod         ◌ Terminating       90s    ready 1/1
└─shop-z               ReplicaSet  · 0/0 ready         10m    of a Release that is not kept
`
	got := Text(Of(broken()), now, screen.Paint{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStatusOfTheApp(t *testing.T) {
	cases := map[string]struct {
		change func(*v1alpha1.App)
		want   string
	}{
		"never looked at":    {func(a *v1alpha1.App) { a.Status = v1alpha1.AppStatus{ObservedGeneration: -1} }, "◌ the operator has not looked at it yet"},
		"of an earlier spec": {func(a *v1alpha1.App) { a.Generation = 4 }, "◌ Progressing (of an earlier spec: the operator has not looked at the newest one yet)"},
		"stalled": {func(a *v1alpha1.App) {
			a.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "False", Reason: "RolledBack"}, {Type: "Stalled", Status: "True"}}
		}, "✖ RolledBack"},
		"healthy": {func(a *v1alpha1.App) {
			a.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Healthy"}}
		}, "✔ Healthy"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := broken()
			c.change(v.App)
			r := Of(v)
			if got := r.mark().Symbol() + " " + r.status(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
