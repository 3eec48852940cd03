// Package tree tells of an App, its Releases, their ReplicaSets and pods: as
// data, and as a tree for people. It is pure: what there is in, text out.
package tree

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/cmd/kubectl-bowline/internal/view"
	"github.com/bowline-dev/bowline/internal/health"
	"github.com/bowline-dev/bowline/internal/observe"
)

// Report is an App and what runs it. Its JSON is an interface: fields are added,
// and never change.
type Report struct {
	Name        string        `json:"name"`
	Namespace   string        `json:"namespace"`
	Created     metav1.Time   `json:"created"`
	Ready       string        `json:"ready"` // True, False or Unknown
	Reason      string        `json:"reason,omitempty"`
	Message     string        `json:"message,omitempty"`
	Stalled     bool          `json:"stalled"`
	Current     bool          `json:"current"` // whether the operator has seen the newest spec
	Image       string        `json:"image,omitempty"`
	Range       string        `json:"range,omitempty"` // how many pods are wanted
	Pods        Counts        `json:"pods"`
	Desired     string        `json:"desired,omitempty"`
	Running     string        `json:"running,omitempty"`
	LastHealthy string        `json:"lastHealthy,omitempty"`
	Releases    []Release     `json:"releases"` // the newest first
	Others      []*ReplicaSet `json:"otherReplicaSets,omitempty"`
	Hidden      []string      `json:"hidden,omitempty"` // kinds that may not be read
}

// Counts are numbers of pods.
type Counts struct {
	Total     int32 `json:"total"`
	Ready     int32 `json:"ready"`
	UpToDate  int32 `json:"upToDate"`
	Available int32 `json:"available"`
}

// Release is a Release and its ReplicaSets.
type Release struct {
	Name        string        `json:"name"`
	Number      int64         `json:"number"`
	Created     metav1.Time   `json:"created"`
	Image       string        `json:"image"`
	Digest      string        `json:"digest,omitempty"`
	Cause       string        `json:"cause"`
	Healthy     string        `json:"healthy"` // True, False or Unknown
	Reason      string        `json:"reason"`
	Message     string        `json:"message,omitempty"`
	Superseded  bool          `json:"superseded,omitempty"`
	Roles       []string      `json:"roles,omitempty"` // desired, running, last healthy
	ReplicaSets []*ReplicaSet `json:"replicaSets,omitempty"`
}

// ReplicaSet is a ReplicaSet and its pods.
type ReplicaSet struct {
	Name    string      `json:"name"`
	Created metav1.Time `json:"created"`
	Wanted  int32       `json:"wanted"`
	Ready   int32       `json:"ready"`
	Pods    []Pod       `json:"pods,omitempty"`
}

// Pod is a pod, and why it is not ready.
type Pod struct {
	Name     string      `json:"name"`
	Created  metav1.Time `json:"created"`
	Ready    string      `json:"ready"` // ready containers of all, such as 1/2
	Restarts int32       `json:"restarts"`
	Reason   string      `json:"reason"`
	Message  string      `json:"message,omitempty"`
	IsReady  bool        `json:"isReady"`
	// Failing tells that waiting will most likely not help.
	Failing bool `json:"failing"`
}

// Of reports on what was seen of an App.
func Of(v *view.View) Report {
	app := v.App
	r := Report{
		Name: app.Name, Namespace: app.Namespace, Created: app.CreationTimestamp,
		Ready:   string(metav1.ConditionUnknown),
		Stalled: meta.IsStatusConditionTrue(app.Status.Conditions, v1alpha1.ConditionStalled),
		Current: app.Status.ObservedGeneration >= app.Generation,
		Image:   app.Status.Image, Range: app.Status.Range,
		Pods: Counts{
			Total: ptr.Deref(app.Status.Replicas, 0), Ready: ptr.Deref(app.Status.ReadyReplicas, 0),
			UpToDate: ptr.Deref(app.Status.UpdatedReplicas, 0), Available: ptr.Deref(app.Status.AvailableReplicas, 0),
		},
		Desired: app.Status.Release.Desired, Running: app.Status.Release.Running, LastHealthy: app.Status.Release.LastHealthy,
		Releases: Releases(v),
		Hidden:   v.Hidden,
	}
	if c := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		r.Ready, r.Reason, r.Message = string(c.Status), c.Reason, c.Message
	}
	r.place(v)
	return r
}

// Releases are the Releases of an App by themselves, the newest first.
func Releases(v *view.View) []Release {
	out := make([]Release, 0, len(v.Releases))
	for _, release := range slices.Backward(v.Releases) {
		out = append(out, releaseOf(&release, v.App.Status.Release))
	}
	return out
}

func releaseOf(r *v1alpha1.Release, roles v1alpha1.ReleaseRoles) Release {
	out := Release{
		Name: r.Name, Number: r.Spec.Number, Created: r.CreationTimestamp,
		Image: r.Spec.Image, Digest: r.Spec.Digest, Cause: r.Spec.Cause,
		Healthy: string(metav1.ConditionUnknown), Superseded: !r.Status.SupersededTime.IsZero(),
	}
	if c := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionHealthy); c != nil {
		out.Healthy, out.Reason, out.Message = string(c.Status), c.Reason, c.Message
	}
	for _, role := range []struct{ is, name string }{{"desired", roles.Desired}, {"running", roles.Running}, {"last healthy", roles.LastHealthy}} {
		if role.name == r.Name {
			out.Roles = append(out.Roles, role.is)
		}
	}
	return out
}

// place puts ReplicaSets under the Releases whose pods they make, and pods under
// their ReplicaSets.
func (r *Report) place(v *view.View) {
	sets := map[string]*ReplicaSet{}
	for i := range v.ReplicaSets {
		set := &v.ReplicaSets[i]
		s := &ReplicaSet{Name: set.Name, Created: set.CreationTimestamp, Wanted: ptr.Deref(set.Spec.Replicas, 1), Ready: set.Status.ReadyReplicas}
		sets[set.Name] = s
		number := releaseNumber(set)
		if at := slices.IndexFunc(r.Releases, func(r Release) bool { return r.Number == number }); at >= 0 {
			r.Releases[at].ReplicaSets = append(r.Releases[at].ReplicaSets, s)
		} else {
			r.Others = append(r.Others, s)
		}
	}
	for i := range v.Pods {
		owner := metav1.GetControllerOf(&v.Pods[i])
		if owner == nil || sets[owner.Name] == nil {
			continue // being deleted with its ReplicaSet, or somebody else's
		}
		sets[owner.Name].Pods = append(sets[owner.Name].Pods, podOf(&v.Pods[i]))
	}
}

func releaseNumber(set *appsv1.ReplicaSet) int64 {
	number, err := strconv.ParseInt(set.Spec.Template.Labels[v1alpha1.LabelRelease], 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// podOf says how a pod fares, in the words by which Releases are judged.
func podOf(pod *corev1.Pod) Pod {
	facts := observe.Pod(pod)
	out := Pod{Name: pod.Name, Created: pod.CreationTimestamp, IsReady: facts.Ready, Reason: "Running"}
	ready := 0
	for _, c := range facts.Containers {
		if c.Ready {
			ready++
		}
		out.Restarts = max(out.Restarts, c.Restarts)
	}
	out.Ready = fmt.Sprintf("%d/%d", ready, max(len(pod.Spec.Containers), len(facts.Containers)))
	if facts.Deleting {
		out.Reason, out.IsReady = "Terminating", false
		return out
	}
	signs := health.Assess(health.Facts{Pods: []health.Pod{facts}, NodesReady: true}).Signs
	switch {
	case len(signs) > 0:
		out.Reason, out.Message = signs[0].Reason, signs[0].Message
		out.Failing = signs[0].Class != health.NotReady
	case !facts.Ready:
		out.Reason = cmp.Or(string(pod.Status.Phase), "Pending")
	}
	return out
}
