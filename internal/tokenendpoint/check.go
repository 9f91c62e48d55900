package tokenendpoint

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// ErrPlainHTTP is an error of package client, which documents it.
var ErrPlainHTTP = errors.New("plain http is for loopback only: use https")

// CheckURL validates a URL that credentials are sent to.
func CheckURL(text string) error {
	u, err := engine.ParseBaseURL(text)
	if err == nil && !Secure(u) {
		err = ErrPlainHTTP
	}
	return err
}

// Secure reports whether credentials may be sent to u, which is https or http to loopback.
func Secure(u *url.URL) bool {
	if u.Scheme != "http" {
		return u.Scheme == "https"
	}
	return IsLoopback(u.Hostname())
}

// IsLoopback reports whether a host name is localhost or an address of loopback.
func IsLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

// CheckScopes checks that each scope is a scope-token of RFC 6749, section 3.3.
func CheckScopes(scopes []string) error {
	if len(scopes) == 0 {
		return errors.New("no scopes to request")
	}
	for _, s := range scopes {
		if strings.TrimSpace(s) == "" {
			return errors.New("a scope is empty")
		}
		if character := engine.FindCharacter(s, inScope); character != "" {
			return fmt.Errorf("scope %q contains a character that RFC 6749 does not allow (%s): pass each scope separately, without quotes", s, character)
		}
		if err := engine.CheckCharacters(s); err != nil {
			return fmt.Errorf("scope %q %w", s, err)
		}
	}
	return nil
}

// inScope reports whether a scope-token of RFC 6749 may contain r.
func inScope(r rune) bool { return r > ' ' && r <= '~' && r != '"' && r != '\\' }
