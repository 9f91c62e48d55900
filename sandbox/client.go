package sandbox

import (
	"fmt"
	"slices"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Roles of an administrator, as the API spells them.
const (
	roleOwner = "Owner"
	roleAdmin = "Admin"
)

// Client is a client application that can get tokens with client credentials.
//
// A client acts through a service account, which is a contact like any other. It has
// access to the owner accounts in which that contact has a permission. A new client has
// access to none.
type Client struct {
	ID     string // client_id
	Secret string `json:"-" xml:"-"` // client_secret

	// Scopes are the scopes that the client may request. Nil means all scopes.
	Scopes []string

	// Owns and Administers list the owner accounts, by name or id, in which the
	// service account initially has the role Owner or Admin. Only the role Owner may
	// change permissions.
	Owns, Administers []string

	// NoClientCredentials means that the client is registered for another grant type
	// and may not use client credentials.
	NoClientCredentials bool
}

// ServiceAccount returns the e-mail address of the client's service account. To give the
// client access to an owner account, create a contact with this identifier and a
// permission for that contact.
func (c Client) ServiceAccount() string { return c.ID + "@service.sandbox.invalid" }

// allowed returns the scopes that the client may request.
func (c Client) allowed() []string {
	if c.Scopes == nil {
		return allScopes()
	}
	return c.Scopes
}

func defaultClient() Client { return Client{ID: "tapkey-sandbox", Secret: "sandbox-secret"} }

// allScopes returns the scopes of all operations.
func allScopes() []string {
	var scopes []string
	for _, op := range tapkey.Operations() {
		scopes = append(scopes, op.Scopes...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// operations returns the ids of all operations.
func operations() []string {
	var ids []string
	for _, op := range tapkey.Operations() {
		ids = append(ids, op.ID)
	}
	return ids
}

// indexClients checks the clients and returns them by id.
func indexClients(clients []Client) (map[string]*Client, error) {
	byID := make(map[string]*Client, len(clients))
	for _, c := range clients {
		if c.ID == "" || c.Secret == "" {
			return nil, fmt.Errorf("sandbox: client %q: id or secret is missing", c.ID)
		}
		if byID[c.ID] != nil {
			return nil, fmt.Errorf("sandbox: client %q is registered twice", c.ID)
		}
		for _, scope := range c.Scopes {
			if !slices.Contains(allScopes(), scope) {
				return nil, fmt.Errorf("sandbox: client %q: unknown scope %q", c.ID, scope)
			}
		}
		byID[c.ID] = &c
	}
	return byID, nil
}
