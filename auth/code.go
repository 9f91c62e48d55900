package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// Start begins the sign-in of a person, by authorization code and PKCE. It returns the URL to
// send the browser to, and a session to pass to [App.Finish]. The session is a secret of the
// browser: keep it in a cookie with HttpOnly and Secure, whose value it can be as it is.
//
// Parameters are added to the URL, such as oauth2.SetAuthURLParam("prompt", "login"), or
// "response_mode" with "form_post". With form_post, the cookie needs SameSite=None. Start
// sends no request. Its error is a [client.ErrConfig].
func (a *App) Start(parameters ...oauth2.AuthCodeOption) (authorizeURL, session string, err error) {
	begun := a.app().newSession()
	authorizeURL, err = a.app().authorizeRequest(begun, parameters)
	if err != nil {
		return "", "", configError(err)
	}
	return authorizeURL, begun.encode(), nil
}

// Finish ends a sign-in. It takes the request that the browser makes at the redirect URI and
// the session of [App.Start], and exchanges the code for a token. [Scopes] returns what the
// person has granted. The program removes the session, whether or not Finish fails.
//
// The error is an [*AuthorizeError], an [ErrMismatch], a *[client.TokenError], or the error of
// the request's context. It contains neither the code nor the session.
func (a *App) Finish(r *http.Request, session string) (*oauth2.Token, error) {
	begun, err := decodeSession(session)
	if err != nil {
		return nil, err
	}
	response, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	if err := begun.check(response.state, a.app().Now()); err != nil {
		return nil, err
	}
	return a.app().finish(r.Context(), begun, response)
}

// authorizeRequest returns the URL of an authorization request.
func (a *app) authorizeRequest(begun session, parameters []oauth2.AuthCodeOption) (string, error) {
	if len(a.scopes) == 0 {
		return "", errors.New("no scopes to request")
	}
	config := oauth2.Config{
		ClientID: a.ID, RedirectURL: a.redirect, Scopes: a.scopes,
		Endpoint: oauth2.Endpoint{AuthURL: a.authorizeURL},
	}
	for _, parameter := range parameters {
		if parameter == nil {
			return "", errors.New("a parameter is nil")
		}
	}
	address := config.AuthCodeURL(begun.State, append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(begun.Verifier)}, parameters...)...)
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("authorize URL cannot be built")
	}
	query := u.Query()
	for name, want := range map[string]string{
		"client_id": a.ID, "redirect_uri": a.redirect, "response_type": "code", "state": begun.State,
		"code_challenge": oauth2.S256ChallengeFromVerifier(begun.Verifier), "code_challenge_method": "S256",
		"scope": strings.Join(a.scopes, " "),
	} {
		if query.Get(name) != want {
			return "", fmt.Errorf("parameter %s cannot be changed", name)
		}
	}
	for _, name := range []string{"client_secret", "code_verifier", "offline_access"} {
		if query.Has(name) {
			return "", fmt.Errorf("%s is not a parameter of an authorization request", name)
		}
	}
	if mode := query.Get("response_mode"); mode != "" && mode != "query" && mode != "form_post" {
		return "", errors.New("response_mode is neither query nor form_post")
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // a plus sign is encoded as %2B
	return u.String(), nil
}

// finish checks a response whose state is right, and exchanges its code.
func (a *app) finish(ctx context.Context, begun session, r authorizeResponse) (*oauth2.Token, error) {
	switch {
	case begun.Environment != a.environment:
		return nil, mismatch("the sign-in was started in another environment")
	case r.issuer != "" && r.issuer != a.issuer: // RFC 9207
		return nil, mismatch("the response is from another issuer (iss)")
	case r.errorCode != "" && r.code != "":
		return nil, mismatch("the response has both an error and a code")
	case r.errorCode != "":
		secrets := redact.NewSecrets(a.Secret, begun.State, begun.Verifier)
		return nil, &AuthorizeError{
			Code:        refusalCode(secrets.Hide(r.errorCode)),
			Description: redact.Text(secrets.Hide(r.errorDescription), maxDescription),
		}
	case r.code == "":
		return nil, mismatch("the response has neither a code nor an error")
	}
	scope := r.scope
	if scope == "" {
		scope = strings.Join(a.scopes, " ")
	}
	return a.request(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {r.code},
		"redirect_uri": {a.redirect}, "code_verifier": {begun.Verifier},
	}, scope)
}

// refusalCode returns an error code, or a substitute for one that must not be shown.
func refusalCode(text string) string {
	if code := redact.Code(text); code != "" {
		return code
	}
	return "unknown_error"
}
