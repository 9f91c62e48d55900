package main

import (
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestOwnersAreListed(t *testing.T) {
	server := exampletest.Start(t)
	out, errs, status := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	want := "7f9c1e52-0000-4000-8000-000000000000 Home\n"
	if status != 0 || errs != "" || !strings.HasPrefix(out, want) || strings.Count(out, "\n") != 4 {
		t.Errorf("%d %q\n%s", status, errs, out)
	}
	if server.TokenRequests() != 1 || server.Count("listOwners") != 1 {
		t.Errorf("asked %v", server.Counts())
	}
}

func TestARefusalIsToldOnce(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: "403"}))
	out, errs, status := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t))
	if status != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "403") {
		t.Errorf("%d %q %q", status, out, errs)
	}
}

func TestWithoutCredentialsItSaysWhatIsMissing(t *testing.T) {
	_, errs, status := exampletest.Run(t, []string{"PATH="}, exampletest.Build(t))
	if status != 1 || !strings.Contains(errs, "TAPKEY_CLIENT_ID is missing") {
		t.Errorf("%d %q", status, errs)
	}
}
