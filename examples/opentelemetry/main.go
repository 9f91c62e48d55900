// Opentelemetry counts the locks of each owner account and prints the recorded traces and
// metrics, which name the operations of the API. A service would export them with OTLP and
// reuse transport.go. To try it on the sandbox, set the variables that
// "go run ./cmd/tapkey sandbox" prints, and run: go run ./opentelemetry
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/tapkey-go/tapkey-go/client"
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
	measurements, err := stdoutmetric.New(stdoutmetric.WithWriter(os.Stderr))
	if err != nil {
		return err
	}
	traces := trace.NewTracerProvider(trace.WithBatcher(spans))
	metrics := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(measurements)))
	defer func() { err = errors.Join(err, traces.Shutdown(ctx), metrics.Shutdown(ctx)) }()

	c, err := client.New(client.FromEnv(), client.WithScopes("read:owneraccounts", "read:core:entities"),
		client.WithHTTPClient(&http.Client{Transport: newTransport(traces, metrics)}))
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
