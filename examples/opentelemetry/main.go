// Opentelemetry counts the locks of each owner account, at most 20 requests a second. It prints
// the recorded traces, and the metrics as a server for Prometheus would return them. Both name
// the operations of the API. A service would export traces with OTLP and serve the registry with
// promhttp. To try it on the sandbox, set the variables that "go run ./cmd/tapkey sandbox"
// prints, and run: go run ./opentelemetry
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"golang.org/x/time/rate"

	"github.com/tapkey-go/tapkey-go/client"
	tapkeyotel "github.com/tapkey-go/tapkey-go/otel"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(os.Stderr))
	if err != nil {
		return err
	}
	registry := prom.NewRegistry()
	exporter, err := prometheus.New(prometheus.WithRegisterer(registry))
	if err != nil {
		return err
	}
	traces := trace.NewTracerProvider(trace.WithBatcher(spans))
	metrics := metric.NewMeterProvider(metric.WithReader(exporter))
	defer func() {
		err = errors.Join(err, printMetrics(os.Stderr, registry), traces.Shutdown(ctx), metrics.Shutdown(ctx))
	}()

	c, err := client.New(client.FromEnv(), client.WithOperations("listOwners", "listBoundLocks"),
		client.WithApplication("lock-count/1.0"), client.WithLimiter(rate.NewLimiter(20, 20)),
		tapkeyotel.WithTelemetry(tapkeyotel.WithTracerProvider(traces), tapkeyotel.WithMeterProvider(metrics)))
	if err != nil {
		return err
	}
	ctx, span := traces.Tracer("example").Start(ctx, "count locks")
	defer span.End()
	for owner, err := range c.AllOwners(ctx) {
		if err != nil {
			return err
		}
		locks, err := c.ListBoundLocks(ctx, owner.ID, nil)
		if err != nil {
			return err
		}
		fmt.Println(len(locks), owner.Name)
	}
	return nil
}

// printMetrics writes metrics in the text format of Prometheus.
func printMetrics(w io.Writer, registry prom.Gatherer) error {
	families, err := registry.Gather()
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			return err
		}
	}
	return err
}
