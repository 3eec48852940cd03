package tracing

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestAsked(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	if Asked() {
		t.Error("asked for by nobody")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
	if !Asked() {
		t.Error("not heard")
	}
	t.Setenv("OTEL_SDK_DISABLED", "true")
	if Asked() {
		t.Error("disabled and asked for")
	}
}

func TestOnlyHTTPIsSpoken(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	_, err := Start(t.Context())
	const want = "OTEL_EXPORTER_OTLP_PROTOCOL=grpc: traces are sent by http/protobuf only: set that, and the endpoint's port for it, which is usually 4318"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestALookAndItsRequests: requests are children of the look that made them,
// and those of no look are none of ours.
func TestALookAndItsRequests(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer api.Close()
	spans := tracetest.NewInMemoryExporter()
	tracing := newTracing(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	client := &http.Client{Transport: tracing.Transport(http.DefaultTransport)}
	get := func(ctx context.Context, path string) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, api.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}

	get(t.Context(), "/api/v1/pods?watch=true")
	refused := errors.New("the Secret holds hunter2")
	looked := tracing.Reconciler("App", reconcile.Func(func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		get(ctx, "/apis/bowline.dev/v1alpha1/namespaces/shop/apps/web/status?labelSelector=hunter2")
		return reconcile.Result{RequeueAfter: 2 * time.Second}, refused
	}))
	_, err := looked.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "shop", Name: "web"}})
	if !errors.Is(err, refused) {
		t.Error(err)
	}

	got := spans.GetSpans()
	if len(got) != 2 || got[0].Name != "GET apps/status" || got[1].Name != "reconcile App" {
		t.Fatalf("spans: %+v", got)
	}
	if got[0].Parent.SpanID() != got[1].SpanContext.SpanID() {
		t.Error("the request is no part of the look")
	}
	for _, a := range got[0].Attributes {
		if strings.Contains(a.Value.String(), "hunter2") {
			t.Errorf("the span of the request tells %s=%s", a.Key, a.Value.String())
		}
	}
	attributes := map[string]any{}
	for _, a := range got[1].Attributes {
		attributes[string(a.Key)] = a.Value.AsInterface()
	}
	if diff := cmp.Diff(map[string]any{"k8s.namespace.name": "shop", "bowline.name": "web", "bowline.look_again_after_seconds": 2.0}, attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if status := got[1].Status; status != (sdktrace.Status{Code: codes.Error, Description: "the look failed"}) {
		t.Errorf("status: %+v", status)
	}
}

// TestSpansReachTheCollector: over OTLP, as the environment says.
func TestSpansReachTheCollector(t *testing.T) {
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		got <- request.Method + " " + request.URL.Path + " " + request.Header.Get("Content-Type")
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracing, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	nothing := tracing.Reconciler("App", reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) { return reconcile.Result{}, nil }))
	if _, err := nothing.Reconcile(t.Context(), reconcile.Request{}); err != nil {
		t.Fatal(err)
	}
	if err := tracing.Stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case request := <-got:
		if request != "POST /v1/traces application/x-protobuf" {
			t.Error(request)
		}
	default:
		t.Error("nothing was sent")
	}
}

func TestResourceOf(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/namespaces/shop/configmaps/a":                        "configmaps",
		"/api/v1/nodes":                                               "nodes",
		"/api/v1/namespaces/shop":                                     "namespaces",
		"/apis/apps/v1/namespaces/shop/deployments":                   "deployments",
		"/apis/bowline.dev/v1alpha1/namespaces/shop/apps/shop/status": "apps/status",
		"/readyz": "other",
	} {
		if got := resourceOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
