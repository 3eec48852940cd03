// Package registries serves two image registries, which keep everything in
// memory: one for everybody, and one that asks for a name and a password.
package registries

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Record says how to reach the registries. Both speak plain HTTP.
type Record struct {
	Public  Registry `json:"public"`
	Private Registry `json:"private"`
}

// Registry is one of them.
type Registry struct {
	// Address is host:port, as image names begin.
	Address string `json:"address"`
	// Username and Password are what the private one asks for.
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
}

// Registries serve until they are closed.
type Registries struct {
	Record
	servers []*http.Server
}

// Serve starts both registries on free ports of a host's address.
func Serve(host string) (*Registries, error) {
	r := &Registries{}
	r.Private.Username, r.Private.Password = "bowline", rand.Text()
	var err error
	if r.Public.Address, err = r.serve(host, newRegistry()); err != nil {
		return nil, err
	}
	private := guarded(newRegistry(), r.Private.Username, r.Private.Password)
	if r.Private.Address, err = r.serve(host, private); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func newRegistry() http.Handler {
	return registry.New(registry.Logger(log.New(io.Discard, "", 0)))
}

func (r *Registries) serve(host string, handler http.Handler) (address string, err error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("serve an image registry: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	r.servers = append(r.servers, server)
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), nil
}

// guarded asks for a name and a password before anything else.
func guarded(next http.Handler, username, password string) http.Handler {
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gotName, gotPassword, ok := r.BasicAuth()
		if !ok || !same(gotName, username) || !same(gotPassword, password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="bowline"`)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Push puts an image into the public registry and returns its whole name.
func (r *Registries) Push(image v1.Image, repository string) (string, error) {
	reference, err := name.NewTag(r.Public.Address+"/"+repository, name.Insecure)
	if err != nil {
		return "", err
	}
	if err := remote.Write(reference, image); err != nil {
		return "", fmt.Errorf("push %s: %w", reference, err)
	}
	return reference.Name(), nil
}

// Close ends both.
func (r *Registries) Close() error {
	var failed error
	for _, server := range r.servers {
		failed = errors.Join(failed, server.Close())
	}
	return failed
}
