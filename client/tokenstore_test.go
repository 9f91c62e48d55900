package client_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// memoryStore is a store of tokens that counts what is done with it.
type memoryStore struct {
	mu           sync.Mutex
	tokens       map[string]*oauth2.Token
	loads, saves int
}

func newMemoryStore() *memoryStore { return &memoryStore{tokens: make(map[string]*oauth2.Token)} }

func (s *memoryStore) Load(_ context.Context, key string) (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads++
	return s.tokens[key], nil
}

func (s *memoryStore) Save(_ context.Context, key string, token *oauth2.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saves++
	s.tokens[key] = token
	return nil
}

// put replaces the tokens of all keys.
func (s *memoryStore) put(token *oauth2.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.tokens {
		s.tokens[key] = token
	}
}

// lockingStore is a memoryStore that locks.
type lockingStore struct {
	*memoryStore
	locks sync.Map // of chan struct{}
}

func (s *lockingStore) Lock(ctx context.Context, key string) (func(), error) {
	lock, _ := s.locks.LoadOrStore(key, make(chan struct{}, 1))
	select {
	case lock.(chan struct{}) <- struct{}{}:
		return func() { <-lock.(chan struct{}) }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// issuer is a token endpoint and an API in memory. The API refuses tokens that the endpoint
// did not issue, and tokens that are revoked.
type issuer struct {
	mu       sync.Mutex
	lifetime int
	latency  time.Duration
	requests int             // of tokens
	refusals int             // of tokens, by the API
	valid    map[string]bool // the tokens that the API accepts
	refusing bool            // the API refuses every token
	failure  string          // body of the failed token requests; "" if they succeed
}

func newIssuer() *issuer { return &issuer{lifetime: 3600, valid: make(map[string]bool)} }

func (s *issuer) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/connect/token") {
		time.Sleep(s.latency)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests++
		if s.failure != "" {
			return response(req, http.StatusBadRequest, s.failure), nil
		}
		token := fmt.Sprintf("issued-token-%d", s.requests)
		s.valid[token] = true
		return response(req, http.StatusOK, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","refresh_token":"not-saved","expires_in":%d}`, token, s.lifetime)), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusing || !s.valid[strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")] {
		s.refusals++
		return response(req, http.StatusUnauthorized, `{}`), nil
	}
	return response(req, http.StatusOK, `[]`), nil
}

// revoke revokes all tokens. It accepts the tokens that are given.
func (s *issuer) revoke(except ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.valid)
	for _, token := range except {
		s.valid[token] = true
	}
}

func (s *issuer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// client returns a client of s.
func (s *issuer) client(t *testing.T, store client.TokenStore, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(append([]client.Option{
		client.WithCredentials("the-id", "the-s3cret"), client.WithHTTPClient(&http.Client{Transport: s}),
		client.WithTokenStore(store), anyOperation(),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// list makes a call that must succeed.
func list(t *testing.T, c *client.Client) {
	t.Helper()
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

func TestTokenStoreServesTheNextProcess(t *testing.T) {
	issuer, store := newIssuer(), newMemoryStore()
	first := issuer.client(t, store)
	for range 3 {
		list(t, first)
	}
	equal(t, "loads of the first client", store.loads, 1) // later calls use the token in memory
	list(t, issuer.client(t, store, client.WithCredentials("the-id", "another-s3cret")))
	equal(t, "token requests", issuer.requests, 1)
	equal(t, "saves", store.saves, 1)
	for key, token := range store.tokens {
		if len(key) != 64 || strings.Trim(key, "0123456789abcdef") != "" {
			t.Errorf("got key %q, want 64 hexadecimal digits", key)
		}
		equal(t, "stored refresh token", token.RefreshToken, "")
	}
}

func TestTokenStoreKeys(t *testing.T) {
	for name, test := range map[string]struct {
		opts []client.Option
		same bool
	}{
		"the same":             {nil, true},
		"other secret":         {[]client.Option{client.WithCredentials("the-id", "new-s3cret")}, true},
		"scopes, other order":  {[]client.Option{client.WithScopes("read:owneraccount:permissions", "read:owneraccounts", "read:owneraccounts")}, true},
		"base URL, other form": {[]client.Option{client.WithBaseURL("https://MY.tapkey.com:443/api/v1/")}, true},
		"other id":             {[]client.Option{client.WithCredentials("an-id", "the-s3cret")}, false},
		"other scopes":         {[]client.Option{client.WithScopes("read:owneraccounts")}, false},
		"other token URL":      {[]client.Option{client.WithTokenURL("https://login.example/connect/token")}, false},
		"other base URL":       {[]client.Option{client.WithBaseURL("https://my.example/api/v1")}, false},
		"other environment":    {[]client.Option{client.WithEnvironment(client.Sandbox)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			issuer, store := newIssuer(), newMemoryStore()
			list(t, issuer.client(t, store))
			list(t, issuer.client(t, store, test.opts...))
			equal(t, "one token for both", issuer.requests == 1, test.same)
		})
	}
}

// The first client that renews the token serves all others.
func TestTokenStoreRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, store := newIssuer(), newMemoryStore()
		issuer.lifetime = 310
		var clients []*client.Client
		for range 20 {
			clients = append(clients, issuer.client(t, store))
		}
		for range 600 {
			for _, c := range clients {
				list(t, c)
				synctest.Wait() // for its renewal: the store has no lock
			}
			time.Sleep(time.Second)
		}
		if n := issuer.count(); n != 3 { // as many as one client without a store
			t.Errorf("got %d token requests in ten minutes, want 3", n)
		}
		equal(t, "refused tokens", issuer.refusals, 0)
	})
}

func TestTokenStoreLock(t *testing.T) {
	for name, failure := range map[string]string{"a token": "", "a failure": `{"error":"invalid_client"}`} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer, store := newIssuer(), &lockingStore{memoryStore: newMemoryStore()}
				issuer.latency, issuer.failure = 200*time.Millisecond, failure
				var wait sync.WaitGroup
				for range 50 {
					c := issuer.client(t, store)
					wait.Go(func() {
						if _, err := c.ListOwners(t.Context()); (err == nil) != (failure == "") {
							t.Errorf("got error %v, want one only if the token request fails", err)
						}
					})
				}
				wait.Wait()
				if failure == "" {
					equal(t, "token requests", issuer.count(), 1)
				}
				equal(t, "saves", store.saves, len(store.tokens)) // failures are not stored
				equal(t, "tokens in the store", len(store.tokens), map[bool]int{true: 1}[failure == ""])
			})
		})
	}
}

func TestTokenStoreAfterUnauthorized(t *testing.T) {
	later := func(name string, d time.Duration) *oauth2.Token {
		return &oauth2.Token{AccessToken: name, Expiry: time.Now().Add(d)}
	}
	for name, test := range map[string]struct {
		stored             func(old *oauth2.Token) *oauth2.Token
		accepted           string // by the API, besides new tokens
		requests, refusals int    // after the first token
	}{
		"the same token":        {func(old *oauth2.Token) *oauth2.Token { return old }, "", 1, 1},
		"another token":         {func(*oauth2.Token) *oauth2.Token { return later("another", time.Hour) }, "another", 0, 1},
		"another, sooner":       {func(*oauth2.Token) *oauth2.Token { return later("another", time.Minute) }, "another", 0, 1},
		"another, refused":      {func(*oauth2.Token) *oauth2.Token { return later("another", 2*time.Hour) }, "", 1, 2},
		"another, expired":      {func(*oauth2.Token) *oauth2.Token { return later("another", -time.Second) }, "another", 1, 1},
		"another, about to end": {func(*oauth2.Token) *oauth2.Token { return later("another", 2*time.Second) }, "another", 1, 1},
		"none":                  {func(*oauth2.Token) *oauth2.Token { return nil }, "", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			issuer, store := newIssuer(), newMemoryStore()
			c := issuer.client(t, store)
			list(t, c)
			for _, token := range store.tokens {
				store.put(test.stored(token))
			}
			issuer.revoke(test.accepted)
			for range 3 {
				list(t, c)
			}
			equal(t, "further token requests", issuer.requests-1, test.requests)
			equal(t, "refused tokens", issuer.refusals, test.refusals)
		})
	}
}

// If the API refuses every token, a call ends, and the next calls request no token.
func TestTokenStoreWithoutPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, store := newIssuer(), newMemoryStore()
		issuer.refusing = true
		c := issuer.client(t, store)
		for range 30 {
			if _, err := c.ListOwners(t.Context()); err == nil {
				t.Error("got no error, want one")
			}
			time.Sleep(time.Second)
		}
		if n := issuer.count(); n != 2 { // the first token, and one after the 401
			t.Errorf("got %d token requests in 30 s, want 2", n)
		}
	})
}

// funcStore is a store of functions. A function that is nil does nothing.
type funcStore struct {
	load func(ctx context.Context, key string) (*oauth2.Token, error)
	save func(ctx context.Context, key string, token *oauth2.Token) error
	lock func(ctx context.Context, key string) (func(), error)
}

func (s *funcStore) Load(ctx context.Context, key string) (*oauth2.Token, error) {
	if s.load == nil {
		return nil, nil
	}
	return s.load(ctx, key)
}

func (s *funcStore) Save(ctx context.Context, key string, token *oauth2.Token) error {
	if s.save == nil {
		return nil
	}
	return s.save(ctx, key, token)
}

func (s *funcStore) Lock(ctx context.Context, key string) (func(), error) {
	if s.lock == nil {
		return func() {}, nil
	}
	return s.lock(ctx, key)
}

// jwtOf returns an unsigned JWT with claims.
func jwtOf(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(claims)) + ".c2ln"
}

// A broken store delays a call by at most the given time, is logged, and costs one token
// request.
func TestTokenStoreBroken(t *testing.T) {
	type store = funcStore
	loads := func(token *oauth2.Token, err error) store {
		return store{load: func(context.Context, string) (*oauth2.Token, error) { return token, err }}
	}
	valid := func(accessToken string) *oauth2.Token {
		return &oauth2.Token{AccessToken: accessToken, TokenType: "Bearer", Expiry: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	forever := make(chan struct{})
	defer close(forever)
	for name, test := range map[string]struct {
		store store
		want  string // in the log; "" if nothing is logged
		most  time.Duration
	}{
		"load fails":          {loads(nil, errors.New("connection refused")), "connection refused", 0},
		"load, both":          {loads(valid("stored-token"), errors.New("half broken")), "half broken", 0},
		"nothing":             {loads(nil, nil), "", 0},
		"load panics":         {store{load: func(context.Context, string) (*oauth2.Token, error) { panic("out of order") }}, "panic: out of order", 0},
		"load exits":          {store{load: func(context.Context, string) (*oauth2.Token, error) { runtime.Goexit(); return nil, nil }}, "goroutine of the store has ended", 0},
		"load hangs":          {store{load: func(context.Context, string) (*oauth2.Token, error) { <-forever; return nil, nil }}, "no result within 1s", time.Second},
		"load is slow":        {store{load: func(ctx context.Context, _ string) (*oauth2.Token, error) { <-ctx.Done(); return nil, ctx.Err() }}, "within 1s", time.Second},
		"secret in the error": {loads(nil, errors.New("GET: redis://user:the-s3cret@db:6379 Bearer the-s3cret")), "GET: redis://db:6379", 0},

		"empty token":        {loads(&oauth2.Token{Expiry: valid("").Expiry}, nil), "malformed token: empty", 0},
		"prefixed token":     {loads(valid("Bearer stored-token"), nil), "begins with", 0},
		"line break":         {loads(valid("stored-token\r\nX: y"), nil), "malformed token", 0},
		"basic":              {loads(&oauth2.Token{AccessToken: "stored-token", TokenType: "Basic", Expiry: valid("").Expiry}, nil), "not Bearer", 0},
		"huge token":         {loads(valid(strings.Repeat("stored-token", 10_000)), nil), "too large", 0},
		"no expiry":          {loads(&oauth2.Token{AccessToken: "stored-token"}, nil), "has no expiry", 0},
		"expired":            {loads(&oauth2.Token{AccessToken: "stored-token", Expiry: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}, nil), "", 0},
		"another client's":   {loads(valid(jwtOf(`{"client_id":"another"}`)), nil), "issued to another client", 0},
		"refused by the API": {loads(valid("stored-token"), nil), "", 0},
		"a JWT that is not":  {loads(valid("a.b.c"), nil), "", 0},
		"JWT of this client": {loads(valid(jwtOf(`{"client_id":"the-id"}`)), nil), "", 0},
		"client is a number": {loads(valid(jwtOf(`{"client_id":7}`)), nil), "", 0},
		"expires in 9999":    {loads(&oauth2.Token{AccessToken: "stored-token", Expiry: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, nil), "", 0},
		"expires in year 0":  {loads(&oauth2.Token{AccessToken: "stored-token", Expiry: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}, nil), "", 0},
		"save fails":         {store{save: func(context.Context, string, *oauth2.Token) error { return errors.New("disk full") }}, "disk full", 0},
		"save quotes": {store{save: func(_ context.Context, _ string, t *oauth2.Token) error {
			return errors.New("cannot save " + t.AccessToken)
		}}, "cannot save ***", 0},
		"save panics":         {store{save: func(_ context.Context, _ string, t *oauth2.Token) error { panic(t) }}, "panic", 0},
		"save hangs":          {store{save: func(context.Context, string, *oauth2.Token) error { <-forever; return nil }}, "no result within 1s", time.Second},
		"save changes":        {store{save: func(_ context.Context, _ string, t *oauth2.Token) error { t.AccessToken = "x y"; return nil }}, "", 0},
		"lock fails":          {store{lock: func(context.Context, string) (func(), error) { return nil, errors.New("no locks") }}, "no locks", 0},
		"lock, nothing":       {store{lock: func(context.Context, string) (func(), error) { return nil, nil }}, "neither a lock nor an error", 0},
		"lock panics":         {store{lock: func(context.Context, string) (func(), error) { panic("out of order") }}, "panic: out of order", 0},
		"lock held for ever":  {store{lock: func(ctx context.Context, _ string) (func(), error) { <-ctx.Done(); return nil, ctx.Err() }}, "within 15s", 15 * time.Second},
		"lock hangs for ever": {store{lock: func(context.Context, string) (func(), error) { <-forever; return nil, nil }}, "no result within 15s", 15 * time.Second},
		"unlock panics":       {store{lock: func(context.Context, string) (func(), error) { return func() { panic("out of order") }, nil }}, "panic: out of order", 0},
		"unlock hangs":        {store{lock: func(context.Context, string) (func(), error) { return func() { <-forever }, nil }}, "no result within 1s", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			forever = make(chan struct{})
			synctest.Test(t, func(t *testing.T) {
				forever = make(chan struct{}) // of the bubble
				issuer := newIssuer()
				c := issuer.client(t, &test.store, client.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
				start := time.Now()
				for range 3 {
					list(t, c)
				}
				equal(t, "delay", time.Since(start), test.most)
				equal(t, "token requests", issuer.count(), 1)
				close(forever)
			})
			forever = make(chan struct{})
			if !strings.Contains(log.String(), test.want) || (test.want == "") != (log.Len() == 0) {
				t.Errorf("got log %q, want %q in it", &log, test.want)
			}
			for _, secret := range []string{"s3cret", "stored-token", "issued-token", "not-saved"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("got log %q, want it without %q", &log, secret)
				}
			}
		})
	}
}

// Operations that hang do not pile up, and a lock that is obtained too late is released.
func TestTokenStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loads, locked, unlocked atomic.Int32
		forever := make(chan struct{})
		issuer := newIssuer()
		issuer.lifetime = 60
		c := issuer.client(t, &funcStore{load: func(context.Context, string) (*oauth2.Token, error) {
			loads.Add(1)
			<-forever
			return nil, nil
		}})
		for range 3600 {
			list(t, c)
			time.Sleep(time.Second)
		}
		equal(t, "operations that hang", loads.Load(), 16)
		late := issuer.client(t, &funcStore{lock: func(context.Context, string) (func(), error) {
			locked.Add(1)
			<-forever
			return func() { unlocked.Add(1) }, nil
		}})
		list(t, late)
		close(forever)
		synctest.Wait()
		equal(t, "locks", locked.Load(), 1)
		equal(t, "late locks that were released", unlocked.Load(), 1)
	})
}

func TestTokenStoreOption(t *testing.T) {
	source := client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"}))
	store := client.WithTokenStore(newMemoryStore())
	for name, test := range map[string]struct {
		opts []client.Option
		want string
	}{
		"nil":          {[]client.Option{client.WithCredentials("id", "s3cret"), client.WithTokenStore(nil)}, "token store is nil"},
		"source":       {[]client.Option{source, store}, "exclude each other"},
		"source later": {[]client.Option{store, source}, "exclude each other"},
	} {
		if _, err := client.New(test.opts...); !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want ErrConfig with %q", name, err, test.want)
		}
	}
}
