package doctor

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"golang.org/x/oauth2"
)

// registered returns the finding f, or [UserNotRegistered] in its place if the token was
// exchanged for a user of an identity provider and f says that the token has no rights.
func (r *run) registered(f *Finding) *Finding {
	switch f.ID {
	case NoOwnerAccounts, NotAdministrator, RequestRefused, TokenRejected:
	default:
		return f
	}
	if strings.Contains(f.Evidence, "error=") || !exchanged(r.token) {
		return f
	}
	return found(UserNotRegistered, f.Evidence)
}

// exchanged reports whether the claims of a token say that it was exchanged for a user of an
// identity provider: IdentityServer can name the grant type in amr.
func exchanged(token *oauth2.Token) bool {
	parts := strings.Split(token.AccessToken, ".")
	if len(parts) != 3 {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	var claims struct {
		Methods json.RawMessage `json:"amr"`
	}
	return json.Unmarshal(payload, &claims) == nil && strings.Contains(normal(strings.Join(listOf(claims.Methods, false), " ")), "tokenexchange")
}
