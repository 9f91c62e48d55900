package sandbox

import "net/url"

// refreshToken is a refresh token. It does not expire. Inferred: programs store one for
// years.
type refreshToken struct {
	authorization
	replaced bool // by a newer one, see WithRotatingRefreshTokens
}

// WithRotatingRefreshTokens makes every refresh token usable once: each refresh returns a
// new one, and the use of an old one revokes all tokens of the authorization. By default a
// refresh token is reusable, because Tapkey's add-on sends the same one for ever.
func WithRotatingRefreshTokens() Option { return func(c *config) { c.rotateRefresh = true } }

// refreshGrant exchanges a refresh token for an access token. Other parameters, such as
// the redirect_uri and the code_verifier that a sample of Tapkey sends, are ignored.
func (s *identity) refreshGrant(issuer string, client *Client, form url.Values) (tokenBody, error) {
	if len(client.RedirectURIs) == 0 {
		return tokenBody{}, refuse("unauthorized_client")
	}
	handle := form.Get("refresh_token")
	if handle == "" {
		return tokenBody{}, tokenError{"invalid_request", "refresh_token is missing"}
	}
	found, ok := s.refreshTokens.get(handle)
	switch {
	case !ok:
		return tokenBody{}, invalidGrant("the refresh token is unknown")
	case found.client != client.ID:
		return tokenBody{}, invalidGrant("the refresh token was issued to another client")
	}
	granted := found.authorization
	if scopes := scopesOf(form); len(scopes) > 0 {
		granted.scopes = scopes
	}
	if !contains(found.scopes, granted.scopes) {
		return tokenBody{}, refuse("invalid_scope")
	}
	if s.rotateRefresh {
		reused := false
		s.refreshTokens.use(handle, func(t *refreshToken) { reused, t.replaced = t.replaced, true })
		if reused {
			s.tokens.end(found.id)
		}
	}
	if s.tokens.hasEnded(found.id) {
		return tokenBody{}, invalidGrant("the refresh token is revoked")
	}
	granted.nonce = "" // belongs to the response to the authorization request
	body, err := s.issue(issuer, granted)
	if err != nil {
		return tokenBody{}, err
	}
	if body.RefreshToken = handle; s.rotateRefresh {
		body.RefreshToken = s.refreshTokens.add(refreshToken{authorization: found.authorization})
	}
	return body, nil
}
