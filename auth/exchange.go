package auth

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

const (
	exchangeGrant = "http://tapkey.net/oauth/token_exchange"

	// exchangeAudience is the audience that Tapkey's apps request.
	exchangeAudience = "tapkey_api"
)

// Exchange exchanges the JWT of a company's identity provider for a token of one of its users.
// Provider is the id of the identity provider, which Tapkey's portal shows after its
// registration. [Subject] signs such JWTs.
//
// A token does not prove that the user is registered at Tapkey: without
// [tapkey.API.CreateIdentityProviderUser] it has no rights.
func (a *App) Exchange(ctx context.Context, provider, subjectToken string) (*oauth2.Token, error) {
	if provider == "" || subjectToken == "" {
		return nil, configError(errors.New("token exchange: provider or subject token is empty"))
	}
	form := url.Values{
		"grant_type": {exchangeGrant}, "provider": {provider},
		"subject_token_type": {"jwt"}, "subject_token": {subjectToken},
		"audience": {exchangeAudience}, "requested_token_type": {"access_token"},
	}
	scope := strings.Join(a.app().scopes, " ")
	if scope != "" {
		form.Set("scope", scope)
	}
	return a.app().request(ctx, form, scope)
}

// ExchangeSource returns a source that exchanges a JWT whenever it needs a token. Sign returns
// a JWT, as [Subject.Sign] does.
func (a *App) ExchangeSource(provider string, sign func(context.Context) (string, error)) *Source {
	return a.app().newSource(nil, func(ctx context.Context, _ string) (*oauth2.Token, error) {
		subjectToken, err := sign(ctx)
		if err != nil {
			return nil, redact.NewSecrets(subjectToken).Error(err)
		}
		return a.Exchange(ctx, provider, subjectToken)
	})
}
