package controllers

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// waiting knows which objects depend on which Secrets whose names stand in no
// spec, because services hand them out.
type waiting struct {
	mu       sync.Mutex
	secrets  map[reconcile.Request][]types.NamespacedName
	requests map[types.NamespacedName]map[reconcile.Request]bool
}

func newWaiting() *waiting {
	return &waiting{secrets: map[reconcile.Request][]types.NamespacedName{}, requests: map[types.NamespacedName]map[reconcile.Request]bool{}}
}

// wait puts down the Secrets that an object depends on, and no others.
func (w *waiting) wait(request reconcile.Request, secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(request)
	for _, secret := range secrets {
		key := types.NamespacedName{Namespace: request.Namespace, Name: secret}
		w.secrets[request] = append(w.secrets[request], key)
		if w.requests[key] == nil {
			w.requests[key] = map[reconcile.Request]bool{}
		}
		w.requests[key][request] = true
	}
}

// follow is wait for an App.
func (w *waiting) follow(app types.NamespacedName, secrets []string) {
	w.wait(reconcile.Request{NamespacedName: app}, secrets...)
}

func (w *waiting) leave(request reconcile.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(request)
}

func (w *waiting) forget(request reconcile.Request) {
	for _, key := range w.secrets[request] {
		delete(w.requests[key], request)
		if len(w.requests[key]) == 0 {
			delete(w.requests, key)
		}
	}
	delete(w.secrets, request)
}

// of returns those that depend on a Secret.
func (w *waiting) of(secret types.NamespacedName) []reconcile.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []reconcile.Request
	for request := range w.requests[secret] {
		out = append(out, request)
	}
	return out
}
