package client

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// DefaultRetries is the maximum number of retries without [WithRetries].
const DefaultRetries = 3

// DefaultScopes returns the scopes that are requested without [WithOperations] and
// [WithScopes]. They are sufficient to list the owner accounts and their administrators.
func DefaultScopes() []string {
	return []string{"read:owneraccounts", "read:owneraccount:permissions"}
}

// Option is an option of [New], of [Client.With] and of a single call, whose context is one of
// [ContextWithOptions]. Later options take precedence: those of a call over those of the
// client. Credentials, scopes, URLs, the token and the http.Client are set by New only.
type Option interface {
	apply(*config)
}

// WithOptions returns an option that applies several options in order.
func WithOptions(opts ...Option) Option {
	opts = slices.Clone(opts)
	return ownOption(func(c *config) { _ = c.applyAll(opts) }) // the caller of the option returns the error
}

// ownOption changes a setting that is specific to a variant of a Client, or to a call.
type ownOption func(*config)

func (o ownOption) apply(c *config) { o(c) }

// sharedOption changes a setting that a Client shares with its variants. [Client.With] and
// calls reject it.
type sharedOption struct {
	name string
	set  func(*config)
}

func (o sharedOption) apply(c *config) {
	if c.fixed != "" {
		c.fail(fmt.Errorf("%s cannot be changed %s: use New", o.name, c.fixed))
		return
	}
	o.set(c)
}

// setCredentials replaces the credentials and the token source.
func (c *config) setCredentials(id, secret string) {
	c.id, c.secret, c.secretFile, c.credentialsFunc, c.source = id, secret, "", nil, nil
}

// WithCredentials sets the client id and the client secret for the grant type
// client_credentials (RFC 6749, section 4.4). It replaces the source of an earlier
// [WithTokenSource]. An id or a secret that is in quotes, or that has an invisible character
// such as a byte order mark, is an [ErrConfig] that names the character.
func WithCredentials(id, secret string) Option {
	return sharedOption{"WithCredentials", func(c *config) { c.setCredentials(id, secret) }}
}

// WithCredentialsFunc sets a function that returns the client id and the client secret, for
// secrets that change while the program runs. It replaces the credentials and the source of
// earlier options. The client calls the function for each renewal of the token, on a separate
// goroutine, for at most 30 s with the token request. If the token endpoint returns
// invalid_client, the client calls the function again, and retries once if it returns other
// credentials.
//
// An error of the function is a *[TokenError] of the calls that need a token. Its text is
// shown, so it should not contain the secret.
func WithCredentialsFunc(credentials func(ctx context.Context) (id, secret string, err error)) Option {
	return sharedOption{"WithCredentialsFunc", func(c *config) {
		c.setCredentials("", "")
		c.credentialsFunc = &credentials
	}}
}

// WithTokenSource sets a source of access tokens, for example of user-delegated access. It
// replaces the credentials of earlier options. The client caches each token until it expires,
// or for a minute if it has no expiry. A token that has expired is not sent: the source is
// called once more, and then it is an error.
//
// The client calls the source only for a new token, on a separate goroutine, and not
// concurrently, unless a call takes more than 30 s and is given up; [Client.NewToken] calls it
// directly. A panic of the source is an error of the calls that wait for the token. If the
// source implements [TokenInvalidator], it is told which token the API has refused. If it has a
// method TokenURL() string, it is a source of the environment of that URL; see
// [WithEnvironment].
func WithTokenSource(source oauth2.TokenSource) Option {
	return sharedOption{"WithTokenSource", func(c *config) {
		c.setCredentials("", "")
		c.source = &source
	}}
}

// WithOperations sets the operations that the program calls, by their ids, such as
// "listGrants". The client requests the scopes that they need, in place of [DefaultScopes],
// and no other scope. [tapkey.Operations] lists all operations with their scopes. The ids of
// several WithOperations add up.
//
// A call of an operation whose scope is not requested fails before anything is sent, with an
// [ErrScopeNotRequested] that shows the option to add; [Client.CheckScopes] checks that in
// advance. An id that the contract does not have is an [ErrConfig].
func WithOperations(ids ...string) Option {
	ids = slices.Clone(ids)
	return sharedOption{"WithOperations", func(c *config) {
		if c.explicit {
			c.explicit, c.operations = false, nil
		}
		c.operations = append(append([]string{}, c.operations...), ids...)
	}}
}

// WithScopes sets the scopes to request, one per argument, in place of those of
// [DefaultScopes] and [WithOperations]. Each scope must be enabled for the client in Tapkey's
// portal. The client then sends calls of all operations: it does not know which scopes these
// scopes include.
func WithScopes(scopes ...string) Option {
	scopes = append([]string{}, scopes...)
	return sharedOption{"WithScopes", func(c *config) { c.setScopes(scopes) }}
}

// WithAuthStyle sets how credentials are sent to the token endpoint. The default,
// oauth2.AuthStyleInParams, sends them in the body, as Tapkey documents.
// oauth2.AuthStyleInHeader uses HTTP Basic authentication. Any other style is an
// [ErrConfig]: oauth2.AuthStyleAutoDetect would send an invalid secret twice.
func WithAuthStyle(style oauth2.AuthStyle) Option {
	return sharedOption{"WithAuthStyle", func(c *config) { c.authStyle = style }}
}

// WithBaseURL sets the base URL of the API, including /api/v1. The default is
// [DefaultBaseURL]. The scheme must be https; http is allowed for loopback only.
func WithBaseURL(baseURL string) Option {
	return sharedOption{"WithBaseURL", func(c *config) { c.baseURL, c.ownBaseURL = baseURL, true }}
}

// WithTokenURL sets the URL of the token endpoint. The default is [DefaultTokenURL]. The
// scheme must be https; http is allowed for loopback only.
func WithTokenURL(tokenURL string) Option {
	return sharedOption{"WithTokenURL", func(c *config) { c.tokenURL, c.ownTokenURL = tokenURL, true }}
}

// WithHTTPClient sets the http.Client whose transport, proxy and certificates are used for
// the API and for the token endpoint. It is copied and not changed. The copy follows no
// redirect. The transport is not changed: to detect dead connections of HTTP/2, set the pings
// of its HTTP2Config. If Timeout is set, it does not limit a whole call: it limits the time
// until the response header is received, and the time between two reads of the body. The
// default of both is 30 s.
func WithHTTPClient(client *http.Client) Option {
	return sharedOption{"WithHTTPClient", func(c *config) { c.httpClient = client }}
}

// WithUserAgent sets the User-Agent header. The default, "", sends the name of this module.
func WithUserAgent(userAgent string) Option {
	return ownOption(func(c *config) { c.userAgent = userAgent })
}

// WithRetries sets the maximum number of retries after a transient failure. Zero disables
// retries. The default is [DefaultRetries]. GET and the operations that the contract declares
// idempotent are retried. Any other operation is retried only if no connection was
// established, or the server refused the request over HTTP/2 before processing it.
func WithRetries(n int) Option {
	return ownOption(func(c *config) { c.retries = n })
}

// WithLogger sets a logger. The default, nil, disables logging. What is logged at which level:
//
//   - Debug: each attempt that received a response, each token request that succeeded, and what
//     the program has canceled
//   - Info: a call that failed with a status other than 5xx, such as 404, after all its attempts
//   - Warn: an attempt without a response, a token request that failed, and a call that failed
//     in any other way
//
// The attributes are operation, method, path template, number, status, duration and the request
// ID of the response, the code of a token request that failed, and why a call failed without a
// response. Other headers, queries and bodies are never logged. Token requests are logged by the
// logger given to [New].
func WithLogger(logger *slog.Logger) Option {
	return ownOption(func(c *config) { c.logger = logger })
}

// WithRequestEditor adds a request editor. It runs once per call, before the editors of the
// call and before the Authorization header is added. If an editor sets this header, the
// client does not replace it.
func WithRequestEditor(editor tapkey.RequestEditorFn) Option {
	return ownOption(func(c *config) {
		c.editors = append(c.editors[:len(c.editors):len(c.editors)], editor)
	})
}

// WithMaxResponseBytes sets the maximum size of a response, in bytes after decompression. In
// a list that is streamed it limits each item instead. The default is 32 MiB. A larger
// response is an [api.ErrTooLarge].
func WithMaxResponseBytes(n int64) Option {
	return ownOption(func(c *config) { c.settings.MaxResponseBytes = n })
}

// WithReadAhead sets how many pages an iterator over a paged list requests in advance, while
// the caller consumes a page. The default is 0. Each page is a separate call, whose request
// editors run on another goroutine. A panic of theirs reaches the goroutine of the loop.
//
// Requests for pages after the last one are wasted, up to the number of pages. To waste fewer,
// use [WithReadAheadSlowStart] instead.
func WithReadAhead(pages int) Option {
	return ownOption(func(c *config) { c.settings.ReadAhead, c.settings.ReadAheadSlowStart = pages, false })
}

// WithReadAheadSlowStart is [WithReadAhead] with a number of pages that adapts to the loop, up
// to maxPages. Like the slow start of TCP, it begins with one page and doubles with each page
// that the loop has waited for, so a loop that is slower than the server reads one page in
// advance. One page wastes no request, unless the caller leaves the loop: the page after a full
// page is needed to find the end of the list. A list whose pages are equally long never takes
// more than twice as many requests as it has pages.
func WithReadAheadSlowStart(maxPages int) Option {
	return ownOption(func(c *config) { c.settings.ReadAhead, c.settings.ReadAheadSlowStart = maxPages, true })
}

// WithPageSize sets the number of items that an iterator over a paged list requests per page.
// It must be at least 1. The default is 500. Top in the parameters of a call takes precedence.
func WithPageSize(n int) Option {
	return ownOption(func(c *config) { c.settings.PageSize = n })
}

// defaults returns the settings before any option is applied.
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
