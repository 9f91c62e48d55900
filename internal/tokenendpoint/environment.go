package tokenendpoint

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Names of Tapkey's environments.
const (
	Production = "production"
	Sandbox    = "sandbox"
)

// Environment is one of Tapkey's environments.
type Environment struct {
	Name                            string
	BaseURL, TokenURL, AuthorizeURL string
}

// environments returns all environments.
func environments() []Environment {
	const login, sandboxLogin = "https://login.tapkey.com/connect/", "https://login.sandbox.tapkey.io/connect/"
	return []Environment{
		{Production, "https://my.tapkey.com/api/v1", login + "token", login + "authorize"},
		{Sandbox, "https://my.sandbox.tapkey.io/api/v1", sandboxLogin + "token", sandboxLogin + "authorize"},
	}
}

// FindEnvironment returns the environment with a name. The error lists the names.
func FindEnvironment(name string) (Environment, error) {
	var names []string
	for _, e := range environments() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Environment{}, fmt.Errorf("unknown environment %.40q: use %s", name, strings.Join(names, " or "))
}

// EnvironmentOf returns the name of the environment that a URL belongs to, or "" if the host is not one of
// Tapkey's.
func EnvironmentOf(text string) string {
	host := hostOf(text)
	for _, e := range environments() {
		if host == hostOf(e.BaseURL) || host == hostOf(e.TokenURL) {
			return e.Name
		}
	}
	return ""
}

// EnvironmentOfToken returns the name of the environment that issued a JWT, or "" if that is not known. The
// signature is not verified.
func EnvironmentOfToken(accessToken string) string {
	return EnvironmentOf(Claim(accessToken, "iss"))
}

// Claim returns a claim of a JWT that is a string, or "" if there is none. A payload with
// duplicate names or invalid UTF-8 has none. The signature is not verified.
func Claim(accessToken, name string) (claim string) {
	parts := strings.Split(accessToken, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !jsontext.Value(payload).IsValid() {
		return ""
	}
	_ = engine.Fields(payload, func(field string, value jsontext.Value) {
		if field == name {
			claim = engine.Text(value)
		}
	})
	return claim
}

// hostOf returns the name of the host of a URL in lower case, or "" if the URL is invalid.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}
