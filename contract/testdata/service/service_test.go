package service

import (
	"net/http"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Every exchange of this test is validated against the contract.
func TestAdmit(t *testing.T) {
	tapkey, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer tapkey.Close()
	s, err := New(&http.Client{Transport: contract.Recorder(t)},
		client.WithCredentials(tapkey.ClientID(), tapkey.ClientSecret()),
		client.WithBaseURL(tapkey.BaseURL()), client.WithTokenURL(tapkey.TokenURL()),
		client.WithScopes("read:owneraccounts", "read:core:entities", "write:core:entities", "write:grants"),
	)
	if err != nil {
		t.Fatal(err)
	}
	owners, err := s.Tapkey.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Admit(t.Context(), owners[0].ID, "new@example.com"); err != nil || n != 3 {
		t.Errorf("got %d grants and error %v, want 3 grants", n, err)
	}
}
