package tenants

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
)

// server is a token endpoint that rotates refresh tokens, and an API.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	access   map[string]string // tenants by valid access token
	refresh  map[string]string // tenants by valid refresh token
	refreshs int
}

func newServer(t *testing.T) *server {
	s := &server{access: map[string]string{}, refresh: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /connect/token", s.token)
	mux.HandleFunc("GET /api/v1/Owners", s.owners)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// issue returns a new token of a tenant. The caller holds the lock.
func (s *server) issue(tenant string) *oauth2.Token {
	token := &oauth2.Token{AccessToken: rand.Text(), RefreshToken: rand.Text(), TokenType: "Bearer", Expiry: time.Now().Add(time.Hour)}
	s.access[token.AccessToken], s.refresh[token.RefreshToken] = tenant, tenant
	return token
}

func (s *server) signIn(tenant string) *oauth2.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.issue(tenant)
	delete(s.access, token.AccessToken) // so that the first call refreshes it
	token.Expiry = time.Now().Add(-time.Second)
	return token
}

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	tenant := s.refresh[r.FormValue("refresh_token")]
	if tenant == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	delete(s.refresh, r.FormValue("refresh_token")) // it can be used once
	s.refreshs++
	token := s.issue(tenant)
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token.AccessToken, "refresh_token": token.RefreshToken, "token_type": "Bearer", "expires_in": 3600})
}

func (s *server) owners(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	tenant := s.access[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if tenant == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	fmt.Fprintf(w, `[{"id":%q,"name":%q,"active":true}]`, tenant, tenant)
}

// newService returns a service of s.
func newService(t *testing.T, s *server, store client.TokenStore, active int) *Service {
	t.Helper()
	config := oauth2.Config{ClientID: "saas", ClientSecret: "secret", Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/connect/token", AuthStyle: oauth2.AuthStyleInParams}}
	service, err := New(config, store, active, client.WithBaseURL(s.URL+"/api/v1"))
	if err != nil {
		t.Fatal(err)
	}
	return service
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

// checkOwner checks that a tenant sees its owner account.
func checkOwner(t *testing.T, service *Service, tenant string) {
	t.Helper()
	c, err := service.Client(tenant)
	if err != nil {
		t.Fatal(err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) != 1 || owners[0].Name != tenant {
		t.Fatalf("tenant %s: got owners %v and error %v, want its own", tenant, owners, err)
	}
}

func TestTenThousandTenants(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 tenants: not run (-short)")
	}
	s, store := newServer(t), newMemory()
	const tenants, active = 10_000, 100
	service := newService(t, s, store, active)
	for i := range tenants {
		tenant := fmt.Sprint("tenant-", i)
		if err := service.SignedIn(t.Context(), tenant, s.signIn(tenant)); err != nil {
			t.Fatal(err)
		}
	}
	heap := func() int64 {
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
		checkOwner(t, service, fmt.Sprint("tenant-", i))
	}
	if n := service.clients.Len(); n != active {
		t.Errorf("got %d clients in memory, want %d", n, active)
	}
	t.Logf("heap with %d tenants: %d kB more than with %d, with that of the server and of the store", tenants, (heap()-before)/1024, active)
	for i := range 1000 { // their clients have been dropped; their tokens are in the store
		checkOwner(t, newService(t, s, store, active), fmt.Sprint("tenant-", i))
	}
	if s.refreshs != tenants {
		t.Errorf("got %d refreshes, want one for each of %d tenants", s.refreshs, tenants)
	}
}

// Two processes of the service refresh the token of a tenant once, also after it was revoked.
func TestProcessesShareTheRefreshToken(t *testing.T) {
	s, store := newServer(t), newStore(t)
	first, second := newService(t, s, store, 1), newService(t, s, store, 1)
	if err := first.SignedIn(t.Context(), "a", s.signIn("a")); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 3; want++ {
		var wait sync.WaitGroup
		for _, service := range []*Service{first, second} {
			wait.Go(func() { checkOwner(t, service, "a") })
		}
		wait.Wait()
		if s.refreshs != want {
			t.Errorf("got %d refreshes, want %d", s.refreshs, want)
		}
		clear(s.access) // revokes the access token
	}
}

func TestSignInAgain(t *testing.T) {
	s := newServer(t)
	service := newService(t, s, newStore(t), 1)
	list := func() error {
		c, err := service.Client("a")
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ListOwners(t.Context())
		return err
	}
	if err := list(); !errors.Is(err, ErrSignIn) {
		t.Errorf("a new tenant: got error %v, want ErrSignIn", err)
	}
	if err := service.SignedIn(t.Context(), "a", s.signIn("a")); err != nil {
		t.Fatal(err)
	}
	checkOwner(t, service, "a")
	clear(s.access)
	clear(s.refresh)
	if err := list(); !errors.Is(err, ErrSignIn) {
		t.Errorf("without the consent of the tenant: got error %v, want ErrSignIn", err)
	}
}
