package sandbox

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// generated describes generated owner accounts. The contents of an account follow from
// its number and are created when the account is first requested.
type generated struct {
	owners            int // number of accounts
	locks, logEntries int // in each account
	first             int // index of the first one among all accounts
}

// WithGenerated adds a number of owner accounts. Each has the given number of locks and
// log entries, and contacts, cards and grants in proportion. The data is reproducible. If
// WithGenerated or [WithOwner] is used, the default owner accounts do not exist.
//
// An account takes memory only once it has been requested. Log entries take none.
func WithGenerated(owners, locks, logEntries int) Option {
	return func(c *config) {
		c.generated = &generated{owners: owners, locks: locks, logEntries: logEntries}
	}
}

// owner returns generated account n.
func (g generated) owner(n int) server.OwnerAccount {
	return server.OwnerAccount{
		ID:     newID(prefixOwner, g.first+n, 0),
		Name:   new(fmt.Sprintf("Locking System %06d", n+1)),
		Active: new(true),
	}
}

// find returns the number of the generated account with an id.
func (g generated) find(id string) (int, bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(b) != 16 {
		return 0, false
	}
	index := int(binary.BigEndian.Uint16(b[4:]))<<12 | int(binary.BigEndian.Uint16(b[6:])&0xfff)
	n := index - g.first
	return n, n >= 0 && n < g.owners && newID(prefixOwner, index, 0) == id
}

// account creates generated account n. For every two locks it has one contact and one
// card, and for every lock one grant.
func (g generated) account(clock *clock, n int) *account {
	from := Owner{Name: *g.owner(n).Name, LogEntries: g.logEntries}
	for i := range g.locks {
		from.Locks = append(from.Locks, fmt.Sprintf("Door %05d", i+1))
		grant := SeedGrant{Lock: from.Locks[i]}
		if i%2 == 0 {
			grant.Contact = generatedContact(i / 2)
			from.Contacts = append(from.Contacts, grant.Contact)
		} else {
			grant.Card = fmt.Sprintf("Card %05d", i/2+1)
			from.Cards = append(from.Cards, grant.Card)
		}
		from.Grants = append(from.Grants, grant)
	}
	a, err := newAccount(clock, g.first+n, from, "")
	if err != nil { // the grants above refer to existing items
		panic(err)
	}
	return a
}

// administrator returns the first contact of every generated account, who owns it, or "".
func (g generated) administrator() string {
	if g.locks == 0 {
		return ""
	}
	return generatedContact(0)
}

// generatedContact returns contact n of a generated account.
func generatedContact(n int) string { return fmt.Sprintf("user%05d@example.com", n+1) }

// isBound reports whether a lock belongs to a generated account.
func (g generated) isBound(physicalLockID string) bool {
	b, err := base64.StdEncoding.DecodeString(physicalLockID)
	if err != nil || len(b) != 10 || b[0] != 8 || b[1] != 0 {
		return false
	}
	owner := int(binary.BigEndian.Uint32(b[2:])) - g.first
	return owner >= 0 && owner < g.owners && int(binary.BigEndian.Uint32(b[6:])) < g.locks
}
