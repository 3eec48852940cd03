package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
	"github.com/bowline-dev/bowline/internal/adopt"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/observe"
	"github.com/bowline-dev/bowline/internal/render"
	"github.com/bowline-dev/bowline/internal/report"
	"github.com/bowline-dev/bowline/internal/rollout"
)

// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=delete
// +kubebuilder:rbac:groups=apps,resources=replicasets,verbs=list;patch
// +kubebuilder:rbac:groups="",resources=pods,verbs=patch

// An App with the annotation bowline.dev/adopt takes over what has its name and
// belongs to nobody, and no pod is restarted:
//
//	what there is                           what is done, one pass after the other
//	--------------------------------------  ------------------------------------------
//	what an App of this name has left       its Releases, ConfigMaps and Secrets get
//	behind (kubectl delete --cascade=       this App as their owner, and then the
//	orphan)                                 Deployment does
//	a Deployment of somebody else's, which  what it runs becomes a Release; its
//	runs what the App says                  ReplicaSets are labeled; it is deleted
//	                                        without them
//	no Deployment, but ReplicaSets that     their template and pods are labeled; the
//	were labeled                            Deployment made next adopts them
//
// Nothing is owned, made or deleted before all that can stand in the way was
// looked for: what is wrong with the App, what runs otherwise, and a pause, in
// which nobody would look after the pods. Until then what was left behind is
// counted as if it were the App's.
//
// A selector never changes, so the Deployment itself cannot stay. Its ReplicaSet
// and its pods do: a Deployment adopts what its selector finds, and the one
// whose template is equal to its own is its new ReplicaSet.
//
// Each step can be taken again, so a crash between any two changes nothing.

// adopts tells that there may be something to take over.
func (p *pass) adopts() bool {
	return p.app.Annotations[v1alpha1.AnnotationAdopt] != "" && p.snapshot.Deployment == nil
}

// halfWay tells that a Deployment may have been deleted for one that is yet to
// be made. Then there is no way back, whatever the App says meanwhile.
func (p *pass) halfWay() bool {
	return p.snapshot.Deployment == nil && lastAdopted(p.snapshot.Releases) != nil
}

// countLeft counts what an App of this name has left behind as if it were this
// App's.
func (p *pass) countLeft(ctx context.Context) (err error) {
	if !p.adopts() {
		return nil
	}
	if p.left, err = observe.LeftBehind(ctx, p.Client, p.app); err != nil {
		return err
	}
	p.snapshot = p.snapshot.With(p.left)
	return nil
}

// claim gives the App what an App of its name has left behind, but the
// Deployment. It returns ErrStale when there was anything.
func (p *pass) claim(ctx context.Context) error {
	for _, object := range p.left.Objects() {
		if err := p.Applier.Claim(ctx, p.app, object.Kind, object); err != nil {
			return err
		}
	}
	if p.left.Any() {
		return apply.ErrStale
	}
	return nil
}

// takeOver takes the Deployment over that has the App's name. It returns what
// stands in the way, and ErrStale after each step.
func (p *pass) takeOver(ctx context.Context) (*report.Problem, error) {
	if !p.adopts() && !p.halfWay() {
		return nil, nil
	}
	live := &appsv1.Deployment{}
	err := p.Live.Get(ctx, client.ObjectKeyFromObject(p.app), live)
	switch {
	case apierrors.IsNotFound(err):
		return nil, p.takeReplicaSets(ctx)
	case err != nil:
		return nil, fmt.Errorf("read Deployment %q: %w", p.app.Name, err)
	case !p.adopts():
		return nil, nil // applying finds out whose it is
	case p.state.Held != nil && live.DeletionTimestamp.IsZero():
		return nil, nil // which says why
	case metav1.GetControllerOf(live) != nil:
		return problemOf(p.Applier.WhoHas(ctx, p.app, "Deployment", live.Name))
	case !live.DeletionTimestamp.IsZero():
		return nil, apply.ErrStale
	case p.decision.Action == rollout.Hold:
		return p.refuses(p.app.PausedBy() + report.WayOutOfPause(p.app)), nil
	}
	p.size = live.Spec.Replicas
	found, problem, err := p.compare(ctx, live)
	if problem != nil || err != nil {
		return problem, err
	}
	if p.leftOf(live) == nil {
		return p.replace(ctx, live, found)
	}
	if err := p.claim(ctx); err != nil {
		return nil, err
	}
	if err := p.Applier.Claim(ctx, p.app, "Deployment", live); err != nil {
		return nil, err
	}
	return nil, apply.ErrStale
}

// leftOf returns the Release of an App of this name that a Deployment runs, nil
// for a Deployment that was not made for one.
func (p *pass) leftOf(live *appsv1.Deployment) *v1alpha1.Release {
	selector, ours := live.Spec.Selector.MatchLabels, map[string]string{v1alpha1.LabelApp: p.app.Name}
	if !labels.Equals(selector, ours) || len(live.Spec.Selector.MatchExpressions) > 0 {
		return nil
	}
	return p.releaseOf(live.Spec.Template.Labels)
}

// releaseOf returns the Release that labels of pods name, nil when they name
// none.
func (p *pass) releaseOf(labels map[string]string) *v1alpha1.Release {
	for i := range p.snapshot.Releases {
		if r := &p.snapshot.Releases[i]; isOf(labels, r) {
			return r
		}
	}
	return nil
}

func isOf(labels map[string]string, r *v1alpha1.Release) bool {
	return labels[v1alpha1.LabelRelease] == strconv.FormatInt(r.Spec.Number, 10)
}

// comparison is what a Deployment was found to run.
type comparison struct {
	same  bool   // it runs what the App says
	image string // what the App's container runs, as it is written there
}

// compare tells whether a Deployment runs what the App says, and what keeps the
// App from taking it over as the annotation asks.
func (p *pass) compare(ctx context.Context, live *appsv1.Deployment) (comparison, *report.Problem, error) {
	if runs := p.leftOf(live); runs != nil && runs.Spec.InputHash == p.inputs.Hash {
		return comparison{same: true}, nil, nil
	}
	said, err := p.tryDeployment(ctx)
	if problem, err := problemOf(err); problem != nil || err != nil {
		return comparison{}, problem, err
	}
	found := differences(said, live)
	if len(found) > 0 && p.app.Annotations[v1alpha1.AnnotationAdopt] == v1alpha1.AdoptUnchanged {
		return comparison{}, p.refuses("it does not run what the App says, and its pods would be restarted (" + atMost(found, 8) +
			"); let the App say what runs, or " + apply.WayOutRollOut), nil
	}
	return comparison{same: len(found) == 0, image: adopt.Image(&said.Spec.Template.Spec, &live.Spec.Template.Spec)}, nil, nil
}

// refuses is why a Deployment is not taken over.
func (p *pass) refuses(why string) *report.Problem {
	return &report.Problem{
		Reason:  v1alpha1.ReasonConflict,
		Message: fmt.Sprintf("Deployment %q is not taken over, and nothing was touched: %s", p.app.Name, why),
	}
}

func atMost(words []string, most int) string {
	if more := len(words) - most; more > 0 {
		words = append(slices.Clone(words[:most]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, "; ")
}

// asked returns the Release that would be made for what the App says, with its
// sources by their own names, as somebody else's Deployment has them.
func (p *pass) asked() (render.Objects, error) {
	return render.Render(render.Input{
		App:     p.app,
		Release: p.newRelease(&rollout.Make{Number: p.nextNumber(), Cause: rollout.CauseInputs}),
		Today:   p.inputs.Inputs.Sources, Replicas: p.replicas(), Unnamed: true,
	})
}

func (p *pass) nextNumber() int64 {
	if n := len(p.snapshot.Releases); n > 0 {
		return p.snapshot.Releases[n-1].Spec.Number + 1
	}
	return 1
}

// tryDeployment returns the Deployment that the App asks for. The API server fills in the
// defaults; nothing is made.
func (p *pass) tryDeployment(ctx context.Context) (*appsv1.Deployment, error) {
	objects, err := p.asked()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(objects.Deployment)
	if err != nil {
		return nil, fmt.Errorf("encode the Deployment: %w", err)
	}
	said := &appsv1.Deployment{}
	if err := json.Unmarshal(text, said); err != nil {
		return nil, fmt.Errorf("decode the Deployment: %w", err)
	}
	said.Name, said.GenerateName = "", p.app.Name+"-"
	err = p.Create(ctx, said, client.DryRunAll, client.FieldOwner(v1alpha1.FieldOwner), client.DisableReadYourWritesConsistency)
	return said, apply.Classify("Deployment", p.app.Name, err)
}

// differences are the fields in which a Deployment runs something else than the
// App says.
func differences(said, live *appsv1.Deployment) []string {
	found := adopt.Differences(said.Spec.Template, live.Spec.Template)
	if live.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		found = append(found, "strategy: Recreate runs, an App replaces its pods one by one")
	}
	return found
}

// replace makes what a Deployment runs a Release, and deletes it without its
// ReplicaSets.
func (p *pass) replace(ctx context.Context, live *appsv1.Deployment, found comparison) (*report.Problem, error) {
	if why := restless(live); why != "" {
		return p.refuses(why), nil
	}
	if problem, err := p.alone(ctx); problem != nil || err != nil {
		return problem, err
	}
	if problem, err := problemOf(p.tryOthers(ctx)); problem != nil || err != nil {
		return problem, err
	}
	sets, err := p.replicaSets(ctx, live)
	if err != nil {
		return nil, err
	}
	if err := p.claim(ctx); err != nil {
		return nil, err
	}
	if problem, err := problemOf(p.recordAdopted(ctx, live, found)); problem != nil || err != nil {
		return problem, err
	}
	for i := range sets {
		if err := p.Applier.Label(ctx, "ReplicaSet", &sets[i], map[string]string{v1alpha1.LabelApp: p.app.Name}, nil); err != nil {
			return nil, err
		}
	}
	err = p.Delete(ctx, live, client.Preconditions{UID: &live.UID, ResourceVersion: &live.ResourceVersion},
		client.PropagationPolicy(metav1.DeletePropagationOrphan), client.DisableReadYourWritesConsistency)
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("delete Deployment %q without its pods: %w", live.Name, err)
	}
	return nil, apply.ErrStale
}

// restless tells why a Deployment cannot be taken over now, empty when it can.
func restless(live *appsv1.Deployment) string {
	want, status := ptr.Deref(live.Spec.Replicas, 1), live.Status
	switch {
	case live.Spec.Paused:
		return "it is paused: kubectl rollout resume lets it come to rest"
	case status.ObservedGeneration < live.Generation, status.UpdatedReplicas != want, status.Replicas != want:
		return "it is in the midst of a rollout: it is taken over when that is complete"
	case status.AvailableReplicas < want:
		return fmt.Sprintf("%d of its %d pods are available: it is taken over when all are", status.AvailableReplicas, want)
	}
	return ""
}

// alone finds a HorizontalPodAutoscaler that would go on scaling the Deployment
// beside the App.
func (p *pass) alone(ctx context.Context) (*report.Problem, error) {
	list := &autoscalingv2.HorizontalPodAutoscalerList{}
	if err := p.Live.List(ctx, list, client.InNamespace(p.app.Namespace)); err != nil {
		return nil, fmt.Errorf("list HorizontalPodAutoscalers: %w", err)
	}
	for i := range list.Items {
		target := list.Items[i].Spec.ScaleTargetRef
		if target.Kind != "Deployment" || target.Name != p.app.Name || list.Items[i].Name == p.app.Name && p.app.Spec.Autoscale.Enabled() {
			continue
		}
		return p.refuses(fmt.Sprintf("HorizontalPodAutoscaler %q scales it: let spec.autoscale say so of the App and name the HorizontalPodAutoscaler %q, or delete it",
			list.Items[i].Name, p.app.Name)), nil
	}
	return nil, nil
}

// tryOthers finds out whether the App can have what stands around the pods: half
// an App would serve nobody.
func (p *pass) tryOthers(ctx context.Context) error {
	objects, err := p.asked()
	if err != nil {
		return err
	}
	if err := apply.Try(ctx, p.Applier, p.app, objects.Service); err != nil {
		return err
	}
	if err := apply.Try(ctx, p.Applier, p.app, objects.Budget); err != nil {
		return err
	}
	return apply.Try(ctx, p.Applier, p.app, objects.Autoscaler)
}
