// Package tenants shows a service with many tenants: each has signed in once, and the service
// keeps a refresh token for each. The tokens are in a store that all processes of the service
// share; the clients are in a cache with an upper bound, so 10,000 tenants need as much memory
// as the few that are active. A client that the cache has dropped is created again from the
// store, with the access token that it had.
package tenants

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// ErrSignIn means that a tenant has no usable refresh token and has to sign in again.
var ErrSignIn = errors.New("the tenant has to sign in")

// Service has a client for each tenant.
type Service struct {
	config  oauth2.Config
	store   client.TokenStore
	clients *lru.Cache[string, *client.Client]
	opts    []client.Option
	http    *http.Client // for the connections of all tenants
}

// New returns a service with at most active clients in memory.
func New(config oauth2.Config, store client.TokenStore, active int, opts ...client.Option) (*Service, error) {
	clients, err := lru.New[string, *client.Client](active)
	return &Service{config, store, clients, opts, &http.Client{Transport: http.DefaultTransport}}, err
}

// SignedIn saves the token that a tenant got when it signed in.
func (s *Service) SignedIn(ctx context.Context, tenant string, token *oauth2.Token) error {
	s.clients.Remove(tenant)
	return s.store.Save(ctx, s.key(tenant), token)
}

// Client returns the client of a tenant.
func (s *Service) Client(tenant string) (*client.Client, error) {
	if c, ok := s.clients.Get(tenant); ok {
		return c, nil
	}
	source := client.WithTokenSource(&source{service: s, key: s.key(tenant)})
	c, err := client.New(append([]client.Option{client.WithHTTPClient(s.http), source}, s.opts...)...)
	if err == nil {
		s.clients.Add(tenant, c)
	}
	return c, err
}

// key returns the key of the token of a tenant in the store.
func (s *Service) key(tenant string) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", s.config.Endpoint.TokenURL, s.config.ClientID, tenant))
	return hex.EncodeToString(hash[:])
}

// source is the token source of a tenant. The client calls it only for a new token.
type source struct {
	service *Service
	key     string
	mu      sync.Mutex
	refused string // access token that the API has refused
}

// InvalidateToken implements client.TokenInvalidator.
func (s *source) InvalidateToken(token *oauth2.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = token.AccessToken
}

// Token implements oauth2.TokenSource.
func (s *source) Token() (*oauth2.Token, error) { return s.TokenContext(context.Background()) }

// TokenContext loads the token of the tenant, and refreshes it if necessary. The lock keeps two
// processes from using the same refresh token: a server may revoke both.
func (s *source) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	if locker, ok := s.service.store.(client.TokenLocker); ok {
		unlock, err := locker.Lock(ctx, s.key)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	stored, err := s.service.store.Load(ctx, s.key)
	switch {
	case err != nil:
		return nil, err
	case stored == nil || stored.RefreshToken == "":
		return nil, ErrSignIn
	}
	s.mu.Lock()
	refused := s.refused == stored.AccessToken
	s.mu.Unlock()
	if stored.Valid() && !refused {
		return stored, nil
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, s.service.http)
	fresh, err := s.service.config.TokenSource(ctx, &oauth2.Token{RefreshToken: stored.RefreshToken}).Token()
	if failed, ok := errors.AsType[*oauth2.RetrieveError](err); ok && failed.ErrorCode == "invalid_grant" {
		return nil, ErrSignIn // and not the error, which contains the response
	}
	if err != nil {
		return nil, errors.New("the token of the tenant was not refreshed")
	}
	// A refresh token that is lost cannot be replaced, so a failure is an error.
	return fresh, s.service.store.Save(ctx, s.key, fresh)
}
