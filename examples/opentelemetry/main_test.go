package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const home = "7f9c1e52-0000-4000-8000-000000000000" // the first owner account of a sandbox

func TestSpansAndMetricsAreNamedByOperation(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listContacts", Count: 1}))
	exporter, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	traces := trace.NewTracerProvider(trace.WithSyncer(exporter))
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithScopes("read:core:entities"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		client.WithHTTPClient(&http.Client{Transport: newTransport(traces, metric.NewMeterProvider(metric.WithReader(reader)))}),
	)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := baggage.Parse("customer=alex")
	if err != nil {
		t.Fatal(err)
	}
	ctx, parent := traces.Tracer("test").Start(baggage.ContextWithBaggage(t.Context(), secret), "parent")
	filter := odata.Eq("identifier", "alex@example.com").String()
	contacts, err := c.ListContacts(ctx, home, &tapkey.ListContactsParams{Filter: &filter})
	if err != nil || len(contacts) != 1 {
		t.Fatalf("got contacts %+v, error %v, want one contact", contacts, err)
	}
	if _, err := c.GetContact(ctx, home, "none"); !errors.Is(err, api.ErrNotFound) {
		t.Fatalf("got error %v, want %v", err, api.ErrNotFound)
	}
	parent.End()

	t.Run("spans", func(t *testing.T) {
		var names []string
		for _, span := range exporter.GetSpans() {
			names = append(names, span.Name)
			if span.Name == "parent" {
				continue
			}
			if got, want := span.Parent.SpanID(), parent.SpanContext().SpanID(); got != want {
				t.Errorf("span %s: got parent %s, want %s", span.Name, got, want)
			}
			for _, a := range span.Attributes {
				if strings.Contains(a.Value.String(), "alex") || strings.Contains(a.Value.String(), "filter") {
					t.Errorf("span %s: got %s=%s, want no values of the query", span.Name, a.Key, a.Value.String())
				}
			}
			if span.Name == "GET /Owners/{ownerAccountId}/Contacts/{contactId}" {
				set := attribute.NewSet(span.Attributes...)
				want := map[attribute.Key]string{
					"url.template": "/Owners/{ownerAccountId}/Contacts/{contactId}", "tapkey.operation": "getContact",
					"http.request.method": "GET", "http.response.status_code": "404", "error.type": "404",
					"url.full": server.BaseURL() + "/Owners/" + home + "/Contacts/none", "server.address": "127.0.0.1",
				}
				for key, value := range want {
					if got, _ := set.Value(key); got.String() != value {
						t.Errorf("span %s: got %s=%s, want %s", span.Name, key, got.String(), value)
					}
				}
				if span.Status.Code != codes.Error {
					t.Errorf("span %s: got status %v, want %v", span.Name, span.Status.Code, codes.Error)
				}
			}
		}
		want := []string{
			"POST",                                                                           // the token request
			"GET /Owners/{ownerAccountId}/Contacts", "GET /Owners/{ownerAccountId}/Contacts", // 503 and the retry
			"GET /Owners/{ownerAccountId}/Contacts/{contactId}", "parent",
		}
		if !slices.Equal(names, want) {
			t.Errorf("got spans %q, want %q", names, want)
		}
	})

	t.Run("context", func(t *testing.T) {
		spans := exporter.GetSpans()
		for i, r := range server.Requests() {
			sc := spans[i].SpanContext
			want := fmt.Sprintf("00-%s-%s-01", sc.TraceID(), sc.SpanID())
			if r.Header.Get("Traceparent") != want || r.Header.Get("Baggage") != "" {
				t.Errorf("%s: got traceparent %q, baggage %q, want traceparent %q and no baggage",
					r.Path, r.Header.Get("Traceparent"), r.Header.Get("Baggage"), want)
			}
		}
	})

	t.Run("metrics", func(t *testing.T) {
		var data metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &data); err != nil {
			t.Fatal(err)
		}
		got := map[string]uint64{}
		for _, m := range data.ScopeMetrics[0].Metrics {
			if m.Name != "http.client.request.duration" {
				continue
			}
			for _, point := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				path, _ := point.Attributes.Value("url.template")
				operation, _ := point.Attributes.Value("tapkey.operation")
				status, _ := point.Attributes.Value("http.response.status_code")
				got[path.AsString()+" "+operation.AsString()+" "+status.String()] = point.Count
				if full, ok := point.Attributes.Value("url.full"); ok {
					t.Errorf("got a metric with url.full %q, want none: it would record one for each URL", full.AsString())
				}
			}
		}
		want := map[string]uint64{
			"  200": 1,
			"/Owners/{ownerAccountId}/Contacts listContacts 503":           1,
			"/Owners/{ownerAccountId}/Contacts listContacts 200":           1,
			"/Owners/{ownerAccountId}/Contacts/{contactId} getContact 404": 1,
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got measurements %v, want %v", got, want)
		}
	})
}

func TestProgramPrintsTelemetry(t *testing.T) {
	server := exampletest.Start(t)
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	const wantStdout = "3 Home\n5 Coworking Space\n3 Self Storage North\n0 Holiday Flat\n"
	if got.Status != 0 || got.Stdout != wantStdout {
		t.Errorf("got status %d, stdout %q, want status 0, stdout %q", got.Status, got.Stdout, wantStdout)
	}
	for _, want := range []string{
		`"Name":"count locks"`, `"Name":"GET /Owners/{ownerAccountId}/BoundLocks"`, `"Name":"http.client.request.duration"`,
	} {
		if !strings.Contains(got.Stderr, want) {
			t.Errorf("got stderr\n%s\nwant %s in it", got.Stderr, want)
		}
	}
	for _, secret := range []string{server.ClientSecret(), "Bearer"} {
		if strings.Contains(got.Stderr, secret) {
			t.Errorf("got stderr\n%s\nwant no %q in it", got.Stderr, secret)
		}
	}
}

func TestTelemetryOfFailedCalls(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault403, Operation: "listBoundLocks"}))
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	const span = `"Name":"count locks"`
	if got.Status != 1 || !strings.Contains(got.Stderr, "403") || !strings.Contains(got.Stderr, span) {
		t.Errorf("got %v, want status 1, 403 and %s on stderr", got, span)
	}
}
