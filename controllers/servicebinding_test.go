package controllers

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	servicebindingv1 "github.com/bowline-dev/bowline/api/servicebinding/v1"
	"github.com/bowline-dev/bowline/internal/binding"
)

func TestWaiting(t *testing.T) {
	request := func(namespace, name string) reconcile.Request {
		return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
	}
	a, b, other := request("one", "a"), request("one", "b"), request("two", "a")
	w := newWaiting()
	w.wait(a, "s")
	w.wait(b, "s")
	w.wait(other, "s")
	of := func(namespace, secret string) []string {
		var out []string
		for _, r := range w.of(types.NamespacedName{Namespace: namespace, Name: secret}) {
			out = append(out, r.String())
		}
		slices.Sort(out)
		return out
	}
	if got := of("one", "s"); !cmp.Equal(got, []string{"one/a", "one/b"}) {
		t.Error(got)
	}
	w.wait(a, "t")
	w.leave(b)
	if got := of("one", "s"); got != nil {
		t.Error(got)
	}
	if got := of("one", "t"); !cmp.Equal(got, []string{"one/a"}) {
		t.Error(got)
	}
	if got := of("two", "s"); !cmp.Equal(got, []string{"two/a"}) {
		t.Error(got)
	}
	w.leave(a)
	w.leave(other)
	w.leave(other)
	if len(w.requests) != 0 || len(w.secrets) != 0 {
		t.Errorf("not forgotten: %v %v", w.requests, w.secrets)
	}
}

func TestConcerns(t *testing.T) {
	b := &servicebindingv1.ServiceBinding{ObjectMeta: metav1.ObjectMeta{Name: "orders"}}
	byName, bySelector := b.DeepCopy(), b.DeepCopy()
	byName.Spec.Workload.Name = "shop"
	bySelector.Spec.Workload.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"one"}}}}
	invalid := b.DeepCopy()
	invalid.Spec.Workload.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "Like"}}}
	mapping := `{"apiVersion":"v1","mapping":{"annotations":".a","volumes":".v","containers":[]},"bindings":[{"key":"orders","name":"n","secret":"s"}]}`
	shop := &metav1.ObjectMeta{Name: "shop", Labels: map[string]string{"tier": "one"}}
	cart := &metav1.ObjectMeta{Name: "cart"}
	bound := &metav1.ObjectMeta{Name: "cart", Annotations: map[string]string{binding.Annotation: mapping}}
	for name, c := range map[string]struct {
		b        *servicebindingv1.ServiceBinding
		workload metav1.Object
		want     bool
	}{
		"named": {byName, shop, true}, "not named": {byName, cart, false}, "not named but bound": {byName, bound, true},
		"selected": {bySelector, shop, true}, "not selected": {bySelector, cart, false}, "not selected but bound": {bySelector, bound, true},
		"selector that is none": {invalid, shop, false}, "nothing": {byName, nil, false},
	} {
		if got := concerns(c.b, c.workload); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What changes in a workload that is no news to a binding.
func TestSameWorkload(t *testing.T) {
	base := metav1.ObjectMeta{UID: "1", Generation: 3, ResourceVersion: "10", Labels: map[string]string{"a": "b"}}
	now := metav1.NewTime(time.Unix(1, 0))
	for name, c := range map[string]struct {
		change func(*metav1.ObjectMeta)
		same   bool
	}{
		"its status":                     {func(m *metav1.ObjectMeta) { m.ResourceVersion = "11" }, true},
		"an annotation":                  {func(m *metav1.ObjectMeta) { m.Annotations = map[string]string{"x": "y"} }, true},
		"what it asks for":               {func(m *metav1.ObjectMeta) { m.Generation = 4 }, false},
		"a label":                        {func(m *metav1.ObjectMeta) { m.Labels = nil }, false},
		"our annotation":                 {func(m *metav1.ObjectMeta) { m.Annotations = map[string]string{binding.Annotation: "y"} }, false},
		"all of it":                      {func(m *metav1.ObjectMeta) { m.UID = "2" }, false},
		"it is being deleted":            {func(m *metav1.ObjectMeta) { m.DeletionTimestamp = &now }, false},
		"a kind that counts no versions": {func(m *metav1.ObjectMeta) { m.Generation, m.ResourceVersion = 0, "11" }, false},
	} {
		before, after := base.DeepCopy(), base.DeepCopy()
		if name == "a kind that counts no versions" {
			before.Generation = 0
		}
		c.change(after)
		if got := sameWorkload(before, after); got != c.same {
			t.Errorf("%s: same %t", name, got)
		}
	}
}

func TestWorkloadPatch(t *testing.T) {
	before := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "X", "metadata": map[string]any{"name": "x", "resourceVersion": "7", "annotations": map[string]any{"a": "b"}},
		"spec": map[string]any{"list": []any{int64(1)}, "kept": "yes"},
	}}
	after := map[string]any{
		"apiVersion": "v1", "kind": "X", "metadata": map[string]any{"name": "x", "resourceVersion": "7"},
		"spec": map[string]any{"list": []any{int64(1), int64(2)}, "kept": "yes"},
	}
	got, err := workloadPatch(before, after)
	want := `{"metadata":{"annotations":null,"resourceVersion":"7"},"spec":{"list":[1,2]}}`
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

// The API server's words may repeat what is in a workload, so none of them is
// passed on.
func TestRefusedWorkloads(t *testing.T) {
	p := &bindingPass{
		ServiceBindingReconciler: &ServiceBindingReconciler{settled: lru.New(10)},
		now:                      time.Unix(100, 0),
		object:                   &servicebindingv1.ServiceBinding{},
	}
	p.object.Spec.Workload.APIVersion, p.object.Spec.Workload.Kind = "batch/v1", "Job"
	invalid := func(err *field.Error) error {
		return apierrors.NewInvalid(schema.GroupKind{Group: "batch", Kind: "Job"}, "load", field.ErrorList{err})
	}
	object := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"name": "load", "uid": "1", "generation": int64(2)}}}
	head := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "load", UID: "1", Generation: 2}}
	for name, c := range map[string]struct {
		err    error
		reason string
		again  time.Duration
		known  bool
	}{
		"immutable": {invalid(field.Invalid(field.NewPath("spec", "template"), "pa55word", "field is immutable")), servicebindingv1.ReasonWorkloadImmutable, 5 * time.Minute, true},
		"invalid":   {invalid(field.Invalid(field.NewPath("spec", "volumes"), "pa55word", "too many")), servicebindingv1.ReasonWorkloadRefused, 5 * time.Minute, true},
		"forbidden": {apierrors.NewForbidden(schema.GroupResource{Resource: "jobs"}, "load", errors.New("pa55word")), servicebindingv1.ReasonForbidden, recheck, false},
		"refused":   {&binding.Refusal{Reason: servicebindingv1.ReasonNameTaken, Message: "taken"}, servicebindingv1.ReasonNameTaken, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			p.again = 0
			p.settled.Clear()
			problem, err := p.problemOfEdit("bind", object, c.err)
			if err != nil || problem == nil || problem.Reason != c.reason || strings.Contains(problem.Message, "pa55word") {
				t.Fatalf("%v %+v", err, problem)
			}
			if p.again != c.again {
				t.Errorf("again in %s", p.again)
			}
			again, known := p.known(head, "bind")
			if known != c.known || known && again != problem {
				t.Errorf("known %t: %+v", known, again)
			}
			if _, known := p.known(head, "something else"); known {
				t.Error("another question has the same answer")
			}
			changed := head.DeepCopy()
			changed.Generation = 3
			if _, known := p.known(changed, "bind"); known {
				t.Error("the workload changed and the answer did not")
			}
			p.now = p.now.Add(6 * time.Minute)
			if _, known := p.known(head, "bind"); known && c.again == 5*time.Minute {
				t.Error("what was refused is not asked again")
			}
		})
	}
	if problem, err := p.problemOfEdit("bind", object, errors.New("connection refused")); problem != nil || err == nil {
		t.Errorf("%v %v", problem, err)
	}
}

func TestOwner(t *testing.T) {
	crd := &metav1.PartialObjectMetadata{}
	if got := owner(crd); got != "nothing in it says which" {
		t.Error(got)
	}
	crd.Labels = map[string]string{"app.kubernetes.io/part-of": "other", "app.kubernetes.io/managed-by": "Helm", "x": "y"}
	crd.Annotations = map[string]string{"meta.helm.sh/release-name": "sb"}
	crd.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "helm"}, {Manager: "helm"}, {Manager: "kube-apiserver", Subresource: "status"}}
	if got := owner(crd); got != "app.kubernetes.io/part-of=other, app.kubernetes.io/managed-by=Helm, Helm release sb, written by helm" {
		t.Error(got)
	}
}

func TestCut(t *testing.T) {
	if got := cut("short"); got != "short" {
		t.Error(got)
	}
	if got := cut(strings.Repeat("ü", 700)); len(got) > 1024 || !strings.HasSuffix(got, "ü…") {
		t.Errorf("%d bytes", len(got))
	}
}
