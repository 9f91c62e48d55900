package doctor

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
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

// exchanged reports whether a token was exchanged for a user of an identity provider. Package
// auth has the grant type in a token, and IdentityServer can name it in the claim amr.
func exchanged(token *oauth2.Token) bool {
	if grant, _ := token.Extra(tokenendpoint.GrantTypeExtra).(string); strings.Contains(grant, "token_exchange") {
		return true
	}
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
