// Package tracing tells an OpenTelemetry collector of every look at an object
// and of the requests to the API server that it took.
//
// It promises: without the environment that asks for it nothing is wrapped, so
// it costs nothing. Spans carry names and numbers, never content: neither
// bodies nor headers nor queries.
package tracing

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Asked tells whether the environment asks for traces: it names an endpoint in
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.
func Asked() bool {
	return !strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") &&
		(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "")
}

// Tracing makes spans and sends them.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// Start returns Tracing that sends to the endpoint of the environment, as the
// other variables of OpenTelemetry say (headers, certificates, sampling). It
// speaks OTLP over HTTP.
func Start(ctx context.Context) (*Tracing, error) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"} {
		if protocol := os.Getenv(name); protocol != "" && protocol != "http/protobuf" {
			return nil, fmt.Errorf("%s=%s: traces are sent by http/protobuf only: set that, and the endpoint's port for it, which is usually 4318", name, protocol)
		}
	}
	// The SDK would write them to standard error, between the lines of the log.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Log.WithName("tracing").Error(err, "traces are lost") }))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("set up the exporter of traces: %w", err)
	}
	who, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "bowline")), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("say in traces who sends them: %w", err)
	}
	return newTracing(sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(who))), nil
}

func newTracing(provider *sdktrace.TracerProvider) *Tracing {
	return &Tracing{provider: provider, tracer: provider.Tracer("github.com/bowline-dev/bowline")}
}

// stopTimeout is how long the last spans may take to be sent.
const stopTimeout = 5 * time.Second

// Stop sends what has not been sent yet. The operator's own context has ended by
// then, so there is none to inherit.
func (t *Tracing) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}

// Reconciler returns a reconciler each of whose looks is a span, named after the
// kind that is looked at.
func (t *Tracing) Reconciler(kind string, next reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		ctx, span := t.tracer.Start(ctx, "reconcile "+kind, trace.WithAttributes(
			attribute.String("k8s.namespace.name", request.Namespace),
			attribute.String("bowline.name", request.Name),
		))
		defer span.End()
		result, err := next.Reconcile(ctx, request)
		span.SetAttributes(attribute.Float64("bowline.look_again_after_seconds", result.RequeueAfter.Seconds()))
		if err != nil {
			// Not with the words of the error: they are the log's.
			span.SetStatus(codes.Error, "the look failed")
		}
		return result, err
	})
}

// Transport returns a transport whose requests are spans, if they belong to a
// look: watches and the lease do not.
func (t *Tracing) Transport(next http.RoundTripper) http.RoundTripper {
	traced := otelhttp.NewTransport(next,
		otelhttp.WithTracerProvider(t.provider),
		// An API server that traces too continues the trace.
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(_ string, request *http.Request) string {
			return request.Method + " " + resourceOf(request.URL.Path)
		}),
	)
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if trace.SpanContextFromContext(request.Context()).IsValid() {
			return traced.RoundTrip(request)
		}
		return next.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// resourceOf is what a path of the API is about, without names: there are few
// of them.
//
//	/api/v1/namespaces/shop/configmaps/a       configmaps
//	/apis/apps/v1/namespaces/shop/deployments  deployments
//	/apis/bowline.dev/v1alpha1/namespaces/shop/apps/shop/status
//	                                           apps/status
func resourceOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		parts = parts[3:]
	default:
		return "other"
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	if len(parts) > 2 {
		return parts[0] + "/" + parts[2]
	}
	return parts[0]
}
