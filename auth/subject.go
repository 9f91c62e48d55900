package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

const (
	// clientIDClaim is the claim with the id of the client that may exchange a JWT.
	clientIDClaim = "http://tapkey.net/oauth/token_exchange/client_id"

	// defaultLifetime is the lifetime of a JWT. It is exchanged soon after it is signed; the
	// rest is for clocks that differ.
	defaultLifetime = 10 * time.Minute

	maxLifetime = time.Hour

	// Limits of Tapkey for keys, in bits.
	minKeyBits = 2048
	maxKeyBits = 4096
)

// Subject signs the JWTs that [App.Exchange] exchanges. The values are those with which the
// identity provider is registered in Tapkey's portal.
type Subject struct {
	Issuer, Audience string // claims iss and aud
	ClientID         string // client that exchanges the JWT

	// Key is an *rsa.PrivateKey of 2048 to 4096 bits, or a key of that kind in a hardware
	// module or a cloud service.
	Key crypto.Signer `json:"-" xml:"-"`

	KeyID    string        // header parameter kid; optional
	Lifetime time.Duration // default 10 minutes, at most an hour
}

// Format implements fmt.Formatter. Every verb prints the issuer, and no key.
func (s Subject) Format(state fmt.State, verb rune) {
	text := "auth.Subject{" + redact.Line(s.Issuer, maxDescription) + "}"
	redact.Format(state, verb, text, text)
}

// Sign returns a JWT, signed with RS256, for a user of the identity provider. The user is the
// ipUserId with which the user is registered at Tapkey.
func (s Subject) Sign(user string) (string, error) { return s.sign(user, time.Now()) }

func (s Subject) sign(user string, now time.Time) (string, error) {
	lifetime := s.Lifetime
	if lifetime == 0 {
		lifetime = defaultLifetime
	}
	if err := s.check(user, lifetime); err != nil {
		return "", configError(err)
	}
	header := map[string]any{"alg": "RS256", "typ": "JWT"}
	if s.KeyID != "" {
		header["kid"] = s.KeyID
	}
	issued := now.Unix()
	text := encodeJSON(header) + "." + encodeJSON(map[string]any{
		"iss": s.Issuer, "aud": s.Audience, "sub": user,
		"iat": issued, "exp": issued + int64(lifetime/time.Second), clientIDClaim: s.ClientID,
	})
	digest := sha256.Sum256([]byte(text))
	signature, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("JWT not signed: %w", redact.Error(err))
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func (s Subject) check(user string, lifetime time.Duration) error {
	for _, claim := range []struct{ name, value string }{
		{"issuer", s.Issuer}, {"audience", s.Audience}, {"client id", s.ClientID}, {"user", user},
	} {
		if claim.value == "" {
			return fmt.Errorf("subject: %s is missing", claim.name)
		}
	}
	if lifetime < time.Second || lifetime > maxLifetime {
		return fmt.Errorf("subject: lifetime %v is not between a second and an hour", lifetime)
	}
	if private, ok := s.Key.(*rsa.PrivateKey); s.Key == nil || ok && private == nil {
		return errors.New("subject: key is missing")
	}
	public, ok := s.Key.Public().(*rsa.PublicKey)
	if !ok || public == nil || public.N == nil {
		return errors.New("subject: key is not an RSA key")
	}
	if bits := public.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return fmt.Errorf("subject: key has %d bits, not %d to %d", bits, minKeyBits, maxKeyBits)
	}
	return nil
}

// encodeJSON returns base64url of the JSON of a value that can be encoded.
func encodeJSON(value map[string]any) string {
	text, _ := json.Marshal(value)
	return base64.RawURLEncoding.EncodeToString(text)
}
