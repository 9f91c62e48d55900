package auth_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

const (
	productionLogin = "https://login.tapkey.com/connect/"
	sandboxLogin    = "https://login.sandbox.tapkey.io/connect/"
)

// The environment sets both URLs. URLs of different environments are an error.
func TestEnvironments(t *testing.T) {
	for name, test := range map[string]struct {
		config       auth.Config
		login, token string // wanted URLs
		want         string // wanted error
	}{
		"default":             {auth.Config{}, productionLogin + "authorize", productionLogin + "token", ""},
		"production":          {auth.Config{Environment: client.Production}, productionLogin + "authorize", productionLogin + "token", ""},
		"sandbox":             {auth.Config{Environment: client.Sandbox}, sandboxLogin + "authorize", sandboxLogin + "token", ""},
		"a proxy":             {auth.Config{Environment: client.Sandbox, TokenURL: "https://proxy.example/token"}, sandboxLogin + "authorize", "https://proxy.example/token", ""},
		"its own URL":         {auth.Config{Environment: client.Sandbox, AuthorizeURL: "https://LOGIN.sandbox.tapkey.io:443/x"}, "https://LOGIN.sandbox.tapkey.io:443/x", sandboxLogin + "token", ""},
		"both URLs":           {auth.Config{AuthorizeURL: sandboxLogin + "authorize", TokenURL: sandboxLogin + "token"}, sandboxLogin + "authorize", sandboxLogin + "token", ""},
		"unknown":             {auth.Config{Environment: "Sandbox"}, "", "", `unknown environment "Sandbox": use production or sandbox`},
		"token URL, other":    {auth.Config{Environment: client.Sandbox, TokenURL: productionLogin + "token"}, "", "", "but the token URL is that of production"},
		"authorize, other":    {auth.Config{Environment: client.Production, AuthorizeURL: sandboxLogin + "authorize"}, "", "", "but the authorize URL is that of sandbox"},
		"only token URL":      {auth.Config{TokenURL: sandboxLogin + "token"}, "", "", "set both with Environment"},
		"only authorize URL":  {auth.Config{AuthorizeURL: sandboxLogin + "authorize"}, "", "", "set both with Environment"},
		"both URLs, other":    {auth.Config{Environment: client.Production, AuthorizeURL: sandboxLogin + "authorize", TokenURL: sandboxLogin + "token"}, "", "", "is that of sandbox"},
		"host that begins so": {auth.Config{Environment: client.Sandbox, TokenURL: "https://login.tapkey.com.example/t"}, sandboxLogin + "authorize", "https://login.tapkey.com.example/t", ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.config.ClientID, test.config.Scopes = "x", scopes
			app, err := auth.New(test.config)
			if test.want != "" {
				if !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got error %v, want ErrConfig with %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			address, _, err := app.Start()
			if login, _, _ := strings.Cut(address, "?"); err != nil || login != test.login {
				t.Errorf("got authorize URL %s and error %v, want %s", login, err, test.login)
			}
			if got := app.RefreshSource(nil, nil).TokenURL(); got != test.token {
				t.Errorf("got token URL %s, want %s", got, test.token)
			}
		})
	}
}

// recorder is a transport that records the hosts of requests, and fails.
type recorder struct{ hosts []string }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.hosts = append(r.hosts, req.URL.Host)
	return nil, errors.New("not sent")
}

// issuedBy returns a token with a JWT of an issuer.
func issuedBy(issuer string, expiry time.Time) *oauth2.Token {
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"` + issuer + `"}`))
	return &oauth2.Token{AccessToken: "eyJhbGciOiJSUzI1NiJ9." + payload + ".c2ln", RefreshToken: "the-refresh-token", Expiry: expiry}
}

// No token, no code and no refresh token of an environment is sent to another one.
func TestTokensStayInTheirEnvironment(t *testing.T) {
	sent := &recorder{}
	app := func(environment client.Environment) *auth.App {
		return newApp(t, auth.Config{ClientID: "x", Scopes: scopes, Environment: environment, HTTPClient: &http.Client{Transport: sent}})
	}
	production, sandbox := app(client.Production), app(client.Sandbox)
	valid, expired := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	const login, sandboxLogin = "https://login.tapkey.com", "https://login.sandbox.tapkey.io"

	source := sandbox.RefreshSource(issuedBy(sandboxLogin, valid), nil)
	for name, opts := range map[string][]client.Option{
		"environment": {client.WithEnvironment(client.Production)},
		"base URL":    {client.WithBaseURL(client.DefaultBaseURL)},
	} {
		_, err := client.New(append(opts, client.WithTokenSource(source))...)
		if !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), "token source is that of sandbox") {
			t.Errorf("%s: got error %v, want ErrConfig", name, err)
		}
	}
	c, err := client.New(client.WithTokenSource(source))
	if err != nil || c.BaseURL() != "https://my.sandbox.tapkey.io/api/v1" {
		t.Errorf("got base URL %s and error %v, want that of the source's environment", c.BaseURL(), err)
	}
	call := func(source oauth2.TokenSource, opts ...client.Option) error {
		c, err := client.New(append(opts, client.WithTokenSource(source), client.WithHTTPClient(&http.Client{Transport: sent}))...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ListOwners(t.Context())
		return err
	}
	address, session, _ := sandbox.Start()
	back := auth.DefaultRedirectURL + "?code=c&state=" + url.QueryEscape(parameter(t, address, "state"))
	_, finished := production.Finish(returning(t, back), session)
	for name, test := range map[string]struct {
		err, target error
		id          doctor.ID
	}{
		"access token of another source": {call(oauth2.StaticTokenSource(issuedBy(sandboxLogin, valid))), client.ErrConfig, doctor.ConfigMissing},
		"the other way":                  {call(oauth2.StaticTokenSource(issuedBy(login+"/", valid)), client.WithEnvironment(client.Sandbox)), client.ErrConfig, doctor.ConfigMissing},
		"access token of another App":    {call(production.RefreshSource(issuedBy(sandboxLogin, valid), nil)), client.ErrConfig, doctor.ConfigMissing},
		"refresh token of another App":   {call(production.RefreshSource(issuedBy(sandboxLogin, expired), nil)), client.ErrConfig, doctor.ConfigMissing},
		"code of another App":            {finished, auth.ErrMismatch, doctor.SignInMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			checkFailure(t, test.err, test.target, test.id, "the-refresh-token", "eyJ", session)
		})
	}
	if len(sent.hosts) > 0 {
		t.Errorf("got requests to %v, want none", sent.hosts)
	}
	if err := call(source); err == nil || len(sent.hosts) == 0 || sent.hosts[0] != "my.sandbox.tapkey.io" {
		t.Errorf("got requests to %v and error %v, want one to the environment of the source", sent.hosts, err)
	}
}
