// Package tapkeyotel records traces and metrics of a client with OpenTelemetry, by the semantic
// conventions for HTTP:
//
//	c, err := client.New(client.FromEnv(), tapkeyotel.WithTelemetry())
//
// Use it in a service that exports traces or metrics with OpenTelemetry. Programs that only
// want to see requests use [client.WithLogger] or [client.WithDebugWriter].
//
// Names contain the operation and the path template, never a path, so that their number is
// small. No attribute has a query, a header other than those of the conventions, or a body.
//
// Spans:
//
//   - One for each call, named after its operation, such as "getOwner". It ends when the
//     response has been read. A page of an iterator is a call. A response that is read and
//     cannot be decoded is not known to be a failure.
//   - One for each attempt, such as "GET /Owners/{ownerAccountId}", within that of its call. It
//     ends when the header of the response is received. http.request.resend_count is set for
//     retries. The trace context is sent in the header traceparent.
//   - One for each attempt to request a token, named "token request".
//
// Metrics, all with the attribute tapkey.operation:
//
//   - http.client.request.duration: seconds of each attempt; the operation of a token request is
//     "token"
//   - tapkey.client.call.duration: seconds of each call
//   - tapkey.client.retries: attempts after the first one of a call or of a token request
//   - tapkey.client.token.renewals: tokens that were requested successfully
//   - tapkey.client.read_ahead: pages that an iterator has requested in advance
package tapkeyotel

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/tapkey-go/tapkey-go/otel"

// operationKey is the attribute with the operation id, such as "getOwner".
const operationKey = attribute.Key("tapkey.operation")

// tokenOperation is the operation of token requests.
const tokenOperation = "token"

// Option is an option of [WithTelemetry].
type Option func(*config)

type config struct {
	traces     trace.TracerProvider
	metrics    metric.MeterProvider
	propagator propagation.TextMapPropagator
}

// WithTracerProvider sets the provider of tracers. The default is the global one.
func WithTracerProvider(p trace.TracerProvider) Option { return func(c *config) { c.traces = p } }

// WithMeterProvider sets the provider of meters. The default is the global one.
func WithMeterProvider(p metric.MeterProvider) Option { return func(c *config) { c.metrics = p } }

// WithPropagator sets the propagator, which adds the trace context to the requests. The default
// is [propagation.TraceContext]: unlike the global one of many programs, it sends no baggage,
// which may be internal, to Tapkey.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return func(c *config) { c.propagator = p }
}

// WithTelemetry returns an option of [client.New] that records spans and metrics of calls, of
// their attempts and of token requests. It replaces otelhttp: a transport of otelhttp in
// [client.WithHTTPClient] would record each attempt twice.
func WithTelemetry(opts ...Option) client.Option {
	cfg := config{otel.GetTracerProvider(), otel.GetMeterProvider(), propagation.TraceContext{}}
	for _, opt := range opts {
		opt(&cfg)
	}
	meter := cfg.metrics.Meter(scope)
	t := &telemetry{tracer: cfg.traces.Tracer(scope), propagator: cfg.propagator}
	// Errors of the instruments are about their names, which are constant. An instrument is
	// usable in any case.
	t.attempts, _ = meter.Float64Histogram("http.client.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of HTTP client requests."), buckets)
	t.calls, _ = meter.Float64Histogram("tapkey.client.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of calls, with all attempts and the delays between them."), buckets)
	t.retries, _ = meter.Int64Counter("tapkey.client.retries", metric.WithUnit("{attempt}"),
		metric.WithDescription("Attempts after the first one."))
	t.renewals, _ = meter.Int64Counter("tapkey.client.token.renewals", metric.WithUnit("{token}"),
		metric.WithDescription("Tokens that were requested successfully."))
	t.readAhead, _ = meter.Int64Counter("tapkey.client.read_ahead", metric.WithUnit("{page}"),
		metric.WithDescription("Pages that an iterator has requested in advance."))
	return client.WithOptions(client.WithCallMiddleware(t.call), client.WithAttemptMiddleware(t.attempt))
}

// buckets are the boundaries that the semantic conventions recommend, in seconds.
var buckets = metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

type telemetry struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator

	attempts, calls              metric.Float64Histogram
	retries, renewals, readAhead metric.Int64Counter
}

// call is a middleware around a call.
func (t *telemetry) call(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	op := operation(req)
	name := op.ID
	if name == "" {
		name = req.Method // a request that the contract does not have
	}
	attrs := described(req, op)
	ctx, span := t.tracer.Start(req.Context(), name, trace.WithAttributes(attrs...))
	start := time.Now()
	if api.ReadAheadFromContext(ctx) {
		t.readAhead.Add(ctx, 1, metric.WithAttributes(operationKey.String(op.ID)))
	}
	end := func(status int, err error) {
		labels := append([]attribute.KeyValue{}, attrs...)
		labels = append(labels, result(span, status, err)...)
		t.calls.Record(ctx, time.Since(start).Seconds(), metric.WithAttributes(labels...))
		span.End()
	}
	rsp, err := next(req.WithContext(ctx))
	switch {
	case err != nil:
		status := 0
		if failed, ok := errors.AsType[*api.Error](err); ok {
			status = failed.StatusCode
		}
		end(status, err)
	case rsp.Body == nil || rsp.Body == http.NoBody:
		end(rsp.StatusCode, nil)
	default:
		rsp.Body = &body{ReadCloser: rsp.Body, end: func(err error) { end(rsp.StatusCode, err) }}
	}
	return rsp, err
}

// attempt is a middleware around an attempt.
func (t *telemetry) attempt(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	attempt, _ := api.AttemptFromContext(req.Context())
	op := operation(req)
	name := req.Method
	switch {
	case attempt.TokenRequest:
		op, name = api.Operation{ID: tokenOperation}, "token request"
	case op.Path != "":
		name += " " + op.Path
	}
	attrs := described(req, op)
	ctx, span := t.tracer.Start(req.Context(), name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...),
		trace.WithAttributes(semconv.URLFull((&url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path}).String())))
	defer span.End()
	if attempt.Number > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(attempt.Number - 1))
		t.retries.Add(ctx, 1, metric.WithAttributes(operationKey.String(op.ID)))
	}
	req = req.WithContext(ctx)
	t.propagator.Inject(ctx, propagation.HeaderCarrier(req.Header))
	start, status := time.Now(), 0
	rsp, err := next(req)
	if rsp != nil && err == nil {
		status = rsp.StatusCode
	}
	labels := append([]attribute.KeyValue{}, attrs...)
	labels = append(labels, result(span, status, err)...)
	t.attempts.Record(ctx, time.Since(start).Seconds(), metric.WithAttributes(labels...))
	if attempt.TokenRequest && status >= 200 && status <= 299 {
		t.renewals.Add(ctx, 1, metric.WithAttributes(operationKey.String(op.ID)))
	}
	return rsp, err
}

// operation returns the operation of a request. It is zero if the contract does not have it.
func operation(req *http.Request) api.Operation {
	op, _ := api.OperationFromContext(req.Context())
	return op
}

// described returns the attributes of a request.
func described(req *http.Request, op api.Operation) []attribute.KeyValue {
	attrs := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(req.Method), semconv.ServerAddress(req.URL.Hostname())}
	port, err := strconv.Atoi(req.URL.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443}[req.URL.Scheme]
	}
	attrs = append(attrs, semconv.ServerPort(port))
	if op.ID != "" {
		attrs = append(attrs, operationKey.String(op.ID))
	}
	if op.Path != "" {
		attrs = append(attrs, semconv.URLTemplate(op.Path))
	}
	return attrs
}

// result sets the status of a span, and returns the attributes of a response or of a failure.
func result(span trace.Span, status int, err error) []attribute.KeyValue {
	var attrs []attribute.KeyValue
	if status != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(status))
	}
	if kind := errorType(status, err); kind != "" {
		attrs = append(attrs, semconv.ErrorTypeKey.String(kind))
		span.SetStatus(codes.Error, "")
	}
	span.SetAttributes(attrs...)
	return attrs
}

// errorType returns the value of error.type: one of few values, or "" for a success.
func errorType(status int, err error) string {
	switch {
	case status >= 300:
		return strconv.Itoa(status)
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return "connection"
	}
	if _, ok := errors.AsType[*client.TokenError](err); ok {
		return tokenOperation
	}
	return semconv.ErrorTypeOther.Value.AsString()
}

// body is the body of a response, which ends the span of a call.
type body struct {
	io.ReadCloser
	once sync.Once
	end  func(error)
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.once.Do(func() { b.end(nil) })
	case err != nil:
		b.once.Do(func() { b.end(err) })
	}
	return n, err
}

func (b *body) Close() error {
	b.once.Do(func() { b.end(nil) })
	return b.ReadCloser.Close()
}
