package tokenendpoint

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// response is the body of a response of the token endpoint (RFC 6749, sections 5.1 and
// 5.2). The values are kept as JSON, because a field of another type must not hide the others.
type response struct {
	AccessToken      jsontext.Value
	TokenType        jsontext.Value
	ExpiresIn        jsontext.Value
	RefreshToken     jsontext.Value
	Error            jsontext.Value
	ErrorDescription jsontext.Value

	all map[string]any // for oauth2.Token.Extra
}

// parseResponse parses a body, which may be anything. The fields before an error are set.
func parseResponse(body []byte) (response, error) {
	fields, err := engine.LooseFields(body)
	r := response{
		AccessToken: fields["accesstoken"], TokenType: fields["tokentype"], ExpiresIn: fields["expiresin"], RefreshToken: fields["refreshtoken"],
		Error: fields["error"], ErrorDescription: fields["errordescription"],
	}
	if err != nil {
		return r, errors.New("not a JSON object")
	}
	_ = json.Unmarshal(body, &r.all) // a number may be too large for a float64
	return r, nil
}

// token returns the token. Its expiry is zero if the response has none, or one that is not in
// the future.
func (r *response) token(now time.Time) (*oauth2.Token, error) {
	if !absent(r.Error) {
		return nil, errors.New("an error with a successful status")
	}
	access, err := stringField("access_token", r.AccessToken)
	if err == nil && access == "" {
		err = errors.New("no access_token")
	}
	if err != nil {
		return nil, err
	}
	tokenType, err := stringField("token_type", r.TokenType)
	if err != nil {
		return nil, err
	}
	refresh, _ := stringField("refresh_token", r.RefreshToken) // of another type, it is ignored
	lifetime, ok := seconds(r.ExpiresIn)
	if !ok {
		return nil, errors.New("expires_in is not a number of seconds")
	}
	token := &oauth2.Token{AccessToken: access, TokenType: tokenType, RefreshToken: refresh}
	if lifetime > 0 {
		token.Expiry = now.Add(max(lifetime, time.Second))
	}
	return token.WithExtra(r.all), nil
}

// complete adds what the request says about its token: the scope, if the response has none (RFC
// 6749, section 5.1), and the grant type.
func (r *response) complete(scope, grantType string) {
	if r.all == nil {
		r.all = make(map[string]any)
	}
	if text, _ := r.all["scope"].(string); text == "" && scope != "" {
		r.all["scope"] = scope
	}
	r.all[GrantTypeExtra] = grantType
}

// GrantTypeExtra is the name under which oauth2.Token.Extra has the grant type of a token.
const GrantTypeExtra = "grant_type"

// absent reports whether a field is missing, or has a value that means the same.
func absent(v jsontext.Value) bool {
	switch v.Kind() {
	case 0, 'n', 'f':
		return true
	case '"':
		return engine.Text(v) == ""
	}
	return false
}

// stringField returns the string of a field, or "" if it is missing or null.
func stringField(name string, v jsontext.Value) (string, error) {
	switch v.Kind() {
	case 0, 'n':
		return "", nil
	case '"':
		return engine.Text(v), nil
	}
	return "", errors.New(name + " is not a string")
}

// seconds returns the duration of a number, or of a string that contains one. It is 0 if the
// field is missing or null.
func seconds(v jsontext.Value) (time.Duration, bool) {
	switch v.Kind() {
	case 0, 'n':
		return 0, true
	case '0':
		return engine.ParseSeconds(v.String())
	case '"':
		return engine.ParseSeconds(strings.TrimSpace(engine.Text(v)))
	}
	return 0, false
}
