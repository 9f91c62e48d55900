package mocking

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// fakeGrants is a Grants with a function for each method. A test sets those that it needs.
type fakeGrants struct {
	all    func(yield func(tapkey.Grant, error) bool)
	revoke func(id string) error
}

func (f fakeGrants) AllGrants(context.Context, string, *tapkey.ListGrantsParams, ...tapkey.RequestEditorFn) iter.Seq2[tapkey.Grant, error] {
	return f.all
}

func (f fakeGrants) RevokeGrant(_ context.Context, _, id string, _ *tapkey.RevokeGrantParams, _ ...tapkey.RequestEditorFn) (tapkey.RevocationResult, error) {
	return tapkey.RevocationResult{}, f.revoke(id)
}

func TestOnlyExpiredGrantsAreRevoked(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	past, future := now.Add(-time.Second), now.Add(time.Second)
	var revoked []string
	fake := fakeGrants{
		all: func(yield func(tapkey.Grant, error) bool) {
			for _, grant := range []tapkey.Grant{{ID: "past", ValidBefore: &past}, {ID: "now", ValidBefore: &now}, {ID: "future", ValidBefore: &future}, {ID: "unlimited"}} {
				if !yield(grant, nil) {
					return
				}
			}
		},
		revoke: func(id string) error { revoked = append(revoked, id); return nil },
	}
	n, err := RevokeExpired(t.Context(), fake, "owner", now)
	if err != nil || n != 1 || !slices.Equal(revoked, []string{"past"}) {
		t.Errorf("got %d revoked, %q, error %v, want 1, past", n, revoked, err)
	}
}

func TestTheFirstErrorEndsTheLoop(t *testing.T) {
	conflict := &api.Error{StatusCode: 409}
	past := time.Unix(0, 0)
	fake := fakeGrants{
		all:    func(yield func(tapkey.Grant, error) bool) { yield(tapkey.Grant{ID: "past", ValidBefore: &past}, nil) },
		revoke: func(string) error { return conflict },
	}
	if n, err := RevokeExpired(t.Context(), fake, "owner", time.Unix(1, 0)); n != 0 || !errors.Is(err, api.ErrConflict) {
		t.Errorf("got %d, error %v, want 0, %v", n, err, api.ErrConflict)
	}
}

// The same function with the client and a sandbox.
func TestWithTheClient(t *testing.T) {
	server := exampletest.Start(t)
	c := exampletest.Client(t, server, "read:core:entities", "read:grants", "write:grants")
	const home = "7f9c1e52-0000-4000-8000-000000000000"
	locks, err := c.ListBoundLocks(t.Context(), home, nil)
	if err != nil {
		t.Fatal(err)
	}
	soon := server.Time().Add(time.Hour)
	if _, err := c.CreateGrant(t.Context(), home, tapkey.GrantCreate{
		BoundLockID: locks[0].ID, Contact: &tapkey.GrantContact{Identifier: "guest@example.com"}, ValidBefore: &soon,
	}); err != nil {
		t.Fatal(err)
	}
	n, err := RevokeExpired(t.Context(), c, home, soon.Add(time.Hour))
	if err != nil || n != 1 || server.Count("revokeGrant") != n {
		t.Errorf("got %d revoked, %d requests, error %v, want one of each", n, server.Count("revokeGrant"), err)
	}
}
