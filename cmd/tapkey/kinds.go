package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// A kind is a kind of entity that arguments and flags select, by ID or by name.
type kind struct {
	singular, plural string
	operations       []string // IDs of the operations that list calls
	list             func(context.Context, *call) iter.Seq2[entity, error]
	onlyIDs          bool // names describe the entity, but do not select it
}

// An entity is an entity of an account, with the names that select it. The first name
// that is not empty describes it.
type entity struct {
	id    string
	names []string
}

// title returns the name that describes an entity, or "".
func (e entity) title() string { return cmp.Or(e.names...) }

// String returns the ID, and the title if there is one.
func (e entity) String() string {
	if title := e.title(); title != "" {
		return e.id + " (" + oneLine(title) + ")"
	}
	return e.id
}

// kinds lists the kinds of entities by the path parameters of the contract that hold
// their IDs.
var kinds = map[string]*kind{
	"ownerAccountId": ownerKind, "boundLockId": lockKind, "boundCardId": cardKind, "contactId": contactKind,
	"lockGroupId": lockGroupKind, "grantId": grantKind, "permissionId": permissionKind, "userId": userKind,
}

// kindsInOrder lists the kinds in the order in which names are printed.
var kindsInOrder = []*kind{
	ownerKind, lockKind, lockGroupKind, cardKind, contactKind, grantKind, permissionKind, userKind,
}

// kindOf returns the kind of the entity that the last parameter of a path holds, or nil.
func kindOf(path string) *kind {
	name, _, _ := strings.Cut(path[strings.LastIndex(path, "{")+1:], "}")
	return kinds[name]
}

var ownerKind = &kind{singular: "owner account", plural: "owner accounts", operations: []string{"listOwners"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	return entities(c.AllOwners(ctx), func(o tapkey.OwnerAccount) entity { return entity{o.ID, []string{o.Name}} })
}}

var lockKind = &kind{singular: "lock", plural: "locks", operations: []string{"listBoundLocks"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	params := &tapkey.ListBoundLocksParams{Select: new("id,title,physicalLockId")}
	return entities(c.AllBoundLocks(ctx, c.ownerID, params), func(l tapkey.BoundLock) entity {
		return entity{l.ID, []string{l.Title, serialNumber(l.PhysicalLockID)}}
	})
}}

var cardKind = &kind{singular: "card", plural: "cards", operations: []string{"listBoundCards"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	params := &tapkey.ListBoundCardsParams{Select: new("id,title,label")}
	return entities(c.AllBoundCards(ctx, c.ownerID, params), func(b tapkey.BoundCard) entity {
		return entity{b.ID, []string{b.Title, b.Label}}
	})
}}

var contactKind = &kind{singular: "contact", plural: "contacts", operations: []string{"listContacts"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	params := &tapkey.ListContactsParams{Select: new("id,identifier,title,ipUserId")}
	return entities(c.AllContacts(ctx, c.ownerID, params), func(p tapkey.Contact) entity {
		return entity{p.ID, []string{p.Identifier, p.Title, p.IPUserID}}
	})
}}

var lockGroupKind = &kind{singular: "lock group", plural: "lock groups", operations: []string{"listLockGroups"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	params := &tapkey.ListLockGroupsParams{Select: new("id,title")}
	return entities(c.AllLockGroups(ctx, c.ownerID, params), func(g tapkey.LockGroup) entity {
		return entity{g.ID, []string{g.Title}}
	})
}}

// A grant has no name. Its guest and its lock describe it.
var grantKind = &kind{onlyIDs: true, singular: "grant", plural: "grants", operations: []string{"listGrants"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	return entities(c.AllGrants(ctx, c.ownerID, nil), func(g tapkey.Grant) entity {
		return entity{g.ID, []string{fmt.Sprint(grantedTo(g)) + ", " + fmt.Sprint(grantedLock(g))}}
	})
}}

var userKind = &kind{singular: "user", plural: "users", operations: []string{"listIdentityProviderUsers"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	return entities(c.AllIdentityProviderUsers(ctx, c.ownerID, c.providerID, nil), func(u tapkey.IdentityProviderUser) entity {
		return entity{u.ID, []string{u.IPUserID, u.Identifier}}
	})
}}

// A permission has the names of its contact.
var permissionKind = &kind{singular: "permission", plural: "permissions", operations: []string{"listPermissions", "listContacts"}, list: func(ctx context.Context, c *call) iter.Seq2[entity, error] {
	return func(yield func(entity, error) bool) {
		contacts, err := c.entities(ctx, contactKind)
		if err != nil {
			yield(entity{}, err)
			return
		}
		for p, err := range c.AllPermissions(ctx, c.ownerID) {
			if !yield(entity{p.ID, contacts[p.ContactID].names}, err) {
				return
			}
		}
	}
}}

// entities converts the items of a list.
func entities[T any](items iter.Seq2[T, error], convert func(T) entity) iter.Seq2[entity, error] {
	return func(yield func(entity, error) bool) {
		for item, err := range items {
			if !yield(convert(item), err) {
				return
			}
		}
	}
}
