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

// claims are what a JWT says of itself (RFC 7519, RFC 9068). They are not verified.
type claims struct {
	Issuer    string   `json:"iss"`
	Audience  strs     `json:"aud"`
	ClientID  string   `json:"client_id"`
	Scope     strs     `json:"scope"`
	ExpiresAt *instant `json:"exp"`
	NotBefore *instant `json:"nbf"`
}

// strs is a string of words or an array of strings; IdentityServer writes scopes as
// an array, RFC 9068 as one string.
type strs []string

func (s *strs) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*s = strings.Fields(one)
		return nil
	}
	return json.Unmarshal(data, (*[]string)(s))
}

// instant is a NumericDate.
type instant struct{ time.Time }

func (i *instant) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	i.Time = time.Unix(int64(seconds), 0)
	return nil
}

// readToken checks that a token can be sent, and reads its claims if it is a JWT.
// An opaque token has none.
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
		return nil, nil //nolint:nilnil // an opaque token is fine and has no claims
	}
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: a JWT has three parts, this has %d", client.ErrMalformedToken, len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("%w: the payload of the JWT is not base64url", client.ErrMalformedToken)
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return nil, fmt.Errorf("%w: the payload of the JWT is not what RFC 9068 says", client.ErrMalformedToken)
	}
	return &c, nil
}

// describe is what a token says of itself, for people.
func (c *claims) describe() string {
	if c == nil {
		return "opaque token, nothing to read in it"
	}
	said := []string{"JWT"}
	for _, v := range []struct{ name, value string }{
		{"issuer", c.Issuer}, {"audience", strings.Join(c.Audience, " ")}, {"client", c.ClientID},
	} {
		if v.value != "" {
			said = append(said, v.name+" "+engine.OneLine(v.value, 100))
		}
	}
	return strings.Join(said, ", ") + " (not verified)"
}

// granted are the scopes of a token: as it says itself, else as the token endpoint
// said, else as they were asked for.
func granted(c *claims, token *oauth2.Token, asked []string) []string {
	if c != nil && len(c.Scope) > 0 {
		return c.Scope
	}
	if said, ok := token.Extra("scope").(string); ok && said != "" {
		return strings.Fields(said)
	}
	return asked
}

// ExplainHeader says what is wrong with the value of an Authorization header,
// offline. The only finding for a good one is [OK].
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

// schemeEvidence names the scheme of a header if it looks like one, and never what
// may be a token.
func schemeEvidence(header string) string {
	scheme, _, found := strings.Cut(header, " ")
	if !found || len(scheme) > 20 || strings.ContainsAny(scheme, ".=/+") {
		return "the header is a token without a scheme"
	}
	return fmt.Sprintf("the scheme is %q", engine.OneLine(strings.TrimSuffix(scheme, ":"), 20))
}

// maxSkew is how far two clocks may differ.
const maxSkew = 60 * time.Second

// checkTimes holds a token's times against this clock and the server's, which is
// ahead by skew.
func checkTimes(c *claims, skew time.Duration, known bool) *Finding {
	now := time.Now()
	if known && skew.Abs() > maxSkew {
		f := newFinding(ClockSkew, fmt.Sprintf("the server's clock is %+d s from this one", int(skew.Seconds())))
		return &f
	}
	switch {
	case c == nil:
	case c.NotBefore != nil && c.NotBefore.After(now.Add(maxSkew)):
		f := newFinding(ClockSkew, fmt.Sprintf("the token is not valid for another %d s", int(c.NotBefore.Sub(now).Seconds())))
		return &f
	case c.ExpiresAt != nil && !c.ExpiresAt.After(now):
		f := newFinding(TokenExpired, fmt.Sprintf("it expired %d s ago", int(now.Sub(c.ExpiresAt.Time).Seconds())))
		return &f
	}
	return nil
}

// missingScopes are the scopes that operations need and a token lacks, with the
// first operation that needs each.
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
