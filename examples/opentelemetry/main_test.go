package main

import (
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestProgramPrintsTelemetry(t *testing.T) {
	server := exampletest.Start(t)
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	const wantStdout = "3 Home\n5 Coworking Space\n3 Self Storage North\n0 Holiday Flat\n"
	if got.Status != 0 || got.Stdout != wantStdout {
		t.Errorf("got %v, want status 0, stdout %q", got, wantStdout)
	}
	for _, want := range []string{
		`"Name":"count locks"`, `"Name":"listBoundLocks"`, `"Name":"GET /Owners/{ownerAccountId}/BoundLocks"`, `"Name":"token request"`,
		"# TYPE http_client_request_duration_seconds histogram\n", "http_client_request_duration_seconds_count{", "tapkey_client_call_duration_seconds_count{",
		`tapkey_operation="listBoundLocks"`, "tapkey_client_token_renewals_total{",
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
	for _, r := range server.Requests() {
		if agent := r.Header.Get("User-Agent"); r.Operation != "token" && !strings.HasSuffix(agent, " lock-count/1.0") {
			t.Errorf("%s: got User-Agent %q, want the program at its end", r.Path, agent)
		}
		if r.Header.Get("Traceparent") == "" {
			t.Errorf("%s: got no traceparent, want one", r.Path)
		}
	}
}

func TestTelemetryOfFailedCalls(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault403, Operation: "listBoundLocks"}))
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	const span = `"Name":"count locks"`
	if got.Status != 1 || !strings.Contains(got.Stderr, "403") || !strings.Contains(got.Stderr, span) || !strings.Contains(got.Stderr, `error_type="403"`) {
		t.Errorf("got %v, want status 1, 403 and %s on stderr", got, span)
	}
}
