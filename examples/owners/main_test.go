package main

import (
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestOwners(t *testing.T) {
	server := exampletest.Start(t)
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	first := "7f9c1e52-0000-4000-8000-000000000000 Home\n"
	if got.Status != 0 || got.Stderr != "" || !strings.HasPrefix(got.Stdout, first) || strings.Count(got.Stdout, "\n") != 4 {
		t.Errorf("got %v, want status 0 and 4 owner accounts, the first of them %q", got, first)
	}
	if tokens, lists := server.TokenRequests(), server.Count("listOwners"); tokens != 1 || lists != 1 {
		t.Errorf("got %d token requests and %d listOwners, want one of each", tokens, lists)
	}
}

func TestErrorIsReportedOnce(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault403}))
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	if got.Status != 1 || got.Stdout != "" || strings.Count(got.Stderr, "\n") != 1 || !strings.Contains(got.Stderr, "403") {
		t.Errorf("got %v, want status 1 and one line on stderr with 403", got)
	}
}

func TestMissingCredentials(t *testing.T) {
	got := exampletest.Run(t, []string{"PATH="}, exampletest.Build(t))
	const want = "TAPKEY_CLIENT_ID is missing"
	if got.Status != 1 || !strings.Contains(got.Stderr, want) {
		t.Errorf("got %v, want status 1 and %q on stderr", got, want)
	}
}
