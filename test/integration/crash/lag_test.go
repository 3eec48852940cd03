package crash_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/bowline-dev/bowline/api/v1alpha1"
)

// lag is how late an operator learns of the changes of one kind.
const lag = 2 * time.Second

var _ = Describe("An operator that learns late of the changes of one kind", func() {
	It("ends where one ends that learns of everything at once", func(ctx SpecContext) {
		before := plain()
		before.Image = "registry.example/shop:slow-start" // a pod is there long before it is ready
		before.Ports = []v1alpha1.PortSpec{{Name: "http", Port: 8080}}
		before.Rollout.BakeSeconds = ptr.To[int32](5) // still going on when late news come
		scenario{
			before: &before,
			happens: func(r *run) {
				r.changes(func(app *v1alpha1.App) {
					app.Spec.Image = "registry.example/shop:1.4.2"
					app.Spec.Config.Data["LOG_LEVEL"] = "debug"
				})
				r.ends(v1alpha1.ReasonHealthy)
				r.changes(func(app *v1alpha1.App) { app.Spec.Image = "registry.example/shop:image-not-found" })
			},
			becomes: v1alpha1.ReasonRolledBack,
		}.toleratesLag(ctx, "apps", "releases", "deployments", "pods", "configmaps", "services", "poddisruptionbudgets")
	})
})

// toleratesLag plays a scenario undisturbed, and once for each resource with
// that resource late, and compares.
func (s scenario) toleratesLag(ctx context.Context, resources ...string) {
	GinkgoHelper()
	runs := append([]string{""}, resources...) // the first one is undisturbed
	outcomes, wrong := make([]outcome, len(runs)), make([]error, len(runs))
	var running sync.WaitGroup
	for i, resource := range runs {
		running.Go(func() { outcomes[i], wrong[i] = s.play(ctx, 0, resource) })
	}
	running.Wait()
	for i, resource := range runs {
		if wrong[i] == nil {
			wrong[i] = outcomes[i].differsFrom(outcomes[0])
		}
		if wrong[i] != nil {
			wrong[i] = fmt.Errorf("late: %q: %w", resource, wrong[i])
		}
	}
	if err := errors.Join(wrong...); err != nil {
		Fail(err.Error())
	}
}

// watches tells whether a request watches a resource.
func watches(request *http.Request, resource string) bool {
	return resource != "" && request.Method == http.MethodGet && request.URL.Query().Get("watch") == "true" &&
		strings.HasSuffix(request.URL.Path, "/"+resource)
}

// late is a stream whose every byte comes a while after it was sent.
type late struct {
	body   io.ReadCloser
	chunks chan chunk
	rest   []byte
}

type chunk struct {
	bytes []byte
	due   time.Time
	err   error
}

func newLate(body io.ReadCloser) *late {
	l := &late{body: body, chunks: make(chan chunk, 1000)}
	go func() {
		for {
			buffer := make([]byte, 64<<10)
			n, err := body.Read(buffer)
			l.chunks <- chunk{buffer[:n], time.Now().Add(lag), err}
			if err != nil {
				close(l.chunks)
				return
			}
		}
	}()
	return l
}

// Read waits until what was sent is due.
func (l *late) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		next, ok := <-l.chunks
		if !ok {
			return 0, io.EOF
		}
		<-time.After(time.Until(next.due))
		if next.err != nil && len(next.bytes) == 0 {
			return 0, next.err
		}
		l.rest = next.bytes
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// Close ends the stream at once.
func (l *late) Close() error { return l.body.Close() }
