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

const home = "7f9c1e52-0000-4000-8000-000000000000" // the first account of a sandbox

func TestSpansAndMetricsAreNamedByOperation(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: "503", Operation: "listContacts", Count: 1}))
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
		t.Fatal(contacts, err)
	}
	if _, err := c.GetContact(ctx, home, "none"); !errors.Is(err, api.ErrNotFound) {
		t.Fatal(err)
	}
	parent.End()

	t.Run("spans", func(t *testing.T) {
		var names []string
		for _, span := range exporter.GetSpans() {
			names = append(names, span.Name)
			if span.Name == "parent" {
				continue
			}
			if span.Parent.SpanID() != parent.SpanContext().SpanID() {
				t.Errorf("%s has another parent", span.Name)
			}
			for _, a := range span.Attributes {
				if strings.Contains(a.Value.String(), "alex") || strings.Contains(a.Value.String(), "filter") {
					t.Errorf("%s tells %s=%s", span.Name, a.Key, a.Value.String())
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
						t.Errorf("%s=%s, want %s", key, got.String(), value)
					}
				}
				if span.Status.Code != codes.Error {
					t.Errorf("404 is %v", span.Status)
				}
			}
		}
		want := []string{
			"POST",                                                                           // a token
			"GET /Owners/{ownerAccountId}/Contacts", "GET /Owners/{ownerAccountId}/Contacts", // 503, and again
			"GET /Owners/{ownerAccountId}/Contacts/{contactId}", "parent",
		}
		if !slices.Equal(names, want) {
			t.Errorf("spans: %q", names)
		}
	})

	t.Run("context", func(t *testing.T) {
		spans := exporter.GetSpans()
		for i, r := range server.Requests() {
			sc := spans[i].SpanContext
			want := fmt.Sprintf("00-%s-%s-01", sc.TraceID(), sc.SpanID())
			if r.Header.Get("Traceparent") != want || r.Header.Get("Baggage") != "" {
				t.Errorf("%s: traceparent %q, want %q, baggage %q", r.Path, r.Header.Get("Traceparent"), want, r.Header.Get("Baggage"))
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
					t.Errorf("a metric for each URL: %s", full.AsString())
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
			t.Errorf("measured %v", got)
		}
	})
}

func TestTheProgramPrintsWhatItSaw(t *testing.T) {
	server := exampletest.Start(t)
	out, errs, status := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	if status != 0 || out != "3 Home\n5 Coworking Space\n3 Self Storage North\n0 Holiday Flat\n" {
		t.Errorf("%d %q", status, out)
	}
	for _, want := range []string{
		`"Name":"count locks"`, `"Name":"GET /Owners/{ownerAccountId}/BoundLocks"`, `"Name":"http.client.request.duration"`,
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("it does not print %s:\n%s", want, errs)
		}
	}
	if strings.Contains(errs, server.ClientSecret()) || strings.Contains(errs, "Bearer") {
		t.Errorf("it prints a secret:\n%s", errs)
	}
}

func TestAFailureIsToldWithItsTelemetry(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: "403", Operation: "listBoundLocks"}))
	_, errs, status := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	if status != 1 || !strings.Contains(errs, "403") || !strings.Contains(errs, `"Name":"count locks"`) {
		t.Errorf("%d %q", status, errs)
	}
}
