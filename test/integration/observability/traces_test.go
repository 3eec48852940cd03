package observability_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver takes OTLP over HTTP, as a collector does.
type receiver struct {
	*httptest.Server

	mu       sync.Mutex
	requests int
	resource map[string]string
	spans    []*tracepb.Span
	problems []string
}

func startReceiver() *receiver {
	r := &receiver{resource: map[string]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if err := r.take(request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}))
	return r
}

func (r *receiver) take(request *http.Request) error {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	export := &collectorpb.ExportTraceServiceRequest{}
	if err == nil {
		err = proto.Unmarshal(body, export)
	}
	if err != nil || request.URL.Path != "/v1/traces" {
		r.problems = append(r.problems, request.Method+" "+request.URL.Path)
		return err
	}
	for _, of := range export.ResourceSpans {
		for _, attribute := range of.Resource.Attributes {
			r.resource[attribute.Key] = attribute.Value.GetStringValue()
		}
		for _, scope := range of.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
	return nil
}

// trace is a look and the requests it took.
type trace struct {
	look     *tracepb.Span
	requests []string
}

// traces puts the spans together: one of each trace is the look, and all others
// are its children.
func (r *receiver) traces() map[string]*trace {
	GinkgoHelper()
	r.mu.Lock()
	defer r.mu.Unlock()
	Expect(r.problems).To(BeEmpty())
	out := map[string]*trace{}
	for _, span := range r.spans {
		if len(span.ParentSpanId) == 0 {
			Expect(out).NotTo(HaveKey(string(span.TraceId)), "%s is a second look of a trace", span.Name)
			out[string(span.TraceId)] = &trace{look: span}
		}
	}
	for _, span := range r.spans {
		if len(span.ParentSpanId) > 0 {
			of := out[string(span.TraceId)]
			Expect(of).NotTo(BeNil(), "%s belongs to no look", span.Name)
			Expect(span.ParentSpanId).To(Equal(of.look.SpanId), "%s is no child of its look", span.Name)
			of.requests = append(of.requests, span.Name)
		}
	}
	return out
}

// checkTraces: the operator has ended, and has sent what it had.
func checkTraces() {
	traces := collector.traces()
	Expect(collector.resource).To(HaveKeyWithValue("service.name", "bowline"))
	requests := map[string]bool{}
	looks := 0
	for _, trace := range traces {
		Expect(trace.look.Name).To(Equal("reconcile App"))
		attributes := map[string]string{}
		for _, attribute := range trace.look.Attributes {
			attributes[attribute.Key] = attribute.Value.GetStringValue()
		}
		Expect(attributes).To(HaveKeyWithValue("k8s.namespace.name", namespace))
		if attributes["bowline.name"] != "web" {
			continue
		}
		looks++
		for _, request := range trace.requests {
			requests[request] = true
		}
	}
	Expect(looks).To(BeNumerically(">", 5))
	Expect(requests).To(And(HaveKey("POST releases"), HaveKey("PATCH deployments"), HaveKey("PATCH apps/status"), HaveKey("PATCH releases/status")))
	for request := range requests {
		Expect(request).NotTo(HaveSuffix(" leases"), "the lease is no part of a look")
	}
}

// checkNoTraces starts the operator again, told to send nothing.
func checkNoTraces(ctx SpecContext) {
	sent := func() int {
		collector.mu.Lock()
		defer collector.mu.Unlock()
		return collector.requests
	}
	before := sent()
	GinkgoT().Setenv("OTEL_SDK_DISABLED", "true")
	operator = startOperator(ctx)
	change(ctx, "first", good)
	becomes(ctx, "first", "True", "Healthy", "first-2")
	Expect(operator.Stop()).To(Succeed())
	Expect(sent()).To(Equal(before))
}
