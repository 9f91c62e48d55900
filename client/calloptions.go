package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// ContextWithOptions returns a copy of ctx with options for the calls with this context, in
// addition to those of ctx:
//
//	ctx = client.ContextWithOptions(ctx, client.WithRetries(0), client.WithTimeout(5*time.Second))
//	owner, err := c.GetOwner(ctx, id)
//
// They take precedence over the options of the client. An option that only [New] accepts, such
// as [WithCredentials], and an invalid option are an [ErrConfig] of the call, which is not
// sent. Token requests are shared by calls and do not have the options of one.
func ContextWithOptions(ctx context.Context, opts ...Option) context.Context {
	options := &callOptions{slices.Clone(opts)}
	if outer, ok := engine.CallOptionsFrom(ctx).(*callOptions); ok {
		options.opts = slices.Concat(outer.opts, opts)
	}
	return engine.ContextWithCallOptions(ctx, options)
}

// callOptions are the options of a context. They implement [engine.CallOptions].
type callOptions struct {
	opts []Option
}

// forACall completes the error of a sharedOption that is used for a call.
const forACall = "for a call"

func (o *callOptions) Settings(s api.Settings) api.Settings {
	changed := config{settings: s, fixed: forACall}
	_ = changed.applyAll(o.opts) // Edit returns the error
	return changed.settings
}

func (o *callOptions) Edit(ctx context.Context, req *http.Request) error {
	own := config{fixed: forACall}
	if err := own.applyAll(o.opts); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if own.userAgent != "" {
		own.editors = append([]tapkey.RequestEditorFn{userAgent(own.userAgent)}, own.editors...)
	}
	for _, edit := range own.editors {
		if edit == nil {
			return fmt.Errorf("%w: a request editor is nil", ErrConfig)
		}
		if err := edit(ctx, req); err != nil {
			return err
		}
	}
	return nil
}

// callDoer sends a request with the options of its context.
type callDoer struct {
	next engine.Doer // without options
	with func(*callOptions) (engine.Doer, error)
}

func (d *callDoer) Do(req *http.Request) (*http.Response, error) {
	options, ok := engine.CallOptionsFrom(req.Context()).(*callOptions)
	if !ok {
		return d.next.Do(req)
	}
	next, err := d.with(options)
	if err != nil {
		return nil, engine.NotSent(err)
	}
	return next.Do(req)
}

// SendsCopies implements [engine.Copier]: no Doer of the chain changes the request, and each
// attempt sends a copy. Middleware of a call gets a header that is not shared, because
// callOptions have edited it.
func (d *callDoer) SendsCopies() {}

// WithTimeout limits the time of a call: until its response has been read, with all attempts,
// the delays between them and the token requests that it waits for. The default, 0, is no limit
// other than the context of the call. A page of an iterator is a call; a list that is streamed
// is one call, and the time includes that of the loop. The error matches
// [context.DeadlineExceeded].
func WithTimeout(d time.Duration) Option {
	return ownOption(func(c *config) {
		if d < 0 {
			c.fail(fmt.Errorf("time-out of a call: %v is less than 0", d))
		}
		c.timeout = d
	})
}

// WithAttemptTimeout limits the time of an attempt until the response header is received, and
// the time between two reads of the body. The default, 0, is the Timeout of [WithHTTPClient],
// or 30 s without one. An attempt that takes longer is retried as after any transient failure.
func WithAttemptTimeout(d time.Duration) Option {
	return ownOption(func(c *config) {
		if d < 0 {
			c.fail(fmt.Errorf("time-out of an attempt: %v is less than 0", d))
		}
		c.attemptTimeout = d
	})
}

// WithHeader sets a header of the requests. It replaces the value that the header would
// otherwise have; with Authorization, the client adds no token. net/http ignores Host,
// Content-Length, Transfer-Encoding and Trailer. Requests for tokens do not have the header.
func WithHeader(name, value string) Option {
	return ownOption(func(c *config) {
		switch {
		case !isToken(name):
			c.fail(errors.New("invalid name of a header"))
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			c.fail(fmt.Errorf("header %s: value contains a control character", name))
		}
		WithRequestEditor(func(_ context.Context, req *http.Request) error {
			req.Header.Set(name, value)
			return nil
		}).apply(c)
	})
}

// WithApplication appends the name of the program, such as "bookings/1.2", to the User-Agent
// header. Several WithApplication append several names.
func WithApplication(application string) Option {
	return ownOption(func(c *config) {
		name, version, found := strings.Cut(application, "/")
		if !isToken(name) || found && !isToken(version) {
			c.fail(errors.New("application is neither a name nor name/version, without spaces"))
		}
		WithRequestEditor(func(_ context.Context, req *http.Request) error {
			agent := req.Header.Get("User-Agent")
			if _, set := req.Header["User-Agent"]; !set {
				agent = engine.UserAgent(reflect.TypeFor[tapkey.API]().PkgPath())
			}
			req.Header.Set("User-Agent", strings.TrimSpace(agent+" "+application))
			return nil
		}).apply(c)
	})
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && strings.Trim(s, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// timeoutDoer limits the time of a call.
type timeoutDoer struct {
	next    engine.Doer
	timeout time.Duration
}

func (d *timeoutDoer) Do(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(req.Context(), d.timeout, fmt.Errorf("the call took longer than %v", d.timeout))
	rsp, err := d.next.Do(req.WithContext(ctx))
	if err != nil || rsp.Body == http.NoBody {
		err = engine.WithCause(ctx, err)
		cancel()
		return rsp, err
	}
	rsp.Body = &cancelingBody{rsp.Body, cancel}
	return rsp, nil
}

// cancelingBody ends the context of a call when its response has been read.
type cancelingBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *cancelingBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}
