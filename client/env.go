package client

import (
	"net/url"
	"os"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Environment variables that [FromEnv] reads. Tapkey's own add-on uses the same names.
const (
	EnvClientID      = "TAPKEY_CLIENT_ID"
	EnvClientSecret  = "TAPKEY_CLIENT_SECRET"
	EnvBaseURI       = "TAPKEY_BASE_URI"
	EnvTokenEndpoint = "TAPKEY_TOKEN_ENDPOINT"
	EnvScopes        = "TAPKEY_SCOPES"
)

// FromEnv reads settings from environment variables:
//
//   - TAPKEY_CLIENT_ID and TAPKEY_CLIENT_SECRET: the credentials
//   - TAPKEY_BASE_URI: the base URL, such as https://my.tapkey.com; /api/v1 is added if the
//     URL has no path
//   - TAPKEY_TOKEN_ENDPOINT: the URL of the token endpoint
//   - TAPKEY_SCOPES: the scopes, separated by spaces, as [WithScopes] sets them
//
// The values are used as they are: quotes around a value and invisible characters in it are
// an [ErrConfig]. A variable that is unset or empty leaves its setting unchanged. If the
// client id or the client secret is missing and no other option sets it, the error of [New]
// names the variable.
func FromEnv() Option {
	return sharedOption{"FromEnv", (*config).readEnv}
}

func (c *config) readEnv() {
	c.fromEnv = true
	if id := os.Getenv(EnvClientID); id != "" {
		c.id, c.source = id, nil
	}
	if secret := os.Getenv(EnvClientSecret); secret != "" {
		c.secret, c.source = secret, nil
	}
	if base := os.Getenv(EnvBaseURI); base != "" {
		c.baseURL = withVersion(base)
	}
	if endpoint := os.Getenv(EnvTokenEndpoint); endpoint != "" {
		c.tokenURL = endpoint
	}
	if scopes := os.Getenv(EnvScopes); scopes != "" {
		c.setScopes(strings.FieldsFunc(scopes, func(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' })) // ASCII only
	}
}

// withVersion adds /api/v1 to a URL without path, query and fragment. It returns any other
// text unchanged.
func withVersion(base string) string {
	u, err := url.Parse(base)
	if err != nil || engine.CheckCharacters(base) != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return base
	}
	return strings.TrimRight(base, "/") + "/api/v1"
}
