package tapkeyotel_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tapkey-go/tapkey-go/client"
	tapkeyotel "github.com/tapkey-go/tapkey-go/otel"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The spans of a call. A service passes the provider of its exporter, or none if it has set
// the global one.
func Example() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		tapkeyotel.WithTelemetry(tapkeyotel.WithTracerProvider(provider)))
	if err != nil {
		panic(err)
	}
	if _, err := c.ListOwners(context.Background()); err != nil {
		panic(err)
	}
	for _, span := range recorder.Ended() {
		fmt.Println(span.Name())
	}
	// Output:
	// token request
	// GET /Owners
	// listOwners
}
