package kinds

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic/fake"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
	testclock "k8s.io/utils/clock/testing"
)

var (
	postgres = schema.GroupVersionKind{Group: "db.example.com", Version: "v1", Kind: "Postgres"}
	node     = schema.GroupVersionKind{Version: "v1", Kind: "Node"}
	orders   = types.NamespacedName{Namespace: "default", Name: "orders"}
)

// world is Kinds over a fake API server.
type world struct {
	*Kinds
	objects *fake.FakeDynamicClient
	clock   *testclock.FakeClock
	told    chan string // of every change, and "-" for a watch that ended
}

func newWorld(t *testing.T, objects ...runtime.Object) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.AddSpecific(postgres, postgres.GroupVersion().WithResource("postgreses"), postgres.GroupVersion().WithResource("postgres"), meta.RESTScopeNamespace)
	mapper.Add(node, meta.RESTScopeRoot)
	w := &world{
		objects: fake.NewSimpleDynamicClientWithCustomListKinds(scheme, map[schema.GroupVersionResource]string{postgres.GroupVersion().WithResource("postgreses"): "PostgresList"}, objects...),
		clock:   testclock.NewFakeClock(time.Unix(0, 0)),
		told:    make(chan string, 100),
	}
	w.Kinds = &Kinds{
		objects: w.objects, heads: metadatafake.NewSimpleMetadataClient(scheme), mapper: mapper, clock: w.clock, watches: map[watchKey]*watch{},
		changed: func(_ View, _ schema.GroupVersionKind, before, after metav1.Object) {
			switch {
			case after != nil:
				w.told <- after.GetName()
			case before != nil:
				w.told <- "no " + before.GetName()
			default:
				w.told <- "-"
			}
		},
	}
	t.Cleanup(func() { w.Keep(func(View, schema.GroupVersionKind) bool { return false }) })
	return w
}

func (w *world) hears(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-w.told:
		if got != want {
			t.Fatalf("told of %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("not told of %q", want)
	}
}

func (w *world) secret(t *testing.T) string {
	t.Helper()
	service, err := w.Service(t.Context(), postgres, orders)
	if err != nil {
		t.Fatal(err)
	}
	if service == nil {
		return "no service"
	}
	name, _, _ := unstructured.NestedString(service.Object, "status", "binding", "name")
	return name
}

func ordersWith(secret string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "db.example.com/v1", "kind": "Postgres",
		"metadata": map[string]any{"name": "orders", "namespace": "default", "uid": "1"},
		"status":   map[string]any{"binding": map[string]any{"name": secret}, "size": int64(1)},
	}}
}

func (w *world) update(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	if _, err := w.objects.Resource(postgres.GroupVersion().WithResource("postgreses")).Namespace("default").Update(context.Background(), object, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestWatched(t *testing.T) {
	w := newWorld(t, ordersWith("a"))
	if got := w.secret(t); got != "a" {
		t.Errorf("the first answer is %q", got)
	}
	w.hears(t, "orders")
	if w.Polled(Services, postgres, orders.Namespace) {
		t.Error("polled")
	}
	noise := ordersWith("a")
	noise.Object["status"].(map[string]any)["size"] = int64(2)
	w.update(t, noise)
	w.update(t, ordersWith("b"))
	w.hears(t, "orders")
	w.objects.ClearActions()
	if got := w.secret(t); got != "b" {
		t.Errorf("after the change the answer is %q", got)
	}
	if actions := w.objects.Actions(); len(actions) > 0 {
		t.Errorf("asked the API server: %v", actions)
	}
	if len(w.told) > 0 {
		t.Errorf("told of what is not kept: %q", <-w.told)
	}
}

func TestPolledWhereNoWatchIsAllowed(t *testing.T) {
	w := newWorld(t, ordersWith("a"))
	var allowed atomic.Bool
	w.objects.PrependWatchReactor("postgreses", func(clienttesting.Action) (bool, apiwatch.Interface, error) {
		if allowed.Load() {
			return false, nil, nil
		}
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "postgreses"}, "", errors.New("no"))
	})
	if got := w.secret(t); got != "a" {
		t.Errorf("the first answer is %q", got)
	}
	w.endOfWatch(t)
	if !w.Polled(Services, postgres, orders.Namespace) {
		t.Error("not polled")
	}
	w.update(t, ordersWith("b"))
	if got := w.secret(t); got != "b" {
		t.Errorf("the answer is of the past: %q", got)
	}
	// Half a minute later it is not tried again, then it is.
	allowed.Store(true)
	w.clock.Step(30 * time.Second)
	w.secret(t)
	if !w.Polled(Services, postgres, orders.Namespace) {
		t.Error("tried again too soon")
	}
	w.clock.Step(31 * time.Second)
	w.secret(t)
	if w.Polled(Services, postgres, orders.Namespace) {
		t.Error("not tried again")
	}
}

// endOfWatch waits until a watch has ended, whatever it saw before.
func (w *world) endOfWatch(t *testing.T) {
	t.Helper()
	for {
		select {
		case got := <-w.told:
			if got == "-" {
				return
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the watch did not end")
		}
	}
}

func TestKeepEndsWatches(t *testing.T) {
	w := newWorld(t, ordersWith("a"))
	w.secret(t)
	w.Keep(func(view View, kind schema.GroupVersionKind) bool { return view == Services && kind == postgres })
	if w.Polled(Services, postgres, orders.Namespace) {
		t.Error("a watch that is needed was ended")
	}
	w.Keep(func(View, schema.GroupVersionKind) bool { return false })
	if !w.Polled(Services, postgres, orders.Namespace) {
		t.Error("a watch that nobody needs goes on")
	}
}

func TestKindsThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Service(t.Context(), schema.GroupVersionKind{Group: "a", Version: "v1", Kind: "B"}, orders); !errors.Is(err, ErrNoKind) {
		t.Error(err)
	}
	if _, err := w.Workloads(t.Context(), node, "default"); !errors.Is(err, ErrNotNamespaced) {
		t.Error(err)
	}
	if got := w.secret(t); got != "no service" {
		t.Error(got)
	}
}

func TestSlim(t *testing.T) {
	object := ordersWith("a")
	object.Object["spec"] = map[string]any{"size": "large"}
	object.SetLabels(map[string]string{"a": "b"})
	got, err := slim(object)
	want := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "db.example.com/v1", "kind": "Postgres",
		"metadata": map[string]any{"name": "orders", "namespace": "default", "uid": "1"},
		"status":   map[string]any{"binding": map[string]any{"name": "a"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	head := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "x", ManagedFields: []metav1.ManagedFieldsEntry{{}}, Annotations: map[string]string{"a": "b"}}}
	if got, _ := slim(head); !cmp.Equal(got, &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "x", Annotations: map[string]string{"a": "b"}}}) {
		t.Errorf("%v", got)
	}
}

// A right that is taken away while a watch goes on.
func TestAWatchThatHasEndedIsNotBelieved(t *testing.T) {
	w := newWorld(t, ordersWith("a"))
	first := apiwatch.NewFake()
	var watches atomic.Int32
	w.objects.PrependWatchReactor("postgreses", func(clienttesting.Action) (bool, apiwatch.Interface, error) {
		if watches.Add(1) == 1 {
			return true, first, nil
		}
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "postgreses"}, "", errors.New("no"))
	})
	if got := w.secret(t); got != "a" || w.Polled(Services, postgres, orders.Namespace) {
		t.Errorf("the first answer is %q, polled %t", got, w.Polled(Services, postgres, orders.Namespace))
	}
	first.Stop()
	w.endOfWatch(t)
	w.update(t, ordersWith("b"))
	if got := w.secret(t); got != "b" || !w.Polled(Services, postgres, orders.Namespace) {
		t.Errorf("the answer is %q, polled %t", got, w.Polled(Services, postgres, orders.Namespace))
	}
}
