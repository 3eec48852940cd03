package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	webhookadmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/admission"
	"github.com/bowline-dev/bowline/internal/binding"
)

// atAdmission binds workloads while they are created, so that they have one
// rollout and not two. It writes nothing and tells nobody: the workload may
// never be stored. The controller looks at it once it is, as at any other, and
// finds what it would have made.
type atAdmission struct {
	reads *ServiceBindingReconciler
}

// answerWithin leaves the API server time to read the answer.
const answerWithin = admission.Timeout * 3 / 4

// inFlight is how long a workload may take to be stored after it was bound at
// admission, the caches that the answer came from included. Nobody can know:
// webhooks of others follow, and some are slow.
const inFlight = 2 * admission.Timeout

func newAtAdmission(r *ServiceBindingReconciler) *atAdmission {
	// What a pass puts down about Secrets is for the controller alone.
	return &atAdmission{&ServiceBindingReconciler{Cache: r.Cache, Live: r.Live, Kinds: r.Kinds, Clock: r.Clock, keys: r.keys, secrets: newWaiting()}}
}

// Handle answers with the workload bound as far as it can be. It refuses
// nothing: what is wrong is said in the status of a ServiceBinding.
func (a *atAdmission) Handle(ctx context.Context, request webhookadmission.Request) webhookadmission.Response {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	after, err := a.answer(ctx, request)
	switch {
	case err != nil:
		ctrl.LoggerFrom(ctx).V(1).Info("left to the controller", "cause", err.Error())
	case after != nil:
		return webhookadmission.PatchResponseFromRaw(request.Object.Raw, after)
	}
	return webhookadmission.Allowed("")
}

// answer returns the workload with what can be projected, nil if that is nothing.
func (a *atAdmission) answer(ctx context.Context, request webhookadmission.Request) ([]byte, error) {
	workload := &unstructured.Unstructured{}
	if err := workload.UnmarshalJSON(request.Object.Raw); err != nil {
		return nil, fmt.Errorf("decode a %s", request.Kind.Kind) // not with words that may repeat what is in it
	}
	kind := schema.GroupVersionKind(request.Kind)
	list := &servicebindingv1.ServiceBindingList{}
	if err := a.reads.Cache.List(ctx, list, client.InNamespace(request.Namespace), client.MatchingFields{workloadKindIndex: kind.String()}); err != nil {
		return nil, fmt.Errorf("list ServiceBindings: %w", err)
	}
	object, bound := a.bind(ctx, workload, list.Items)
	if !bound {
		return nil, nil
	}
	return json.Marshal(object)
}

// bind projects the services of the ServiceBindings that mean a workload, and
// leaves out what cannot be projected, or not yet. Of two that are in each
// other's way the older is projected, in whatever order they come.
func (a *atAdmission) bind(ctx context.Context, workload *unstructured.Unstructured, bindings []servicebindingv1.ServiceBinding) (map[string]any, bool) {
	slices.SortFunc(bindings, func(x, y servicebindingv1.ServiceBinding) int {
		if older := x.CreationTimestamp.Compare(y.CreationTimestamp.Time); older != 0 {
			return older
		}
		return strings.Compare(x.Name, y.Name)
	})
	object, bound := workload.Object, false
	for i := range bindings {
		if !held(&bindings[i]) {
			continue
		}
		if matches, problem := matcher(&bindings[i].Spec.Workload); problem != nil || !matches(workload) {
			continue
		}
		after, changed, err := a.project(ctx, object, &bindings[i])
		if err != nil {
			ctrl.LoggerFrom(ctx).V(1).Info("left to the controller", "serviceBinding", bindings[i].Name, "cause", err.Error())
			continue
		}
		object, bound = after, bound || changed
	}
	return object, bound
}

// held tells that a ServiceBinding is not let go before it is taken out of its
// workloads. The controller sees to that: it may change their kind, too.
func held(b *servicebindingv1.ServiceBinding) bool {
	return b.DeletionTimestamp.IsZero() && slices.Contains(b.Finalizers, servicebindingv1.FinalizerUnbind)
}

// project is what the controller does about one workload, without the writes.
func (a *atAdmission) project(ctx context.Context, object map[string]any, b *servicebindingv1.ServiceBinding) (map[string]any, bool, error) {
	p := &bindingPass{ServiceBindingReconciler: a.reads, now: a.reads.Clock.Now(), object: b}
	defer a.reads.secrets.leave(p.request())
	secret, problem, err := p.service(ctx)
	if problem != nil || err != nil {
		return nil, false, cause(problem, err)
	}
	mapping, problem, err := p.mapping(ctx)
	if problem != nil || err != nil {
		return nil, false, cause(problem, err)
	}
	return binding.Project(object, mapping, binding.Of(b, secret))
}

func cause(problem *binding.Problem, err error) error {
	if problem != nil {
		return fmt.Errorf("%s: %s", problem.Reason, problem.Message)
	}
	return err
}

// deletion is when a ServiceBinding was first seen to be going.
type deletion struct {
	uid  types.UID
	seen time.Time
}

// settling is how long a ServiceBinding that is being deleted has to stay for
// workloads that are bound by it and not yet stored. It counts from when it was
// seen: the clock that its timestamp comes from may be another.
func (p *bindingPass) settling() time.Duration {
	if !p.AtAdmission {
		return 0
	}
	value, _ := p.leaving.Load(p.request())
	going, ok := value.(deletion)
	if !ok || going.uid != p.object.UID {
		going = deletion{p.object.UID, p.now}
		p.leaving.Store(p.request(), going)
	}
	return max(0, going.seen.Add(inFlight).Sub(p.now))
}
