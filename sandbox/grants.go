package sandbox

import (
	"context"
	"net/http"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// States of a grant. What it is called in between is not known.
const (
	stateOk      = "Ok"
	stateRevoked = "Revoked"
)

// grant is a grant as it is stored: without the things that are nested in it and
// without what depends on the time.
type grant struct {
	server.Grant
	deleteOnSync bool // at the next card sync
}

func (g grant) revoked() bool { return *g.State == stateRevoked }

func (g grant) ofCard(id string) bool    { return g.BoundCardID != nil && *g.BoundCardID == id }
func (g grant) ofContact(id string) bool { return g.ContactID != nil && *g.ContactID == id }
func (g grant) any(string) bool          { return true }

func (a *account) addGrant(lockID, contactID, cardID string, from, before *time.Time) grant {
	g := grant{Grant: server.Grant{
		ID:          newID(prefixGrant, a.index, a.grants.added),
		State:       new(stateOk),
		BoundLockID: &lockID,
		ValidFrom:   (*server.Timestamp)(from),
		ValidBefore: (*server.Timestamp)(before),
	}}
	if contactID != "" {
		g.ContactID = &contactID
	} else {
		g.BoundCardID = &cardID
	}
	a.grants.add(g.ID, g)
	return g
}

// view is a grant as the API shows it, with its lock, its contact and its card.
// Inferred: that active is false once the grant is revoked or its validity has ended,
// and that the owner is null, as it is everywhere in the documentation.
func (s service) view(a *account, g grant) server.Grant {
	v := g.Grant
	v.Active = new(!g.revoked() && (v.ValidBefore == nil || s.clock.now().Before(time.Time(*v.ValidBefore))))
	if lock, ok := a.locks.get(*v.BoundLockID); ok {
		v.BoundLock = &lock
	}
	if v.ContactID != nil {
		if contact, ok := a.contacts.get(*v.ContactID); ok {
			v.Contact = &contact
		}
	}
	if v.BoundCardID != nil {
		if card, ok := a.cards.get(*v.BoundCardID); ok {
			v.BoundCard = &card
		}
	}
	return v
}

// views are the grants that belong to a card or a contact, or any.
func (s service) views(a *account, of func(grant, string) bool, id string) []server.Grant {
	var views []server.Grant
	for _, g := range a.grants.items {
		if of(g, id) {
			views = append(views, s.view(a, g))
		}
	}
	return views
}

func (s service) ListGrants(ctx context.Context, _ server.ListGrantsRequestObject) (server.ListGrantsResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	return listOf(s.views(a, grant.any, "")), nil
}

// CreateGrant creates a grant for a contact, by its id or named inline, or for a card.
// Reported is that a second identical one is refused as a Duplicate. Inferred: that
// identical means the same lock, the same receiver and the same validity, revoked
// grants aside; that a contact named inline is created if it is not there; that things
// that are not there make the request a bad one.
func (s service) CreateGrant(ctx context.Context, r server.CreateGrantRequestObject) (server.CreateGrantResponseObject, error) {
	body := r.Body
	receivers := 0
	for _, given := range []bool{body.ContactID != nil, body.Contact != nil, body.BoundCardID != nil} {
		if given {
			receivers++
		}
	}
	switch {
	case receivers != 1:
		return nil, badRequest("one of contactId, contact and boundCardId is needed, not %d", receivers)
	case body.ValidFrom != nil && body.ValidBefore != nil && !body.ValidFrom.Before(*body.ValidBefore):
		return nil, badRequest("validFrom is not before validBefore")
	case !writable(body.ValidFrom) || !writable(body.ValidBefore):
		return nil, badRequest("validFrom or validBefore is beyond the year 9999")
	}
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.locks.get(body.BoundLockID); !ok {
		return nil, badRequest("boundLockId: there is no lock %q", body.BoundLockID)
	}
	contactID, cardID, err := a.receiver(*body)
	if err != nil {
		return nil, err
	}
	for _, g := range a.grants.items {
		if !g.revoked() && *g.BoundLockID == body.BoundLockID && (g.ofContact(contactID) || g.ofCard(cardID)) &&
			sameTime(g.ValidFrom, body.ValidFrom) && sameTime(g.ValidBefore, body.ValidBefore) {
			return nil, duplicate("the grant is there already")
		}
	}
	g := a.addGrant(body.BoundLockID, contactID, cardID, body.ValidFrom, body.ValidBefore)
	return server.CreateGrant200JSONResponse(s.view(a, g)), nil
}

// receiver finds who a new grant is for: a contact or a card.
func (a *account) receiver(body server.GrantCreate) (contactID, cardID string, err error) {
	switch {
	case body.BoundCardID != nil:
		if _, ok := a.cards.get(*body.BoundCardID); !ok {
			return "", "", badRequest("boundCardId: there is no card %q", *body.BoundCardID)
		}
		return "", *body.BoundCardID, nil
	case body.ContactID != nil:
		contact, ok := a.contacts.get(*body.ContactID)
		if !ok {
			return "", "", badRequest("contactId: there is no contact %q", *body.ContactID)
		}
		if body.IPID != nil && !same(body.IPID, contact.IPID) {
			return "", "", badRequest("ipId: the contact is not one of %q", *body.IPID)
		}
		return contact.ID, "", nil
	}
	contact, err := newContact(server.ContactCreate{Identifier: &body.Contact.Identifier})
	if err != nil {
		return "", "", err
	}
	if known, ok := a.findContact(contact); ok {
		return known.ID, "", nil
	}
	return a.addContact(contact).ID, "", nil
}

// RevokeGrant starts the revocation. Inferred: that a dry run changes nothing, that a
// revoked grant is not revoked again, and that the answer is an empty object.
func (s service) RevokeGrant(ctx context.Context, r server.RevokeGrantRequestObject) (server.RevokeGrantResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok := a.grants.get(r.GrantID)
	if !ok {
		return nil, notFound("there is no grant %q", r.GrantID)
	}
	if g.revoked() {
		return nil, fail(http.StatusConflict, "Conflict", "the grant is revoked already")
	}
	if r.Params.DryRun == nil || !*r.Params.DryRun {
		s.revoke(a, g)
	}
	return server.RevokeGrant200JSONResponse{}, nil
}

// revoke revokes a grant. It stays where it is, with another state; and the revocation
// list of the lock gets a new number, which the lock has yet to see. Inferred: that the
// state changes at once.
func (s service) revoke(a *account, g grant) {
	g.State = new(stateRevoked)
	a.grants.set(g.ID, g)
	if lock, ok := a.locks.get(*g.BoundLockID); ok {
		lock.RclSerialNo = new(*lock.RclSerialNo + 1)
		lock.RclDate = new(server.Timestamp(s.clock.now()))
		a.locks.set(lock.ID, lock)
	}
}

func (s service) revokeAll(a *account, of func(grant, string) bool, id string) {
	for _, g := range a.grants.items {
		if of(g, id) && !g.revoked() {
			s.revoke(a, g)
		}
	}
}

// DeleteGrantFromCard marks a grant of a card, which goes away with the next card sync.
// Inferred: that other grants are refused, and that it answers 204.
func (s service) DeleteGrantFromCard(ctx context.Context, r server.DeleteGrantFromCardRequestObject) (server.DeleteGrantFromCardResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok := a.grants.get(r.GrantID)
	if !ok {
		return nil, notFound("there is no grant %q", r.GrantID)
	}
	if g.BoundCardID == nil {
		return nil, badRequest("the grant is not one of a card")
	}
	g.deleteOnSync = true
	a.grants.set(g.ID, g)
	return server.DeleteGrantFromCard204Response{}, nil
}

// SyncCards does what happens when every card is held to a reader: grants that were to
// be deleted from their cards are gone.
func (s *Server) SyncCards() {
	for _, a := range s.store.made() {
		a.mu.Lock()
		for _, g := range a.grants.snapshot() {
			if g.deleteOnSync {
				a.grants.remove(g.ID)
			}
		}
		a.mu.Unlock()
	}
}

func sameTime(a *server.Timestamp, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && time.Time(*a).Equal(*b)
}

// writable reports whether a time can be written with four digits for the year.
func writable(t *time.Time) bool {
	return t == nil || t.UTC().Year() >= 0 && t.UTC().Year() <= 9999
}
