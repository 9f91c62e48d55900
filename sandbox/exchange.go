package sandbox

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Provider is the registration of an owner account's identity provider for token exchange,
// see [WithProvider].
type Provider struct {
	Owner string // owner account that holds the identity provider, by name or id

	// ID is the id of the identity provider, which clients send as provider. The default
	// is the id that the owner account's identity provider has without registration.
	ID string

	Issuer   string         // value of the claim iss
	Audience string         // value of the claim aud
	Key      *rsa.PublicKey // key that verifies the JWTs, of 2048 to 4096 bits
}

// WithProvider registers an identity provider. Clients with [Client.TokenExchange] exchange
// its JWTs for access tokens. A token acts for the user that is named in the claim sub, if
// that user is registered with the identity provider. If not, the token has no rights.
func WithProvider(provider Provider) Option {
	return func(c *config) { c.providers = append(c.providers, provider) }
}

// providerID returns the id that is registered for the identity provider of an owner
// account, or "".
func (c config) providerID(index int, name string) string {
	for _, p := range c.providers {
		if p.Owner == name || p.Owner == newID(prefixOwner, index, 0) {
			return p.ID
		}
	}
	return ""
}

// Documented: the limits of keys. Inferred: the maximum lifetime of a JWT, of which Tapkey's
// documentation says that there is one and that an hour is typical.
const (
	minKeyBits     = 2048
	maxKeyBits     = 4096
	maxJWTLifetime = time.Hour
)

// exchangeClientID is the claim with the id of the client that may exchange a JWT.
const exchangeClientID = "http://tapkey.net/oauth/token_exchange/client_id"

// check returns an error if the provider is invalid.
func (p Provider) check() error {
	var problem string
	switch {
	case p.Issuer == "" || p.Audience == "":
		problem = "issuer or audience is missing"
	case p.Key == nil || p.Key.N == nil:
		problem = "the key is missing"
	case p.Key.N.BitLen() < minKeyBits || p.Key.N.BitLen() > maxKeyBits:
		problem = fmt.Sprintf("the key has %d bits, not %d to %d", p.Key.N.BitLen(), minKeyBits, maxKeyBits)
	case p.ID == nativeProvider:
		problem = "the id is that of native users"
	default:
		return nil
	}
	return fmt.Errorf("sandbox: identity provider of %q: %s", p.Owner, problem)
}

// exchangeGrant exchanges the JWT of an identity provider for an access token. Documented:
// the parameters and claims. Reported: that audience and requested_token_type may be left
// out, and that the user need not be registered.
func (s *identity) exchangeGrant(issuer string, client *Client, form url.Values) (tokenBody, error) {
	if !client.TokenExchange {
		return tokenBody{}, refuse("unauthorized_client")
	}
	for _, name := range []string{"provider", "subject_token", "subject_token_type"} {
		if form.Get(name) == "" {
			return tokenBody{}, tokenError{"invalid_request", name + " is missing"}
		}
	}
	for name, only := range map[string]string{"subject_token_type": "jwt", "requested_token_type": "access_token", "audience": audience} {
		if value := form.Get(name); value != "" && value != only {
			return tokenBody{}, tokenError{"invalid_request", name + " must be " + only}
		}
	}
	scopes := scopesOf(form)
	if len(scopes) == 0 {
		scopes = client.apiScopes()
	}
	if !contains(client.apiScopes(), scopes) {
		return tokenBody{}, refuse("invalid_scope")
	}
	provider, ok := s.store.providers[form.Get("provider")]
	if !ok {
		return tokenBody{}, invalidGrant("provider is unknown")
	}
	user, err := s.verifyJWT(provider, client, form.Get("subject_token"))
	if err != nil {
		return tokenBody{}, err
	}
	return s.issue(issuer, authorization{client: client.ID, user: subject{user, provider.ID}, scopes: scopes})
}

// verifyJWT verifies the JWT of an identity provider and returns its user.
func (s *identity) verifyJWT(p Provider, client *Client, value string) (string, error) {
	c := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(value, c,
		func(*jwt.Token) (any, error) { return p.Key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithIssuer(p.Issuer), jwt.WithAudience(p.Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.clock.now),
	)
	for _, problem := range []struct {
		err  error
		text string
	}{
		{jwt.ErrTokenMalformed, "subject_token is not a JWT"},
		{jwt.ErrTokenUnverifiable, "subject_token cannot be verified"},
		{jwt.ErrTokenSignatureInvalid, "subject_token is not signed with RS256 and the key of the identity provider"},
		{jwt.ErrTokenRequiredClaimMissing, "subject_token lacks iss, aud or exp"},
		{jwt.ErrTokenInvalidIssuer, "iss is not the registered issuer"},
		{jwt.ErrTokenInvalidAudience, "aud is not the registered audience"},
		{jwt.ErrTokenExpired, "subject_token has expired"},
		{jwt.ErrTokenUsedBeforeIssued, "iat is in the future"},
		{jwt.ErrTokenNotValidYet, "nbf is in the future"},
	} {
		if errors.Is(err, problem.err) {
			return "", invalidGrant(problem.text)
		}
	}
	if err != nil {
		return "", invalidGrant("subject_token has a claim of the wrong type")
	}
	issued, _ := c.GetIssuedAt() // the types of these claims are checked
	expires, _ := c.GetExpirationTime()
	user, _ := c["sub"].(string)
	switch {
	case token.Header["crit"] != nil:
		return "", invalidGrant("subject_token has critical header parameters")
	case issued == nil:
		return "", invalidGrant("subject_token lacks iat")
	case expires.Sub(issued.Time) > maxJWTLifetime:
		return "", invalidGrant("the time from iat to exp is longer than an hour")
	case user == "":
		return "", invalidGrant("sub is missing or not a string")
	case c[exchangeClientID] != client.ID:
		return "", invalidGrant("the claim " + strings.TrimPrefix(exchangeClientID, "http://") + " is not the client id")
	}
	return user, nil
}
