package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// Places are where else than in the API server's objects to look for what
// Secrets hold.
type Places struct {
	Files   []string // logs
	Metrics []string // addresses that serve /metrics
}

// Searched is what a search for leaks has found, and how much it has seen.
type Searched struct {
	Found     []Finding
	Resources int // kinds of objects, each in each of its versions
	Objects   int
	Bytes     int64

	patterns *Patterns
}

func (s *Searched) String() string {
	return fmt.Sprintf("%d objects of %d resources and %d bytes searched for %d values and hashes", s.Objects, s.Resources, s.Bytes, len(s.patterns.known))
}

// LogLevel is the most the operator can be asked to log.
const LogLevel = "--zap-log-level=7"

// FreeAddress returns an address on loopback on which nobody listens.
func FreeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// Leaks searches for what Secrets have held since the vault was opened; see
// Search. An error also means that a Secret has no canary.
func (v *Vault) Leaks(ctx context.Context, config *rest.Config, places Places) (*Searched, error) {
	if err := v.catchUp(ctx); err != nil {
		return nil, err
	}
	if problems := v.Problems(); len(problems) > 0 {
		return nil, fmt.Errorf("search for leaks: %s", strings.Join(problems, "; "))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return Search(ctx, config, v.patterns, places)
}

// Search searches everything but Secrets: all objects of a cluster, in every
// version they are served in, and other places. It holds a page of objects at a
// time. An error means that something could not be searched.
func Search(ctx context.Context, config *rest.Config, patterns *Patterns, places Places) (*Searched, error) {
	s := &Searched{patterns: patterns}
	if err := s.objects(ctx, config); err != nil {
		return nil, err
	}
	for _, name := range places.Files {
		if err := s.file(name); err != nil {
			return nil, err
		}
	}
	for _, address := range places.Metrics {
		if err := s.metrics(ctx, address); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// objects searches all objects of all kinds that can be listed, Secrets aside.
func (s *Searched) objects(ctx context.Context, config *rest.Config) error {
	discoverer, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	_, lists, err := discoverer.ServerGroupsAndResources()
	if err != nil {
		return fmt.Errorf("find the kinds there are: %w", err)
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return err
		}
		for _, resource := range list.APIResources {
			if !slices.Contains(resource.Verbs, "list") || version.Group == "" && resource.Name == "secrets" {
				continue
			}
			s.Resources++
			if err := s.resource(ctx, objects.Resource(version.WithResource(resource.Name)), list.GroupVersion+" "+resource.Kind); err != nil {
				return fmt.Errorf("list %s in %s: %w", resource.Name, list.GroupVersion, err)
			}
		}
	}
	return nil
}

// page is how many objects are held at a time.
const page = 200

func (s *Searched) resource(ctx context.Context, objects dynamic.ResourceInterface, kind string) error {
	for next := ""; ; {
		list, err := objects.List(ctx, metav1.ListOptions{Limit: page, Continue: next})
		if err != nil {
			return err
		}
		for i := range list.Items {
			if err := s.object(kind, &list.Items[i]); err != nil {
				return err
			}
		}
		if next = list.GetContinue(); next == "" {
			return nil
		}
	}
}

func (s *Searched) object(kind string, object *unstructured.Unstructured) error {
	text, err := json.Marshal(object.Object)
	if err != nil {
		return err
	}
	s.Objects++
	return s.stream(fmt.Sprintf("%s %s/%s", kind, object.GetNamespace(), object.GetName()), bytes.NewReader(text))
}

func (s *Searched) file(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return s.stream("the file "+name, file)
}

func (s *Searched) metrics(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("read the metrics at %s: %s", address, response.Status)
	}
	return s.stream("the metrics at "+address, response.Body)
}

// atMost is how many findings are told: one is enough to fail.
const atMost = 50

func (s *Searched) stream(where string, in io.Reader) error {
	counted := &counter{Reader: in}
	found, err := s.patterns.InStream(where, counted)
	s.Bytes += counted.read
	if len(s.Found) < atMost {
		s.Found = append(s.Found, found...)
	}
	return err
}

// counter counts what is read.
type counter struct {
	io.Reader
	read int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}
