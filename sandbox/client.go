package sandbox

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Roles of an administrator, as the API spells them.
const (
	roleOwner = "Owner"
	roleAdmin = "Admin"
)

// Client is a client application. Its fields decide which grant types it may use: client
// credentials, unless NoClientCredentials or Public is set; authorization codes and refresh
// tokens, if it has redirect URIs; and token exchange.
//
// With client credentials, a client acts through a service account, which is a contact like any other. It has
// access to the owner accounts in which that contact has a permission. A new client has
// access to none. With the other grant types it acts for a user, with the user's rights.
type Client struct {
	ID     string // client_id
	Secret string `json:"-" xml:"-"` // client_secret

	// Scopes are the scopes that the client may request, including offline_access, which
	// it needs for refresh tokens. Nil means all scopes.
	Scopes []string

	// Owns and Administers list the owner accounts, by name or id, in which the
	// service account initially has the role Owner or Admin. Only the role Owner may
	// change permissions.
	Owns, Administers []string

	// NoClientCredentials means that the client is registered for another grant type
	// and may not use client credentials.
	NoClientCredentials bool

	// Public means that the client has no secret. It must use PKCE and may not use client
	// credentials.
	Public bool

	// RequirePKCE means that the client must use PKCE although it has a secret.
	RequirePKCE bool

	// TokenExchange means that the client may exchange JWTs of identity providers for
	// access tokens, see [WithProvider].
	TokenExchange bool

	// RedirectURIs are the URIs that a browser may return to after a person has signed
	// in. They are compared exactly, including the port.
	RedirectURIs []string

	// PostLogoutURIs are the URIs that a browser may return to after a person has signed
	// out.
	PostLogoutURIs []string
}

// ServiceAccount returns the e-mail address of the client's service account. To give the
// client access to an owner account, create a contact with this identifier and a
// permission for that contact.
func (c Client) ServiceAccount() string { return c.ID + serviceAccountSuffix }

const serviceAccountSuffix = "@service.sandbox.invalid"

// defaultClients returns the default client, a public client, and a confidential client for
// people.
func defaultClients(redirectURIs []string) []Client {
	// The redirect URIs of a sample of Tapkey that signs in from the command line.
	loopback := append([]string{"http://127.0.0.1:8111/authorize/", "http://localhost:8111/authorize/"}, redirectURIs...)
	return []Client{
		{ID: "tapkey-sandbox", Secret: "sandbox-secret"},
		{ID: "tapkey-sandbox-app", Public: true, RedirectURIs: loopback, PostLogoutURIs: loopback},
		{ID: "tapkey-sandbox-web", Secret: "sandbox-web-secret", NoClientCredentials: true, RedirectURIs: loopback, PostLogoutURIs: loopback},
	}
}

// WithRedirectURI registers another redirect URI for the clients of [Server.PublicClient]
// and [Server.WebClient].
func WithRedirectURI(uri string) Option {
	return func(c *config) { c.redirectURIs = append(c.redirectURIs, uri) }
}

// PublicClient returns the default public client. A person signs in with it, by PKCE and
// the redirect URI http://127.0.0.1:8111/authorize/ or the same with localhost.
func (s *Server) PublicClient() Client { return s.registered(1) }

// WebClient returns the default confidential client with which a person signs in. It has
// the redirect URIs of [Server.PublicClient] and does not need PKCE.
func (s *Server) WebClient() Client { return s.registered(2) }

// registered returns client n with its secret.
func (s *Server) registered(n int) Client {
	client := s.config.clients[n]
	client.Secret = s.secrets(client.ID)
	return client
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
		switch {
		case c.ID == "" || c.Secret == "" && !c.Public:
			return nil, fmt.Errorf("sandbox: client %q: id or secret is missing", c.ID)
		case c.Secret != "" && c.Public:
			return nil, fmt.Errorf("sandbox: client %q: a public client has no secret", c.ID)
		}
		if byID[c.ID] != nil {
			return nil, fmt.Errorf("sandbox: client %q is registered twice", c.ID)
		}
		for _, scope := range c.Scopes {
			if !slices.Contains(allUserScopes(), scope) {
				return nil, fmt.Errorf("sandbox: client %q: unknown scope %q", c.ID, scope)
			}
		}
		for _, uri := range slices.Concat(c.RedirectURIs, c.PostLogoutURIs) {
			if err := checkRedirectURI(uri); err != nil {
				return nil, fmt.Errorf("sandbox: client %q: redirect URI %q: %w", c.ID, uri, err)
			}
		}
		byID[c.ID] = &c
	}
	return byID, nil
}

// checkRedirectURI refuses URIs that a browser must not be sent to.
func checkRedirectURI(uri string) error {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return errors.New("not a URI")
	case strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\;,`", r) }):
		return errors.New("contains characters that must be percent-encoded")
	case strings.Contains(uri, "#"):
		return errors.New("has a fragment")
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Hostname() == "" || u.User != nil {
			return errors.New("has no host, or a user")
		}
		return nil
	case !strings.ContainsAny(u.Scheme, "."):
		// A scheme of an application contains a dot, see RFC 8252, section 7.1. This
		// excludes javascript and data.
		return errors.New("the scheme is neither http nor https and contains no dot")
	}
	return nil
}
