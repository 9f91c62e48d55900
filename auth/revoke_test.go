package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestRevoke(t *testing.T) {
	redirect := freeRedirectURL("127.0.0.1")
	s := start(t, sandbox.WithAutoConsent(), sandbox.WithRedirectURI(redirect))
	for _, c := range []sandbox.Client{s.PublicClient(), s.WebClient()} {
		config := configOf(s, c)
		config.RedirectURL = redirect
		config.RevokeURL = s.Issuer() + "/connect/revocation"
		app := newApp(t, config)
		token, err := app.Login(t.Context(), auth.Login{Open: func(_ context.Context, address string) error {
			b := newBrowser(t)
			b.get(b.get(address).location)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		store := newMemory()
		if err := app.SaveToken(t.Context(), store, "kim", token); err != nil {
			t.Fatal(err)
		}
		stored, err := app.StoredToken(t.Context(), store, "kim")
		if err != nil || stored == nil || stored.AccessToken != token.AccessToken {
			t.Fatalf("%s: StoredToken = %v, %v; want the token that was saved", c.ID, stored != nil, err)
		}
		if other, err := app.StoredToken(t.Context(), store, "alex"); other != nil || err != nil {
			t.Errorf("%s: StoredToken of another person = %v, %v; want nil, nil", c.ID, other != nil, err)
		}
		tapkey := newClient(t, s, oauth2.StaticTokenSource(token))
		if _, err := tapkey.ListOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := app.Revoke(t.Context(), token); err != nil {
			t.Fatalf("%s: Revoke = %v, want nil", c.ID, err)
		}
		if _, err := tapkey.ListOwners(t.Context()); err == nil {
			t.Errorf("%s: got no error with a revoked access token, want one", c.ID)
		}
		if _, err := app.StoredSource(&expired{store}, "kim").Token(); !errors.Is(err, auth.ErrSignInAgain) {
			t.Errorf("%s: got error %v with a revoked refresh token, want ErrSignInAgain", c.ID, err)
		}
		if err := app.Revoke(t.Context(), token); err != nil { // RFC 7009: not an error
			t.Errorf("%s: the second Revoke = %v, want nil", c.ID, err)
		}
	}
}

// expired is a store whose access tokens have to be renewed.
type expired struct{ *memory }

func (e *expired) Load(ctx context.Context, key string) (*oauth2.Token, error) {
	token, err := e.memory.Load(ctx, key)
	if token != nil {
		token = &oauth2.Token{RefreshToken: token.RefreshToken}
	}
	return token, err
}

func TestRevocationFails(t *testing.T) {
	const secret = "refresh-token-0123456789"
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		want   string
	}{
		"echo": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_request","error_description":"` + r.FormValue("token") + `"}`))
		}, "invalid_request"},
		"missing": {http.NotFound, "404"},
		"page": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<!DOCTYPE html><title>x</title>"))
		}, "HTML"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, "redirect"},
	} {
		server := httptest.NewServer(test.handle)
		t.Cleanup(server.Close)
		app := newApp(t, auth.Config{ClientID: "id", Scopes: scopes, RevokeURL: server.URL})
		err := app.Revoke(t.Context(), &oauth2.Token{RefreshToken: secret})
		if _, ok := errors.AsType[*client.TokenError](err); !ok || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got error %v, want a TokenError with %q and without the token", name, err, test.want)
		}
	}
	app := newApp(t, auth.Config{ClientID: "id", Scopes: scopes})
	if err := app.Revoke(t.Context(), &oauth2.Token{RefreshToken: secret}); !errors.Is(err, client.ErrConfig) {
		t.Errorf("without a URL: got error %v, want ErrConfig", err)
	}
	if _, err := auth.New(auth.Config{ClientID: "id", RevokeURL: "http://login.tapkey.com/x"}); !errors.Is(err, client.ErrConfig) {
		t.Errorf("plain http: got error %v, want ErrConfig", err)
	}
}
