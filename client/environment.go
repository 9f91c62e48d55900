package client

import (
	"fmt"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// Environment is the name of one of Tapkey's environments. They have separate accounts,
// clients and tokens. See [WithEnvironment].
//
// Package sandbox is not an environment of Tapkey: it is a server for tests that runs in a
// process of the program.
type Environment string

// Tapkey's environments.
const (
	Production Environment = tokenendpoint.Production // https://my.tapkey.com, with the locks that people use
	Sandbox    Environment = tokenendpoint.Sandbox    // https://my.sandbox.tapkey.io, Tapkey's servers for tests
)

// WithEnvironment sets the environment of Tapkey, and thus the base URL and the token URL
// unless [WithBaseURL] or [WithTokenURL] sets them. The default is that of the token source, if
// it is a source of package auth, and otherwise [Production]. An unknown name is an [ErrConfig]
// that lists the names, and so is a URL or a token source of another environment. A token whose
// issuer is another environment is not sent.
func WithEnvironment(environment Environment) Option {
	return sharedOption{"WithEnvironment", func(c *config) { c.environment = &environment }}
}

// resolveEnvironment sets the URLs that no option has set, and checks that both URLs and the
// token source are of the same environment, and of the one that is set.
func (c *config) resolveEnvironment() error {
	ofSource := c.environmentOfSource()
	wanted := Production
	switch {
	case c.environment != nil:
		wanted = *c.environment
	case ofSource != "":
		wanted = ofSource
	}
	selected, err := tokenendpoint.FindEnvironment(string(wanted))
	if err != nil {
		return err
	}
	if !c.ownBaseURL {
		c.baseURL = selected.BaseURL
	}
	if !c.ownTokenURL {
		c.tokenURL = selected.TokenURL
	}
	base, token := environmentOf(c.baseURL), environmentOf(c.tokenURL)
	switch {
	case c.environment != nil && base != "" && base != wanted:
		return fmt.Errorf("the environment is %s, but the base URL is that of %s", wanted, base)
	case c.environment != nil && ofSource != "" && ofSource != wanted:
		return fmt.Errorf("the environment is %s, but the token source is that of %s", wanted, ofSource)
	case c.source != nil && ofSource != "" && base != "" && ofSource != base:
		return fmt.Errorf("the base URL is that of the environment %s, but the token source is that of %s", base, ofSource)
	case c.source != nil: // the token URL is not used
		return nil
	case c.environment != nil && token != "" && token != wanted:
		return fmt.Errorf("the environment is %s, but the token URL is that of %s", wanted, token)
	case base != "" && token != "" && base != token:
		return fmt.Errorf("the base URL is that of the environment %s, but the token URL is that of %s: set both with WithEnvironment or %s", base, token, EnvEnvironment)
	}
	return nil
}

// environmentOfSource returns the environment that the token source obtains tokens from, or ""
// if that is not known.
func (c *config) environmentOfSource() Environment {
	if c.source == nil {
		return ""
	}
	source, ok := (*c.source).(interface{ TokenURL() string })
	if !ok {
		return ""
	}
	return environmentOf(source.TokenURL())
}

// environmentOf returns the environment that a URL belongs to, or "" if the host is not one of
// Tapkey's.
func environmentOf(url string) Environment { return Environment(tokenendpoint.EnvironmentOf(url)) }

// checkIssuer returns an error if a token is a JWT of another environment than the base URL.
func (c *config) checkIssuer(token *oauth2.Token) error {
	base := environmentOf(c.baseURL)
	if base == "" {
		return nil
	}
	if issuer := Environment(tokenendpoint.EnvironmentOfToken(token.AccessToken)); issuer != "" && issuer != base {
		return fmt.Errorf("%w: token not sent: it is of the environment %s, but the base URL is that of %s", ErrConfig, issuer, base)
	}
	return nil
}
