// Package frontdesk is a tiny service that embeds the client. Its test is the example: it
// runs the service on the sandbox, over real HTTP, and has Tapkey fail in ways that a mock
// seldom does. To run it: go test ./testing
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

// CheckIn grants access to a guest. It looks before it grants: asked twice, or again after
// an answer that was lost, it leaves one grant.
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
