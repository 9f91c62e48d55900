package auth_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// grants is a sandbox for all grant types, with what requests tokens there.
type grants struct {
	*sandbox.Server
	person   auth.Config // a public client
	web      auth.Config // a confidential client
	exchange auth.Config
	subject  auth.Subject
}

const ourProvider = "our-provider"

func newGrants(t testing.TB, opts ...sandbox.Option) *grants {
	t.Helper()
	s, exchange, subject := provider(t, append(opts, sandbox.WithAutoConsent())...)
	return &grants{s, configOf(s, s.PublicClient()), configOf(s, s.WebClient()), exchange, subject}
}

// credentials calls with client credentials.
func (g *grants) credentials(t testing.TB, opts ...client.Option) error {
	t.Helper()
	all := append([]client.Option{
		client.WithBaseURL(g.BaseURL()), client.WithTokenURL(g.TokenURL()), client.WithCredentials(g.ClientID(), g.ClientSecret()), client.WithRetries(0),
	}, opts...)
	c, err := client.New(all...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ListOwners(t.Context())
	return err
}

// begun is a sign-in from which the browser has returned.
type begun struct{ back, session string }

func begin(t testing.TB, config auth.Config) begun {
	t.Helper()
	address, session, err := newApp(t, config).Start()
	if err != nil {
		t.Fatal(err)
	}
	return begun{authorize(t, address), session}
}

func (b begun) finish(t testing.TB, config auth.Config) error {
	t.Helper()
	_, err := newApp(t, config).Finish(returning(t, b.back), b.session)
	return err
}

// refresh uses a refresh token.
func (g *grants) refresh(t testing.TB, config auth.Config, token *oauth2.Token) error {
	t.Helper()
	_, err := newApp(t, config).RefreshSource(old(token), nil).Token()
	return err
}

// exchanged exchanges a JWT that a subject signs at another time.
func (g *grants) exchanged(t testing.TB, config auth.Config, provider string, late time.Duration, change func(*auth.Subject)) error {
	t.Helper()
	subject := g.subject
	if change != nil {
		change(&subject)
	}
	text, err := subject.SignAt("employee-4711", time.Now().Add(-late))
	if err != nil {
		t.Fatal(err)
	}
	_, err = newApp(t, config).Exchange(t.Context(), provider, text)
	return err
}

func changed(config auth.Config, change func(*auth.Config)) auth.Config {
	change(&config)
	return config
}

// Each grant type, and each way in which it fails: the error says what is wrong, the doctor
// names the cause, and its evidence has the message of the error.
func TestEachGrantFails(t *testing.T) {
	type failure struct {
		err   func(*testing.T, *grants) error
		text  string // of the error
		id    doctor.ID
		again bool // only a new sign-in helps
	}
	g, otherKey := newGrants(t), newKey(t, 2048)
	sign := func(change func(*auth.Subject)) func(*testing.T, *grants) error {
		return func(t *testing.T, g *grants) error { return g.exchanged(t, g.exchange, ourProvider, 0, change) }
	}
	exchange := func(change func(*auth.Config)) func(*testing.T, *grants) error {
		return func(t *testing.T, g *grants) error {
			return g.exchanged(t, changed(g.exchange, change), ourProvider, 0, nil)
		}
	}
	code := func(change func(*grants, *auth.Config)) func(*testing.T, *grants) error {
		return func(t *testing.T, g *grants) error {
			return begin(t, g.person).finish(t, changed(g.person, func(c *auth.Config) { change(g, c) }))
		}
	}
	refresh := func(change func(*grants, *auth.Config)) func(*testing.T, *grants) error {
		return func(t *testing.T, g *grants) error {
			return g.refresh(t, changed(g.web, func(c *auth.Config) { change(g, c) }), signIn(t, newApp(t, g.web)))
		}
	}
	for name, test := range map[string]failure{
		"client credentials/wrong secret": {func(t *testing.T, g *grants) error {
			return g.credentials(t, client.WithCredentials(g.ClientID(), "wrong-secret"))
		}, "invalid_client", doctor.InvalidClient, false},
		"client credentials/unknown client": {func(t *testing.T, g *grants) error {
			return g.credentials(t, client.WithCredentials("unknown", "secret"))
		}, "invalid_client", doctor.InvalidClient, false},
		"client credentials/client for people": {func(t *testing.T, g *grants) error {
			return g.credentials(t, client.WithCredentials(g.web.ClientID, g.web.ClientSecret))
		}, "unauthorized_client", doctor.UnauthorizedClient, false},
		"client credentials/scope": {func(t *testing.T, g *grants) error {
			return g.credentials(t, client.WithScopes("write:everything"))
		}, "invalid_scope", doctor.InvalidScope, false},
		"client credentials/wrong URL": {func(t *testing.T, g *grants) error {
			return g.credentials(t, client.WithTokenURL(g.Issuer()+"/connect/tokens"))
		}, "404", doctor.WrongAddress, false},

		"code/used twice": {func(t *testing.T, g *grants) error {
			b := begin(t, g.person)
			if err := b.finish(t, g.person); err != nil {
				t.Fatal(err)
			}
			return b.finish(t, g.person)
		}, "the code has already been used", doctor.CodeRefused, false},
		"code/late": {func(t *testing.T, _ *grants) error {
			g := newGrants(t) // whose clock is changed
			b := begin(t, g.person)
			g.AdvanceTime(6 * time.Minute)
			return b.finish(t, g.person)
		}, "the code has expired", doctor.CodeRefused, false},
		"code/changed": {func(t *testing.T, g *grants) error {
			b := begin(t, g.person)
			b.back = with(t, b.back, url.Values{"code": {parameter(t, b.back, "code") + "x"}})
			return b.finish(t, g.person)
		}, "the code is unknown", doctor.CodeRefused, false},
		"code/redirect URI, a character": {code(func(_ *grants, c *auth.Config) { c.RedirectURL = "http://127.0.0.1:8111/authorize" }),
			"redirect_uri differs", doctor.CodeRefused, false},
		"code/verifier missing": {func(t *testing.T, g *grants) error {
			// Package auth always sends one; x/oauth2 does not.
			config := oauth2.Config{ClientID: g.person.ClientID, RedirectURL: auth.DefaultRedirectURL, Endpoint: oauth2.Endpoint{TokenURL: g.TokenURL(), AuthStyle: oauth2.AuthStyleInParams}}
			_, err := config.Exchange(t.Context(), parameter(t, begin(t, g.person).back, "code"))
			return err
		}, "code_verifier is missing", doctor.CodeRefused, false},
		"code/verifier wrong": {func(t *testing.T, g *grants) error {
			b := begin(t, g.person)
			b.session = auth.Forge(b.session, func(_, v *string, _ *int64) { *v = strings.Repeat("v", 43) })
			return b.finish(t, g.person)
		}, "code_verifier does not match", doctor.CodeRefused, false},
		"code/verifier too long": {func(t *testing.T, g *grants) error {
			b := begin(t, g.person)
			b.session = auth.Forge(b.session, func(_, v *string, _ *int64) { *v = strings.Repeat("v", 200) })
			return b.finish(t, g.person)
		}, "43 to 128 characters", doctor.CodeRefused, false},
		"code/other client": {code(func(g *grants, c *auth.Config) { c.ClientID, c.ClientSecret = g.web.ClientID, g.web.ClientSecret }),
			"issued to another client", doctor.CodeRefused, false},
		"code/wrong secret": {code(func(g *grants, c *auth.Config) { c.ClientID, c.ClientSecret = g.web.ClientID, "wrong-secret" }),
			"invalid_client", doctor.InvalidClient, false},
		"code/unknown client": {code(func(_ *grants, c *auth.Config) { c.ClientID = "unknown" }), "invalid_client", doctor.InvalidClient, false},
		"code/client without the grant": {code(func(g *grants, c *auth.Config) { c.ClientID, c.ClientSecret = g.ClientID(), g.ClientSecret() }),
			"unauthorized_client", doctor.UnauthorizedClient, false},
		"code/wrong URL": {code(func(g *grants, c *auth.Config) { c.TokenURL = g.Issuer() + "/connect/tokens" }), "404", doctor.WrongAddress, false},

		"refresh/revoked": {func(t *testing.T, g *grants) error {
			token := signIn(t, newApp(t, g.person))
			revoke(t, g.Server, g.person.ClientID, token.RefreshToken)
			return g.refresh(t, g.person, token)
		}, "the refresh token is revoked", doctor.RefreshTokenRefused, true},
		"refresh/revoked with the code": {func(t *testing.T, g *grants) error {
			b := begin(t, g.person)
			token, err := newApp(t, g.person).Finish(returning(t, b.back), b.session)
			if err != nil {
				t.Fatal(err)
			}
			_ = b.finish(t, g.person) // the second use of the code
			return g.refresh(t, g.person, token)
		}, "the refresh token is revoked", doctor.RefreshTokenRefused, true},
		"refresh/unknown": {func(t *testing.T, g *grants) error {
			return g.refresh(t, g.person, &oauth2.Token{RefreshToken: "an-unknown-token"})
		}, "the refresh token is unknown", doctor.RefreshTokenRefused, true},
		"refresh/missing": {func(t *testing.T, g *grants) error {
			return g.refresh(t, g.person, signIn(t, newApp(t, changed(g.person, func(c *auth.Config) { c.Scopes = []string{"read:owneraccounts"} }))))
		}, "no refresh token", doctor.NoRefreshToken, true},
		"refresh/other client": {refresh(func(g *grants, c *auth.Config) { c.ClientID, c.ClientSecret = g.person.ClientID, "" }),
			"issued to another client", doctor.RefreshTokenRefused, true},
		"refresh/wrong secret":   {refresh(func(_ *grants, c *auth.Config) { c.ClientSecret = "wrong-secret" }), "invalid_client", doctor.InvalidClient, false},
		"refresh/unknown client": {refresh(func(_ *grants, c *auth.Config) { c.ClientID = "unknown" }), "invalid_client", doctor.InvalidClient, false},
		"refresh/client without the grant": {refresh(func(g *grants, c *auth.Config) { c.ClientID, c.ClientSecret = g.ClientID(), g.ClientSecret() }),
			"unauthorized_client", doctor.UnauthorizedClient, false},

		"exchange/wrong key":      {sign(func(s *auth.Subject) { s.Key = otherKey }), "not signed with RS256 and the key", doctor.SubjectTokenRefused, false},
		"exchange/wrong issuer":   {sign(func(s *auth.Subject) { s.Issuer += "/" }), "iss", doctor.SubjectTokenRefused, false},
		"exchange/wrong audience": {sign(func(s *auth.Subject) { s.Audience = "Tapkey" }), "aud", doctor.SubjectTokenRefused, false},
		"exchange/wrong client claim": {sign(func(s *auth.Subject) { s.ClientID = "web" }),
			"client_id is not the client id", doctor.SubjectTokenRefused, false},
		"exchange/expired": {func(t *testing.T, g *grants) error { return g.exchanged(t, g.exchange, ourProvider, 2*time.Hour, nil) },
			"expired", doctor.SubjectTokenRefused, false},
		"exchange/not valid yet": {func(t *testing.T, g *grants) error { return g.exchanged(t, g.exchange, ourProvider, -time.Hour, nil) },
			"iat", doctor.SubjectTokenRefused, false},
		"exchange/not a JWT": {func(t *testing.T, g *grants) error {
			_, err := newApp(t, g.exchange).Exchange(t.Context(), ourProvider, "not-a-jwt")
			return err
		}, "subject_token", doctor.SubjectTokenRefused, false},
		"exchange/unknown provider": {func(t *testing.T, g *grants) error { return g.exchanged(t, g.exchange, "their-provider", 0, nil) },
			"provider is unknown", doctor.SubjectTokenRefused, false},
		"exchange/scope":          {exchange(func(c *auth.Config) { c.Scopes = []string{"write:everything"} }), "invalid_scope", doctor.InvalidScope, false},
		"exchange/unknown client": {exchange(func(c *auth.Config) { c.ClientID = "unknown" }), "invalid_client", doctor.InvalidClient, false},
		"exchange/client without the grant": {func(t *testing.T, g *grants) error {
			return g.exchanged(t, changed(g.exchange, func(c *auth.Config) { c.ClientID = g.person.ClientID }), ourProvider, 0, nil)
		}, "unauthorized_client", doctor.UnauthorizedClient, false},
		"exchange/no token endpoint": {exchange(func(c *auth.Config) { c.TokenURL = "http://127.0.0.1:1/token" }), "refused", doctor.Unreachable, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.err(t, g)
			checkFailure(t, err, nil, test.id, "wrong-secret", "sandbox-web-secret", "an-unknown-token")
			if err == nil || !strings.Contains(err.Error(), test.text) {
				t.Errorf("got error %v, want one with %q", err, test.text)
			}
			if found := doctor.Explain(err); len(found) > 0 && !strings.Contains(found[0].Evidence, test.text) {
				t.Errorf("got the evidence %q, want it with %q", found[0].Evidence, test.text)
			}
			if errors.Is(err, auth.ErrSignInAgain) != test.again {
				t.Errorf("got error %v, want ErrSignInAgain: %t", err, test.again)
			}
		})
	}
}

// A user who is not registered gets a token without rights. The doctor tells that from a call,
// and from a diagnosis.
func TestUnregisteredUser(t *testing.T) {
	g := newGrants(t)
	source := newApp(t, g.exchange).ExchangeSource(ourProvider, func(context.Context) (string, error) { return g.subject.Sign("nobody") })
	c := newClient(t, g.Server, source)
	if diagnosis := doctor.Diagnose(t.Context(), c, doctor.Options{}); len(diagnosis.Findings) == 0 || diagnosis.Findings[0].ID != doctor.UserNotRegistered {
		t.Errorf("the doctor finds %v, want %s", diagnosis.Findings, doctor.UserNotRegistered)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) != 0 {
		t.Errorf("got owners %v and error %v, want none", owners, err)
	}
}
