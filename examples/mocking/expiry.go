// Package mocking is a small service with an interface of what it calls, for tests of code that does
// little with the API. The interface belongs to the service and has the two methods that the
// service calls; *client.Client implements it. Tests of retries, tokens, paging and errors use
// package sandbox instead, as in the example testing: a mock of them tests the mock. To run it:
// go test ./mocking
package mocking

import (
	"context"
	"iter"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Grants is what this service calls.
type Grants interface {
	AllGrants(ctx context.Context, ownerID string, params *tapkey.ListGrantsParams, editors ...tapkey.RequestEditorFn) iter.Seq2[tapkey.Grant, error]
	RevokeGrant(ctx context.Context, ownerID, grantID string, params *tapkey.RevokeGrantParams, editors ...tapkey.RequestEditorFn) (tapkey.RevocationResult, error)
}

var _ Grants = (*client.Client)(nil)

// RevokeExpired revokes the grants that ended before a time, and returns their number.
func RevokeExpired(ctx context.Context, grants Grants, ownerID string, before time.Time) (revoked int, err error) {
	for grant, err := range grants.AllGrants(ctx, ownerID, nil) {
		if err != nil {
			return revoked, err
		}
		if grant.ValidBefore == nil || !grant.ValidBefore.Before(before) {
			continue
		}
		if _, err := grants.RevokeGrant(ctx, ownerID, grant.ID, nil); err != nil {
			return revoked, err
		}
		revoked++
	}
	return revoked, nil
}
