package sandbox

import (
	"cmp"
	"context"
	"net/http"
	"time"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// Known states of a grant. The name of the state during a revocation is not documented.
// Reported: Expired.
const (
	stateOk      = "Ok"
	stateRevoked = "Revoked"
	stateExpired = "Expired" // not stored, because it depends on the time
)

// grant is a grant as stored. Nested objects and fields that depend on the time are not
// set.
type grant struct {
	server.Grant
	deleteOnSync bool // deleted at the next card sync
}

func (g grant) revoked() bool { return *g.State == stateRevoked }

// The following functions return the keys of grants.

// receiverKey is the key of the grants of a contact or a card.
func receiverKey(id string) string { return keyOf("receiver", &id) }

// memberKey is the key of the grants for a lock that are not revoked.
func memberKey(lockID string) string { return keyOf("member", &lockID) }

// sameKey is the key of the grants for a lock and a receiver that are not revoked.
func sameKey(lockID, receiverID string) string { return keyOf("same", &lockID, &receiverID) }

// syncKey is the key of the grants that are deleted at the next card sync.
const syncKey = "sync"

func grantKeys(g grant) []string {
	receiverID := g.ContactID
	if receiverID == nil {
		receiverID = g.BoundCardID
	}
	keys := []string{receiverKey(*receiverID)}
	if !g.revoked() {
		keys = append(keys, memberKey(*g.BoundLockID), sameKey(*g.BoundLockID, *receiverID))
	}
	if g.deleteOnSync {
		keys = append(keys, syncKey)
	}
	return keys
}

// addGrant adds a grant with the given limits.
func (a *account) addGrant(lockID, contactID, cardID string, limits server.GrantUpdate) grant {
	g := grant{Grant: server.Grant{
		ID:          newID(prefixGrant, a.index, a.grants.added),
		State:       new(stateOk),
		BoundLockID: &lockID,
	}}
	g.limit(limits)
	if contactID != "" {
		g.ContactID = &contactID
	} else {
		g.BoundCardID = &cardID
	}
	a.grants.add(g.ID, g)
	return g
}

// limit sets the limits of a grant. A limit that is nil is not changed.
func (g *grant) limit(to server.GrantUpdate) {
	if to.ValidFrom != nil {
		g.ValidFrom = (*server.Timestamp)(to.ValidFrom)
	}
	if to.ValidBefore != nil {
		g.ValidBefore = (*server.Timestamp)(to.ValidBefore)
	}
	if to.TimeRestrictionIcal != nil {
		g.TimeRestrictionIcal = to.TimeRestrictionIcal
	}
}

// checkLimits checks the limits of a request, except for the order of the times.
func checkLimits(limits server.GrantUpdate) error {
	if !writable(limits.ValidFrom) || !writable(limits.ValidBefore) {
		return badRequest("validFrom or validBefore is after the year 9999")
	}
	return checkRestriction(limits.TimeRestrictionIcal)
}

// view returns a grant as the API shows it, with its lock, contact and card.
// Reported: the fields of the lock, and that a grant whose validity has ended is Expired and
// not active. Inferred: that active is false once the grant is revoked, and that owner is
// null, as in all documented responses.
func (s service) view(a *account, g grant) server.Grant {
	v := g.Grant
	if !g.revoked() && v.ValidBefore != nil && !s.clock.now().Before(time.Time(*v.ValidBefore)) {
		v.State = new(stateExpired)
	}
	v.Active = new(*v.State == stateOk)
	if lock, ok := a.locks.get(*v.BoundLockID); ok {
		v.BoundLock = &server.BoundLock{
			ID: lock.ID, TargetType: lock.TargetType, PhysicalLockID: lock.PhysicalLockID, Title: lock.Title, Description: lock.Description,
		}
	}
	if v.ContactID != nil {
		if contact, ok := a.contacts.get(*v.ContactID); ok {
			v.Contact = &contact
		}
	}
	if v.BoundCardID != nil {
		if card, ok := a.cards.get(*v.BoundCardID); ok {
			v.BoundCard = new(a.viewCard(card))
		}
	}
	return v
}

// listGrants returns the grants with a key, as the API shows them.
func (s service) listGrants(a *account, key string) list[server.Grant] {
	return listOf(a, &a.grants, key, func(g grant) server.Grant { return s.view(a, g) })
}

func (s service) ListGrants(ctx context.Context, _ server.ListGrantsRequestObject) (server.ListGrantsResponseObject, error) {
	return s.listGrants(accountOf(ctx), everything), nil
}

// CreateGrant creates a grant for a contact, given by id or inline, or for a card.
// Reported: that a second grant for the same lock and receiver is refused, whatever its
// validity, and the code Duplicate. Inferred: that a revoked grant does not count; the
// status 409, next to which 400 is reported; that a contact given inline is created if it
// does not exist; that a reference to an unknown item is a bad request.
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
		return nil, badRequest("exactly one of contactId, contact and boundCardId is required, not %d", receivers)
	case body.ValidFrom != nil && body.ValidBefore != nil && !body.ValidFrom.Before(*body.ValidBefore):
		return nil, badRequest("validFrom is not before validBefore")
	}
	limits := server.GrantUpdate{ValidFrom: body.ValidFrom, ValidBefore: body.ValidBefore, TimeRestrictionIcal: body.TimeRestrictionIcal}
	if err := checkLimits(limits); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.locks.get(body.BoundLockID); !ok {
		return nil, badRequest("boundLockId: unknown lock %q", body.BoundLockID)
	}
	contactID, cardID, err := a.receiver(*body)
	if err != nil {
		return nil, err
	}
	if a.grants.count(sameKey(body.BoundLockID, cmp.Or(contactID, cardID))) > 0 {
		return nil, duplicate("only one grant is allowed per lock and contact or card")
	}
	g := a.addGrant(body.BoundLockID, contactID, cardID, limits)
	return server.CreateGrant200JSONResponse(s.view(a, g)), nil
}

// UpdateGrant changes the limits of a grant. Inferred: that fields that are missing keep their
// values, that null removes a limit, that a revoked grant cannot be changed and an expired one
// can, and the response.
func (s service) UpdateGrant(ctx context.Context, r server.UpdateGrantRequestObject) (server.UpdateGrantResponseObject, error) {
	if err := checkLimits(*r.Body); err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok := a.grants.get(r.GrantID)
	switch {
	case !ok:
		return nil, notFound("unknown grant %q", r.GrantID)
	case g.revoked():
		return nil, fail(http.StatusConflict, "Conflict", "the grant is revoked")
	}
	g.limit(*r.Body)
	if isNull(ctx, "validFrom") {
		g.ValidFrom = nil
	}
	if isNull(ctx, "validBefore") {
		g.ValidBefore = nil
	}
	if isNull(ctx, "timeRestrictionIcal") {
		g.TimeRestrictionIcal = nil
	}
	if g.ValidFrom != nil && g.ValidBefore != nil && !time.Time(*g.ValidFrom).Before(time.Time(*g.ValidBefore)) {
		return nil, badRequest("validFrom is not before validBefore")
	}
	a.grants.set(g.ID, g)
	return server.UpdateGrant200JSONResponse(s.view(a, g)), nil
}

// receiver returns the id of the contact or the card that a new grant is for.
func (a *account) receiver(body server.GrantCreate) (contactID, cardID string, err error) {
	switch {
	case body.BoundCardID != nil:
		if _, ok := a.cards.get(*body.BoundCardID); !ok {
			return "", "", badRequest("boundCardId: unknown card %q", *body.BoundCardID)
		}
		return "", *body.BoundCardID, nil
	case body.ContactID != nil:
		contact, ok := a.contacts.get(*body.ContactID)
		if !ok {
			return "", "", badRequest("contactId: unknown contact %q", *body.ContactID)
		}
		if body.IPID != nil && !same(body.IPID, contact.IPID) {
			return "", "", badRequest("ipId: the contact does not belong to identity provider %q", *body.IPID)
		}
		return contact.ID, "", nil
	}
	contact, err := newContact(server.ContactCreate{Identifier: &body.Contact.Identifier})
	if err != nil {
		return "", "", err
	}
	if known, ok := a.contacts.first(contactKey(contact)); ok {
		return known.ID, "", nil
	}
	return a.addContact(contact).ID, "", nil
}

// RevokeGrant starts the revocation of a grant. Inferred: that a dry run changes nothing,
// that a revoked grant cannot be revoked again, and that the response is an empty object.
func (s service) RevokeGrant(ctx context.Context, r server.RevokeGrantRequestObject) (server.RevokeGrantResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok := a.grants.get(r.GrantID)
	if !ok {
		return nil, notFound("unknown grant %q", r.GrantID)
	}
	if g.revoked() {
		return nil, fail(http.StatusConflict, "Conflict", "the grant is already revoked")
	}
	if r.Params.DryRun == nil || !*r.Params.DryRun {
		s.revoke(a, g)
	}
	return server.RevokeGrant200JSONResponse{}, nil
}

// revoke revokes a grant: it changes the grant's state and increments the number of the
// lock's revocation list, which the lock has not seen yet. Inferred: that the state changes
// at once.
func (s service) revoke(a *account, g grant) {
	g.State = new(stateRevoked)
	a.grants.set(g.ID, g)
	if lock, ok := a.locks.get(*g.BoundLockID); ok {
		lock.RclSerialNo = new(*lock.RclSerialNo + 1)
		lock.RclDate = s.clock.timestamp()
		a.locks.set(lock.ID, lock)
	}
}

// revokeAll revokes all grants of a contact or a card.
func (s service) revokeAll(a *account, receiverID string) {
	for _, g := range a.grants.with(receiverKey(receiverID)) {
		if !g.revoked() {
			s.revoke(a, g)
		}
	}
}

// DeleteGrantFromCard marks a grant of a card for deletion at the next card sync.
// Inferred: that other grants are refused, and the status 204.
func (s service) DeleteGrantFromCard(ctx context.Context, r server.DeleteGrantFromCardRequestObject) (server.DeleteGrantFromCardResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok := a.grants.get(r.GrantID)
	if !ok {
		return nil, notFound("unknown grant %q", r.GrantID)
	}
	if g.BoundCardID == nil {
		return nil, badRequest("the grant does not belong to a card")
	}
	g.deleteOnSync = true
	a.grants.set(g.ID, g)
	return server.DeleteGrantFromCard204Response{}, nil
}

// SyncCards simulates that every card is synchronized at a reader: it deletes the grants
// that are marked for deletion from their cards.
func (s *Server) SyncCards() {
	for _, a := range s.store.allCreated() {
		a.syncCards()
	}
}

func (a *account) syncCards() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range a.grants.with(syncKey) {
		a.grants.remove(g.ID)
	}
}

// writable reports whether the year of a time has at most four digits.
func writable(t *time.Time) bool {
	return t == nil || t.UTC().Year() >= 0 && t.UTC().Year() <= 9999
}
