package client

import (
	"net/url"
	"os"
	"strings"
)

// The environment variables that [FromEnv] reads, by the names Tapkey's own add-on
// uses.
const (
	EnvClientID      = "TAPKEY_CLIENT_ID"
	EnvClientSecret  = "TAPKEY_CLIENT_SECRET"
	EnvBaseURI       = "TAPKEY_BASE_URI"
	EnvTokenEndpoint = "TAPKEY_TOKEN_ENDPOINT"
	EnvScopes        = "TAPKEY_SCOPES"
)

// FromEnv reads the environment:
//
//   - TAPKEY_CLIENT_ID and TAPKEY_CLIENT_SECRET, the credentials
//   - TAPKEY_BASE_URI, the host, such as https://my.tapkey.com; with /api/v1 will do
//   - TAPKEY_TOKEN_ENDPOINT, the token URL
//   - TAPKEY_SCOPES, separated by blanks
//
// Variables that are unset or empty change nothing. [New] names the one that is
// missing if no other option supplies what it stands for.
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
		c.scopes = strings.Fields(scopes)
	}
}

// withVersion adds the path of the API to a host.
func withVersion(base string) string {
	u, err := url.Parse(base)
	if err != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return base
	}
	return strings.TrimRight(base, "/") + "/api/v1"
}
