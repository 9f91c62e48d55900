package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// claims are the claims of a JWT (RFC 7519, RFC 9068). They are not verified.
type claims struct {
	Issuer    string     `json:"iss"`
	Audience  stringList `json:"aud"`
	ClientID  string     `json:"client_id"`
	Scope     stringList `json:"scope"`
	ExpiresAt *instant   `json:"exp"`
	NotBefore *instant   `json:"nbf"`
}

// stringList is encoded as a space-separated string or as an array of strings.
// IdentityServer encodes scopes as an array, RFC 9068 as a string.
type stringList []string

// UnmarshalJSON implements json.Unmarshaler.
func (s *stringList) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*s = strings.Fields(one)
		return nil
	}
	return json.Unmarshal(data, (*[]string)(s))
}

// instant is a NumericDate of RFC 7519.
type instant struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	i.Time = time.Unix(int64(seconds), 0)
	return nil
}

// readToken checks that a token can be sent as a bearer token, and returns its claims. An
// opaque token has none: its claims are nil.
func readToken(ctx context.Context, token *oauth2.Token) (*claims, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://localhost/", nil)
	if err != nil {
		return nil, err
	}
	if err := client.BearerAuth(oauth2.StaticTokenSource(token))(ctx, req); err != nil {
		return nil, err
	}
	parts := strings.Split(token.AccessToken, ".")
	if len(parts) == 1 {
		return nil, nil //nolint:nilnil // an opaque token is valid and has no claims
	}
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: the JWT has %d parts instead of 3", client.ErrMalformedToken, len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("%w: the payload of the JWT is not base64url", client.ErrMalformedToken)
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return nil, fmt.Errorf("%w: the payload of the JWT does not follow RFC 9068", client.ErrMalformedToken)
	}
	return &c, nil
}

// describe returns a human-readable description of the claims.
func (c *claims) describe() string {
	if c == nil {
		return "opaque token without claims"
	}
	parts := []string{"JWT"}
	for _, v := range []struct{ name, value string }{
		{"issuer", c.Issuer}, {"audience", strings.Join(c.Audience, " ")}, {"client", c.ClientID},
	} {
		if v.value != "" {
			parts = append(parts, v.name+" "+engine.OneLine(v.value, 100))
		}
	}
	return strings.Join(parts, ", ") + " (not verified)"
}

// granted returns the scopes of a token: those in its claims, otherwise those in the
// response of the token endpoint, otherwise those requested.
func granted(c *claims, token *oauth2.Token, requested []string) []string {
	if c != nil && len(c.Scope) > 0 {
		return c.Scope
	}
	if scope, ok := token.Extra("scope").(string); ok && scope != "" {
		return strings.Fields(scope)
	}
	return requested
}

// ExplainHeader explains what is wrong with the value of an Authorization header. It works
// offline. For a valid header it returns the single finding [OK].
func ExplainHeader(value string) []Finding {
	value = strings.TrimPrefix(strings.TrimSpace(value), "Authorization:")
	scheme, token, found := strings.Cut(strings.TrimSpace(value), " ")
	switch {
	case value == "":
		return []Finding{newFinding(MissingBearerPrefix, "the header is empty")}
	case !found && strings.EqualFold(scheme, "bearer"):
		return []Finding{newFinding(MalformedToken, "nothing follows the word Bearer")}
	case !strings.EqualFold(scheme, "bearer"):
		return []Finding{newFinding(MissingBearerPrefix, schemeEvidence(value))}
	}
	c, err := readToken(context.Background(), &oauth2.Token{AccessToken: token})
	if err != nil {
		return []Finding{newFinding(MalformedToken, line(err))}
	}
	if f := checkTimes(c, 0, false); f != nil {
		return []Finding{*f}
	}
	return []Finding{newFinding(OK, c.describe())}
}

// schemeEvidence describes the scheme of a header, and never repeats what may be a token.
func schemeEvidence(header string) string {
	scheme, _, found := strings.Cut(header, " ")
	if !found || len(scheme) > 20 || strings.ContainsAny(scheme, ".=/+") {
		return "the header is a token without a scheme"
	}
	return fmt.Sprintf("the scheme is %q", engine.OneLine(strings.TrimSuffix(scheme, ":"), 20))
}

// maxSkew is the accepted difference between two clocks.
const maxSkew = 60 * time.Second

// checkTimes compares a token's times with this machine's clock, and this machine's clock
// with the server's, which is ahead by skew if known.
func checkTimes(c *claims, skew time.Duration, known bool) *Finding {
	now := time.Now()
	if known && skew.Abs() > maxSkew {
		f := newFinding(ClockSkew, fmt.Sprintf("the server's clock is %+d s from this machine's", int(skew.Seconds())))
		return &f
	}
	switch {
	case c == nil:
	case c.NotBefore != nil && c.NotBefore.After(now.Add(maxSkew)):
		f := newFinding(ClockSkew, fmt.Sprintf("the token becomes valid in %d s", int(c.NotBefore.Sub(now).Seconds())))
		return &f
	case c.ExpiresAt != nil && !c.ExpiresAt.After(now):
		f := newFinding(TokenExpired, fmt.Sprintf("the token expired %d s ago", int(now.Sub(c.ExpiresAt.Time).Seconds())))
		return &f
	}
	return nil
}

// missingScopes returns the scopes that operations require and a token lacks, each with the
// operation that requires it.
func missingScopes(have []string, operations []api.Operation) []string {
	var missing []string
	for _, op := range operations {
		for _, scope := range op.Scopes {
			if !slices.Contains(have, scope) {
				missing = append(missing, fmt.Sprintf("%s (for %s)", scope, op.ID))
			}
		}
	}
	return missing
}
