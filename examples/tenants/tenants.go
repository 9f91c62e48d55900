// Package tenants shows a service with many tenants: each has signed in once, and the service
// keeps a refresh token for each. The tokens are in a store that all processes of the service
// share; the clients are in a cache with an upper bound, so 10,000 tenants need as much memory
// as the few that are active. A client that the cache has dropped is created again from the
// store, with the access token that it had. Its test serves 10,000 tenants of a sandbox:
//
//	go test ./tenants
package tenants

import (
	"context"
	"net/http"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
)

// Service has a client for each tenant.
type Service struct {
	app     *auth.App
	store   client.TokenStore // with Lock, if a refresh token can be used once
	clients *lru.Cache[string, *client.Client]
	opts    []client.Option
}

// New returns a service with at most active clients in memory, which share connections.
func New(app *auth.App, store client.TokenStore, active int, opts ...client.Option) (*Service, error) {
	clients, err := lru.New[string, *client.Client](active)
	shared := client.WithHTTPClient(&http.Client{Transport: http.DefaultTransport})
	return &Service{app, store, clients, append([]client.Option{shared}, opts...)}, err
}

// SignedIn saves the token that a tenant got when it signed in, see auth.App.Finish.
func (s *Service) SignedIn(ctx context.Context, tenant string, token *oauth2.Token) error {
	err := s.app.SaveToken(ctx, s.store, tenant, token)
	s.clients.Remove(tenant) // the next one has the new token
	return err
}

// Client returns the client of a tenant. The error of its calls is an auth.ErrSignInAgain if the
// tenant has to sign in: for the first time, or because its refresh token was revoked.
func (s *Service) Client(tenant string) (*client.Client, error) {
	if c, ok := s.clients.Get(tenant); ok {
		return c, nil
	}
	source := client.WithTokenSource(s.app.StoredSource(s.store, tenant))
	c, err := client.New(append(s.opts[:len(s.opts):len(s.opts)], source)...)
	if err == nil {
		s.clients.Add(tenant, c)
	}
	return c, err
}
