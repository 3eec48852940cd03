package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// sight is one version of an object, as the API server sent it.
type sight struct {
	at      time.Time
	deleted bool
	object  client.Object
}

// tape holds every version of every object of the namespace, in the order in
// which they came, so that a step can wait for a fact without asking for it
// again and again, and can tell afterwards what was never the case.
type tape struct {
	mu     sync.Mutex
	sights []sight
	latest map[string]client.Object
	news   chan struct{} // closed with the next sight
}

func newTape() *tape {
	return &tape{latest: map[string]client.Object{}, news: make(chan struct{})}
}

// kinds are the kinds on the tape, as empty lists.
func kinds() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.AppList{}, &v1alpha1.ReleaseList{},
		&appsv1.DeploymentList{}, &appsv1.ReplicaSetList{}, &corev1.PodList{},
		&corev1.ConfigMapList{}, &corev1.SecretList{},
		&corev1.ServiceList{}, &discoveryv1.EndpointSliceList{},
		&autoscalingv2.HorizontalPodAutoscalerList{}, &policyv1.PodDisruptionBudgetList{},
	}
}

// record begins with what there is, and watches until ctx ends. A watch that
// cannot go on ends the story by cancel: the tape would have a hole.
func (t *tape) record(ctx context.Context, cancel context.CancelCauseFunc, c client.WithWatch) error {
	for _, list := range kinds() {
		objects, err := listed(ctx, c, list)
		if err != nil {
			return err
		}
		for _, object := range objects {
			t.add(sight{at: time.Now(), object: object})
		}
		watcher, err := watchtools.NewRetryWatcherWithContext(ctx, list.GetResourceVersion(), listWatch{c, list})
		if err != nil {
			return err
		}
		go func() {
			if err := t.listen(watcher); err != nil {
				cancel(err)
				return
			}
			cancel(fmt.Errorf("the watch behind %T ended", list))
		}()
	}
	return nil
}

// listed reads the objects of a kind from the API server.
func listed(ctx context.Context, c client.Client, list client.ObjectList) ([]client.Object, error) {
	if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return nil, err
	}
	objects := make([]client.Object, 0, len(items))
	for _, item := range items {
		objects = append(objects, item.(client.Object))
	}
	return objects, nil
}

// catchUp waits until the tape shows what the API server has. The kinds come
// by watches of their own, so without it the tape may know that an App is
// ready and not yet why.
func (t *tape) catchUp(ctx context.Context, c client.Client) error {
	var failed error
	err := t.until(ctx, 30*time.Second, "the watches catch up", func() (string, bool) {
		there := map[string]string{}
		for _, list := range kinds() {
			objects, err := listed(ctx, c, list)
			if err != nil {
				failed = err
				return "", true
			}
			for _, object := range objects {
				there[key(object)] = object.GetResourceVersion()
			}
		}
		return fmt.Sprint(there), maps.Equal(there, t.resourceVersions())
	})
	return cmp.Or(err, failed)
}

func (t *tape) resourceVersions() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := map[string]string{}
	for key, object := range t.latest {
		found[key] = object.GetResourceVersion()
	}
	return found
}

// listWatch watches the kind of a list.
type listWatch struct {
	client client.WithWatch
	list   client.ObjectList
}

func (w listWatch) WatchWithContext(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	empty := w.list.DeepCopyObject().(client.ObjectList)
	return w.client.Watch(ctx, empty, client.InNamespace(namespace), &client.ListOptions{Raw: &o})
}

func (t *tape) listen(watcher watch.Interface) error {
	for event := range watcher.ResultChan() {
		object, ok := event.Object.(client.Object)
		switch {
		case event.Type == watch.Error:
			return apierrors.FromObject(event.Object)
		case event.Type != watch.Bookmark && ok:
			t.add(sight{at: time.Now(), deleted: event.Type == watch.Deleted, object: object})
		}
	}
	return nil
}

func (t *tape) add(s sight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sights = append(t.sights, s)
	if s.deleted {
		delete(t.latest, key(s.object))
	} else {
		t.latest[key(s.object)] = s.object
	}
	close(t.news)
	t.news = make(chan struct{})
}

// mark is a place on the tape: now.
func (t *tape) mark() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sights)
}

// next is closed with the next sight.
func (t *tape) next() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.news
}

// until waits for a fact, which is looked at with every sight.
func (t *tape) until(ctx context.Context, within time.Duration, want string, fact func() (saw string, holds bool)) error {
	limit, cancel := context.WithTimeoutCause(ctx, within, errLate)
	defer cancel()
	for {
		next := t.next()
		saw, holds := fact()
		if holds {
			return nil
		}
		select {
		case <-next:
		case <-limit.Done():
			if cause := context.Cause(limit); !errors.Is(cause, errLate) {
				return cause
			}
			return &unmet{want: fmt.Sprintf("%s, within %s", want, within), saw: saw}
		}
	}
}

var errLate = errors.New("late")

// versions returns what the tape holds of one kind since a mark.
func versions[T client.Object](t *tape, mark int) []sight {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found []sight
	for _, s := range t.sights[mark:] {
		if _, ok := s.object.(T); ok {
			found = append(found, s)
		}
	}
	return found
}

// all returns the objects of one kind as they are now, by name.
func all[T client.Object](t *tape) []T {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found []T
	for _, object := range t.latest {
		if o, ok := object.(T); ok {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b T) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return found
}

// named returns one object as it is now, and whether it is there.
func named[T client.Object](t *tape, name string) (T, bool) {
	for _, object := range all[T](t) {
		if object.GetName() == name {
			return object, true
		}
	}
	var none T
	return none, false
}

// there returns everything that is there now, as "Secret payments".
func (t *tape) there() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.latest))
}

// key names an object: "Secret payments".
func key(object client.Object) string {
	return reflect.TypeOf(object).Elem().Name() + " " + object.GetName()
}

// names writes the names of objects.
func names[T client.Object](objects []T) string {
	var list []string
	for _, object := range objects {
		list = append(list, object.GetName())
	}
	return strings.Join(list, ", ")
}
