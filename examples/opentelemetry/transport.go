package main

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tapkey-go/tapkey-go/api"
)

// newTransport returns a transport for client.WithHTTPClient. It records a span and
// http.client.request.duration for each attempt, according to the semantic conventions.
// Names contain the path template, not the path, which keeps their number small.
func newTransport(traces trace.TracerProvider, metrics metric.MeterProvider) http.RoundTripper {
	return otelhttp.NewTransport(annotator{http.DefaultTransport},
		otelhttp.WithTracerProvider(traces),
		otelhttp.WithMeterProvider(metrics),
		otelhttp.WithPropagators(propagation.TraceContext{}), // without baggage, which is internal
		otelhttp.WithSpanNameFormatter(func(_ string, req *http.Request) string {
			if op, ok := api.OperationFromContext(req.Context()); ok {
				return op.Method + " " + op.Path
			}
			return req.Method // a token request
		}),
	)
}

// annotator adds the operation and the URL to the span, and the operation to the metrics.
type annotator struct {
	next http.RoundTripper
}

func (a annotator) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	span := trace.SpanFromContext(ctx)
	if op, ok := api.OperationFromContext(ctx); ok {
		named := []attribute.KeyValue{attribute.String("url.template", op.Path), attribute.String("tapkey.operation", op.ID)}
		span.SetAttributes(named...)
		if labeler, ok := otelhttp.ClientLabelerFromContext(ctx); ok {
			labeler.Add(named...)
		}
	}
	withoutQuery := *req.URL // a filter may contain an e-mail address
	withoutQuery.RawQuery = ""
	span.SetAttributes(attribute.String("url.full", withoutQuery.String()))
	return a.next.RoundTrip(req)
}
