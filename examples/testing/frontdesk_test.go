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

// newDesk opens a desk at the one lock of a sandbox.
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
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		client.WithRetries(0), // a test need not wait
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
	if err != nil || second.ID != first.ID || server.Count("createGrant") != 1 {
		t.Errorf("%v %v %v after %v", first, second, err, server.Counts())
	}
}

func TestALostAnswerGrantsOnce(t *testing.T) {
	lost := sandbox.Fault{Kind: "close-body", Operation: "createGrant", Count: 1}
	desk, server := newDesk(t, sandbox.WithFaults(lost))
	if _, err := desk.CheckIn(t.Context(), guest); err == nil {
		t.Fatal("no answer, and no error")
	}
	if _, err := desk.CheckIn(t.Context(), guest); err != nil || server.Count("createGrant") != 1 {
		t.Errorf("%v after %v", err, server.Counts())
	}
}

func TestABusyTapkeyIsAnError(t *testing.T) {
	desk, server := newDesk(t)
	if err := server.Inject(sandbox.Fault{Kind: "503", Operation: "listGrants"}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.CheckIn(t.Context(), guest); !errors.Is(err, api.ErrServer) || server.Count("createGrant") != 0 {
		t.Errorf("%v after %v", err, server.Counts())
	}
}

func TestARevokedTokenIsReplaced(t *testing.T) {
	desk, server := newDesk(t)
	server.RevokeTokens()
	if _, err := desk.CheckIn(t.Context(), guest); err != nil || server.TokenRequests() != 2 {
		t.Errorf("%v after %v", err, server.Counts())
	}
}
