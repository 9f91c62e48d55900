package client

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
	"github.com/tapkey-go/tapkey-go/internal/tokenstore"
)

// minStored is the minimum remaining lifetime of a token of the store that is used. A token is
// not sent shortly before it expires.
const minStored = 5 * time.Second

// maxStored is the maximum size of a token of the store, in bytes. A token endpoint cannot
// return a larger one.
const maxStored = 64 << 10

// TokenStore keeps tokens outside of the process, so that the next process, or another one,
// need not request a token; see [WithTokenStore]. It must be safe for concurrent use.
//
// A key consists of 64 hexadecimal digits. It is a hash of what the token is requested with:
// the URL of the token endpoint, the origin of the API, the client id, the subject and the
// scopes, but not of a secret. A store must not return a token of another key.
//
// A token is a secret, and so is its RefreshToken, if it has one. Without a RefreshToken a
// token is worthless after its Expiry. With one it must be kept until it is replaced.
type TokenStore interface {
	// Load returns the token that was saved last under key, or nil if there is none.
	Load(ctx context.Context, key string) (*oauth2.Token, error)

	// Save replaces the token under key.
	Save(ctx context.Context, key string, token *oauth2.Token) error
}

// TokenLocker is an optional interface of a [TokenStore]. With it, processes that need a token
// at the same time send one token request: one of them requests the token while the others
// wait.
type TokenLocker interface {
	// Lock locks key for other processes and for other callers of this process. It waits
	// until ctx is done; ctx does not limit the lock itself. The lock must end if the process
	// ends without calling unlock.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// WithTokenStore sets a store of tokens. The default is none: tokens are only in memory. The
// client reads the store when it would otherwise request a token: for the first call, before
// each renewal and after a 401. If the store has a token that is valid, and that is not the one
// that the API has refused, the client uses it. Otherwise it requests a token and saves it.
//
// If the store is a [TokenLocker], the client holds the lock while it requests a token. It
// waits up to 15 s for the lock, and then goes on without it.
//
// No call fails because of the store. A failure, or an operation that takes longer than a
// second, is logged by the logger of [WithLogger] given to [New], and the client requests a
// token as if there were no store. Failures of token requests are not stored.
//
// The store is for client credentials. Together with [WithTokenSource] it is an [ErrConfig],
// because it is not known whose tokens the source returns.
func WithTokenStore(store TokenStore) Option {
	return sharedOption{"WithTokenStore", func(c *config) { c.store = &store }}
}

// checkStore validates the store of tokens.
func (c *config) checkStore() error {
	switch {
	case c.store == nil:
		return nil
	case *c.store == nil:
		return errors.New("token store is nil")
	case c.source != nil:
		return errors.New("WithTokenStore and WithTokenSource exclude each other: the store is for client credentials")
	}
	return nil
}

// storedTokens obtains tokens from a store, or else requests and saves them.
type storedTokens struct {
	guard    *tokenstore.Guard
	identity func(context.Context) (tokenstore.Identity, error)
	clock    clock
}

// newStoredTokens returns nil if there is no store.
func (c *config) newStoredTokens() *storedTokens {
	if c.store == nil {
		return nil
	}
	return &storedTokens{guard: tokenstore.NewGuard(*c.store, c.logger), identity: c.identity, clock: c.clock}
}

// identity returns what the tokens of this client are requested with.
func (c *config) identity(ctx context.Context) (tokenstore.Identity, error) {
	id := c.id
	if c.credentialsFunc != nil {
		present, err := c.credentials(ctx)
		if err != nil {
			return tokenstore.Identity{}, err
		}
		id = present.id
	}
	return tokenstore.Identity{TokenURL: c.tokenURL, BaseURL: c.baseURL, ClientID: id, Scopes: c.scopes}, nil
}

// obtain returns a token of the store, or else the result of request, and whether the token is
// that of the store. Old is the lease that it replaces; nil if there is none. If refused is
// true, the API has refused the token of old.
func (s *storedTokens) obtain(ctx context.Context, old *lease, refused bool, request func(context.Context) (*oauth2.Token, error)) (token *oauth2.Token, stored bool, err error) {
	identity, err := s.identity(ctx)
	if err != nil {
		return nil, false, err
	}
	key := identity.Key()
	load := func() (*oauth2.Token, tokenstore.Result) {
		token, result := s.guard.Load(ctx, key)
		if token == nil {
			return nil, result
		}
		if problem := s.check(token, identity.ClientID); problem != nil {
			s.guard.Log(ctx, "load", problem)
			return nil, result
		}
		if !s.replaces(token, old, refused) {
			return nil, result
		}
		return token, result
	}
	token, result := load()
	if token != nil {
		return token, true, nil
	}
	if result == tokenstore.OK {
		if unlock := s.guard.Lock(ctx, key); unlock != nil {
			defer unlock()
			if token, result = load(); token != nil { // of the process that had the lock
				return token, true, nil
			}
		}
	}
	token, err = request(ctx)
	if err != nil {
		return nil, false, err
	}
	if result != tokenstore.Hangs {
		s.save(ctx, key, token)
	}
	return token, false, nil
}

// replaces reports whether a token of the store replaces the old one.
func (s *storedTokens) replaces(token *oauth2.Token, old *lease, refused bool) bool {
	switch {
	case s.clock.now().until(token.Expiry) < minStored:
		return false
	case old == nil:
		return true
	case token.AccessToken == old.token.AccessToken:
		return false
	}
	return refused || old.token.Expiry.IsZero() || token.Expiry.After(old.token.Expiry)
}

// save saves a copy of a token that ends with its lease. A refresh token is not saved: client
// credentials do not need it.
func (s *storedTokens) save(ctx context.Context, key string, token *oauth2.Token) {
	stored := &oauth2.Token{AccessToken: token.AccessToken, TokenType: token.TokenType, Expiry: token.Expiry}
	now := s.clock.now()
	if stored.Expiry.IsZero() {
		stored.Expiry = now.wall.Add(unknownLifetime)
	}
	if now.until(stored.Expiry) >= minStored {
		s.guard.Save(ctx, key, stored)
	}
}

// check returns an error if a token of the store cannot be sent, or was issued to another
// client. The error does not contain the token. A token that has expired is valid.
func (s *storedTokens) check(token *oauth2.Token, clientID string) error {
	if err := checkToken(token); err != nil {
		return err
	}
	if len(token.AccessToken) > maxStored {
		return errors.New("the stored token is too large")
	}
	if token.Expiry.IsZero() {
		return errors.New("the stored token has no expiry")
	}
	if issued := tokenendpoint.Claim(token.AccessToken, "client_id"); issued != "" && issued != clientID {
		return errors.New("the stored token was issued to another client")
	}
	return nil
}
