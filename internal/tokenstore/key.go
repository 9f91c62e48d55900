package tokenstore

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Identity is what a token is requested with. It contains no secret.
type Identity struct {
	TokenURL string
	BaseURL  string // of the API that the token is for; its origin counts
	ClientID string
	Subject  string // the person or the tenant; "" for client credentials
	Scopes   []string
}

// Key returns the key of the tokens of i: a hash in 64 hexadecimal digits. Two identities have
// the same key only if each may use the tokens of the other.
func (i Identity) Key() string {
	scopes := slices.Compact(slices.Sorted(slices.Values(i.Scopes)))
	hash := sha256.New()
	for _, part := range append([]string{"tapkey token 1", normal(i.TokenURL), origin(i.BaseURL), i.ClientID, i.Subject}, scopes...) {
		// The length keeps "a", "bc" and "ab", "c" apart.
		hash.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// normal returns a URL with a normal origin.
func normal(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	return origin(text) + u.EscapedPath() + "?" + u.RawQuery
}

// origin returns the scheme, the host and the port of a URL.
func origin(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
