package doctor

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// tokenResponse is a response of the token endpoint without a usable token.
type tokenResponse struct {
	response
	grantType string           // of the request; "" if it is not known
	authStyle oauth2.AuthStyle // of the request; 0 if it is not known
	malformed bool             // successful, but without a usable token
}

// tokenFailure returns the response that the error of a token request has, and false if
// there is none. It accepts the errors of this module and of x/oauth2.
func tokenFailure(err error) (*tokenResponse, bool) {
	var r *tokenResponse
	if failed, ok := errors.AsType[*client.TokenError](err); ok && failed.StatusCode != 0 {
		r = &tokenResponse{grantType: failed.GrantType, authStyle: failed.AuthStyle, malformed: errors.Is(failed, client.ErrMalformedToken)}
		r.response = response{
			status: failed.StatusCode, header: failed.Header, body: failed.Body,
			code: failed.Code, description: failed.Description, err: failed.Err,
		}
	} else if failed, ok := errors.AsType[*oauth2.RetrieveError](err); ok && failed.Response != nil {
		r = retrieved(failed)
	} else {
		return nil, false
	}
	r.challenge = parseChallenge(r.header.Values("WWW-Authenticate"))
	if r.code == "" {
		r.code = r.misplacedCode()
	}
	return r, true
}

// misplacedCode returns an error code of RFC 6749 that is elsewhere than in the field error:
// in another field, in the challenge, in a form or as text. It returns "" if there is none.
func (r *response) misplacedCode() string {
	candidates := []string{r.field("errorcode"), r.challenge.err}
	if nested, ok := r.fields()["error"].(map[string]any); ok {
		for _, name := range []string{"code", "type", "error"} {
			text, _ := nested[name].(string)
			candidates = append(candidates, text)
		}
	}
	if r.kind() == kindText {
		form, _ := url.ParseQuery(strings.TrimSpace(string(r.body)))
		candidates = append(candidates, form.Get("error"), strings.TrimSpace(string(r.body)))
	}
	for _, code := range candidates {
		if oauthCodes.MatchString(code) {
			return code
		}
	}
	return ""
}

// retrieved returns the response of an error of x/oauth2.
func retrieved(failed *oauth2.RetrieveError) *tokenResponse {
	rsp := failed.Response
	r := &tokenResponse{}
	var secrets redact.Secrets
	if rsp.Request != nil {
		form := formOf(rsp.Request)
		r.grantType = form.Get("grant_type")
		secrets = append(redact.Sent(rsp.Request.Header), redact.NewSecrets(
			form.Get("client_secret"), form.Get("code"), form.Get("code_verifier"), form.Get("refresh_token"), form.Get("subject_token"))...)
		switch {
		case rsp.Request.Header.Get("Authorization") != "":
			r.authStyle = oauth2.AuthStyleInHeader
		case form.Has("client_id"):
			r.authStyle = oauth2.AuthStyleInParams
		}
	}
	r.response = response{
		status: rsp.StatusCode, header: secrets.Header(rsp.Header), body: []byte(secrets.Hide(string(failed.Body))),
		code: redact.Code(secrets.Hide(failed.ErrorCode)), description: secrets.Hide(failed.ErrorDescription),
	}
	return r
}

// formOf returns the form of a request whose body can be read again, and nil if it cannot.
func formOf(req *http.Request) url.Values {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, _ := io.ReadAll(io.LimitReader(body, 1<<20))
	form, _ := url.ParseQuery(string(text))
	return form
}

// ids returns the possible causes, the most likely one first.
func (r *tokenResponse) ids() []ID {
	success := r.status >= 200 && r.status <= 299
	if errors.Is(r.err, client.ErrHeaderReplaced) {
		return []ID{HeaderReplaced}
	}
	if sent, ok := r.between(); ok && (sent == RateLimited || sent == ServerError) {
		return []ID{sent}
	}
	if r.code != "" && !r.generic() && r.status < 500 {
		if ids := r.refused(); ids != nil {
			return ids
		}
	}
	switch {
	case success && r.malformed:
		return []ID{MalformedToken}
	case r.status < 400:
		return []ID{UnexpectedResponse}
	}
	// Every other response lacks the error of RFC 6749, section 5.2.
	if r.status == http.StatusUnauthorized && r.challenge.other() == "basic" && r.kind() != kindMarkup && r.authStyle == oauth2.AuthStyleInHeader {
		// A token endpoint challenges a client that uses Basic, but so does a proxy.
		return []ID{UnknownResponder, InvalidClient, ProxyAuthentication}
	}
	if sent, ok := r.between(); ok {
		return []ID{sent}
	}
	switch {
	case notThere(r.status):
		return []ID{WrongAddress}
	case r.status == http.StatusForbidden && r.kind() != kindEmpty:
		return []ID{BlockedByProxy} // RFC 6749 does not use this status
	}
	return []ID{UnknownResponder}
}

var (
	aboutCredentials = regexp.MustCompile(`(?i)credential|secret|not found|unknown client|no such client|client authentication|authenticate|identifier`)
	aboutGrants      = regexp.MustCompile(`(?i)grant|service account|flow|enabled|allowed|method|not authori[sz]ed`)
	noClient         = regexp.MustCompile(`(?i)client authentication|client credentials|client[ _]?(id|secret)|unauthenticated client`)
	aboutGrantType   = regexp.MustCompile(`(?i)grant[ _]?type|unsupported grant|\bgrant\b`)
	noTenant         = regexp.MustCompile(`(?i)\b(tenant|realm|authorization server)\b.{0,40}\b(not found|not exist|unknown|invalid)`)
	wrongClient      = regexp.MustCompile(`(?i)(invalid|incorrect|unknown|wrong|bad).*(client|credential|secret)`)
	oauthCodes       = regexp.MustCompile(`^(invalid_(client|scope|grant|request)|unauthorized_client|unsupported_grant_type|access_denied)$`)
	aboutFrequency   = regexp.MustCompile(`(?i)^(slow_?down|too_?many.*|rate_?limit.*|.*throttl.*|quota.*)$`)
)

// refused returns the causes for an error code of a token endpoint, and nil if the code is
// not one of an authorization server.
func (r *tokenResponse) refused() []ID {
	words := r.words()
	switch code := strings.ToLower(r.code); code {
	case "invalid_client":
		return []ID{InvalidClient}
	case "invalid_scope", "insufficient_scope":
		return []ID{InvalidScope}
	case "unsupported_grant_type":
		return []ID{UnauthorizedClient}
	case "unauthorized_client":
		// Some servers use it for a secret that is wrong, too.
		if aboutCredentials.MatchString(words) && !aboutGrants.MatchString(words) {
			return []ID{InvalidClient, UnauthorizedClient}
		}
		return []ID{UnauthorizedClient}
	case "invalid_grant":
		return r.invalidGrant()
	case "invalid_request":
		switch {
		case noTenant.MatchString(words):
			return []ID{WrongAddress}
		case noClient.MatchString(words):
			return []ID{InvalidClient}
		case aboutGrantType.MatchString(words):
			return []ID{UnauthorizedClient}
		case aboutScopes.MatchString(words):
			return []ID{InvalidScope}
		}
		return []ID{RequestRefused}
	case "temporarily_unavailable", "server_error":
		return []ID{ServerError}
	default:
		switch {
		case aboutFrequency.MatchString(code):
			return []ID{RateLimited}
		case r.status == http.StatusUnauthorized && r.challenge.other() != "" && r.challenge.other() != "basic":
			return []ID{ProxyAuthentication}
		case r.status == http.StatusUnauthorized: // only the client is authenticated here
			return []ID{InvalidClient}
		case notThere(r.status):
			return []ID{WrongAddress}
		case wrongClient.MatchString(code):
			return []ID{InvalidClient}
		case r.status == http.StatusForbidden && code != "access_denied":
			return []ID{BlockedByProxy}
		}
	}
	return []ID{RequestRefused}
}

// invalidGrant returns the causes of invalid_grant, which is about what the grant type
// exchanges for a token.
func (r *tokenResponse) invalidGrant() []ID {
	words := strings.ToLower(r.words())
	has := func(texts ...string) bool {
		for _, text := range texts {
			if strings.Contains(words, text) {
				return true
			}
		}
		return false
	}
	switch grant := r.grantType; {
	case grant == "authorization_code":
		return []ID{CodeRefused}
	case grant == "refresh_token":
		return []ID{RefreshTokenRefused}
	case strings.Contains(grant, "token_exchange"), strings.Contains(grant, "token-exchange"), strings.Contains(grant, "jwt-bearer"):
		return []ID{SubjectTokenRefused}
	case grant == "client_credentials":
		return []ID{RequestRefused}
	case has("refresh"):
		return []ID{RefreshTokenRefused}
	case has("subject", "jwt", "assertion"):
		return []ID{SubjectTokenRefused}
	case has("code", "redirect", "verifier", "pkce"):
		return []ID{CodeRefused}
	}
	return []ID{CodeRefused, SubjectTokenRefused, RefreshTokenRefused}
}

// evidence describes the response.
func (r *tokenResponse) evidence(err error) string {
	evidence := line(err)
	if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok && r.description != "" { // redact removes it from the text
		evidence += ": " + redact.Text(r.description, 200)
	}
	if r.status >= 400 && r.kind() != kindJSON && r.code == "" {
		evidence += ", " + r.page()
	}
	if values := r.header.Values("WWW-Authenticate"); len(values) > 0 {
		evidence += ", WWW-Authenticate: " + redact.Text(strings.Join(values, ", "), 200)
	}
	return evidence
}
