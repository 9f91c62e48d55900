package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/cmd/tapkey/internal/profile"
	"github.com/tapkey-go/tapkey-go/internal/secretfile"
)

// Environment variables of the command, in addition to those of package client.
const (
	envProfile = "TAPKEY_PROFILE"

	// envAuthorizationEndpoint is the variable from which Tapkey's add-on reads the
	// authorization endpoint.
	envAuthorizationEndpoint = "TAPKEY_AUTHORIZATION_ENDPOINT"
)

// settings are the settings of a command: from flags, else from environment variables, else
// from the profile.
type settings struct {
	dir     profile.Dir
	name    string           // of the profile; "" if none is used
	profile *profile.Profile // nil if it does not exist
	account bool             // the credentials are those of the profile

	environment        string // "" if nothing selects one
	baseURL, tokenURL  string
	authorizeURL       string // "" if it is not known
	revokeURL          string // "" if it is not known
	tokenDir           string
	profileOnly        bool // environment variables do not count
	sources            []setting
	profileURLsDropped bool // the environment is not that of the profile
}

// A setting is a value, and where it comes from.
type setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // "" for a secret
	Source string `json:"source"`
}

// settings returns the settings of the command. A profile that is selected must exist.
func (a *app) settings() (*settings, error) {
	return a.readSettings(&settings{tokenDir: a.tokenDir}, false)
}

// readSettings completes settings. A profile that is to be created need not exist.
func (a *app) readSettings(s *settings, create bool) (*settings, error) {
	name, source := a.profile, "flag --profile"
	if name == "" {
		name, source = os.Getenv(envProfile), variable(envProfile)
	}
	selected := name != ""
	if !selected {
		name, source = profile.Default, "default"
	}
	// The variables of a complete account exclude the default profile as a whole: its
	// environment is not theirs.
	if selected || create || !haveCredentials() {
		if err := s.readProfile(name, selected, create); err != nil {
			return nil, err
		}
	}
	if s.name != "" {
		s.add("profile", s.name, source)
	}
	if err := s.resolve(a.environment); err != nil {
		return nil, err
	}
	return s, nil
}

// haveCredentials reports whether the environment variables have complete credentials.
func haveCredentials() bool {
	return os.Getenv(client.EnvClientID) != "" && (os.Getenv(client.EnvClientSecret) != "" || os.Getenv(client.EnvClientSecretFile) != "")
}

func (s *settings) readProfile(name string, selected, create bool) error {
	if err := profile.CheckName(name); err != nil {
		return err
	}
	dir, err := profile.Open()
	if err != nil {
		if selected || create {
			return err
		}
		return nil // no home directory, as in some containers
	}
	s.dir = dir
	profiles, err := dir.Load()
	if err != nil {
		return err
	}
	found, ok := profiles[name]
	switch {
	case ok:
		s.name, s.profile = name, &found
	case create:
		s.name = name
	case selected:
		have := "there are none"
		if len(profiles) > 0 {
			have = "there are " + strings.Join(slices.Sorted(maps.Keys(profiles)), ", ")
		}
		return fmt.Errorf("profile %s does not exist in %s (%s): create it with tapkey login --profile %s", name, dir.Config(), have, name)
	}
	return nil
}

// variable returns the source of a value that an environment variable sets.
func variable(name string) string { return "environment variable " + name }

func (s *settings) add(name, value, source string) {
	s.sources = append(s.sources, setting{name, value, source})
}

// fromProfile returns the profile, or an empty one.
func (s *settings) fromProfile() profile.Profile {
	if s.profile == nil {
		return profile.Profile{}
	}
	return *s.profile
}

// inProfile returns the source of a value of the profile.
func (s *settings) inProfile() string { return "profile " + s.name }

// getenv returns an environment variable, unless only the profile counts.
func (s *settings) getenv(name string) string {
	if s.profileOnly {
		return ""
	}
	return os.Getenv(name)
}

// pick returns the first value that is not empty, and its source.
func (s *settings) pick(flagName, flag, env, inProfile, fallback string) (value, source string) {
	switch {
	case flag != "":
		return flag, "flag --" + flagName
	case env != "" && s.getenv(env) != "":
		return s.getenv(env), variable(env)
	case inProfile != "":
		return inProfile, s.inProfile()
	}
	return fallback, "default"
}

// resolve determines all settings but the secret.
func (s *settings) resolve(environmentFlag string) error {
	p := s.fromProfile()
	environment, source := s.pick("env", environmentFlag, client.EnvEnvironment, p.Environment, "")
	s.environment = environment
	if cmp.Or(environment, string(client.Production)) != cmp.Or(p.Environment, string(client.Production)) {
		p.BaseURI, p.TokenEndpoint, p.AuthorizationEndpoint, p.RevocationEndpoint = "", "", "", ""
		s.profileURLsDropped = true
	}
	c, err := client.New(append([]client.Option{client.WithCredentials("-", "-")}, s.addressOptions()...)...)
	if err != nil {
		return err
	}
	s.baseURL, s.tokenURL = c.BaseURL(), c.TokenURL()
	if name := s.environmentName(); name != "" {
		s.add("environment", name, source)
	}
	fromEnvironment := "environment " + cmp.Or(environment, string(client.Production))
	_, source = s.pick("", "", client.EnvBaseURI, p.BaseURI, "")
	s.add("API", s.baseURL, strings.Replace(source, "default", fromEnvironment, 1))
	_, source = s.pick("", "", client.EnvTokenEndpoint, p.TokenEndpoint, "")
	s.add("token endpoint", s.tokenURL, strings.Replace(source, "default", fromEnvironment, 1))
	s.authorizeURL, _ = s.pick("", "", envAuthorizationEndpoint, p.AuthorizationEndpoint, s.nextTo("/connect/authorize"))
	s.revokeURL = cmp.Or(p.RevocationEndpoint, s.nextTo("/connect/revocation"))
	s.resolveAccount(p)
	return nil
}

// environmentName returns the name of the environment, or "" if none is selected and the API is
// another server.
func (s *settings) environmentName() string {
	if s.environment == "" && s.baseURL == client.DefaultBaseURL {
		return string(client.Production)
	}
	return s.environment
}

// nextTo returns the URL of an endpoint next to the token endpoint, or "" if the path of the
// token endpoint is not that of Tapkey.
func (s *settings) nextTo(path string) string {
	before, ok := strings.CutSuffix(s.tokenURL, "/connect/token")
	if !ok {
		return ""
	}
	return before + path
}

// resolveAccount decides whether the credentials are those of the profile.
func (s *settings) resolveAccount(p profile.Profile) {
	id := s.getenv(client.EnvClientID)
	s.account = p.ClientID != "" && (s.profileOnly || !haveCredentials()) && (id == "" || id == p.ClientID)
	switch {
	case s.account && id == "":
		s.add("client id", p.ClientID, s.inProfile())
	case id != "":
		s.add("client id", id, variable(client.EnvClientID))
	}
	switch {
	case s.getenv(client.EnvClientSecret) != "":
		s.add("client secret", "", variable(client.EnvClientSecret))
	case s.getenv(client.EnvClientSecretFile) != "":
		s.add("client secret", "", variable(client.EnvClientSecretFile))
	case s.account && p.GrantType == profile.ClientCredentials:
		s.add("client secret", "", s.inProfile())
	}
	switch scopes := s.getenv(client.EnvScopes); {
	case s.isPerson():
		s.add("scopes", strings.Join(p.Scopes, " "), s.inProfile())
		s.add("token", "", s.inProfile()+": a person has signed in")
	case scopes != "":
		s.add("scopes", scopes, variable(client.EnvScopes))
	case s.account && len(p.Scopes) > 0:
		s.add("scopes", strings.Join(p.Scopes, " "), s.inProfile())
	}
	if s.tokenDir != "" {
		s.add("token directory", s.tokenDir, "flag --token-dir")
	}
}

// isPerson reports whether the token is that of a person who has signed in.
func (s *settings) isPerson() bool { return s.account && s.profile.GrantType == profile.Person }

// addressOptions returns the options that set the environment and the URLs.
func (s *settings) addressOptions() []client.Option {
	var opts []client.Option
	if p := s.fromProfile(); !s.profileURLsDropped {
		if p.BaseURI != "" {
			opts = append(opts, client.WithBaseURL(p.BaseURI))
		}
		if p.TokenEndpoint != "" {
			opts = append(opts, client.WithTokenURL(p.TokenEndpoint))
		}
	}
	if !s.profileOnly {
		opts = append(opts, client.FromEnv())
	}
	if s.environment != "" {
		opts = append(opts, client.WithEnvironment(client.Environment(s.environment)))
	}
	return opts
}

// options returns the options of a client with these settings.
func (s *settings) options(ctx context.Context) ([]client.Option, error) {
	opts := s.addressOptions()
	if s.tokenDir != "" {
		if s.isPerson() {
			return nil, fmt.Errorf("--token-dir is for client credentials: profile %s keeps the token of a person", s.name)
		}
		store, err := tokenstore.NewFiles(s.tokenDir)
		if err != nil {
			return nil, err
		}
		opts = append(opts, client.WithTokenStore(store))
	}
	if !s.account {
		return opts, nil
	}
	store, err := s.store(ctx)
	if err != nil {
		return nil, err
	}
	if !s.isPerson() {
		return s.serviceOptions(ctx, opts, store)
	}
	app, err := s.app(ctx, store)
	if err != nil {
		return nil, err
	}
	token, err := app.StoredToken(ctx, store, s.person())
	if err != nil {
		return nil, &failure{err}
	}
	if token == nil {
		return nil, s.notSignedIn()
	}
	return append(opts, client.WithTokenSource(app.StoredSource(store, s.person()))), nil
}

// serviceOptions adds the options of client credentials that are in the profile.
func (s *settings) serviceOptions(ctx context.Context, opts []client.Option, store client.TokenStore) ([]client.Option, error) {
	if s.getenv(client.EnvClientSecret) == "" && s.getenv(client.EnvClientSecretFile) == "" {
		secret, err := profile.LoadSecret(ctx, store, s.profile.ClientID)
		if err != nil {
			return nil, &failure{err}
		}
		if secret == "" {
			return nil, s.notSignedIn()
		}
		opts = append(opts, client.WithCredentials(s.profile.ClientID, secret))
	} else {
		opts = append([]client.Option{client.WithCredentials(s.profile.ClientID, "-")}, opts...) // FromEnv has the secret
	}
	if len(s.profile.Scopes) > 0 && s.getenv(client.EnvScopes) == "" {
		opts = append(opts, client.WithScopes(s.profile.Scopes...))
	}
	if s.tokenDir == "" {
		opts = append(opts, client.WithTokenStore(store))
	}
	return opts, nil
}

// store returns the store of the profile.
func (s *settings) store(ctx context.Context) (client.TokenStore, error) {
	if s.profile.Storage == "" {
		return nil, s.notSignedIn()
	}
	store, err := s.dir.Store(ctx, s.name, s.profile.Storage)
	if err != nil {
		return nil, &failure{err}
	}
	return store, nil
}

// errNotSignedIn is the error of a profile without a token or a secret.
var errNotSignedIn = errors.New("not signed in")

func (s *settings) notSignedIn() error {
	where, flag := "", ""
	if s.profileURLsDropped {
		where, flag = " to the environment "+s.environment, " --env "+s.environment
	}
	return fmt.Errorf("profile %s is %w%s at %s: use tapkey login --profile %s%s", s.name, errNotSignedIn, where, s.baseURL, s.name, flag)
}

// person returns the name under which the token of the person is stored. It contains the URL
// of the API: a token is not sent to another one.
func (s *settings) person() string { return s.name + " at " + s.baseURL }

// app returns the client application of the profile.
func (s *settings) app(ctx context.Context, store client.TokenStore) (*auth.App, error) {
	config := auth.Config{
		ClientID: s.profile.ClientID, Scopes: s.profile.Scopes, RedirectURL: s.profile.RedirectURI,
		AuthorizeURL: s.authorizeURL, TokenURL: s.tokenURL, RevokeURL: s.revokeURL,
	}
	var err error
	if !s.profileOnly {
		if config.ClientSecret, err = secretOfEnvironment(); err != nil {
			return nil, err
		}
	}
	if config.ClientSecret == "" {
		if config.ClientSecret, err = profile.LoadSecret(ctx, store, s.profile.ClientID); err != nil {
			return nil, &failure{err}
		}
	}
	return auth.New(config)
}

// secretOfEnvironment returns the client secret that the environment variables set, or "".
func secretOfEnvironment() (string, error) {
	secret, file := os.Getenv(client.EnvClientSecret), os.Getenv(client.EnvClientSecretFile)
	switch {
	case secret != "" && file != "":
		return "", fmt.Errorf("environment variables %s and %s are both set: unset one", client.EnvClientSecret, client.EnvClientSecretFile)
	case file != "":
		return secretfile.Read(file)
	}
	return secret, nil
}
