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

// Client is a client application that may get tokens by client credentials.
//
// It acts through a service account, which is a contact like any other: it reaches the
// owner accounts in which that contact has a permission. A new one reaches none.
type Client struct {
	ID     string // client_id
	Secret string // client_secret

	// Scopes are those the client may ask for. Nil stands for all.
	Scopes []string

	// Owns and Administers name the owner accounts, by name or id, in which the
	// service account has the role Owner or Admin from the start. Only the role Owner
	// may change permissions.
	Owns, Administers []string

	// NoClientCredentials is a client that was registered for another grant type, and
	// may not use client credentials.
	NoClientCredentials bool
}

// ServiceAccount is the e-mail address of the client's service account. An owner
// account is opened to the client by a contact with this identifier and a permission
// for that contact.
func (c Client) ServiceAccount() string { return c.ID + "@service.sandbox.invalid" }

func (c Client) allowed() []string {
	if c.Scopes == nil {
		return allScopes()
	}
	return c.Scopes
}

func defaultClient() Client { return Client{ID: "tapkey-sandbox", Secret: "sandbox-secret"} }

// allScopes are the scopes that the operations need.
func allScopes() []string {
	var scopes []string
	for _, op := range tapkey.Operations() {
		scopes = append(scopes, op.Scopes...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

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
			return nil, fmt.Errorf("sandbox: client %q needs an id and a secret", c.ID)
		}
		if byID[c.ID] != nil {
			return nil, fmt.Errorf("sandbox: client %q is there twice", c.ID)
		}
		for _, scope := range c.Scopes {
			if !slices.Contains(allScopes(), scope) {
				return nil, fmt.Errorf("sandbox: client %q: there is no scope %q", c.ID, scope)
			}
		}
		byID[c.ID] = &c
	}
	return byID, nil
}
