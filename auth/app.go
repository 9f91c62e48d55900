package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// DefaultAuthorizeURL is where people sign in at Tapkey's production system.
const DefaultAuthorizeURL = "https://login.tapkey.com/connect/authorize"

// DefaultRedirectURL is the redirect URI without [Config.RedirectURL].
const DefaultRedirectURL = "http://127.0.0.1:8111/authorize/"

// requestTimeout limits a token request, as it does in package client.
const requestTimeout = 30 * time.Second

// Config describes a client application as it is registered in Tapkey's portal.
type Config struct {
	ClientID     string           // client_id
	ClientSecret string           `json:"-" xml:"-"` // empty for a public client
	AuthStyle    oauth2.AuthStyle // how the secret is sent; default oauth2.AuthStyleInParams

	// Scopes are the scopes that a person is asked for, and that token exchange requests.
	// With "offline_access" among them, a sign-in returns a refresh token.
	Scopes []string

	// RedirectURL is where the browser returns after the sign-in. It must equal a registered
	// redirect URI, character by character. Default [DefaultRedirectURL].
	RedirectURL string

	// Environment is Tapkey's environment, which sets AuthorizeURL and TokenURL. Default
	// [client.Production]. The client of a [Source] has the same environment.
	Environment client.Environment

	AuthorizeURL string       // default that of Environment, such as [DefaultAuthorizeURL]
	TokenURL     string       // default that of Environment, such as [client.DefaultTokenURL]
	RevokeURL    string       // revocation endpoint, for [App.Revoke]; default none
	Issuer       string       // identity of the authorization server; default the origin of AuthorizeURL
	HTTPClient   *http.Client // as in [client.WithHTTPClient]; default as in package client
}

// Format implements fmt.Formatter. Every verb prints the client id, and no secret.
func (c Config) Format(s fmt.State, verb rune) {
	text := "auth.Config{" + redact.Line(c.ClientID, maxDescription) + "}"
	redact.Format(s, verb, text, text)
}

// App is a client application. It is immutable and safe for concurrent use.
type App struct {
	app func() *app // behind a function, so that printing by reflection finds no secret
}

// Format implements fmt.Formatter. Every verb prints the client id.
func (a App) Format(s fmt.State, verb rune) {
	text := "auth.App{}"
	if a.app != nil {
		text = "auth.App{" + redact.Line(a.app().ID, maxDescription) + "}"
	}
	redact.Format(s, verb, text, text)
}

type app struct {
	tokenendpoint.Endpoint
	scopes       []string
	redirect     string
	authorizeURL string
	revokeURL    string // "" for none
	issuer       string
	environment  string // of both URLs; "" if their hosts are not Tapkey's
}

// New returns an App. It checks the configuration and sends no request. If the configuration
// is invalid, the error is a [client.ErrConfig].
func New(config Config) (*App, error) {
	httpClient := config.HTTPClient
	if httpClient == nil {
		httpClient = &http.Client{}
	}
	a := &app{
		Endpoint: tokenendpoint.Endpoint{
			URL: config.TokenURL, ID: config.ClientID, Secret: config.ClientSecret, AuthStyle: config.AuthStyle,
			Transport: engine.Bounded(httpClient).Transport, Now: func() time.Time { return time.Now().Round(0) },
		},
		scopes: slices.Clone(config.Scopes), redirect: config.RedirectURL, authorizeURL: config.AuthorizeURL,
		revokeURL: config.RevokeURL, issuer: config.Issuer,
	}
	if err := a.resolveEnvironment(config.Environment); err != nil {
		return nil, configError(err)
	}
	setDefault(&a.redirect, DefaultRedirectURL)
	if a.AuthStyle == oauth2.AuthStyleAutoDetect {
		a.AuthStyle = oauth2.AuthStyleInParams
	}
	if err := a.check(); err != nil {
		return nil, configError(err)
	}
	if u, err := url.Parse(a.authorizeURL); err == nil && a.issuer == "" {
		a.issuer = u.Scheme + "://" + u.Host
	}
	return &App{func() *app { return a }}, nil
}

// resolveEnvironment sets the URLs that the configuration does not have, and checks that both
// are of the same environment, and of the one that is set.
func (a *app) resolveEnvironment(set client.Environment) error {
	wanted := string(set)
	setDefault(&wanted, tokenendpoint.Production)
	selected, err := tokenendpoint.FindEnvironment(wanted)
	if err != nil {
		return err
	}
	setDefault(&a.URL, selected.TokenURL)
	setDefault(&a.authorizeURL, selected.AuthorizeURL)
	token, authorize := tokenendpoint.EnvironmentOf(a.URL), tokenendpoint.EnvironmentOf(a.authorizeURL)
	switch {
	case set != "" && token != "" && token != wanted:
		return fmt.Errorf("the environment is %s, but the token URL is that of %s", wanted, token)
	case set != "" && authorize != "" && authorize != wanted:
		return fmt.Errorf("the environment is %s, but the authorize URL is that of %s", wanted, authorize)
	case token != "" && authorize != "" && token != authorize:
		return fmt.Errorf("the authorize URL is that of the environment %s, but the token URL is that of %s: set both with Environment", authorize, token)
	}
	a.environment = token
	return nil
}

func setDefault(value *string, text string) {
	if *value == "" {
		*value = text
	}
}

func configError(err error) error { return fmt.Errorf("%w: %w", client.ErrConfig, err) }

func (a *app) check() error {
	if a.ID == "" {
		return errors.New("client id is missing")
	}
	for _, text := range []struct{ name, value string }{{"client id", a.ID}, {"client secret", a.Secret}, {"issuer", a.issuer}} {
		if err := engine.CheckCharacters(text.value); err != nil {
			return fmt.Errorf("%s %w", text.name, err)
		}
	}
	if err := tokenendpoint.CheckURL(a.URL); err != nil {
		return fmt.Errorf("token URL: %w", err)
	}
	if err := tokenendpoint.CheckURL(a.authorizeURL); err != nil {
		return fmt.Errorf("authorize URL: %w", err)
	}
	if a.revokeURL != "" {
		if err := tokenendpoint.CheckURL(a.revokeURL); err != nil {
			return fmt.Errorf("revocation URL: %w", err)
		}
	}
	if a.AuthStyle != oauth2.AuthStyleInParams && a.AuthStyle != oauth2.AuthStyleInHeader {
		return errors.New("auth style is neither oauth2.AuthStyleInParams nor oauth2.AuthStyleInHeader")
	}
	if err := checkRedirectURL(a.redirect); err != nil {
		return fmt.Errorf("redirect URL %w", err)
	}
	if len(a.scopes) == 0 {
		return nil
	}
	return tokenendpoint.CheckScopes(a.scopes)
}

// checkRedirectURL validates a redirect URI: https, http to loopback, or a private scheme
// (RFC 8252, section 7.1).
func checkRedirectURL(text string) error {
	if err := engine.CheckCharacters(text); err != nil {
		return err
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case strings.Contains(text, "#"):
		return errors.New("has a fragment")
	case u.User != nil:
		return errors.New("has user info")
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Hostname() == "" {
			return errors.New("has no host")
		}
		if !tokenendpoint.Secure(u) {
			return client.ErrPlainHTTP
		}
	case !strings.Contains(u.Scheme, "."):
		return errors.New("is neither https, nor http to loopback, nor has a private scheme such as com.example.app")
	}
	return nil
}

// request sends a token request. Scope is the scope of the token if the response has none.
func (a *app) request(ctx context.Context, form url.Values, scope string) (*oauth2.Token, error) {
	limited, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	endpoint := a.Endpoint
	endpoint.Scope = scope
	token, err := endpoint.Token(limited, form)
	if err != nil && ctx.Err() != nil {
		return nil, engine.WithCause(ctx, tokenError(err))
	}
	return token, tokenError(err)
}

// Scopes returns the scopes of a token as the authorization server returned them. They may be
// fewer than were requested. They are nil if that is not known, as for a token from a store.
func Scopes(token *oauth2.Token) []string {
	if token == nil {
		return nil
	}
	scope, _ := token.Extra("scope").(string)
	return strings.Fields(scope)
}
