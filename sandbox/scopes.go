package sandbox

import (
	"slices"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Scopes that belong to no operation. Documented: offline_access. Inferred: the scopes of
// OpenID Connect, which no program of Tapkey requests.
const (
	scopeOffline = "offline_access"
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
)

// allScopes returns the scopes of all operations.
func allScopes() []string {
	var scopes []string
	for _, op := range tapkey.Operations() {
		scopes = append(scopes, op.Scopes...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// allUserScopes returns the scopes that a person can grant.
func allUserScopes() []string {
	return append(allScopes(), scopeOffline, scopeOpenID, scopeProfile, scopeEmail)
}

// apiScopes returns the scopes of operations that the client may request.
func (c Client) apiScopes() []string {
	if c.Scopes == nil {
		return allScopes()
	}
	all := allScopes()
	return slices.DeleteFunc(slices.Clone(c.Scopes), func(scope string) bool { return !slices.Contains(all, scope) })
}

// userScopes returns the scopes that the client may request from a person.
func (c Client) userScopes() []string {
	if c.Scopes == nil {
		return allUserScopes()
	}
	return c.Scopes
}

// describeScope returns what the consent page says about a scope: for the scopes of
// operations, their description in the contract.
func describeScope(scope string) string {
	switch scope {
	case "read:core:entities":
		return "See locks, lock groups, NFC transponders and contacts"
	case "write:core:entities":
		return "Manage locks, NFC transponders and contacts"
	case "read:grants":
		return "See grants"
	case "write:grants":
		return "Create and revoke grants"
	case "read:ip:users":
		return "See the users of identity providers"
	case "write:ip:users":
		return "Manage the users of identity providers"
	case "read:logs":
		return "Read the logs of locks"
	case "read:owneraccount:permissions":
		return "See the administrators of owner accounts"
	case "write:owneraccount:permissions":
		return "Add and remove administrators of owner accounts"
	case "read:owneraccounts":
		return "See owner accounts"
	case "write:owneraccounts":
		return "Create and change owner accounts"
	case scopeOffline:
		return "Keep this access while you are away"
	case scopeOpenID:
		return "Know who you are"
	case scopeProfile:
		return "See your name"
	case scopeEmail:
		return "See your e-mail address"
	}
	return scope
}
