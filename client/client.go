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
	login  http.RoundTripper // of token requests: that of http, within the middleware given to New
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
	login := aroundTransport(cfg.attemptMiddleware, httpClient.Transport)
	tokens := &tokenCache{
		fetch: cfg.fetcher(login), invalidate: cfg.invalidate, stored: cfg.newStoredTokens(),
		retries: cfg.retries, logger: cfg.logger, sleep: cfg.sleep, clock: cfg.clock,
	}
	return newClient(cfg, &shared{http: httpClient, login: login, tokens: tokens, bearer: BearerAuth(tokens)})
}

// With returns a variant of c with other settings, for a part of the program; a single call
// takes them from [ContextWithOptions]. The variant shares the token and the connections with c. Therefore the
// credentials, the scopes, the URLs and the http.Client cannot be changed: their options are
// an [ErrConfig].
func (c *Client) With(opts ...Option) (*Client, error) {
	cfg := *c.config()
	cfg.fixed = "by With"
	if err := cfg.apply(opts); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
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
	token, err := c.shared().tokens.guard.call(ctx, cfg.fetcher(c.shared().login))
	return token, engine.WithCause(ctx, err)
}

func newClient(cfg *config, s *shared) (*Client, error) {
	base, err := url.Parse(cfg.baseURL)
	if err != nil {
		return nil, err
	}
	options := []tapkey.ClientOption{tapkey.WithHTTPClient(newDoer(cfg, s, base))}
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

// newDoer returns the Doer that sends a request after all request editors have run: the chain
// of newChain, or another one for a call whose context has options.
func newDoer(cfg *config, s *shared, base *url.URL) engine.Doer {
	d := &callDoer{next: newChain(cfg, s, base), with: func(options *callOptions) (engine.Doer, error) {
		own := *cfg
		own.fixed = forACall
		if err := own.apply(options.opts); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		return newChain(&own, s, base), nil
	}}
	if len(cfg.callMiddleware) > 0 {
		return struct{ engine.Doer }{d} // without SendsCopies
	}
	return d
}

// newChain returns the Doer of a call with the given settings. It is a chain, whose order
// matters. From the outside in:
//
//  1. timeoutDoer limits the time of the call, if there is a limit.
//  2. failureDoer logs the failure of the call, if there is a logger.
//  3. middlewareDoer calls the middleware around the call, if there is any.
//  4. originDoer checks the origin, before credentials are added.
//  5. scopeDoer refuses operations whose scopes are not requested.
//  6. renewDoer retries once after a 401, if it obtains another token. If the response is
//     again a 401, it returns an error with a hint.
//  7. retryDoer retries transient failures, if the operation may be sent again. For each
//     attempt it waits for the limits, adds the current token to a copy of the request, calls
//     the middleware around the attempt, logs it, and removes the credentials from its error.
//  8. The Sender sends the copy with the transport of http.Client and follows no redirect.
func newChain(cfg *config, s *shared, base *url.URL) engine.Doer {
	sender := engine.NewSender(s.http)
	if cfg.attemptTimeout > 0 {
		sender = sender.WithTimeout(cfg.attemptTimeout)
	}
	var next engine.Doer = &retryDoer{
		sender: sender, prepare: s.bearer, retries: cfg.retries, logger: cfg.logger, sleep: cfg.sleep,
		enter: both(cfg.slots, cfg.limiter), middleware: cfg.attemptMiddleware,
	}
	next = &renewDoer{next: next, tokens: s.tokens, requested: cfg.requested()}
	if !cfg.anyOperation() {
		next = &scopeDoer{next: next, config: cfg}
	}
	next = &originDoer{next: next, base: base}
	if len(cfg.callMiddleware) > 0 {
		next = &middlewareDoer{next: next, middleware: cfg.callMiddleware}
	}
	if cfg.logger != nil {
		next = &failureDoer{next: next, logger: cfg.logger}
	}
	if cfg.timeout > 0 {
		next = &timeoutDoer{next: next, timeout: cfg.timeout}
	}
	return next
}

func userAgent(name string) tapkey.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("User-Agent", name) // a new slice, since later editors may modify it
		return nil
	}
}
