package sandbox

import (
	"net/http"
	"strconv"
	"strings"
)

// Paths of the identity server. Documented: those of the token and the authorization
// endpoint, and that there is discovery. Inferred: the others, which are the paths of
// IdentityServer.
const (
	tokenPath      = "/connect/token"
	authorizePath  = "/connect/authorize"
	revocationPath = "/connect/revocation"
	userinfoPath   = "/connect/userinfo"
	endSessionPath = "/connect/endsession"
	loginPath      = "/account/login"
	logoutPath     = "/account/logout"
	consentPath    = "/consent"
	discoveryPath  = "/.well-known/openid-configuration"
	keysPath       = "/.well-known/openid-configuration/jwks"
)

// Names of the endpoints of the identity server. They stand where an operation id is
// expected: in [Request.Operation], in [Fault.Operation] and in the counters.
const (
	tokenOperation      = "token"
	authorizeOperation  = "authorize"
	loginOperation      = "login"
	consentOperation    = "consent"
	logoutOperation     = "logout"
	revocationOperation = "revocation"
	userinfoOperation   = "userinfo"
	endSessionOperation = "endsession"
	discoveryOperation  = "discovery"
	keysOperation       = "jwks"
)

// isIdentityOperation reports whether a name is that of an endpoint of the identity server.
func isIdentityOperation(name string) bool {
	switch name {
	case tokenOperation, authorizeOperation, loginOperation, consentOperation, logoutOperation,
		revocationOperation, userinfoOperation, endSessionOperation, discoveryOperation, keysOperation:
		return true
	}
	return false
}

// identity is the identity server. People sign in there, and clients get tokens.
type identity struct {
	origin  func(*http.Request) string // scheme, host and port, the issuer of tokens
	clients map[string]*Client
	secrets secrets
	people  people
	store   *store
	clock   *clock
	tokens  *tokens
	pages   *pages

	autoConsent   bool
	rotateRefresh bool

	codes         tickets[code]
	refreshTokens tickets[refreshToken]
	sessions      tickets[session]
	forms         formKey
	cookies       cookies
}

func (s *Server) newIdentity(clients map[string]*Client, people people) *identity {
	port := strconv.Itoa(int(s.gate.addr.Port()))
	return &identity{
		origin:        s.originFor,
		clients:       clients,
		secrets:       s.secrets,
		people:        people,
		store:         s.store,
		clock:         s.clock,
		tokens:        newTokens(s.config.tokenLifetime, clients, s.clock),
		pages:         newPages(),
		autoConsent:   s.config.autoConsent,
		rotateRefresh: s.config.rotateRefresh,
		forms:         newFormKey(),
		cookies:       cookies{"sandbox-session-" + port, "sandbox-form-" + port, s.config.tls},
	}
}

// endpoint returns the name of the endpoint at a path, and its handler.
func (s *identity) endpoint(path string) (string, http.HandlerFunc) {
	switch strings.ToLower(strings.TrimSuffix(path, "/")) {
	case tokenPath:
		return tokenOperation, s.serveToken
	case authorizePath:
		return authorizeOperation, s.serveAuthorize
	case loginPath:
		return loginOperation, s.serveLogin
	case consentPath:
		return consentOperation, s.serveConsent
	case revocationPath:
		return revocationOperation, s.serveRevocation
	case userinfoPath:
		return userinfoOperation, s.serveUserinfo
	case endSessionPath:
		return endSessionOperation, s.serveEndSession
	case logoutPath:
		return logoutOperation, s.serveLogout
	case discoveryPath:
		return discoveryOperation, s.serveDiscovery
	case keysPath:
		return keysOperation, s.serveKeys
	}
	return "", nil
}

// principal returns the user that acts with a token, and whether that is a person rather
// than a service account. A user who is not registered with the identity provider is zero
// and has no rights.
func (s *identity) principal(t *token) (user principal, person bool) {
	switch t.user.provider {
	case "":
		return t.client.principal(), false
	case nativeProvider:
		return principal{nativeProvider, s.people.byID[t.user.id]}, true
	}
	if !s.store.isRegistered(t.user) {
		return principal{}, false
	}
	return principal{t.user.provider, t.user.id}, true
}

// authorization is what a user has granted to a client. The code, the refresh tokens and
// the access tokens that are issued for it can be revoked together.
type authorization struct {
	id       int64
	client   string
	user     subject
	scopes   []string
	signedIn int64  // time at which the person signed in, in Unix seconds
	nonce    string // of OpenID Connect
}

// subject identifies a user in a token. It is zero for client credentials.
type subject struct {
	id       string // of the person, or of the user at the identity provider
	provider string // nativeProvider or the id of an identity provider
}
