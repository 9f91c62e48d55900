package auth

import (
	"time"
)

// Forge returns a session with other values.
func Forge(text string, change func(state, verifier *string, started *int64)) string {
	s, _ := decodeSession(text)
	change(&s.State, &s.Verifier, &s.Started)
	return s.encode()
}

// Sign signs a JWT at another time.
func (s Subject) SignAt(user string, now time.Time) (string, error) { return s.sign(user, now) }

// BrowserCommand returns the command that opens a URL on an operating system.
func BrowserCommand(goos string, getenv func(string) string, address string) (string, []string, error) {
	return browserCommand(goos, getenv, address)
}
