package frontdesk_test

import (
	"errors"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	frontdesk "github.com/tapkey-go/tapkey-go/examples/testing"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const guest = "guest@example.com"

// newDesk returns a desk for the only lock of a new sandbox.
func newDesk(t *testing.T, opts ...sandbox.Option) (*frontdesk.Desk, *sandbox.Server) {
	t.Helper()
	hotel := sandbox.WithOwner(sandbox.Owner{Name: "Hotel", Locks: []string{"Room 1"}})
	server, err := sandbox.Start(append(opts, hotel)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithScopes("read:owneraccounts", "read:core:entities", "read:grants", "write:grants"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()), client.WithRetries(0),
	)
	if err != nil {
		t.Fatal(err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	locks, err := c.ListBoundLocks(t.Context(), owners[0].ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &frontdesk.Desk{Tapkey: c, OwnerID: owners[0].ID, LockID: locks[0].ID}, server
}

func TestCheckInTwiceGrantsOnce(t *testing.T) {
	desk, server := newDesk(t)
	first, err := desk.CheckIn(t.Context(), guest)
	if err != nil {
		t.Fatal(err)
	}
	second, err := desk.CheckIn(t.Context(), guest)
	if n := server.Count("createGrant"); err != nil || second.ID != first.ID || n != 1 {
		t.Errorf("got grant %q, error %v after %d createGrant, want grant %q after 1", second.ID, err, n, first.ID)
	}
}

func TestLostResponseGrantsOnce(t *testing.T) {
	lost := sandbox.Fault{Kind: sandbox.FaultCloseBody, Operation: "createGrant", Count: 1}
	desk, server := newDesk(t, sandbox.WithFaults(lost))
	if grant, err := desk.CheckIn(t.Context(), guest); err == nil {
		t.Fatalf("got grant %q, want an error for the lost response", grant.ID)
	}
	_, err := desk.CheckIn(t.Context(), guest)
	if n := server.Count("createGrant"); err != nil || n != 1 {
		t.Errorf("got error %v after %d createGrant, want none after 1", err, n)
	}
}

func TestServerErrorGrantsNothing(t *testing.T) {
	desk, server := newDesk(t)
	if err := server.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listGrants"}); err != nil {
		t.Fatal(err)
	}
	_, err := desk.CheckIn(t.Context(), guest)
	if n := server.Count("createGrant"); !errors.Is(err, api.ErrServer) || n != 0 {
		t.Errorf("got error %v after %d createGrant, want %v after 0", err, n, api.ErrServer)
	}
}

func TestRevokedTokenIsRenewed(t *testing.T) {
	desk, server := newDesk(t)
	server.RevokeTokens()
	_, err := desk.CheckIn(t.Context(), guest)
	if n := server.TokenRequests(); err != nil || n != 2 {
		t.Errorf("got error %v after %d token requests, want none after 2", err, n)
	}
}
