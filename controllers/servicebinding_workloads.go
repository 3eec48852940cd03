package controllers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/apply"
	"github.com/bowline-dev/bowline/internal/binding"
	"github.com/bowline-dev/bowline/internal/kinds"
)

// workload is a workload that a ServiceBinding is about.
type workload struct {
	head *metav1.PartialObjectMetadata
	// wanted tells that it is to be bound, has that it is.
	wanted, has bool
}

// workloads finds the workloads that are to be bound and those that are, or
// says why they cannot be found.
func (p *bindingPass) workloads(ctx context.Context) ([]workload, *binding.Problem, error) {
	matches, problem := matcher(&p.object.Spec.Workload)
	if problem != nil {
		return nil, problem, nil
	}
	return p.find(ctx, matches)
}

// none is what a ServiceBinding wants to be bound when it goes, whatever its
// selector says.
func none(metav1.Object) bool { return false }

func (p *bindingPass) find(ctx context.Context, matches func(metav1.Object) bool) ([]workload, *binding.Problem, error) {
	kind := workloadKind(p.object)
	heads, err := p.Kinds.Workloads(ctx, kind, p.object.Namespace)
	if p.Kinds.Polled(kinds.Workloads, kind, p.object.Namespace) {
		p.lookAgain(recheck)
	}
	if err != nil {
		problem, err := p.problemOfKind(err, "spec.workload", kind, "get, list, watch, update and patch", servicebindingv1.ReasonWorkloadNotFound)
		return nil, problem, err
	}
	var out []workload
	for _, head := range heads {
		w := workload{head: head, wanted: matches(head), has: binding.Has(head.Annotations, p.object.Name)}
		if head.DeletionTimestamp.IsZero() && (w.wanted || w.has) {
			out = append(out, w)
		}
	}
	return out, nil, nil
}

// matcher tells which workloads a reference means.
func matcher(reference *servicebindingv1.ServiceBindingWorkloadReference) (func(metav1.Object) bool, *binding.Problem) {
	if reference.Selector == nil {
		return func(object metav1.Object) bool { return object.GetName() == reference.Name }, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(reference.Selector)
	if err != nil {
		return nil, &binding.Problem{Reason: servicebindingv1.ReasonSpecInvalid, Message: fmt.Sprintf("spec.workload.selector: %v", err)}
	}
	return func(object metav1.Object) bool { return selector.Matches(labels.Set(object.GetLabels())) }, nil
}

// attempts is how often a workload is read and patched again when others write
// it at the same time, before the pass is dropped.
const attempts = 5

// bind projects the service into a workload.
func (p *bindingPass) bind(ctx context.Context, w workload, b binding.Binding) (*binding.Problem, error) {
	mapping, problem, err := p.mapping(ctx)
	if problem != nil || err != nil {
		return problem, err
	}
	asked, err := fingerprint(b, mapping)
	if err != nil {
		return nil, err
	}
	problem, known := p.known(w.head, asked)
	if w.has || !known {
		if err := p.hold(ctx); err != nil {
			return nil, err
		}
	}
	if known {
		return problem, nil
	}
	return p.edit(ctx, w, asked, func(object map[string]any) (map[string]any, bool, error) {
		return binding.Project(object, mapping, b)
	})
}

// unbind takes the service out of a workload.
func (p *bindingPass) unbind(ctx context.Context, w workload) (*binding.Problem, error) {
	asked := "unbind " + p.object.Name
	if problem, known := p.known(w.head, asked); known {
		return problem, nil
	}
	return p.edit(ctx, w, asked, func(object map[string]any) (map[string]any, bool, error) {
		return binding.Unproject(object, p.object.Name)
	})
}

// edit changes a workload as it is now, and again if somebody was faster.
func (p *bindingPass) edit(ctx context.Context, w workload, asked string, change func(map[string]any) (map[string]any, bool, error)) (*binding.Problem, error) {
	kind, key := workloadKind(p.object), client.ObjectKeyFromObject(w.head)
	var conflict error
	for range attempts {
		object, err := p.Kinds.Get(ctx, kind, key)
		if err != nil {
			return p.problemOfEdit(asked, nil, err)
		}
		if object.GetUID() != w.head.UID {
			return nil, staleWorkload(key.Name)
		}
		after, changed, err := change(object.Object)
		if err != nil || !changed {
			return p.problemOfEdit(asked, object, err)
		}
		patch, err := workloadPatch(object, after)
		if err != nil {
			return nil, err
		}
		written, err := p.Kinds.Patch(ctx, kind, key, patch)
		if !apierrors.IsConflict(err) {
			if written == nil || err != nil {
				written = object
			}
			return p.problemOfEdit(asked, written, err)
		}
		conflict = err
	}
	return nil, conflict
}

// staleWorkload tells that a workload was replaced by another one of its name.
func staleWorkload(name string) error {
	return apierrors.NewConflict(servicebindingv1.GroupVersion.WithResource("workloads").GroupResource(), name, errors.New("it was replaced by another one of its name"))
}

// problemOfEdit says what came of an edit, and remembers it until the workload,
// or what is asked of it, changes. What is worth nothing but a retry stays an
// error. The API server's words are not passed on: they may repeat anything that
// is in the workload.
func (p *bindingPass) problemOfEdit(asked string, object *unstructured.Unstructured, err error) (*binding.Problem, error) {
	var problem *binding.Problem
	var until time.Time
	switch {
	case err == nil:
	case problemOfRefusal(err) != nil:
		problem = problemOfRefusal(err)
	case apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsRequestEntityTooLargeError(err):
		problem, until = p.refused(err), p.now.Add(apply.RetryRefused)
	case apierrors.IsForbidden(err):
		p.lookAgain(recheck)
		return forbidden(workloadKind(p.object), "get, list, watch, update and patch"), nil
	default:
		return nil, err
	}
	if object != nil {
		p.settled.Add(place{p.object.UID, object.GetUID()}, answered{asked, state(object), problem, until})
	}
	if !until.IsZero() {
		p.lookAgain(apply.RetryRefused)
	}
	return problem, nil
}

// refused says that the API server does not take the change.
func (p *bindingPass) refused(err error) *binding.Problem {
	kind := p.object.Spec.Workload.Kind
	var status apierrors.APIStatus
	var fields []string
	immutable := false
	if errors.As(err, &status) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			fields = append(fields, cause.Field)
			immutable = immutable || strings.Contains(cause.Message, "immutable") || strings.Contains(cause.Message, "may not change fields other than")
		}
	}
	if immutable {
		return &binding.Problem{
			Reason:  servicebindingv1.ReasonWorkloadImmutable,
			Message: fmt.Sprintf("the API server lets nobody change the pods of a %s that exists: bind what makes it (for a Job, a CronJob), or put the Secret's volume into its manifest", kind),
		}
	}
	return &binding.Problem{
		Reason:  servicebindingv1.ReasonWorkloadRefused,
		Message: fmt.Sprintf("the API server refuses the change (%s: %s): see `kubectl explain` for what a %s may have there", apierrors.ReasonForError(err), strings.Join(fields, ", "), kind),
	}
}

// place is a ServiceBinding in a workload.
type place struct{ binding, workload types.UID }

// answered is what came of what was asked of a workload in some state. What the
// API server refused it may accept later, for reasons that do not show in the
// workload.
type answered struct {
	asked, state string
	problem      *binding.Problem
	until        time.Time // zero: for good
}

// known returns what came of the same question about the same workload. No
// problem means that the workload is as it should be.
func (p *bindingPass) known(head *metav1.PartialObjectMetadata, asked string) (*binding.Problem, bool) {
	value, ok := p.settled.Get(place{p.object.UID, head.UID})
	if !ok {
		return nil, false
	}
	before := value.(answered)
	if before.asked != asked || before.state != state(head) {
		return nil, false
	}
	if before.until.IsZero() {
		return before.problem, true
	}
	left := before.until.Sub(p.now)
	if left <= 0 {
		return nil, false
	}
	p.lookAgain(left)
	return before.problem, true
}

// state changes whenever what a workload asks for does, or what is remembered in
// it.
func state(object metav1.Object) string {
	generation := "generation " + strconv.FormatInt(object.GetGeneration(), 10)
	if object.GetGeneration() == 0 {
		generation = "version " + object.GetResourceVersion()
	}
	return generation + " " + object.GetAnnotations()[binding.Annotation]
}

func fingerprint(b binding.Binding, mapping binding.Mapping) (string, error) {
	text, err := json.Marshal([]any{b, mapping})
	if err != nil {
		return "", fmt.Errorf("encode binding %q: %w", b.Key, err)
	}
	return string(text), nil
}

// mapping finds out where the workloads describe their pods.
func (p *bindingPass) mapping(ctx context.Context) (binding.Mapping, *binding.Problem, error) {
	kind := workloadKind(p.object)
	resource, err := p.Kinds.Resource(kind)
	if err != nil {
		problem, err := p.problemOfKind(err, "spec.workload", kind, "get, list, watch, update and patch", servicebindingv1.ReasonWorkloadNotFound)
		return binding.Mapping{}, problem, err
	}
	object := &servicebindingv1.ClusterWorkloadResourceMapping{}
	spec := &object.Spec
	if err := p.Cache.Get(ctx, types.NamespacedName{Name: resource.GroupResource().String()}, object); err != nil {
		if !apierrors.IsNotFound(err) {
			return binding.Mapping{}, nil, err
		}
		spec = nil
	}
	mapping, err := binding.MappingFor(resource.GroupResource(), resource.Version, spec)
	return mapping, problemOfRefusal(err), nil
}

// workloadPatch makes a merge patch from one workload to another that applies
// only to the version it was made from.
func workloadPatch(before *unstructured.Unstructured, after map[string]any) ([]byte, error) {
	var encoded [2][]byte
	for i, object := range []map[string]any{before.Object, after} {
		var err error
		if encoded[i], err = json.Marshal(object); err != nil {
			return nil, fmt.Errorf("encode %s %q: %w", before.GetKind(), before.GetName(), err)
		}
	}
	difference, err := jsonpatch.CreateMergePatch(encoded[0], encoded[1])
	if err != nil {
		return nil, fmt.Errorf("compare %s %q: %w", before.GetKind(), before.GetName(), err)
	}
	version, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": before.GetResourceVersion()}})
	if err != nil {
		return nil, err
	}
	return jsonpatch.MergeMergePatches(difference, version)
}

// finalizersPatch replaces the finalizers of the version of an object it was
// made from.
func finalizersPatch(object client.Object, finalizers []string) (client.Patch, error) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": object.GetResourceVersion(), "finalizers": finalizers}})
	if err != nil {
		return nil, fmt.Errorf("encode finalizers: %w", err)
	}
	return client.RawPatch(types.MergePatchType, patch), nil
}
