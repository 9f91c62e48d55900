package client

import (
	"log/slog"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// DefaultRetries is how often a call is repeated without [WithRetries].
const DefaultRetries = 3

// DefaultScopes are the scopes asked for without [WithScopes]: enough to list the
// owner accounts and their administrators.
func DefaultScopes() []string {
	return []string{"read:owneraccounts", "read:owneraccount:permissions"}
}

// Option is an option of [New] and [Client.With]. Later options take precedence.
type Option interface {
	apply(*config)
}

// ownOption sets what each variant of a Client has for itself.
type ownOption func(*config)

func (o ownOption) apply(c *config) { o(c) }

// sharedOption sets what a Client shares with its variants. [Client.With] refuses it.
type sharedOption struct {
	name string
	set  func(*config)
}

func (o sharedOption) apply(c *config) { o.set(c) }

// WithCredentials sets the client id and the client secret for the grant type
// client_credentials (RFC 6749, section 4.4).
func WithCredentials(id, secret string) Option {
	return sharedOption{"WithCredentials", func(c *config) { c.id, c.secret, c.source = id, secret, nil }}
}

// WithTokenSource takes the tokens from elsewhere, such as a source of user-delegated
// access. Tokens are cached; the source is called when a new one is needed, and never
// twice at once.
func WithTokenSource(source oauth2.TokenSource) Option {
	return sharedOption{"WithTokenSource", func(c *config) { c.id, c.secret, c.source = "", "", &source }}
}

// WithScopes sets the scopes to ask for, each by itself; default: [DefaultScopes].
// A scope has to be enabled for the client in Tapkey's portal. What each operation
// needs is in its documentation and in [tapkey.Operations].
func WithScopes(scopes ...string) Option {
	scopes = append([]string{}, scopes...)
	return sharedOption{"WithScopes", func(c *config) { c.scopes = scopes }}
}

// WithAuthStyle sets how the credentials go to the token endpoint: in the body
// (oauth2.AuthStyleInParams, the default and Tapkey's documented way) or as HTTP
// Basic authentication (oauth2.AuthStyleInHeader). There is no guessing, which
// would send each bad secret twice.
func WithAuthStyle(style oauth2.AuthStyle) Option {
	return sharedOption{"WithAuthStyle", func(c *config) { c.authStyle = style }}
}

// WithBaseURL sets where the API is, with /api/v1; default: [DefaultBaseURL].
// It has to be https; plain http is for loopback only.
func WithBaseURL(baseURL string) Option {
	return sharedOption{"WithBaseURL", func(c *config) { c.baseURL = baseURL }}
}

// WithTokenURL sets the token endpoint; default: [DefaultTokenURL]. It has to be
// https; plain http is for loopback only.
func WithTokenURL(tokenURL string) Option {
	return sharedOption{"WithTokenURL", func(c *config) { c.tokenURL = tokenURL }}
}

// WithHTTPClient sets whose transport, with its proxy and certificates, is used for
// the API and for the token endpoint. The http.Client is copied, not changed: the
// copy follows no redirect, and its Timeout becomes the limit until the header of
// an answer is here, and between two pieces of the body.
func WithHTTPClient(client *http.Client) Option {
	return sharedOption{"WithHTTPClient", func(c *config) { c.httpClient = client }}
}

// WithUserAgent sets the User-Agent header in place of the module's own; "" keeps that.
func WithUserAgent(userAgent string) Option {
	return ownOption(func(c *config) { c.userAgent = userAgent })
}

// WithRetries sets how often a call that failed for a passing reason is repeated, 0
// being never; default: [DefaultRetries]. Only operations that may be repeated are:
// GET, and what the contract declares idempotent. A create is repeated only if it
// never left, because there was no connection.
func WithRetries(n int) Option {
	return ownOption(func(c *config) { c.retries = n })
}

// WithLogger logs each attempt: operation, method, path template, number, status,
// duration and the request id that the server gives, never another header, a query or
// a body. Nil turns logging off.
func WithLogger(logger *slog.Logger) Option {
	return ownOption(func(c *config) { c.logger = logger })
}

// WithRequestEditor adds an editor that sees each call's request once, before the
// editors given to the call, and before the Authorization header is added. An
// editor that sets this header itself is left alone.
func WithRequestEditor(editor tapkey.RequestEditorFn) Option {
	return ownOption(func(c *config) {
		c.editors = append(c.editors[:len(c.editors):len(c.editors)], editor)
	})
}

// WithMaxResponseBytes bounds the bytes of an answer, decompressed, and of each item of a
// list that is streamed; default: 32 MiB. A larger one is
// [api.ErrTooLarge].
func WithMaxResponseBytes(n int64) Option {
	return ownOption(func(c *config) { c.settings.MaxResponseBytes = n })
}

// WithReadAhead sets how many pages an iterator over a paged list has on their way
// while one is consumed, each a call of its own, whose request editors run on another
// goroutine; default: 0.
func WithReadAhead(pages int) Option {
	return ownOption(func(c *config) { c.settings.ReadAhead = pages })
}

// WithPageSize sets how many items an iterator over a paged list asks for at a time, at
// least 1; default: 500. Top in the parameters of a call goes first.
func WithPageSize(n int) Option {
	return ownOption(func(c *config) { c.settings.PageSize = n })
}

// defaults are the settings before the first option.
func defaults() *config {
	return &config{
		scopes:     DefaultScopes(),
		authStyle:  oauth2.AuthStyleInParams,
		baseURL:    DefaultBaseURL,
		tokenURL:   DefaultTokenURL,
		httpClient: &http.Client{},
		sleep:      sleep,
		retries:    DefaultRetries,
		settings: api.Settings{
			MaxResponseBytes: engine.DefaultMaxResponseBytes,
			PageSize:         engine.DefaultPageSize,
		},
	}
}
