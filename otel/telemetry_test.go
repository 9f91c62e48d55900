package tapkeyotel_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	tapkeyotel "github.com/tapkey-go/tapkey-go/otel"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const home = "7f9c1e52-0000-4000-8000-000000000000" // the first owner account of a sandbox

// recorded is a client of a sandbox, and what it records.
type recorded struct {
	*client.Client
	server *sandbox.Server
	spans  *tracetest.InMemoryExporter
	traces *trace.TracerProvider
	reader *metric.ManualReader
}

func start(t *testing.T, opts ...client.Option) recorded {
	t.Helper()
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	r := recorded{server: server, spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	r.traces = trace.NewTracerProvider(trace.WithSyncer(r.spans))
	r.Client, err = client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithScopes("read:core:entities", "read:logs"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		tapkeyotel.WithTelemetry(tapkeyotel.WithTracerProvider(r.traces), tapkeyotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(r.reader)))),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inject injects a fault.
func (r recorded) inject(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := r.server.Inject(f); err != nil {
		t.Fatal(err)
	}
}

// counts returns the number of measurements, by metric and attributes.
func (r recorded) counts(t *testing.T, keys ...attribute.Key) map[string]int64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	add := func(name string, attrs attribute.Set, n int64) {
		for _, key := range keys {
			if value, ok := attrs.Value(key); ok {
				name += " " + value.String()
			}
		}
		counts[name] += n
	}
	for _, m := range data.ScopeMetrics[0].Metrics {
		switch d := m.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, p := range d.DataPoints {
				add(m.Name, p.Attributes, int64(p.Count))
			}
		case metricdata.Sum[int64]:
			for _, p := range d.DataPoints {
				add(m.Name, p.Attributes, p.Value)
			}
		default:
			t.Errorf("%s: got %T, want a histogram or a sum", m.Name, m.Data)
		}
	}
	return counts
}

// A call with a retry, a renewal and a failure.
func TestSpansAndMetrics(t *testing.T) {
	r := start(t)
	r.inject(t, sandbox.Fault{Kind: sandbox.Fault503, Operation: "listContacts", Count: 1})
	secret, err := baggage.Parse("customer=alex")
	if err != nil {
		t.Fatal(err)
	}
	ctx, parent := r.traces.Tracer("test").Start(baggage.ContextWithBaggage(t.Context(), secret), "parent")
	filter := odata.Eq("identifier", "alex@example.com").String()
	if _, err := r.ListContacts(ctx, home, &tapkey.ListContactsParams{Filter: &filter}); err != nil {
		t.Fatal(err)
	}
	r.server.RevokeTokens()
	if _, err := r.GetContact(ctx, home, "none"); !errors.Is(err, api.ErrNotFound) {
		t.Fatalf("got error %v, want %v", err, api.ErrNotFound)
	}
	parent.End()

	const list, get = "GET /Owners/{ownerAccountId}/Contacts", "GET /Owners/{ownerAccountId}/Contacts/{contactId}"
	want := []string{
		"token request < listContacts 200", list + " < listContacts 503 503", list + " < listContacts 200 resent 1", "listContacts < parent 200",
		get + " < getContact 401 401", "token request < getContact 200", get + " < getContact 404 404 resent 1", "getContact < parent 404 404", "parent <",
	}
	names := map[string]string{}
	for _, span := range r.spans.GetSpans() {
		names[span.SpanContext.SpanID().String()] = span.Name
	}
	var got []string
	for _, span := range r.spans.GetSpans() {
		set := attribute.NewSet(span.Attributes...)
		line := span.Name + " < " + names[span.Parent.SpanID().String()]
		for _, key := range []attribute.Key{"http.response.status_code", "error.type"} {
			if value, ok := set.Value(key); ok {
				line += " " + value.String()
			}
		}
		if value, ok := set.Value("http.request.resend_count"); ok {
			line += " resent " + value.String()
		}
		got = append(got, strings.TrimSpace(line))
		if _, failed := set.Value("error.type"); failed != (span.Status.Code == codes.Error) {
			t.Errorf("span %s: got status %v, want an error if and only if there is an error.type", span.Name, span.Status)
		}
		for _, a := range span.Attributes {
			if value := a.Value.String(); strings.Contains(value, "alex") || strings.Contains(value, "filter") || strings.Contains(value, r.server.ClientSecret()) {
				t.Errorf("span %s: got %s=%s, want no values that were sent", span.Name, a.Key, value)
			}
		}
		if server, _ := set.Value("server.address"); span.Name != "parent" && server.AsString() != "127.0.0.1" {
			t.Errorf("span %s: got server.address %q, want 127.0.0.1", span.Name, server.AsString())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got spans\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	var attempts []tracetest.SpanStub
	for _, span := range r.spans.GetSpans() {
		if strings.Contains(span.Name, " ") {
			attempts = append(attempts, span)
		}
	}
	for i, req := range r.server.Requests() {
		want := fmt.Sprintf("00-%s-%s-01", attempts[i].SpanContext.TraceID(), attempts[i].SpanContext.SpanID())
		if req.Header.Get("Traceparent") != want || req.Header.Get("Baggage") != "" {
			t.Errorf("%s: got traceparent %q, baggage %q, want %q and none", req.Path, req.Header.Get("Traceparent"), req.Header.Get("Baggage"), want)
		}
	}

	wantCounts := map[string]int64{
		"http.client.request.duration token 200": 2, "http.client.request.duration listContacts 503": 1, "http.client.request.duration listContacts 200": 1,
		"http.client.request.duration getContact 401": 1, "http.client.request.duration getContact 404": 1,
		"tapkey.client.call.duration listContacts 200": 1, "tapkey.client.call.duration getContact 404": 1,
		"tapkey.client.retries listContacts": 1, "tapkey.client.retries getContact": 1, "tapkey.client.token.renewals token": 2,
	}
	if got := r.counts(t, "tapkey.operation", "http.response.status_code"); fmt.Sprint(got) != fmt.Sprint(wantCounts) {
		t.Errorf("got measurements %v, want %v", got, wantCounts)
	}
	for name := range r.counts(t, "url.full", "url.template") {
		if strings.Contains(name, home) {
			t.Errorf("got the attribute %s of a metric, want no ids", name)
		}
	}
}

// Pages that are read in advance are counted.
func TestReadAheadIsCounted(t *testing.T) {
	r := start(t, client.WithPageSize(5), client.WithReadAhead(2))
	n := 0
	for _, err := range r.AllLogEntries(t.Context(), home, nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	counts := r.counts(t)
	pages, ahead := counts["tapkey.client.call.duration"], counts["tapkey.client.read_ahead"]
	if n <= 5 || ahead < 1 || ahead >= pages {
		t.Errorf("got %d items in %d pages, %d of them in advance, want some in advance and not the first", n, pages, ahead)
	}
}

// The kinds of failures have few values.
func TestErrorTypes(t *testing.T) {
	r := start(t, client.WithRetries(0))
	for _, test := range []struct {
		fault sandbox.FaultKind
		want  string
	}{
		{sandbox.Fault500, "500"}, {sandbox.Fault429, "429"}, {sandbox.FaultReset, "_OTHER"}, {sandbox.FaultCloseBody, "_OTHER"},
	} {
		if err := r.server.ClearFaults(); err != nil {
			t.Fatal(err)
		}
		r.inject(t, sandbox.Fault{Kind: test.fault, Operation: "listContacts"})
		r.spans.Reset()
		_, err := r.ListContacts(t.Context(), home, nil)
		spans := r.spans.GetSpans()
		set := attribute.NewSet(spans[len(spans)-1].Attributes...)
		if value, _ := set.Value("error.type"); err == nil || !strings.HasPrefix(value.AsString(), test.want) {
			t.Errorf("%s: got error %v, error.type %q, want %s", test.fault, err, value.AsString(), test.want)
		}
	}
	if err := r.server.ClearFaults(); err != nil {
		t.Fatal(err)
	}
	ctx := client.ContextWithOptions(t.Context(), client.WithAttemptTimeout(time.Nanosecond))
	r.spans.Reset()
	_, err := r.ListContacts(ctx, home, nil)
	for _, span := range r.spans.GetSpans() {
		set := attribute.NewSet(span.Attributes...)
		if value, _ := set.Value("error.type"); value.AsString() != "timeout" {
			t.Errorf("%s: got error %v, error.type %q, want timeout", span.Name, err, value.AsString())
		}
	}
}

// Without providers nothing is recorded, and calls succeed.
func TestWithoutProviders(t *testing.T) {
	r := start(t, tapkeyotel.WithTelemetry())
	if _, err := r.ListContacts(t.Context(), home, nil); err != nil {
		t.Fatal(err)
	}
}
