package access

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

// stateExpired is the state of a grant that has ended. It still occupies its pair.
const stateExpired = "Expired"

// live reports whether a grant occupies its pair: it has not been revoked. The state during a
// revocation is not known.
func live(g tapkey.Grant) bool { return g.State != tapkey.GrantStateRevoked }

// usable reports whether a grant that is live can be changed.
func usable(g tapkey.Grant) bool {
	return g.Active || g.State == tapkey.GrantStateOk || g.State == stateExpired
}

// grantFields are the fields of grants that are read.
const grantFields = "id,active,state,boundLockId,contactId,boundCardId,validFrom,validBefore,timeRestrictionIcal"

// maxFilter is the number of locks up to which grants are filtered by the server.
const maxFilter = 20

// grantsFor iterates over the grants for locks, or all grants if there are none or many.
func grantsFor(ctx context.Context, c *client.Client, owner string, locks []string) iter.Seq2[tapkey.Grant, error] {
	params := &tapkey.ListGrantsParams{Select: new(grantFields)}
	if len(locks) > 0 && len(locks) <= maxFilter {
		params.Filter = new(anyOf("boundLockId", locks).String())
	}
	return c.AllGrants(ctx, owner, params)
}

func anyOf(property string, values []string) odata.Expr {
	filter := odata.Eq(property, values[0])
	for _, v := range values[1:] {
		filter = odata.Or(filter, odata.Eq(property, v))
	}
	return filter
}

// grantsOf returns the live grants of a receiver, for one lock or, if lock is "", for all
// locks.
func grantsOf(ctx context.Context, c *client.Client, owner, receiver string, card bool, lock string) ([]tapkey.Grant, error) {
	property := "contactId"
	if card {
		property = "boundCardId"
	}
	filter := odata.Eq(property, receiver)
	if lock != "" {
		filter = odata.And(odata.Eq("boundLockId", lock), filter)
	}
	var found []tapkey.Grant
	for g, err := range c.AllGrants(ctx, owner, &tapkey.ListGrantsParams{Filter: new(filter.String())}) {
		if err != nil {
			return nil, err
		}
		// The filter is checked again: a server that ignores it must not lead to a wrong grant.
		id, isCard := receiverOfGrant(g)
		if live(g) && id == receiver && isCard == card && (lock == "" || g.BoundLockID == lock) {
			found = append(found, g)
		}
	}
	slices.SortFunc(found, func(a, b tapkey.Grant) int { return strings.Compare(a.ID, b.ID) })
	return found, nil
}
