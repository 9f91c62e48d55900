package main

import (
	"cmp"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// What a table shows of each kind of entity. Everything else is in its JSON.

var ownerColumns = []column[tapkey.OwnerAccount]{
	{"ID", "id", func(o tapkey.OwnerAccount) any { return o.ID }},
	{"NAME", "name", func(o tapkey.OwnerAccount) any { return o.Name }},
	{"ACTIVE", "active", func(o tapkey.OwnerAccount) any { return o.Active }},
}

var permissionColumns = []column[tapkey.Permission]{
	{"ID", "id", func(p tapkey.Permission) any { return p.ID }},
	{"CONTACT", "contactId", func(p tapkey.Permission) any { return p.ContactID }},
	{"ROLE", "role", func(p tapkey.Permission) any { return p.Role }},
}

var lockColumns = []column[tapkey.BoundLock]{
	{"ID", "id", func(l tapkey.BoundLock) any { return l.ID }},
	{"TITLE", "title", func(l tapkey.BoundLock) any { return l.Title }},
	{"SERIAL NUMBER", "physicalLockId", func(l tapkey.BoundLock) any { return serialNumber(l.PhysicalLockID) }},
	{"ACTIVE", "active", func(l tapkey.BoundLock) any { return l.Active }},
	{"BOUND", "bindDate", func(l tapkey.BoundLock) any { return l.BindDate }},
}

var cardColumns = []column[tapkey.BoundCard]{
	{"ID", "id", func(c tapkey.BoundCard) any { return c.ID }},
	{"TITLE", "title", func(c tapkey.BoundCard) any { return c.Title }},
	{"LABEL", "label", func(c tapkey.BoundCard) any { return c.Label }},
	{"ACTIVE", "isActive", func(c tapkey.BoundCard) any { return c.IsActive }},
	{"BOUND", "bindDate", func(c tapkey.BoundCard) any { return c.BindDate }},
}

var contactColumns = []column[tapkey.Contact]{
	{"ID", "id", func(c tapkey.Contact) any { return c.ID }},
	{"IDENTIFIER", "identifier", func(c tapkey.Contact) any { return c.Identifier }},
	{"TITLE", "title", func(c tapkey.Contact) any { return c.Title }},
	{"PROVIDER", "ipId", func(c tapkey.Contact) any { return c.IPID }},
	{"PROVIDER'S ID", "ipUserId", func(c tapkey.Contact) any { return c.IPUserID }},
}

var grantColumns = []column[tapkey.Grant]{
	{"ID", "id", func(g tapkey.Grant) any { return g.ID }},
	{"STATE", "state", func(g tapkey.Grant) any { return g.State }},
	{"LOCK", "", grantedLock},
	{"FOR", "", grantedTo},
	{"FROM", "validFrom", func(g tapkey.Grant) any { return g.ValidFrom }},
	{"UNTIL", "validBefore", func(g tapkey.Grant) any { return g.ValidBefore }},
}

func grantedLock(g tapkey.Grant) any {
	if g.BoundLock != nil && g.BoundLock.Title != "" {
		return g.BoundLock.Title
	}
	return g.BoundLockID
}

func grantedTo(g tapkey.Grant) any {
	switch {
	case g.Contact != nil:
		return cmp.Or(g.Contact.Identifier, g.Contact.IPUserID, g.ContactID)
	case g.BoundCard != nil:
		return cmp.Or(g.BoundCard.Title, g.BoundCardID)
	}
	return cmp.Or(g.ContactID, g.BoundCardID)
}

var groupColumns = []column[tapkey.LockGroup]{
	{"ID", "id", func(g tapkey.LockGroup) any { return g.ID }},
	{"TITLE", "title", func(g tapkey.LockGroup) any { return g.Title }},
	{"DESCRIPTION", "description", func(g tapkey.LockGroup) any { return g.Description }},
	{"ACTIVE", "active", func(g tapkey.LockGroup) any { return g.Active }},
}

var logColumns = []column[tapkey.LogEntry]{
	{"ID", "id", func(e tapkey.LogEntry) any { return e.ID }},
	{"LOCK TIME", "lockTimestamp", func(e tapkey.LogEntry) any { return e.LockTimestamp }},
	{"LOCK", "boundLockId", func(e tapkey.LogEntry) any { return e.BoundLockID }},
	{"ENTRY", "entryNo", func(e tapkey.LogEntry) any { return e.EntryNo }},
	{"COMMAND", "command", func(e tapkey.LogEntry) any { return cmp.Or(string(e.Command), string(e.LogType)) }},
	{"CONTACT OR CARD", "", func(e tapkey.LogEntry) any { return cmp.Or(e.ContactID, e.BoundCardID) }},
}

var userColumns = []column[tapkey.IdentityProviderUser]{
	{"ID", "id", func(u tapkey.IdentityProviderUser) any { return u.ID }},
	{"PROVIDER'S ID", "ipUserId", func(u tapkey.IdentityProviderUser) any { return u.IPUserID }},
	{"IDENTIFIER", "identifier", func(u tapkey.IdentityProviderUser) any { return u.Identifier }},
	{"STATUS", "status", func(u tapkey.IdentityProviderUser) any { return u.Status }},
}
