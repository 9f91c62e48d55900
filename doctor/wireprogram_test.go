package doctor_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

// serviceURL returns the URL of a service that is healthy except for a situation.
func serviceURL(t *testing.T, s situation) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	return server.URL
}

// requireBasic wraps a service whose token endpoint accepts the credentials only in a header,
// decoded or not.
func requireBasic(decode func(string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := situation{}
		if r.URL.Path == "/connect/token" {
			id, password, _ := r.BasicAuth()
			if decode(id) != "the-client" || decode(password) != secret {
				s = situation{to: toToken, status: 401, header: jsonType, body: oauthError("invalid_client", "")}
			}
		}
		s.serve(w, r)
	}
}

// requireBody wraps a service whose token endpoint accepts the credentials only in the body.
func requireBody(w http.ResponseWriter, r *http.Request) {
	s := situation{}
	if r.URL.Path == "/connect/token" && r.FormValue("client_secret") != secret {
		s = situation{to: toToken, status: 401, header: jsonType + "\n" + challenged("Basic"), body: oauthError("invalid_client", "")}
	}
	s.serve(w, r)
}

// protected is a service that accepts the client's token only, and says so in a challenge.
func protected(w http.ResponseWriter, r *http.Request) {
	s := situation{}
	header := r.Header.Get("Authorization")
	switch {
	case r.URL.Path == "/connect/token" && r.FormValue("client_secret") != secret:
		s = situation{to: toToken, status: 400, header: jsonType, body: oauthError("invalid_client", "")}
	case r.URL.Path == "/connect/token" || header == "Bearer "+bearer:
	case strings.HasPrefix(header, "Bearer "):
		s = situation{to: toOwners, status: 401, header: challenged(`Bearer error="invalid_token"`)}
	default:
		s = situation{to: toOwners, status: 401, header: challenged("Bearer")}
	}
	s.serve(w, r)
}

func started(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// exchange returns the error of a token exchange that x/oauth2 makes.
func exchange(t *testing.T, s situation, opts ...oauth2.AuthCodeOption) error {
	t.Helper()
	config := oauth2.Config{ClientID: "the-client", ClientSecret: secret, Endpoint: oauth2.Endpoint{TokenURL: serviceURL(t, s) + "/connect/token", AuthStyle: oauth2.AuthStyleInParams}}
	_, err := config.Exchange(t.Context(), "c0de-s3cret", opts...)
	if err == nil {
		t.Fatal("got a token, want an error")
	}
	return err
}

// unsigned returns a JWT with claims.
func unsigned(claims string) oauth2.Token {
	return oauth2.Token{AccessToken: "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"}
}

// x/oauth2 is what programs use for grant types other than client credentials.
func TestErrorsOfOAuth2(t *testing.T) {
	refused := func(code, description string) situation {
		return situation{to: toToken, status: 400, header: jsonType, body: oauthError(code, description)}
	}
	credentials := func(s situation) error {
		config := clientcredentials.Config{ClientID: "the-client", ClientSecret: secret, TokenURL: serviceURL(t, s) + "/connect/token", AuthStyle: oauth2.AuthStyleInHeader}
		_, err := clientAt(t, "http://127.0.0.1:1", client.WithTokenSource(config.TokenSource(context.Background()))).ListOwners(t.Context())
		return err
	}
	refresh := func(s situation, token string) error {
		config := oauth2.Config{ClientID: "the-client", Endpoint: oauth2.Endpoint{TokenURL: serviceURL(t, s) + "/connect/token", AuthStyle: oauth2.AuthStyleInParams}}
		source := config.TokenSource(context.Background(), &oauth2.Token{AccessToken: "x", RefreshToken: token, Expiry: time.Now().Add(-time.Hour)})
		_, err := clientAt(t, "http://127.0.0.1:1", client.WithTokenSource(source)).ListOwners(t.Context())
		return err
	}
	tokenExchange := oauth2.SetAuthURLParam("grant_type", "http://tapkey.net/oauth/token_exchange")
	var n tally
	for _, test := range []struct {
		name string
		err  error
		want doctor.ID
	}{
		{"code used", exchange(t, refused("invalid_grant", "")), doctor.CodeRefused},
		{"redirect_uri", exchange(t, refused("invalid_grant", "redirect_uri mismatch")), doctor.CodeRefused},
		{"verifier", exchange(t, refused("invalid_grant", "The PKCE code challenge did not match the code verifier.")), doctor.CodeRefused},
		{"subject token", exchange(t, refused("invalid_grant", ""), tokenExchange), doctor.SubjectTokenRefused},
		{"subject token of RFC 8693", exchange(t, refused("invalid_grant", ""), oauth2.SetAuthURLParam("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")), doctor.SubjectTokenRefused},
		{"subject token, disabled", exchange(t, refused("unauthorized_client", ""), tokenExchange), doctor.UnauthorizedClient},
		{"invalid request", exchange(t, refused("invalid_request", "code_verifier was invalid")), doctor.RequestRefused},
		{"code, page", exchange(t, situation{to: toToken, status: 403, header: htmlType, body: "<html>"}), doctor.BlockedByProxy},
		{"refresh token", refresh(refused("invalid_grant", ""), "r3fresh-s3cret"), doctor.RefreshTokenRefused},
		{"no refresh token", refresh(situation{}, ""), doctor.NoRefreshToken},
		{"client", credentials(refused("invalid_client", "")), doctor.InvalidClient},
		{"scope", credentials(refused("invalid_scope", "")), doctor.InvalidScope},
		{"challenge", credentials(situation{to: toToken, status: 401, header: challenged("Negotiate")}), doctor.ProxyAuthentication},
		{"Basic challenge", credentials(situation{to: toToken, status: 401, header: challenged(`Basic realm="x"`)}), doctor.UnknownResponder},
		{"page", credentials(situation{to: toToken, status: 403, header: htmlType, body: "<html><title>Blocked</title>Authorization: Basic s3cret"}), doctor.BlockedByProxy},
		{"404", credentials(situation{to: toToken, status: 404}), doctor.WrongAddress},
		{"503", credentials(situation{to: toToken, status: 503, header: htmlType, body: "<html>"}), doctor.ServerError},
		{"no token", credentials(situation{to: toToken, status: 200, header: jsonType, body: `{}`}), doctor.MalformedToken},
		{"login page", credentials(situation{to: toToken, status: 200, header: jsonType, body: `<html>`}), doctor.UnexpectedResponse},
		{"invalid grant of unknown type", &client.TokenError{StatusCode: 400, Code: "invalid_grant"}, doctor.CodeRefused},
		{"invalid grant, words", &client.TokenError{StatusCode: 400, Code: "invalid_grant", Description: "The JWT is too old"}, doctor.SubjectTokenRefused},
		{"invalid grant, refresh", &client.TokenError{StatusCode: 400, Code: "invalid_grant", GrantType: "refresh_token"}, doctor.RefreshTokenRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			findings := doctor.Explain(test.err)
			n.count(t, test.want, first(t, findings))
			if t.Failed() {
				t.Logf("Explain: %+v", findings)
			}
		})
	}
	t.Logf("%+v", n)
}

// Configurations of programs that lead to a refusal, with what Explain knows from the error
// and what Diagnose finds out.
func TestPrograms(t *testing.T) {
	inHeader := client.WithAuthStyle(oauth2.AuthStyleInHeader)
	decoded := func(s string) string { d, _ := url.QueryUnescape(s); return d }
	raw := func(s string) string { return s }
	withOAuth := client.WithHTTPClient(oauth2.NewClient(context.Background(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "another"})))
	edited := func(value string) client.Option {
		return client.WithRequestEditor(func(_ context.Context, req *http.Request) error {
			req.Header.Set("Authorization", value)
			return nil
		})
	}
	stripping := client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.Header.Del("Authorization")
		return http.DefaultTransport.RoundTrip(req)
	})})
	exchanged := unsigned(`{"sub":"1","amr":["http://tapkey.net/oauth/token_exchange"],"scope":"read:owneraccounts"}`)
	person := unsigned(`{"sub":"1","amr":["pwd"],"idp":"google","scope":"read:owneraccounts"}`)
	dotted := oauth2.Token{AccessToken: "ory_at_bWq4Jm9oNnPqRk2xVd3s.Yc5tHe8uKf1zLg7aMb0w"}
	empty := situation{to: toOwners, status: 200, header: jsonType, body: `[]`}
	var explained, diagnosed tally
	for _, test := range []struct {
		name              string
		url               string
		opts              []client.Option
		explain, diagnose doctor.ID
	}{
		{"Basic, decoded", started(t, requireBasic(decoded)), []client.Option{inHeader}, doctor.OK, doctor.OK},
		{"Basic is required", started(t, requireBasic(decoded)), nil, doctor.InvalidClient, doctor.AuthStyle},
		{"Basic, not decoded", started(t, requireBasic(raw)), []client.Option{inHeader}, doctor.InvalidClient, doctor.InvalidClient},
		{"body is required", started(t, requireBody), []client.Option{inHeader}, doctor.InvalidClient, doctor.AuthStyle},
		{"body", started(t, requireBody), nil, doctor.OK, doctor.OK},
		{"wrong secret", started(t, requireBody), []client.Option{client.WithCredentials("the-client", "wrong")}, doctor.InvalidClient, doctor.InvalidClient},
		{"http.Client with OAuth", started(t, protected), []client.Option{withOAuth}, doctor.HeaderReplaced, doctor.HeaderReplaced},
		{"http.Client with OAuth and Basic", started(t, requireBasic(decoded)), []client.Option{withOAuth, inHeader}, doctor.HeaderReplaced, doctor.HeaderReplaced},
		{"http.Client with OAuth, 403", serviceURL(t, situation{to: toOwners, status: 403}), []client.Option{withOAuth}, doctor.HeaderReplaced, doctor.HeaderReplaced},
		{"http.Client with OAuth, accepted", serviceURL(t, situation{}), []client.Option{withOAuth}, doctor.OK, doctor.OK},
		{"http.Client with OAuth, 500", serviceURL(t, situation{to: toOwners, status: 500}), []client.Option{withOAuth}, doctor.ServerError, doctor.ServerError},
		{"RoundTripper removes the header", started(t, protected), []client.Option{stripping}, doctor.HeaderStripped, doctor.HeaderStripped},
		{"access_token", started(t, protected), []client.Option{edited("access_token x")}, doctor.MissingBearerPrefix, doctor.MissingBearerPrefix},
		{"token alone", started(t, protected), []client.Option{edited("t0ken")}, doctor.MissingBearerPrefix, doctor.MissingBearerPrefix},
		{"Basic instead of Bearer", started(t, protected), []client.Option{edited("Basic dGhlOnMzY3JldA==")}, doctor.MissingBearerPrefix, doctor.MissingBearerPrefix},
		{"another bearer token", started(t, protected), []client.Option{edited("Bearer another")}, doctor.TokenRejected, doctor.TokenRejected},
		{"exchanged, empty list", serviceURL(t, empty), []client.Option{static(exchanged)}, doctor.OK, doctor.UserNotRegistered},
		{"exchanged, 401", serviceURL(t, situation{to: toOwners, status: 401}), []client.Option{static(exchanged)}, doctor.TokenRejected, doctor.UserNotRegistered},
		{"exchanged, 403", serviceURL(t, situation{to: toOwners, status: 403, header: jsonType, body: forbidden}), []client.Option{static(exchanged)}, doctor.RequestRefused, doctor.UserNotRegistered},
		{"exchanged, token refused", serviceURL(t, situation{to: toOwners, status: 401, header: challenged(`Bearer error="invalid_token"`)}), []client.Option{static(exchanged)}, doctor.TokenRejected, doctor.TokenRejected},
		{"exchanged, healthy", serviceURL(t, situation{}), []client.Option{static(exchanged)}, doctor.OK, doctor.OK},
		{"opaque token with dots, 503", serviceURL(t, situation{to: toOwners, status: 503}), []client.Option{static(dotted)}, doctor.ServerError, doctor.ServerError},
		{"opaque token with dots, refused", serviceURL(t, situation{to: toOwners, status: 401, header: challenged(`Bearer error="invalid_token"`)}), []client.Option{static(dotted)}, doctor.TokenRejected, doctor.TokenRejected},
		{"damaged JWT, refused", serviceURL(t, situation{to: toOwners, status: 401, header: challenged(`Bearer error="invalid_token"`)}), []client.Option{static(oauth2.Token{AccessToken: "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTk5fQ"})}, doctor.TokenRejected, doctor.MalformedToken},
		{"a person, empty list", serviceURL(t, empty), []client.Option{static(person)}, doctor.OK, doctor.NoOwnerAccounts},
	} {
		t.Run(test.name, func(t *testing.T) {
			findings := doctor.Explain(toOwners.call(t.Context(), clientAt(t, test.url, test.opts...)))
			explained.count(t, test.explain, first(t, findings))
			d := doctor.Diagnose(t.Context(), clientAt(t, test.url, test.opts...), doctor.Options{})
			diagnosed.count(t, test.diagnose, first(t, d.Findings))
			if t.Failed() {
				t.Logf("Explain: %+v, Diagnose: %+v", findings, d.Findings)
			}
		})
	}
	t.Logf("Explain: %+v, Diagnose: %+v", explained, diagnosed)
}

// The evidence names the page, its sender, and an encoding that a server may not know.
func TestEvidence(t *testing.T) {
	page := situation{status: 403, header: htmlType + "\nServer: squid/5.7\nVia: 1.1 proxy.example", body: "<html><title>ERROR: Access &amp; more denied</title>"}
	page.to = toOwners
	for _, test := range []struct {
		name string
		url  string
		opts []client.Option
		want []string
	}{
		{"page", serviceURL(t, page), nil, []string{"Access & more denied", "squid/5.7", "1.1 proxy.example", "403 Forbidden"}},
		{"encoding", started(t, requireBasic(func(s string) string { return s })), []client.Option{client.WithAuthStyle(oauth2.AuthStyleInHeader)}, []string{"form-encoded"}},
	} {
		err := toOwners.call(t.Context(), clientAt(t, test.url, test.opts...))
		evidence := fmt.Sprint(doctor.Explain(err)[0].Evidence)
		for _, want := range test.want {
			if !strings.Contains(evidence, want) {
				t.Errorf("%s: got evidence %q, want %q in it", test.name, evidence, want)
			}
		}
	}
}

// An id that is not listed is checked before anything else is concluded about its account.
func TestUnknownOwnerAccount(t *testing.T) {
	url := serviceURL(t, situation{to: toGrants, status: 403})
	d := doctor.Diagnose(t.Context(), clientAt(t, url), doctor.Options{Owner: "2"})
	if f := d.Findings[0]; f.ID != doctor.NotAdministrator || !strings.Contains(f.Evidence, "this id is not among your owner accounts") {
		t.Errorf("got %s, %q, want %s for an id that is not listed", f.ID, f.Evidence, doctor.NotAdministrator)
	}
}
