// Package frontdesk is a small service that embeds the client. The example is its test: it
// runs the service on the sandbox over HTTP and injects faults that mocks seldom
// reproduce. To run it: go test ./testing
package frontdesk

import (
	"context"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

// Desk gives guests access to a lock.
type Desk struct {
	Tapkey          *client.Client
	OwnerID, LockID string
}

// CheckIn grants a guest access to the lock. It returns an active grant of the guest if
// there is one, so that retries after a lost response do not create a second grant.
func (d *Desk) CheckIn(ctx context.Context, guest string) (tapkey.Grant, error) {
	active := odata.And(odata.Eq("boundLockId", d.LockID), odata.Eq("active", true)).String()
	for grant, err := range d.Tapkey.AllGrants(ctx, d.OwnerID, &tapkey.ListGrantsParams{Filter: &active}) {
		if err != nil {
			return tapkey.Grant{}, err
		}
		if grant.Contact != nil && grant.Contact.Identifier == guest {
			return grant, nil
		}
	}
	return d.Tapkey.CreateGrant(ctx, d.OwnerID, tapkey.GrantCreate{
		BoundLockID: d.LockID, Contact: &tapkey.GrantContact{Identifier: guest},
	})
}
