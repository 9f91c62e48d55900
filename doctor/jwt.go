package doctor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// claims are the claims of a JWT (RFC 7519, RFC 9068). They are not verified. A claim of
// another type than expected is ignored: the API judges the token.
type claims struct {
	issuer    string
	audience  []string
	clientID  string
	scope     []string // nil if the token does not have the claim
	scp       []string // claim of other authorization servers; nil if the token does not have it
	expiresAt *time.Time
	notBefore *time.Time
}

// parseJWT returns the claims of a JWT. The claims are nil if the token is opaque or encrypted.
// The error does not contain the token.
func parseJWT(token string) (*claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) == 1 || isOpaque(token) {
		return nil, nil //nolint:nilnil // an opaque token is valid and has no claims
	}
	malformed := func(format string, args ...any) (*claims, error) {
		return nil, fmt.Errorf("%w: "+format, append([]any{client.ErrMalformedToken}, args...)...)
	}
	header, isObject := jsonPart(parts[0])
	if isObject && len(parts) == 5 && header["enc"] != nil { // RFC 7516, section 3.1
		return nil, nil //nolint:nilnil // it can only be decrypted by the API
	}
	if len(parts) != 3 {
		return malformed("the JWT has %d parts instead of 3", len(parts))
	}
	if !isObject {
		return malformed("the header of the JWT is not JSON in base64url")
	}
	payload, isObject := jsonPart(parts[1])
	switch {
	case !isObject:
		return malformed("the payload of the JWT is not JSON in base64url")
	case strings.EqualFold(stringOf(header["alg"]), "none"):
		return malformed("the JWT is not signed (alg is none)")
	case parts[2] == "":
		return malformed("the JWT has no signature")
	}
	if _, err := base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return malformed("the signature of the JWT is not base64url")
	}
	return &claims{
		issuer:    stringOf(payload["iss"]),
		audience:  listOf(payload["aud"], false),
		clientID:  stringOf(payload["client_id"]),
		scope:     listOf(payload["scope"], true),
		scp:       listOf(payload["scp"], true),
		expiresAt: timeOf(payload["exp"]),
		notBefore: timeOf(payload["nbf"]),
	}, nil
}

// jsonPart decodes a part of a JWT that is a JSON object.
func jsonPart(part string) (map[string]json.RawMessage, bool) {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, false
	}
	var object map[string]json.RawMessage
	return object, json.Unmarshal(text, &object) == nil && object != nil
}

// stringOf returns the string that value is, or "".
func stringOf(value json.RawMessage) (s string) {
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// listOf returns the strings in value, which is a string or an array of strings. Scopes are
// separated by spaces: IdentityServer encodes them as an array, RFC 9068 as a string. The list
// is nil if value is neither.
func listOf(value json.RawMessage, separated bool) []string {
	var one string
	var all []string
	switch {
	case len(value) == 0 || string(value) == "null":
		return nil
	case json.Unmarshal(value, &one) == nil:
		all = []string{one}
	case json.Unmarshal(value, &all) != nil:
		return nil
	}
	if !separated {
		return all
	}
	return strings.Fields(strings.Join(all, " "))
}

// timeOf returns the time that value is as a NumericDate of RFC 7519, or nil.
func timeOf(value json.RawMessage) *time.Time {
	const latest = 253402300799 // the end of the year 9999
	var seconds float64
	if len(value) == 0 || string(value) == "null" || json.Unmarshal(value, &seconds) != nil {
		return nil
	}
	return new(time.Unix(int64(min(max(seconds, 0), latest)), 0))
}

// describe returns a human-readable description of the claims.
func (c *claims) describe() string {
	if c == nil {
		return "opaque token without claims"
	}
	parts := []string{"JWT"}
	for _, v := range []struct{ name, value string }{
		{"issuer", c.issuer}, {"audience", strings.Join(c.audience, " ")}, {"client", c.clientID},
	} {
		if v.value != "" {
			parts = append(parts, v.name+" "+engine.OneLine(v.value, 100))
		}
	}
	return strings.Join(parts, ", ") + " (not verified)"
}
