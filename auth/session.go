package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/oauth2"
)

const (
	// sessionLifetime is how long a person may take to sign in.
	sessionLifetime = time.Hour

	// maxSession is the maximum size of an encoded session, in bytes.
	maxSession = 1 << 10
)

// session is what is kept while a person signs in.
type session struct {
	State    string `json:"s"`
	Verifier string `json:"v"` // of PKCE (RFC 7636)
	Started  int64  `json:"t"` // Unix time

	Environment string `json:"e,omitempty"` // of the App; "" if it is not known
}

func (a *app) newSession() session {
	var state [32]byte
	_, _ = rand.Read(state[:]) // never fails
	return session{base64.RawURLEncoding.EncodeToString(state[:]), oauth2.GenerateVerifier(), a.Now().Unix(), a.environment}
}

// encode returns the session as text that is the value of a cookie as it is.
func (s session) encode() string {
	text, _ := json.Marshal(s) // never fails
	return base64.RawURLEncoding.EncodeToString(text)
}

// decodeSession returns an encoded session. The error is an ErrMismatch.
func decodeSession(text string) (session, error) {
	var s session
	if text == "" {
		return s, mismatch("no sign-in was started in this browser, or its cookie was not sent")
	}
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > maxSession || json.Unmarshal(decoded, &s) != nil || len(s.State) < 43 || len(s.Verifier) < 43 {
		return s, mismatch("the session is not one that Start returned")
	}
	return s, nil
}

// check compares the session with the state that the browser returned. The clock may have been
// set while the person signed in.
func (s session) check(state string, now time.Time) error {
	age := now.Sub(time.Unix(s.Started, 0))
	switch {
	case subtle.ConstantTimeCompare([]byte(state), []byte(s.State)) != 1:
		return mismatch("the state is wrong")
	case age > sessionLifetime:
		return mismatch("the sign-in was started more than an hour ago")
	case age < -sessionLifetime:
		return mismatch("the sign-in was started in the future: the clock has been set back")
	}
	return nil
}

func mismatch(problem string) error { return fmt.Errorf("%w: %s", ErrMismatch, problem) }
