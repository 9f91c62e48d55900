package live

import (
	"errors"
	"net/http"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A write is rejected before it is sent.
func TestNothingIsWritten(t *testing.T) {
	s, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w, err := newWalk(t.Context(), Options{
		HTTP: http.DefaultTransport,
		Client: []client.Option{
			client.WithCredentials(s.ClientID(), s.ClientSecret()),
			client.WithBaseURL(s.BaseURL()),
			client.WithTokenURL(s.TokenURL()),
			client.WithScopes("read:owneraccounts", "write:owneraccounts"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	owners, err := w.client.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.client.UpdateOwner(t.Context(), owners[0].ID, tapkey.OwnerAccountUpdate{Name: new("Mine")})
	if !errors.Is(err, contract.ErrReadOnly) || s.Count("updateOwner") != 0 {
		t.Errorf("got error %v and %d requests, want %v and none", err, s.Count("updateOwner"), contract.ErrReadOnly)
	}
}

// A response that is too large for the client is a finding, although the Transport does
// not see its end.
func TestTooLarge(t *testing.T) {
	s, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	report, err := Run(t.Context(), Options{
		HTTP: http.DefaultTransport, Top: 3, Owners: 1,
		Client: []client.Option{
			client.WithCredentials(s.ClientID(), s.ClientSecret()),
			client.WithBaseURL(s.BaseURL()),
			client.WithTokenURL(s.TokenURL()),
			client.WithScopes(ReadScopes()...),
			client.WithMaxResponseBytes(100),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != verdict.Disagrees || len(report.Findings) == 0 || report.Findings[0].Class != contract.Refused {
		t.Errorf("got %v with the findings %v, want a disagreement: %s", report.Verdict, report.Findings, contract.Refused)
	}
}
