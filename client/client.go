package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// URLs of Tapkey's production system.
const (
	DefaultBaseURL  = "https://my.tapkey.com/api/v1"
	DefaultTokenURL = "https://login.tapkey.com/connect/token"
)

// Client calls the Tapkey API. It has the methods of [tapkey.API], which return a value or
// an *[api.Error], and iterators over lists. [Client.Do] sends any other request.
//
// A Client is immutable and safe for concurrent use. A program needs only one, and need
// not close it.
//
// # Calls
//
//   - Owners:
//     [tapkey.API.ListOwners],
//     [tapkey.API.AllOwners],
//     [tapkey.API.CreateOwner],
//     [tapkey.API.GetOwner],
//     [tapkey.API.UpdateOwner]
//   - Permissions:
//     [tapkey.API.ListPermissions],
//     [tapkey.API.AllPermissions],
//     [tapkey.API.CreatePermission],
//     [tapkey.API.GetPermission],
//     [tapkey.API.DeletePermission]
//   - BoundLocks:
//     [tapkey.API.ListBoundLocks],
//     [tapkey.API.AllBoundLocks],
//     [tapkey.API.BindLock],
//     [tapkey.API.GetBoundLock],
//     [tapkey.API.ListBoundLockLogEntries],
//     [tapkey.API.AllBoundLockLogEntries]
//   - LogEntries:
//     [tapkey.API.ListLogEntries],
//     [tapkey.API.AllLogEntries]
//   - BoundCards:
//     [tapkey.API.ListBoundCards],
//     [tapkey.API.AllBoundCards],
//     [tapkey.API.GetBoundCard],
//     [tapkey.API.UpdateBoundCard],
//     [tapkey.API.ListBoundCardGrants],
//     [tapkey.API.AllBoundCardGrants],
//     [tapkey.API.RevokeBoundCardGrants]
//   - Contacts:
//     [tapkey.API.ListContacts],
//     [tapkey.API.AllContacts],
//     [tapkey.API.CreateContact],
//     [tapkey.API.GetContact],
//     [tapkey.API.UpdateContact],
//     [tapkey.API.RevokeContactGrants]
//   - Grants:
//     [tapkey.API.ListGrants],
//     [tapkey.API.AllGrants],
//     [tapkey.API.CreateGrant],
//     [tapkey.API.UpdateGrant],
//     [tapkey.API.RevokeGrant],
//     [tapkey.API.DeleteGrantFromCard]
//   - LockGroups:
//     [tapkey.API.ListLockGroups],
//     [tapkey.API.AllLockGroups],
//     [tapkey.API.GetLockGroup]
//   - IdentityProviderUsers:
//     [tapkey.API.ListIdentityProviderUsers],
//     [tapkey.API.AllIdentityProviderUsers],
//     [tapkey.API.CreateIdentityProviderUser],
//     [tapkey.API.GetIdentityProviderUser]
type Client struct {
	*tapkey.API

	// Behind functions, so that printing a Client, even by reflection, finds no secret.
	config func() *config
	shared func() *shared
}

// shared holds the connections and the token, which a Client shares with its variants.
type shared struct {
	http   *http.Client
	tokens *tokenCache
	bearer tapkey.RequestEditorFn
}

// New returns a Client. The options must include credentials or a token source; everything
// else has a default. New checks all options and sends no request. If an option is invalid,
// it returns an [ErrConfig].
func New(opts ...Option) (*Client, error) {
	cfg := defaults()
	if err := cfg.apply(opts); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := cfg.checkShared(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	httpClient := engine.Bounded(cfg.httpClient)
	tokens := &tokenCache{
		fetch: cfg.fetcher(httpClient.Transport), invalidate: cfg.invalidate, stored: cfg.newStoredTokens(),
		retries: cfg.retries, sleep: cfg.sleep, clock: cfg.clock,
	}
	return newClient(cfg, &shared{http: httpClient, tokens: tokens, bearer: BearerAuth(tokens)})
}

// With returns a variant of c with other settings, for a single call or for a part of the
// program. The variant shares the token and the connections with c. Therefore the
// credentials, the scopes, the URLs and the http.Client cannot be changed: their options are
// an [ErrConfig].
func (c *Client) With(opts ...Option) (*Client, error) {
	cfg := *c.config()
	if err := cfg.apply(opts); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	for _, opt := range opts {
		if shared, ok := opt.(sharedOption); ok {
			return nil, fmt.Errorf("%w: %s cannot be changed by With: use New", ErrConfig, shared.name)
		}
	}
	return newClient(&cfg, c.shared())
}

// BaseURL returns the base URL of the API, such as [DefaultBaseURL].
func (c *Client) BaseURL() string { return c.config().baseURL }

// TokenURL returns the URL of the token endpoint. It is "" if the client has a token source
// of [WithTokenSource].
func (c *Client) TokenURL() string {
	if c.config().source != nil {
		return ""
	}
	return c.config().tokenURL
}

// Scopes returns the scopes that the client requests. They are nil if the client has a token
// source of [WithTokenSource].
func (c *Client) Scopes() []string { return slices.Clone(c.config().requested()) }

// Token returns the access token that a call would send now. If the cache has no valid
// token, Token requests one. The error is a *[TokenError], an [ErrMalformedToken], the error of
// the token source, or the error of ctx.
func (c *Client) Token(ctx context.Context) (*oauth2.Token, error) {
	token, err := c.shared().tokens.TokenContext(ctx)
	return token, engine.WithCause(ctx, err)
}

// NewToken requests a token with the given scopes and does not cache it. Use it to find out
// which scopes the client may request. If the client has a token source of [WithTokenSource],
// the scopes are ignored. NewToken returns the same errors as [Client.Token], but does not
// check the form of the token.
func (c *Client) NewToken(ctx context.Context, scopes ...string) (*oauth2.Token, error) {
	return c.NewTokenWithStyle(ctx, c.config().authStyle, scopes...)
}

// NewTokenWithStyle is like [Client.NewToken] and sends the credentials in another style; see
// [WithAuthStyle]. Use it to find out which style the token endpoint accepts.
func (c *Client) NewTokenWithStyle(ctx context.Context, style oauth2.AuthStyle, scopes ...string) (*oauth2.Token, error) {
	cfg := *c.config()
	cfg.scopes, cfg.authStyle = scopes, style
	if err := cfg.checkStyle(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	token, err := c.shared().tokens.guard.call(ctx, cfg.fetcher(c.shared().http.Transport))
	return token, engine.WithCause(ctx, err)
}

func newClient(cfg *config, s *shared) (*Client, error) {
	base, err := url.Parse(cfg.baseURL)
	if err != nil {
		return nil, err
	}
	options := []tapkey.ClientOption{tapkey.WithHTTPClient(newChain(cfg, s, base))}
	if cfg.userAgent != "" {
		options = append(options, tapkey.WithRequestEditorFn(userAgent(cfg.userAgent)))
	}
	for _, editor := range cfg.editors {
		options = append(options, tapkey.WithRequestEditorFn(editor))
	}
	calls, err := tapkey.NewAPI(cfg.baseURL, options...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return &Client{
		API:    calls.WithSettings(cfg.settings),
		config: func() *config { return cfg },
		shared: func() *shared { return s },
	}, nil
}

// newChain returns the Doer that sends a request after all request editors have run. It is
// a chain, whose order matters. From the outside in:
//
//  1. originDoer checks the origin, before credentials are added.
//  2. scopeDoer refuses operations whose scopes are not requested.
//  3. renewDoer retries once after a 401, if it obtains another token. If the response is
//     again a 401, it returns an error with a hint.
//  4. retryDoer retries transient failures, if the operation may be sent again. For each
//     attempt it adds the current token to a copy of the request, logs the attempt, and removes
//     the credentials from its error.
//  5. The Sender sends the copy with the transport of http.Client and follows no redirect.
func newChain(cfg *config, s *shared, base *url.URL) engine.Doer {
	var next engine.Doer = &retryDoer{
		sender: engine.NewSender(s.http), prepare: s.bearer, retries: cfg.retries, logger: cfg.logger, sleep: cfg.sleep,
	}
	next = &renewDoer{next: next, tokens: s.tokens, requested: cfg.requested()}
	if !cfg.anyOperation() {
		next = &scopeDoer{next: next, config: cfg, operations: tapkey.Operations()}
	}
	return &originDoer{next: next, base: base}
}

func userAgent(name string) tapkey.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("User-Agent", name) // a new slice, since later editors may modify it
		return nil
	}
}
