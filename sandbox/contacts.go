package sandbox

import (
	"context"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// nativeProvider is the identity provider of native Tapkey users.
const nativeProvider = "tapkey"

// addContact adds a contact and sets the fields that follow from the others.
func (a *account) addContact(contact server.Contact) server.Contact {
	contact.ID = newID(prefixContact, a.index, a.contacts.added)
	contact.OwnerID = &a.id
	contact.Email = contact.Identifier // deprecated name of the same value
	contact.IsActive = new(true)
	a.contacts.add(contact.ID, contact)
	return contact
}

func (s service) ListContacts(ctx context.Context, _ server.ListContactsRequestObject) (server.ListContactsResponseObject, error) {
	a := accountOf(ctx)
	return listOf(a, &a.contacts, everything, asStored), nil
}

func (s service) GetContact(ctx context.Context, r server.GetContactRequestObject) (server.GetContactResponseObject, error) {
	a := accountOf(ctx)
	a.mu.RLock()
	defer a.mu.RUnlock()
	contact, err := a.contact(r.ContactID)
	if err != nil {
		return nil, err
	}
	return server.GetContact200JSONResponse(contact), nil
}

// CreateContact creates a contact for a native user, by identifier or by its deprecated
// name email, or for a user of an identity provider. Documented: that email excludes the
// others. Inferred: that identifier excludes ipUserId, that a user has at most one contact,
// and that identity provider and user need not exist.
func (s service) CreateContact(ctx context.Context, r server.CreateContactRequestObject) (server.CreateContactResponseObject, error) {
	contact, err := newContact(*r.Body)
	if err != nil {
		return nil, err
	}
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.contacts.first(contactKey(contact)); ok {
		return nil, duplicate("the contact already exists")
	}
	return server.CreateContact200JSONResponse(a.addContact(contact)), nil
}

// newContact returns the contact that a request body describes.
func newContact(body server.ContactCreate) (server.Contact, error) {
	contact := server.Contact{
		Identifier: body.Identifier,
		IPID:       body.IPID,
		IPUserID:   body.IPUserID,
		Title:      body.Title,
		Comment:    body.Comment,
	}
	if body.Email != nil {
		if body.Identifier != nil || body.IPID != nil || body.IPUserID != nil {
			return contact, badRequest("email excludes identifier, ipId and ipUserId")
		}
		contact.Identifier = body.Email
	}
	if contact.IPID == nil && contact.IPUserID == nil {
		contact.IPID = new(nativeProvider)
	}
	switch {
	case contact.Identifier != nil && contact.IPUserID != nil:
		return contact, badRequest("identifier excludes ipUserId")
	case contact.IPID == nil:
		return contact, badRequest("ipUserId requires ipId")
	case *contact.IPID == nativeProvider && (contact.Identifier == nil || *contact.Identifier == ""):
		return contact, badRequest("identifier is missing")
	case *contact.IPID != nativeProvider && (contact.IPUserID == nil || *contact.IPUserID == ""):
		return contact, badRequest("ipUserId is missing")
	}
	return contact, nil
}

// UpdateContact changes title and comment. Null removes the title (inferred). It returns the contact, as in Tapkey's newer
// documentation.
func (s service) UpdateContact(ctx context.Context, r server.UpdateContactRequestObject) (server.UpdateContactResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	contact, err := a.contact(r.ContactID)
	if err != nil {
		return nil, err
	}
	if r.Body.Title != nil || isNull(ctx, "title") {
		contact.Title = r.Body.Title
	}
	if r.Body.Comment != nil {
		contact.Comment = r.Body.Comment
	}
	a.contacts.set(contact.ID, contact)
	return server.UpdateContact200JSONResponse(contact), nil
}

// RevokeContactGrants revokes all grants of a contact. Inferred: the status 204.
func (s service) RevokeContactGrants(ctx context.Context, r server.RevokeContactGrantsRequestObject) (server.RevokeContactGrantsResponseObject, error) {
	a := accountOf(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.contact(r.ContactID); err != nil {
		return nil, err
	}
	s.revokeAll(a, r.ContactID)
	return server.RevokeContactGrants204Response{}, nil
}

// contact returns the contact with an id, or a 404 failure.
func (a *account) contact(id string) (server.Contact, error) {
	contact, ok := a.contacts.get(id)
	if !ok {
		return contact, notFound("unknown contact %q", id)
	}
	return contact, nil
}

// contactKey returns the key of the contacts of the same user.
func contactKey(contact server.Contact) string {
	return keyOf("user", contact.IPID, contact.Identifier, contact.IPUserID)
}

func contactKeys(contact server.Contact) []string { return []string{contactKey(contact)} }

// same reports whether two optional values are equal.
func same[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
