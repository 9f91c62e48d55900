package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// HeaderOptions are options of [ExplainHeader].
type HeaderOptions struct {
	// Operations are the ids of operations whose scopes the token should have.
	Operations []string

	// TokenURL is the URL of the token endpoint that should have issued the token, such as
	// [client.DefaultTokenURL]. If it is empty, the issuer and the audience are not checked.
	TokenURL string
}

// ExplainHeader explains what is wrong with the value of an Authorization header, the most
// important cause first. It works offline, and its findings repeat no part of the header. If
// it finds nothing wrong, it returns the single finding [OK]. The severity of this finding is
// [SeverityUnknown] if the token shows too little to judge it.
func ExplainHeader(value string, opts HeaderOptions) []Finding {
	operations, failed := operationsWith(opts.Operations)
	if failed != nil {
		return []Finding{*failed}
	}
	token, failed := tokenInHeader(value)
	if failed != nil {
		return []Finding{*failed}
	}
	c, err := parseJWT(token.AccessToken)
	if err != nil {
		return []Finding{newFinding(MalformedToken, line(err))}
	}
	var findings []Finding
	for _, f := range []*Finding{checkTimes(c), checkIssuer(c, opts.TokenURL)} {
		if f != nil {
			findings = append(findings, *f)
		}
	}
	scopes := grantedScopes(c, token)
	if missing := scopes.missing(operations); len(missing) > 0 {
		findings = append(findings, newFinding(ScopeMissing, "missing: "+strings.Join(missing, ", ")))
	}
	if findings != nil {
		return findings
	}
	return []Finding{headerFinding(c, scopes, len(operations) > 0)}
}

// headerFinding returns the finding of a header that shows no problem.
func headerFinding(c *claims, scopes granted, needsScopes bool) Finding {
	f := newFinding(OK, "")
	f.Remedy = "If the API refuses the token, run tapkey doctor without --header: it gets a token and tries it."
	switch {
	case c == nil:
		f.Severity = SeverityUnknown
		f.Cause = "The header is well formed. Whether its token is valid is not known."
		f.Evidence = "the token is opaque: lifetime, issuer and scopes are not known"
	case needsScopes && !scopes.known:
		f.Severity = SeverityUnknown
		f.Cause = "The header is well formed, and the token has not expired. Whether it has the scopes is not known."
		f.Evidence = scopes.reason
	default:
		f.Cause = "The header is well formed, and the claims of its token show no problem."
		f.Evidence = "JWT; signature not verified"
		if c.expiresAt != nil {
			f.Evidence += fmt.Sprintf("; it expires in %.0f s", time.Until(*c.expiresAt).Seconds())
		}
	}
	return f
}

// tokenInHeader returns the token in a header, or what is wrong with the header.
func tokenInHeader(value string) (*oauth2.Token, *Finding) {
	value = strings.Trim(value, " \t\r\n")
	if name, rest, ok := strings.Cut(value, ":"); ok && strings.EqualFold(strings.TrimSpace(name), "authorization") {
		value = strings.Trim(rest, " \t\r\n")
	}
	scheme, text, separated := strings.Cut(value, " ")
	text = strings.TrimLeft(text, " ")
	switch {
	case value == "":
		return nil, found(MissingBearerPrefix, "the header is empty")
	case !separated && strings.EqualFold(scheme, "bearer"):
		return nil, found(MalformedToken, "nothing follows the word Bearer")
	case !strings.EqualFold(scheme, "bearer"):
		return nil, found(MissingBearerPrefix, schemeEvidence(value))
	case slices.Contains(placeholders, strings.ToLower(text)):
		return nil, found(MalformedToken, "in place of the token is a word that programs write for a missing value")
	}
	token := &oauth2.Token{AccessToken: text}
	if err := checkForm(context.Background(), token); err != nil {
		return nil, found(MalformedToken, line(err))
	}
	return token, nil
}

// placeholders are what programs write for a missing value.
var placeholders = []string{"null", "undefined", "nil", "none", "nan", "true", "false", "token", "access_token"}

// checkForm checks that a token can be sent as a bearer token.
func checkForm(ctx context.Context, token *oauth2.Token) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://localhost/", nil)
	if err != nil {
		return err
	}
	return client.BearerAuth(oauth2.StaticTokenSource(token))(ctx, req)
}

// knownSchemes are the words that headers begin with in place of Bearer. Any other word may be
// a part of a token.
var knownSchemes = []string{"access_token", "token", "accesstoken", "oauth", "jwt", "basic", "digest", "dpop", "mac", "negotiate", "ntlm", "apikey", "bearer"}

// schemeEvidence describes the scheme of a header, and repeats nothing that may be a token.
func schemeEvidence(header string) string {
	scheme, _, separated := strings.Cut(header, " ")
	word := strings.ToLower(strings.TrimRight(scheme, ":,;="))
	switch {
	case separated && slices.Contains(knownSchemes, word):
		return fmt.Sprintf("the scheme is %q", strings.TrimRight(scheme, ":,;="))
	case len(header) > 6 && strings.EqualFold(header[:6], "bearer"):
		return "the word Bearer is not followed by a space"
	case !separated || len(scheme) > 20 || strings.ContainsAny(scheme, ".=/+"):
		return "the header is a token without a scheme"
	}
	return "the first word is not Bearer"
}

// audience is the audience of Tapkey's access tokens, as its applications request it.
const audience = "tapkey_api"

// checkIssuer compares the issuer and the audience of a token with the configuration: both
// belong to the server of the token endpoint.
func checkIssuer(c *claims, tokenURL string) *Finding {
	if c == nil || tokenURL == "" {
		return nil
	}
	want := originOf(tokenURL)
	if c.issuer != "" && originOf(c.issuer) != want {
		return found(TokenRejected, "the issuer of the token is not the configured token endpoint, "+want)
	}
	// IdentityServer also issues the audience {issuer}/resources.
	ours := func(aud string) bool { return aud == audience || originOf(aud) == want }
	if len(c.audience) > 0 && !slices.ContainsFunc(c.audience, ours) {
		return found(TokenRejected, "the audience of the token is another API than Tapkey's, "+audience)
	}
	return nil
}

// originOf returns the scheme, the host and the port of a URL, or "" if text is not a URL.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}
