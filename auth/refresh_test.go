package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// memory is a store. With locks, it is a client.TokenLocker.
type memory struct {
	mu     sync.Mutex
	tokens map[string]*oauth2.Token
	saves  int
	fail   map[string]error // by operation
}

func newMemory() *memory {
	return &memory{tokens: map[string]*oauth2.Token{}, fail: map[string]error{}}
}

func (m *memory) Load(_ context.Context, key string) (*oauth2.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tokens[key], m.fail["load"]
}

func (m *memory) Save(_ context.Context, key string, token *oauth2.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail["save"]; err != nil {
		return err
	}
	// As from JSON: without Extra.
	m.tokens[key], m.saves = &oauth2.Token{AccessToken: token.AccessToken, RefreshToken: token.RefreshToken, TokenType: token.TokenType, Expiry: token.Expiry}, m.saves+1
	return nil
}

type lockedMemory struct {
	*memory
	locks chan struct{}
}

func newLockedMemory() lockedMemory { return lockedMemory{newMemory(), make(chan struct{}, 1)} }

func (m lockedMemory) Lock(ctx context.Context, _ string) (func(), error) {
	if err := m.fail["lock"]; err != nil {
		return nil, err
	}
	select {
	case m.locks <- struct{}{}:
		return func() { <-m.locks }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// old returns a token whose access token has expired.
func old(token *oauth2.Token) *oauth2.Token {
	return &oauth2.Token{RefreshToken: token.RefreshToken, AccessToken: "old", Expiry: time.Now().Add(-time.Hour)}
}

// 100 goroutines need a token at the same time, and the refresh token can be used once: one
// request is sent, and the new refresh token is kept.
func TestConcurrentRefresh(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent(), sandbox.WithRotatingRefreshTokens())
	app := newApp(t, configOf(s, s.PublicClient()))
	token := signIn(t, app)
	var saved atomic.Pointer[oauth2.Token]
	source := app.RefreshSource(old(token), func(_ context.Context, token *oauth2.Token) error {
		saved.Store(token)
		return nil
	})
	before := s.TokenRequests()
	for round := range 3 {
		var group sync.WaitGroup
		seen := make([]string, 100)
		for i := range seen {
			group.Go(func() {
				token, err := source.Token()
				if err != nil {
					t.Error(err)
					return
				}
				seen[i] = token.AccessToken
			})
		}
		group.Wait()
		for _, got := range seen {
			if got != seen[0] || got == "" {
				t.Fatalf("got different tokens, want one for all")
			}
		}
		if got, want := s.TokenRequests()-before, round+1; got != want {
			t.Fatalf("round %d: got %d token requests, want %d", round, got, want)
		}
		if got := saved.Load(); got.RefreshToken == token.RefreshToken || got.AccessToken != seen[0] {
			t.Fatal("the new refresh token was not saved")
		}
		source.InvalidateToken(&oauth2.Token{AccessToken: seen[0]})
	}
}

// A response without a refresh token leaves the old one valid, and one of the scope, too.
func TestRefreshTokenIsKept(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.FormValue("refresh_token"))
		w.Header().Set("Content-Type", "application/json")
		body := `{"access_token":"a","token_type":"Bearer","expires_in":3600}`
		if len(got) == 2 {
			body = `{"access_token":"b","token_type":"Bearer","expires_in":3600,"refresh_token":"second"}`
		}
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	app := newApp(t, auth.Config{ClientID: "x", TokenURL: server.URL})
	initial := (&oauth2.Token{RefreshToken: "first"}).WithExtra(map[string]any{"scope": "a b"})
	source := app.RefreshSource(initial, nil)
	for range 4 {
		token, err := source.Token()
		if err != nil {
			t.Fatal(err)
		}
		if scopes := strings.Join(auth.Scopes(token), " "); scopes != "a b" {
			t.Errorf("got scopes %q, want \"a b\"", scopes)
		}
		source.InvalidateToken(token)
		if len(got) == 4 {
			break
		}
	}
	if strings.Join(got, " ") != "first first second second" && strings.Join(got, " ") != "first first second" {
		t.Errorf("got requests with the refresh tokens %v, want first first second", got)
	}
}

// The client renews a token that the API refuses.
func TestRefreshAfter401(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	c := newClient(t, s, app.RefreshSource(signIn(t, app), nil))
	before := s.TokenRequests()
	for _, want := range []int{0, 1} {
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.TokenRequests() - before; got != want {
			t.Errorf("got %d token requests, want %d", got, want)
		}
		s.RevokeTokens()
	}
}

// A refresh token that is refused ends in ErrSignInAgain, in the client, too, and is sent once.
func TestSignInAgain(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	token := signIn(t, app)
	revoke(t, s, s.PublicClient().ID, token.RefreshToken)
	source := app.RefreshSource(old(token), nil)
	before := s.TokenRequests()
	for range 3 {
		_, err := source.Token()
		checkFailure(t, err, auth.ErrSignInAgain, doctor.RefreshTokenRefused, token.RefreshToken)
	}
	if got := s.TokenRequests() - before; got != 1 {
		t.Errorf("got %d token requests, want 1", got)
	}
	_, err := newClient(t, s, source).ListOwners(t.Context())
	checkFailure(t, err, auth.ErrSignInAgain, doctor.RefreshTokenRefused, token.RefreshToken)

	for name, token := range map[string]*oauth2.Token{"none": nil, "no refresh token": {AccessToken: "x", Expiry: time.Now()}} {
		_, err := app.RefreshSource(token, nil).Token()
		if name != "" {
			checkFailure(t, err, auth.ErrSignInAgain, doctor.NoRefreshToken)
		}
	}

	// Other failures do not mean that.
	config := configOf(s, s.WebClient())
	config.ClientSecret = "wrong-secret"
	_, err = newApp(t, config).RefreshSource(old(token), nil).Token()
	if errors.Is(err, auth.ErrSignInAgain) {
		t.Errorf("got %v, want another error", err)
	}
	checkFailure(t, err, nil, doctor.InvalidClient)
}

func revoke(t testing.TB, s *sandbox.Server, clientID, token string) {
	t.Helper()
	p := newBrowser(t).post(s.Issuer()+"/connect/revocation", url.Values{"client_id": {clientID}, "token": {token}})
	if p.status != http.StatusOK {
		t.Fatalf("revocation: got status %d, body %s", p.status, p.body)
	}
}

// Processes share a refresh token that can be used once.
func TestStoredTokenIsShared(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent(), sandbox.WithRotatingRefreshTokens())
	app := newApp(t, configOf(s, s.PublicClient()))
	store := newLockedMemory()
	if err := app.SaveToken(t.Context(), store, "operator-1", old(signIn(t, app))); err != nil {
		t.Fatal(err)
	}
	sources := make([]*auth.Source, 8)
	for i := range sources {
		sources[i] = newApp(t, configOf(s, s.PublicClient())).StoredSource(store, "operator-1")
	}
	before := s.TokenRequests()
	for round := range 3 {
		var group sync.WaitGroup
		for _, source := range sources {
			group.Go(func() {
				token, err := source.Token()
				if err != nil {
					t.Error(err)
					return
				}
				source.InvalidateToken(token)
			})
		}
		group.Wait()
		if got := s.TokenRequests() - before; got != round+1 {
			t.Fatalf("round %d: got %d token requests, want %d", round, got, round+1)
		}
	}
	_, err := app.StoredSource(store, "operator-2").Token()
	checkFailure(t, err, auth.ErrSignInAgain, doctor.NoRefreshToken)
}

// Without a lock, a process whose refresh token another one has used takes that one's token.
func TestStoredTokenOfAnotherProcess(t *testing.T) {
	store := newMemory()
	var requests []string
	app := (*auth.App)(nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.FormValue("refresh_token"))
		w.Header().Set("Content-Type", "application/json")
		if r.FormValue("refresh_token") == "first" { // another process has used it meanwhile
			_ = app.SaveToken(r.Context(), store, "operator", &oauth2.Token{RefreshToken: "second"})
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"a","expires_in":3600,"refresh_token":"third"}`))
	}))
	defer server.Close()
	app = newApp(t, auth.Config{ClientID: "x", TokenURL: server.URL})
	if err := app.SaveToken(t.Context(), store, "operator", &oauth2.Token{RefreshToken: "first"}); err != nil {
		t.Fatal(err)
	}
	token, err := app.StoredSource(store, "operator").Token()
	if err != nil || token.RefreshToken != "third" || strings.Join(requests, " ") != "first second" {
		t.Errorf("got error %v and requests %v, want none and first second", err, requests)
	}
}

// After ErrSignInAgain, a new sign-in that is saved ends it for all sources of the person.
func TestSignInAgainEnds(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	store := newMemory()
	token := signIn(t, app)
	revoke(t, s, s.PublicClient().ID, token.RefreshToken)
	if err := app.SaveToken(t.Context(), store, "o", old(token)); err != nil {
		t.Fatal(err)
	}
	source := app.StoredSource(store, "o")
	_, err := source.Token()
	checkFailure(t, err, auth.ErrSignInAgain, doctor.RefreshTokenRefused)
	if err := app.SaveToken(t.Context(), store, "o", signIn(t, app)); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(); err != nil {
		t.Errorf("got error %v, want none", err)
	}
	if err := app.SaveToken(t.Context(), store, "o", &oauth2.Token{AccessToken: "x"}); !errors.Is(err, auth.ErrSignInAgain) {
		t.Errorf("got error %v, want %v", err, auth.ErrSignInAgain)
	}
}

// A store that fails loses no refresh token, and its errors show none.
func TestFailingStore(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent(), sandbox.WithRotatingRefreshTokens())
	app := newApp(t, configOf(s, s.PublicClient()))
	store := newLockedMemory()
	token := signIn(t, app)
	if err := app.SaveToken(t.Context(), store, "o", old(token)); err != nil {
		t.Fatal(err)
	}
	source := app.StoredSource(store, "o")
	broken := errors.New("broken: " + token.RefreshToken)
	before := s.TokenRequests()
	for _, operation := range []string{"load", "lock", "save"} {
		store.fail[operation] = broken
		for range 2 {
			_, err := source.Token()
			if !errors.Is(err, broken) {
				t.Errorf("%s: got error %v, want %v", operation, err, broken)
			}
			if operation != "load" && strings.Contains(err.Error(), token.RefreshToken) {
				t.Errorf("got error %v, want no refresh token", err)
			}
		}
		delete(store.fail, operation)
	}
	if got := s.TokenRequests() - before; got != 1 {
		t.Errorf("got %d token requests, want 1, whose token waits to be saved", got)
	}
	renewed, err := source.Token()
	if err != nil || s.TokenRequests()-before != 1 {
		t.Errorf("got error %v after %d token requests, want none after 1", err, s.TokenRequests()-before)
	}
	source.InvalidateToken(renewed)
	if _, err := source.Token(); err != nil {
		t.Errorf("got error %v, want none: the rotated token was lost", err)
	}
}

// A caller waits until its own context is done; the renewal goes on.
func TestRefreshAndContexts(t *testing.T) {
	release, reached := make(chan struct{}), make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached <- struct{}{}
		<-release
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"a","expires_in":3600}`))
	}))
	defer server.Close()
	source := newApp(t, auth.Config{ClientID: "x", TokenURL: server.URL}).RefreshSource(&oauth2.Token{RefreshToken: "r"}, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("given up")
	go func() { <-reached; cancel(cause) }()
	if _, err := source.TokenContext(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("got error %v, want %v", err, cause)
	}
	close(release)
	if token, err := source.TokenContext(t.Context()); err != nil || token.AccessToken != "a" {
		t.Errorf("got error %v, want the token of the first request", err)
	}
}

// Short lifetimes, and none, do not cause a request for each call.
func TestLifetimes(t *testing.T) {
	for lifetime, want := range map[string]int{`"expires_in":60`: 1, `"expires_in":5`: 1, `"scope":"x"`: 1, `"expires_in":"3600"`: 1} {
		var requests atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"a",` + lifetime + `}`))
		}))
		source := newApp(t, auth.Config{ClientID: "x", TokenURL: server.URL}).RefreshSource(&oauth2.Token{RefreshToken: "r"}, nil)
		for range 5 {
			if _, err := source.Token(); err != nil {
				t.Error(err)
			}
		}
		server.Close()
		if got := int(requests.Load()); got != want {
			t.Errorf("%s: got %d token requests, want %d", lifetime, got, want)
		}
	}
}

// A panic of a store is an error of the call.
func TestPanickingSave(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	source := app.RefreshSource(old(signIn(t, app)), func(context.Context, *oauth2.Token) error { panic("oops") })
	if _, err := source.Token(); err == nil || !strings.Contains(err.Error(), "oops") {
		t.Errorf("got error %v, want the panic", err)
	}
}

var _ client.TokenInvalidator = (*auth.Source)(nil)

// Two processes renew in turn: each loads what the other has saved.
func TestProcessesTakeTurns(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent(), sandbox.WithRotatingRefreshTokens())
	app := newApp(t, configOf(s, s.PublicClient()))
	store := newLockedMemory()
	if err := app.SaveToken(t.Context(), store, "o", old(signIn(t, app))); err != nil {
		t.Fatal(err)
	}
	a, b := app.StoredSource(store, "o"), app.StoredSource(store, "o")
	before := s.TokenRequests()
	for i, source := range []*auth.Source{a, b, a, b} {
		token, err := source.Token()
		if err != nil {
			t.Fatalf("turn %d: got error %v, want none", i, err)
		}
		a.InvalidateToken(token)
		b.InvalidateToken(token)
	}
	if got := s.TokenRequests() - before; got != 4 {
		t.Errorf("got %d token requests, want 4", got)
	}
}
