package tenants

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// newServer starts a sandbox with people, each of whom has an owner account with the same name.
// A refresh token can be used once.
func newServer(t *testing.T, people int) *sandbox.Server {
	t.Helper()
	opts := []sandbox.Option{sandbox.WithAutoConsent(), sandbox.WithRotatingRefreshTokens()}
	for i := range people {
		opts = append(opts, sandbox.WithOwner(sandbox.Owner{Name: name(i), Contacts: []string{name(i)}}),
			sandbox.WithPerson(sandbox.Person{Name: name(i), Password: "password"}))
	}
	s, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// name returns the name of person i.
func name(i int) string { return fmt.Sprintf("person-%d@example.com", i) }

func newService(t *testing.T, s *sandbox.Server, store client.TokenStore, active int) *Service {
	t.Helper()
	app, err := auth.New(auth.Config{
		ClientID: s.WebClient().ID, ClientSecret: s.WebClient().Secret, Scopes: []string{"read:owneraccounts", "offline_access"},
		AuthorizeURL: s.AuthorizeURL(), TokenURL: s.TokenURL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	service, err := New(app, store, active, client.WithBaseURL(s.BaseURL()))
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// signIn signs a person in, as a browser does, who is the tenant with the same name.
func signIn(t *testing.T, service *Service, person string) *oauth2.Token {
	t.Helper()
	address, session, err := service.app.Start(oauth2.SetAuthURLParam("login_hint", person))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	rsp, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	rsp.Body.Close()
	token, err := service.app.Finish(httptest.NewRequestWithContext(t.Context(), http.MethodGet, rsp.Header.Get("Location"), nil), session)
	if err == nil {
		err = service.SignedIn(t.Context(), person, token)
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// newStore returns a store that encrypts tokens and keeps them in files.
func newStore(t *testing.T) client.TokenStore {
	t.Helper()
	files, err := tokenstore.NewFiles(t.TempDir() + "/tokens")
	if err != nil {
		t.Fatal(err)
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	key, err := tokenstore.NewAESKey("1", secret)
	if err != nil {
		t.Fatal(err)
	}
	store, err := tokenstore.Encrypt(files, key)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// memory is a store in memory, which is fast.
type memory struct {
	mu     sync.Mutex
	tokens map[string]oauth2.Token
}

func newMemory() *memory { return &memory{tokens: map[string]oauth2.Token{}} }

func (m *memory) Load(_ context.Context, key string) (*oauth2.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if token, ok := m.tokens[key]; ok {
		return &token, nil
	}
	return nil, nil
}

func (m *memory) Save(_ context.Context, key string, token *oauth2.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens[key] = *token
	return nil
}

// checkOwner checks that a tenant sees the owner account of a person, and no other.
func checkOwner(t *testing.T, service *Service, tenant, person string) {
	t.Helper()
	c, err := service.Client(tenant)
	if err != nil {
		t.Fatal(err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) != 1 || owners[0].Name != person {
		t.Fatalf("tenant %s: got owners %v and error %v, want that of %s", tenant, owners, err, person)
	}
}

func TestTenThousandTenants(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 tenants: not run (-short)")
	}
	const tenants, people, active = 10_000, 100, 100
	s, store := newServer(t, people), newMemory()
	service := newService(t, s, store, active)
	check := func(service *Service, i int) { checkOwner(t, service, fmt.Sprint("tenant-", i), name(i%people)) }
	var tokens []*oauth2.Token
	for i := range people {
		tokens = append(tokens, signIn(t, service, name(i)))
	}
	for i := range tenants { // a sign-in of each would take most of the time of the test
		if err := service.SignedIn(t.Context(), fmt.Sprint("tenant-", i), tokens[i%people]); err != nil {
			t.Fatal(err)
		}
	}
	heap := func() int64 {
		s.ForgetRequests()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	var before int64
	for i := range tenants {
		if i == active {
			before = heap()
		}
		check(service, i)
	}
	if n := service.clients.Len(); n != active {
		t.Errorf("got %d clients in memory, want %d", n, active)
	}
	grown := heap() - before
	runtime.KeepAlive(service)
	t.Logf("heap with %d tenants: %d kB more than with %d", tenants, grown/1024, active)
	if grown > 4<<20 {
		t.Errorf("got %d kB of heap for %d more tenants, want at most 4 MB", grown/1024, tenants-active)
	}

	before = int64(s.Count("token"))
	for i := range 1000 { // their clients have been dropped; their tokens are in the store
		check(newService(t, s, store, active), i)
	}
	if n := int64(s.Count("token")) - before; n != 0 {
		t.Errorf("got %d token requests for stored tokens, want none", n)
	}
	s.RevokeTokens()
	for i := range people {
		check(newService(t, s, store, active), i)
	}
	if n := int64(s.Count("token")) - before; n != people {
		t.Errorf("after access tokens were revoked: got %d token requests, want one for each of %d tenants", n, people)
	}
}

// Two processes of the service refresh the token of a tenant once, also after it was revoked:
// the second use of a refresh token would end the access of both.
func TestProcessesShareTheRefreshToken(t *testing.T) {
	s, store := newServer(t, 1), newStore(t)
	first, second := newService(t, s, store, 1), newService(t, s, store, 1)
	signIn(t, first, name(0))
	before := s.TokenRequests()
	for want := 1; want <= 3; want++ {
		s.RevokeTokens()
		var wait sync.WaitGroup
		for _, service := range []*Service{first, second} {
			wait.Go(func() { checkOwner(t, service, name(0), name(0)) })
		}
		wait.Wait()
		if n := s.TokenRequests() - before; n != want {
			t.Errorf("got %d refreshes, want %d", n, want)
		}
	}
}

func TestSignInAgain(t *testing.T) {
	s := newServer(t, 1)
	service := newService(t, s, newStore(t), 1)
	list := func() error {
		c, err := service.Client(name(0))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ListOwners(t.Context())
		return err
	}
	if err := list(); !errors.Is(err, auth.ErrSignInAgain) {
		t.Errorf("a new tenant: got error %v, want %v", err, auth.ErrSignInAgain)
	}
	token := signIn(t, service, name(0))
	checkOwner(t, service, name(0), name(0))

	form := url.Values{"client_id": {s.WebClient().ID}, "client_secret": {s.WebClient().Secret}, "token": {token.RefreshToken}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Issuer()+"/connect/revocation", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	rsp.Body.Close()
	if err := list(); !errors.Is(err, auth.ErrSignInAgain) {
		t.Errorf("without the consent of the tenant: got error %v, want %v", err, auth.ErrSignInAgain)
	}
	signIn(t, service, name(0))
	checkOwner(t, service, name(0), name(0))
}
