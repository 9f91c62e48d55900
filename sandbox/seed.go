package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
	"github.com/tapkey-go/tapkey-go/sandbox/internal/odata"
)

// Owner describes an initial owner account, see [WithOwner]. Everything that it does not
// describe, such as ids, is reproducible.
type Owner struct {
	Name     string   // name of the owner account
	Locks    []string // titles
	Groups   []string // titles of lock groups
	Contacts []string // identifiers; the first is the person who owns the account
	Cards    []string // titles
	Users    []string // ids of users of the account's identity provider

	// Grants refer to locks, contacts and cards of this account.
	Grants []SeedGrant

	// LogEntries is the number of log entries. The latest one has been received shortly
	// before the sandbox starts. The number is ignored if there are no locks. See also
	// [Server.AddLogEntry].
	LogEntries int
}

// SeedGrant is a grant of an [Owner]: it lets a contact or a card open a lock.
type SeedGrant struct {
	Lock          string // title
	Contact, Card string // identifier or title; exactly one is set
}

// defaultOwners returns the default owner accounts.
func defaultOwners() []Owner {
	return []Owner{
		{
			Name:     "Home",
			Locks:    []string{"Entrance Door", "Garage", "Garden Shed"},
			Groups:   []string{"Ground Floor"},
			Contacts: []string{"alex@example.com", "sam@example.com", "cleaner@example.com"},
			Cards:    []string{"Alex's Card", "Spare Card"},
			Grants: []SeedGrant{
				{Lock: "Entrance Door", Contact: "alex@example.com"},
				{Lock: "Garage", Contact: "alex@example.com"},
				{Lock: "Entrance Door", Contact: "sam@example.com"},
				{Lock: "Entrance Door", Card: "Spare Card"},
			},
			LogEntries: 60,
		},
		{
			Name:     "Coworking Space",
			Locks:    []string{"Main Entrance", "Meeting Room 1", "Meeting Room 2", "Server Room", "Bicycle Store"},
			Groups:   []string{"Meeting Rooms", "All Doors"},
			Contacts: []string{"office@coworking.example", "member1@example.com", "member2@example.com", "member3@example.com"},
			Cards:    []string{"Visitor 1", "Visitor 2", "Cleaning"},
			Users:    []string{"employee-4711", "employee-4712"},
			Grants: []SeedGrant{
				{Lock: "Main Entrance", Contact: "member1@example.com"},
				{Lock: "Meeting Room 1", Contact: "member1@example.com"},
				{Lock: "Main Entrance", Contact: "member2@example.com"},
				{Lock: "Server Room", Contact: "office@coworking.example"},
				{Lock: "Main Entrance", Card: "Visitor 1"},
				{Lock: "Main Entrance", Card: "Cleaning"},
			},
			LogEntries: 1200,
		},
		{
			Name:     "Self Storage North",
			Locks:    []string{"Gate", "Unit 1", "Unit 2"},
			Contacts: []string{"storage@example.com", "tenant1@example.com"},
			Grants:   []SeedGrant{{Lock: "Unit 1", Contact: "tenant1@example.com"}},

			LogEntries: 30,
		},
		{Name: "Holiday Flat"}, // empty
	}
}

// newAccount creates an owner account from its description. The times of its contents
// follow from the clock. An empty provider id means the default one.
func newAccount(clock *clock, index int, from Owner, providerID string) (*account, error) {
	if from.LogEntries < 0 {
		return nil, fmt.Errorf("sandbox: owner %q: %d log entries", from.Name, from.LogEntries)
	}
	a := &account{
		id:          newID(prefixOwner, index, 0),
		index:       index,
		provider:    cmp.Or(providerID, newID(prefixProvider, index, 0)),
		permissions: collection[server.Permission]{keys: permissionKeys},
		contacts:    collection[server.Contact]{keys: contactKeys},
		grants:      collection[grant]{keys: grantKeys},
		users:       collection[server.IdentityProviderUser]{keys: userKeys},
		added:       collection[server.LogEntry]{keys: logKeys},
		log:         eventLog{owner: index, clock: clock},
	}
	a.owner = server.OwnerAccount{ID: a.id, Name: &from.Name, Active: new(true)}
	if len(from.Locks) > 0 {
		a.log = eventLog{index, from.LogEntries, len(from.Locks), len(from.Contacts), len(from.Cards), clock, new(odata.Bookmarks)}
	}
	locks, contacts, cards := make(map[string]string), make(map[string]string), make(map[string]string)
	for i, title := range from.Locks {
		lock := a.addLock(physicalLockID(index, i), title, nil, nil)
		locks[title] = lock.ID
	}
	for _, title := range from.Groups {
		a.addGroup(title)
	}
	for i, identifier := range from.Contacts {
		contact := a.addContact(server.Contact{Identifier: &identifier, IPID: new(nativeProvider)})
		contacts[identifier] = contact.ID
		if i == 0 {
			a.addPermission(contact.ID, roleOwner)
		}
	}
	for _, title := range from.Cards {
		cards[title] = a.addCard(title).ID
	}
	for _, id := range from.Users {
		a.addUser(a.provider, id)
		// A grant for a user requires a contact.
		a.addContact(server.Contact{IPID: &a.provider, IPUserID: &id})
	}
	for _, g := range from.Grants {
		lockID, contactID, cardID := locks[g.Lock], contacts[g.Contact], cards[g.Card]
		if lockID == "" || (contactID == "") == (cardID == "") {
			return nil, fmt.Errorf("sandbox: owner %q: grant %+v does not refer to one lock and one contact or card", from.Name, g)
		}
		a.addGrant(lockID, contactID, cardID, server.GrantUpdate{})
	}
	return a, nil
}

// bound returns the time at which the initial locks and cards were bound: before the first
// log entry.
func (a *account) bound() *server.Timestamp {
	return new(server.Timestamp(a.log.start().Add(-20 * 24 * time.Hour)))
}

// physicalLockID returns the physical id of lock n of an owner account: two bytes with
// the length, little-endian, followed by the id itself.
func physicalLockID(owner, n int) string {
	id := []byte{8, 0}
	id = binary.BigEndian.AppendUint32(id, uint32(owner))
	id = binary.BigEndian.AppendUint32(id, uint32(n))
	return base64.StdEncoding.EncodeToString(id)
}
