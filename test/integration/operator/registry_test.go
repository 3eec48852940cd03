package operator_test

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	registries "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// imageRegistry is a registry on this machine whose certificate the operator is
// told to trust. Every scene has a repository of its own in it, named like its
// namespace. Simulated nodes pull nothing.
type imageRegistry struct {
	*httptest.Server
	images    http.Handler
	authority string // the file with its certificate

	mu     sync.Mutex
	guards map[string]guard // by repository
	asked  map[string]int   // requests for a repository
}

// guard stands in front of a repository and tells whether it has answered.
type guard func(http.ResponseWriter, *http.Request) bool

func startRegistry() *imageRegistry {
	GinkgoHelper()
	r := &imageRegistry{
		images: registries.New(registries.Logger(log.New(io.Discard, "", 0))),
		guards: map[string]guard{},
		asked:  map[string]int{},
	}
	r.Server = httptest.NewUnstartedServer(r)
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.StartTLS()
	r.authority = filepath.Join(GinkgoT().TempDir(), "registry.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw})
	Expect(os.WriteFile(r.authority, certificate, 0o600)).To(Succeed())
	return r
}

func (r *imageRegistry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if repository, _, ok := strings.Cut(strings.TrimPrefix(request.URL.Path, "/v2/"), "/"); ok {
		r.mu.Lock()
		r.asked[repository]++
		stands := r.guards[repository]
		r.mu.Unlock()
		if stands != nil && stands(w, request) {
			return
		}
	} else if _, _, ok := request.BasicAuth(); !ok {
		// Who comes without a password is told that one can be given.
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.images.ServeHTTP(w, request)
}

// host is the registry's name in a reference.
func (r *imageRegistry) host() string { return r.Listener.Addr().String() }

// requests is how often anybody asked for something of a scene.
func (r *imageRegistry) requests(s *Scene) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[s.Namespace]
}

// guardedBy puts somebody in front of the scene's repository.
func (s *Scene) guardedBy(g guard) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	registry.guards[s.Namespace] = g
}

// Private lets through who knows the password.
func Private(password string) guard {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if _, known, ok := r.BasicAuth(); ok && known == password {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
}

// Hangs answers nobody.
func Hangs(_ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

// Reference is the scene's image with a tag.
func (s *Scene) Reference(tag string) string {
	return registry.host() + "/" + s.Namespace + "/shop:" + tag
}

// Pushes makes a tag stand for a new image, as its makers do, and returns its
// digest.
func (s *Scene) Pushes(tag string) string {
	image, err := random.Image(64, 1)
	s.Expect(err).NotTo(HaveOccurred())
	ref, err := name.ParseReference(s.Reference(tag))
	s.Expect(err).NotTo(HaveOccurred())
	s.Expect(remote.Write(ref, image, remote.WithTransport(registry.Client().Transport))).To(Succeed())
	digest, err := image.Digest()
	s.Expect(err).NotTo(HaveOccurred())
	s.Step("push " + tag + " as " + digest.String())
	return digest.String()
}

// NewPullSecret is a Secret with a password for the registry.
func NewPullSecret(name, password string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: dockerConfig(password)},
	}
}

func dockerConfig(password string) []byte {
	config := map[string]any{"auths": map[string]any{registry.host(): map[string]string{"username": "robot", "password": password}}}
	data, err := json.Marshal(config)
	if err != nil {
		panic(err) // maps of strings
	}
	return data
}

// digested has the image's tag resolved.
func digested(policy v1alpha1.ImageDigestPolicy) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) { spec.ImageDigest = policy }
}

// pulledWith names pull secrets.
func pulledWith(names ...string) func(*v1alpha1.AppSpec) {
	return func(spec *v1alpha1.AppSpec) {
		for _, name := range names {
			spec.ImagePullSecrets = append(spec.ImagePullSecrets, v1alpha1.LocalReference{Name: name})
		}
	}
}
