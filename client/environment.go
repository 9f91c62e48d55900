package client

import (
	"fmt"
	"net/url"
	"strings"
)

// Environment is the name of one of Tapkey's environments. They have separate accounts,
// clients and tokens. See [WithEnvironment].
//
// Package sandbox is not an environment of Tapkey: it is a server for tests that runs in a
// process of the program.
type Environment string

// Tapkey's environments.
const (
	Production Environment = "production" // https://my.tapkey.com, with the locks that people use
	Sandbox    Environment = "sandbox"    // https://my.sandbox.tapkey.io, Tapkey's servers for tests
)

// endpoints are the URLs of an environment.
type endpoints struct {
	name              Environment
	baseURL, tokenURL string
}

// environments returns the endpoints of all environments.
func environments() []endpoints {
	return []endpoints{
		{Production, DefaultBaseURL, DefaultTokenURL},
		{Sandbox, "https://my.sandbox.tapkey.io/api/v1", "https://login.sandbox.tapkey.io/connect/token"},
	}
}

// WithEnvironment sets the environment of Tapkey, and thus the base URL and the token URL
// unless [WithBaseURL] or [WithTokenURL] sets them. The default is [Production]. An unknown
// name is an [ErrConfig] that lists the names, and so is a URL of another environment, because
// no environment accepts the tokens of another.
func WithEnvironment(environment Environment) Option {
	return sharedOption{"WithEnvironment", func(c *config) { c.environment = &environment }}
}

// resolveEnvironment sets the URLs that no option has set, and checks that both URLs are of
// the same environment, and of the one that is set.
func (c *config) resolveEnvironment() error {
	wanted := Production
	if c.environment != nil {
		wanted = *c.environment
	}
	selected, err := findEnvironment(wanted)
	if err != nil {
		return err
	}
	if !c.ownBaseURL {
		c.baseURL = selected.baseURL
	}
	if !c.ownTokenURL {
		c.tokenURL = selected.tokenURL
	}
	base, token := environmentOf(c.baseURL), environmentOf(c.tokenURL)
	switch {
	case c.environment != nil && base != "" && base != wanted:
		return fmt.Errorf("the environment is %s, but the base URL is that of %s", wanted, base)
	case c.source != nil: // the token URL is not used
		return nil
	case c.environment != nil && token != "" && token != wanted:
		return fmt.Errorf("the environment is %s, but the token URL is that of %s", wanted, token)
	case base != "" && token != "" && base != token:
		return fmt.Errorf("the base URL is that of the environment %s, but the token URL is that of %s: set both with WithEnvironment or %s", base, token, EnvEnvironment)
	}
	return nil
}

// findEnvironment returns the endpoints of an environment.
func findEnvironment(name Environment) (endpoints, error) {
	var names []string
	for _, e := range environments() {
		if e.name == name {
			return e, nil
		}
		names = append(names, string(e.name))
	}
	return endpoints{}, fmt.Errorf("unknown environment %.40q: use %s", string(name), strings.Join(names, " or "))
}

// environmentOf returns the environment that a URL belongs to, or "" if the host is not one of
// Tapkey's.
func environmentOf(text string) Environment {
	host := hostOf(text)
	for _, e := range environments() {
		if host == hostOf(e.baseURL) || host == hostOf(e.tokenURL) {
			return e.name
		}
	}
	return ""
}

// hostOf returns the name of the host of a URL in lower case, or "" if the URL is invalid.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}
