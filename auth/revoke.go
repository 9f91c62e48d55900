package auth

import (
	"context"
	"errors"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Revoke revokes a token at [Config.RevokeURL] (RFC 7009): its refresh token, if it has one,
// and its access token. The caller removes the token from its store. The error is a
// *[client.TokenError], a [client.ErrConfig] without a RevokeURL, or that of ctx. It does not
// contain the token.
func (a *App) Revoke(ctx context.Context, token *oauth2.Token) error {
	app := a.app()
	if app.revokeURL == "" {
		return configError(errors.New("revocation URL is missing"))
	}
	if token == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	endpoint := app.Endpoint
	endpoint.URL = app.revokeURL
	for _, revoked := range []struct{ value, hint string }{{token.RefreshToken, "refresh_token"}, {token.AccessToken, "access_token"}} {
		if revoked.value == "" {
			continue
		}
		err := endpoint.Revoke(limited, url.Values{"token": {revoked.value}, "token_type_hint": {revoked.hint}})
		if err != nil && ctx.Err() != nil {
			return engine.WithCause(ctx, tokenError(err))
		}
		if err != nil {
			return tokenError(err)
		}
	}
	return nil
}
