package client

import (
	"net/url"
	"os"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Environment variables that [FromEnv] reads. Tapkey's own add-on uses the same names.
const (
	EnvClientID         = "TAPKEY_CLIENT_ID"
	EnvClientSecret     = "TAPKEY_CLIENT_SECRET"
	EnvClientSecretFile = "TAPKEY_CLIENT_SECRET_FILE" // not of the add-on
	EnvEnvironment      = "TAPKEY_ENV"                // not of the add-on
	EnvBaseURI          = "TAPKEY_BASE_URI"
	EnvTokenEndpoint    = "TAPKEY_TOKEN_ENDPOINT"
	EnvScopes           = "TAPKEY_SCOPES"
)

// FromEnv reads settings from environment variables:
//
//   - TAPKEY_CLIENT_ID and TAPKEY_CLIENT_SECRET: the credentials
//   - TAPKEY_CLIENT_SECRET_FILE: instead of TAPKEY_CLIENT_SECRET, the path of a file with the
//     secret. It is read by [New] and for each renewal of the token. A line break at the end
//     is ignored
//   - TAPKEY_ENV: the environment of Tapkey, production or sandbox, as [WithEnvironment] sets it
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
		c.id, c.source, c.credentialsFunc = id, nil, nil
	}
	secret, file := os.Getenv(EnvClientSecret), os.Getenv(EnvClientSecretFile)
	if secret != "" || file != "" {
		c.secret, c.secretFile, c.source, c.credentialsFunc = secret, file, nil, nil
	}
	if environment := os.Getenv(EnvEnvironment); environment != "" {
		c.environment = (*Environment)(&environment)
	}
	if base := os.Getenv(EnvBaseURI); base != "" {
		c.baseURL, c.ownBaseURL = withVersion(base), true
	}
	if endpoint := os.Getenv(EnvTokenEndpoint); endpoint != "" {
		c.tokenURL, c.ownTokenURL = endpoint, true
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
