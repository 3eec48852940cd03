package crash_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// proxy stands between an operator and the API server. It speaks to the API
// server with the operator's account, shows the operator one namespace only, and
// counts its writes.
type proxy struct {
	server     *httptest.Server
	kubeconfig string
	namespace  string

	mu      sync.Mutex
	writes  []write
	trap    int    // the write after whose answer the trap springs, 0: never
	spring  func() // kills the operator
	lastHad time.Time
}

// write is a request that was to change something, and its answer.
type write struct {
	verb, resource, name string
	code                 int
}

func (w write) String() string { return fmt.Sprintf("%s %s %s %d", w.verb, w.resource, w.name, w.code) }

func newProxy(g Gomega, namespace, folder string) *proxy {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	g.Expect(err).NotTo(HaveOccurred())
	transport, err := rest.TransportFor(config)
	g.Expect(err).NotTo(HaveOccurred())
	target, err := url.Parse(config.Host)
	g.Expect(err).NotTo(HaveOccurred())
	p := &proxy{namespace: namespace}
	p.server = httptest.NewServer(&httputil.ReverseProxy{
		Transport: persistent{transport},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Path = confine(r.In.Method, r.In.URL.Path, namespace)
			r.SetURL(target)
		},
		ModifyResponse: p.answered,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	p.kubeconfig = filepath.Join(folder, namespace+".kubeconfig")
	g.Expect(clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"proxy": {Server: p.server.URL}},
		Contexts:       map[string]*clientcmdapi.Context{"proxy": {Cluster: "proxy"}},
		CurrentContext: "proxy",
	}, p.kubeconfig)).To(Succeed())
	return p
}

// persistent sends writes on though nobody waits for the answer any more: what
// an operator had under way when it died is done all the same, and is counted.
type persistent struct{ http.RoundTripper }

func (t persistent) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet {
		request = request.WithContext(context.WithoutCancel(request.Context()))
	}
	return t.RoundTripper.RoundTrip(request)
}

func (p *proxy) close() {
	p.server.CloseClientConnections()
	p.server.Close()
	_ = os.Remove(p.kubeconfig)
}

// everywhere is the path of a list or watch of a kind in all namespaces.
var everywhere = regexp.MustCompile(`^(/api/v1|/apis/[^/]+/[^/]+)/(pods|configmaps|secrets|services|deployments|horizontalpodautoscalers|poddisruptionbudgets|apps|releases)$`)

// confine turns a look at all namespaces into a look at one.
func confine(method, path, namespace string) string {
	if method != http.MethodGet {
		return path
	}
	return everywhere.ReplaceAllString(path, "$1/namespaces/"+namespace+"/$2")
}

// answered counts what the API server has answered, and springs the trap.
func (p *proxy) answered(response *http.Response) error {
	request := response.Request
	w, ok := writeOf(request.Method, request.URL.Path)
	if !ok {
		return nil
	}
	w.code = response.StatusCode
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = append(p.writes, w)
	p.lastHad = time.Now()
	if p.trap == 0 {
		return nil
	}
	if p.trap--; p.trap > 0 {
		return nil
	}
	p.spring()
	return net.ErrClosed // nobody is there to hear the answer
}

// writeOf tells what a request writes. Events are told beside all else.
func writeOf(method, path string) (write, bool) {
	if method == http.MethodGet || strings.HasSuffix(path, "/events") || strings.Contains(path, "/events/") {
		return write{}, false
	}
	_, rest, ok := strings.Cut(path, "/namespaces/")
	if !ok {
		return write{}, false
	}
	parts := strings.Split(rest, "/") // namespace, resource, name, subresource
	w := write{verb: method, resource: parts[1]}
	if len(parts) > 2 {
		w.name = parts[2]
	}
	if len(parts) > 3 {
		w.resource += "/" + parts[3]
	}
	return w, true
}

// arm sets the trap on the k-th write from now on and forgets those before; 0
// only forgets.
func (p *proxy) arm(k int, spring func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes, p.trap, p.spring = nil, k, spring
}

// sprung tells whether the trap has sprung.
func (p *proxy) sprung() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spring != nil && p.trap == 0
}

// written returns the writes since the trap was set.
func (p *proxy) written() []write {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]write(nil), p.writes...)
}

// silentFor is how long ago the last write was.
func (p *proxy) silentFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.lastHad)
}

// tally counts what was created and deleted, by resource.
func tally(writes []write) map[string]int {
	counts := map[string]int{}
	for _, w := range writes {
		switch {
		case w.code == http.StatusCreated:
			counts["create "+w.resource]++
		case w.verb == http.MethodDelete && w.code < 300:
			counts["delete "+w.resource]++
		}
	}
	return counts
}
