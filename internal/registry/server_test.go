package registry

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// server is a registry that listens on a port of this machine.
type server struct {
	*httptest.Server
	images http.Handler

	mu    sync.Mutex
	guard func(http.ResponseWriter, *http.Request) bool // tells whether it has answered
	asked []string                                      // method and path, pings and tokens aside
}

func start(t *testing.T, secure bool) *server {
	t.Helper()
	s := &server{images: registry.New(registry.Logger(log.New(io.Discard, "", 0)))}
	if secure {
		s.Server = httptest.NewUnstartedServer(s)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
	} else {
		s.Server = httptest.NewServer(s)
	}
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	guard := s.guard
	if strings.Contains(r.URL.Path, "/manifests/") {
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	}
	s.mu.Unlock()
	if guard != nil && guard(w, r) {
		return
	}
	s.images.ServeHTTP(w, r)
}

// guardedBy puts somebody in front of the images.
func (s *server) guardedBy(guard func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guard = guard
}

// requests are the requests for manifests so far.
func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func (s *server) host() string { return s.Listener.Addr().String() }

func (s *server) image(rest string) string { return s.host() + "/" + rest }

// push makes a tag stand for a new image, and returns its digest.
func (s *server) push(t *testing.T, rest string) string {
	t.Helper()
	image, err := random.Image(64, 1)
	must(t, err)
	must(t, remote.Write(s.ref(t, rest), image, remote.WithTransport(s.Client().Transport)))
	return digestOf(t, image)
}

// pushIndex makes a tag stand for an image for several platforms.
func (s *server) pushIndex(t *testing.T, rest string) string {
	t.Helper()
	index, err := random.Index(64, 1, 3)
	must(t, err)
	must(t, remote.WriteIndex(s.ref(t, rest), index, remote.WithTransport(s.Client().Transport)))
	return digestOf(t, index)
}

func (s *server) ref(t *testing.T, rest string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(s.image(rest))
	must(t, err)
	return ref
}

func digestOf(t *testing.T, from interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	digest, err := from.Digest()
	must(t, err)
	return digest.String()
}

// authority writes the server's certificate into a file.
func (s *server) authority(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	return file
}

const (
	user     = "robot"
	password = "hunter2-is-no-password"
	token    = "token-of-the-registry"
)

// basic lets through who knows the password.
func basic(w http.ResponseWriter, r *http.Request) bool {
	who, what, ok := r.BasicAuth()
	switch {
	case !ok:
		w.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
		w.WriteHeader(http.StatusUnauthorized)
	case who != user || what != password:
		w.WriteHeader(http.StatusForbidden)
	default:
		return false
	}
	return true
}

// bearer lets through who has changed the password for a token.
func (s *server) bearer(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path == "/token" {
		if who, what, ok := r.BasicAuth(); !ok || who != user || what != password {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		fmt.Fprintf(w, `{"token":%q}`, token)
		return true
	}
	if r.Header.Get("Authorization") == "Bearer "+token {
		return false
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="shop"`, s.URL))
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

// says answers everything but the ping with a status.
func says(code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v2/" {
			return false
		}
		w.WriteHeader(code)
		return true
	}
}

// pullSecret is a Secret with a password for a registry.
func pullSecret(name, host, password string) *corev1.Secret {
	config := map[string]any{"auths": map[string]any{host: map[string]string{
		"auth": base64.StdEncoding.EncodeToString([]byte(user + ":" + password)),
	}}}
	data, err := json.Marshal(config)
	if err != nil {
		panic(err) // strings and maps of them
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shops", Name: name, UID: "1"},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: data},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
