package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func newKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// provider starts a sandbox with an identity provider, and returns what signs its JWTs.
func provider(t testing.TB, opts ...sandbox.Option) (*sandbox.Server, auth.Config, auth.Subject) {
	t.Helper()
	key := newKey(t, 2048)
	mobile := sandbox.Client{ID: "mobile", Public: true, TokenExchange: true}
	s := start(t, append(opts, sandbox.WithClient(mobile), sandbox.WithProvider(sandbox.Provider{
		Owner: "Coworking Space", ID: ourProvider, Issuer: "https://id.example", Audience: "tapkey", Key: &key.PublicKey,
	}))...)
	config := configOf(s, mobile)
	config.Scopes = []string{"read:owneraccounts", "read:core:entities"}
	return s, config, auth.Subject{Issuer: "https://id.example", Audience: "tapkey", ClientID: "mobile", Key: key}
}

// A JWT has the registered claims, and another library verifies it.
func TestSubjectClaims(t *testing.T) {
	for _, bits := range []int{2048, 3072} {
		key := newKey(t, bits)
		subject := auth.Subject{Issuer: "i", Audience: "a", ClientID: "c", Key: key, KeyID: "k1", Lifetime: time.Hour}
		now := time.Unix(1_800_000_000, 999)
		text, err := subject.SignAt("user-1", now)
		if err != nil {
			t.Fatal(err)
		}
		claims := jwt.MapClaims{}
		token, err := jwt.ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithStrictDecoding())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{
			"iss": "i", "aud": "a", "sub": "user-1", "iat": 1.8e9, "exp": 1.8e9 + 3600,
			"http://tapkey.net/oauth/token_exchange/client_id": "c",
		} {
			if claims[name] != want {
				t.Errorf("%s: got %v, want %v", name, claims[name], want)
			}
		}
		if len(claims) != 6 || token.Header["kid"] != "k1" {
			t.Errorf("got claims %v and header %v, want 6 claims and the key id", claims, token.Header)
		}
	}
}

type cloudKey struct{ crypto.Signer }

func TestInvalidSubjects(t *testing.T) {
	good := auth.Subject{Issuer: "i", Audience: "a", ClientID: "c", Key: newKey(t, 2048)}
	short := newKey(t, 1024)
	elliptic, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*auth.Subject){
		"no issuer":   func(s *auth.Subject) { s.Issuer = "" },
		"no audience": func(s *auth.Subject) { s.Audience = "" },
		"no client":   func(s *auth.Subject) { s.ClientID = "" },
		"no key":      func(s *auth.Subject) { s.Key = nil },
		"nil key":     func(s *auth.Subject) { s.Key = (*rsa.PrivateKey)(nil) },
		"empty key":   func(s *auth.Subject) { s.Key = new(rsa.PrivateKey) },
		"short key":   func(s *auth.Subject) { s.Key = short },
		"other kind":  func(s *auth.Subject) { s.Key = elliptic },
		"long":        func(s *auth.Subject) { s.Lifetime = time.Hour + time.Second },
		"negative":    func(s *auth.Subject) { s.Lifetime = -time.Second },
		"milliseonds": func(s *auth.Subject) { s.Lifetime = time.Millisecond },
	} {
		s := good
		change(&s)
		if text, err := s.Sign("u"); !errors.Is(err, client.ErrConfig) || text != "" {
			t.Errorf("%s: got error %v, want %v", name, err, client.ErrConfig)
		}
	}
	if _, err := good.Sign(""); !errors.Is(err, client.ErrConfig) {
		t.Errorf("no user: got error %v, want %v", err, client.ErrConfig)
	}
	good.Key = cloudKey{good.Key}
	if _, err := good.Sign("u"); err != nil {
		t.Errorf("key of a service: got error %v, want none", err)
	}
}

// A registered user gets a token; an unregistered one gets a token without rights.
func TestExchange(t *testing.T) {
	s, config, subject := provider(t)
	app := newApp(t, config)
	admin, err := client.New(client.WithCredentials(s.ClientID(), s.ClientSecret()), client.WithBaseURL(s.BaseURL()), client.WithTokenURL(s.TokenURL()),
		client.WithScopes("read:owneraccounts", "write:core:entities", "write:owneraccount:permissions"))
	if err != nil {
		t.Fatal(err)
	}
	for owner, err := range admin.AllOwners(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, user := range []string{"employee-4711", "nobody"} {
			if owner.Name != "Home" {
				continue
			}
			contact, err := admin.CreateContact(t.Context(), owner.ID, tapkey.ContactCreate{IPID: new("our-provider"), IPUserID: &user})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := admin.CreatePermission(t.Context(), owner.ID, tapkey.PermissionCreate{ContactID: contact.ID, Role: "Admin"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for user, want := range map[string]int{"employee-4711": 1, "nobody": 0} {
		signed := 0
		source := app.ExchangeSource("our-provider", func(context.Context) (string, error) {
			signed++
			return subject.Sign(user)
		})
		c := newClient(t, s, source)
		owners, err := c.ListOwners(t.Context())
		if want == 0 {
			diagnosis := doctor.Diagnose(t.Context(), c, doctor.Options{})
			if ids := findingIDs(diagnosis); !strings.Contains(ids, string(doctor.UserNotRegistered)) {
				t.Errorf("%s: the doctor finds %s, want %s", user, ids, doctor.UserNotRegistered)
			}
		}
		if err != nil || len(owners) != want {
			t.Errorf("%s: got owners %v and error %v, want %d", user, owners, err, want)
		}
		s.RevokeTokens()
		if _, err := c.ListOwners(t.Context()); want == 1 && err != nil {
			t.Errorf("%s: after a 401: got error %v, want none", user, err)
		}
		if signed < 2 {
			t.Errorf("%s: got %d JWTs, want one for each token", user, signed)
		}
	}
}

func findingIDs(d doctor.Diagnosis) string {
	var ids []string
	for _, step := range d.Steps {
		if step.Finding != nil {
			ids = append(ids, string(step.Finding.ID))
		}
	}
	return strings.Join(ids, " ")
}

// What fails before a token request is sent. TestEachGrantFails has the failures of requests.
func TestExchangeIsNotSent(t *testing.T) {
	_, config, _ := provider(t)
	for _, args := range [][2]string{{"", "x"}, {"our-provider", ""}} {
		if _, err := newApp(t, config).Exchange(t.Context(), args[0], args[1]); !errors.Is(err, client.ErrConfig) {
			t.Errorf("%q: got error %v, want %v", args, err, client.ErrConfig)
		}
	}
	failing := errors.New("the key service is down")
	_, err := newApp(t, config).ExchangeSource("our-provider", func(context.Context) (string, error) { return "", failing }).Token()
	if !errors.Is(err, failing) {
		t.Errorf("got error %v, want %v", err, failing)
	}
}
