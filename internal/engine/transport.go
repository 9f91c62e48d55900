package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
)

// Time-outs of an attempt.
const (
	DefaultDialTimeout   = 10 * time.Second // to connect, and for the TLS handshake
	DefaultHeaderTimeout = 30 * time.Second // from the start of the attempt to the header of the response
	DefaultIdleTimeout   = 30 * time.Second // between two parts of the body
)

// A connection of HTTP/2 on which nothing has been received for sendPingTimeout is checked
// with a ping, and closed if nothing is received for another pingTimeout. Both together are
// shorter than DefaultHeaderTimeout, so that no attempt but the first fails on it.
const (
	sendPingTimeout = 10 * time.Second
	pingTimeout     = 5 * time.Second
)

// maxIdlePerHost is how many idle connections to a host are kept, for concurrent calls.
// The default of net/http is two, which halves the throughput of 64 goroutines.
const maxIdlePerHost = 64

// maxHeaderBytes is the maximum size of the header of a response, a tenth of the default
// of net/http.
const maxHeaderBytes = 1 << 20

// NewHTTPClient returns an http.Client for a backend service: it has time-outs, keeps
// connections for concurrent calls and follows no redirects.
func NewHTTPClient() *http.Client {
	return WithTimeout(&http.Client{Transport: NewTransport()}, DefaultHeaderTimeout, DefaultIdleTimeout)
}

// NewTransport returns the transport that is used if the caller has none.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext:            (&net.Dialer{Timeout: DefaultDialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: sendPingTimeout, PingTimeout: pingTimeout},
		MaxIdleConns:           2 * maxIdlePerHost,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    DefaultDialTimeout,
		ExpectContinueTimeout:  time.Second,

		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// WithTimeout returns a copy of an http.Client that follows no redirects and sends each
// request at most once. A request fails with context.DeadlineExceeded if the header of the
// response takes longer than header, or the next part of the body longer than idle. The body
// of an error has less time. The total time is not limited, so that a large response can be
// read for as long as it keeps arriving.
func WithTimeout(client *http.Client, header, idle time.Duration) *http.Client {
	c := *client
	next := c.Transport
	if next == nil {
		next = NewTransport()
	}
	c.Transport = &timeoutTransport{next: next, header: header, idle: idle}
	c.Timeout = 0
	return WithoutRedirects(&c)
}

type timeoutTransport struct {
	next         http.RoundTripper
	header, idle time.Duration
	http1        atomic.Bool // a connection with TLS uses HTTP/1
}

func (t *timeoutTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	a := &attempt{transport: t, caller: req.Context(), ctx: ctx, cancel: cancel}
	a.timer = time.AfterFunc(t.header, a.expire)
	rsp, err := t.next.RoundTrip(a.once(ctx, req))
	if !a.timer.Stop() && err == nil {
		err = a.timeout() // it expired as the response arrived
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil && rsp == nil {
		err = errors.New("the RoundTripper returned neither a response nor an error")
	}
	if err == nil && rsp.StatusCode < 100 { // net/http accepts 000 to 099
		err = fmt.Errorf("%w: invalid status %03d", api.ErrUnexpected, rsp.StatusCode)
	}
	if err != nil {
		if rsp != nil && rsp.Body != nil {
			_ = rsp.Body.Close()
		}
		err = withoutProxyText(t.next, req, t.headerTooLarge(a.cause(a.failure(err))))
		a.cancel(nil)
		return nil, err
	}
	complete(rsp)
	removeInvalidLocation(req, rsp)
	if isInformational(rsp) {
		// Its body is the connection, which does not end with the context.
		_ = rsp.Body.Close()
		rsp.Body, rsp.ContentLength = http.NoBody, 0
	}
	if rsp.Body == http.NoBody {
		a.cancel(nil)
		return rsp, nil
	}
	if a.idle = t.idle; rsp.StatusCode < 200 || rsp.StatusCode > 299 {
		a.idle = min(a.idle, errorBodyTimeout)
	}
	a.body, rsp.Body = rsp.Body, a
	return rsp, nil
}

// complete sets what a RoundTripper that is not of net/http may not have set.
func complete(rsp *http.Response) {
	if rsp.Header == nil {
		rsp.Header = make(http.Header)
	}
	if rsp.Body == nil {
		rsp.Body, rsp.ContentLength = http.NoBody, 0
	}
	// Net/http has another empty body for HTTP/2.
	if rsp.ContentLength == 0 && rsp.Body != http.NoBody && rsp.ProtoMajor < 2 {
		rsp.ContentLength = -1
	}
}

// isInformational reports whether the status is 1xx. Net/http returns such a response only
// if the status is 101, which no request allows.
func isInformational(rsp *http.Response) bool { return rsp.StatusCode/100 == 1 }

// CloseIdleConnections implements the method that http.Client.CloseIdleConnections calls.
func (t *timeoutTransport) CloseIdleConnections() { closeIdle(t.next) }

func closeIdle(transport http.RoundTripper) {
	if t, ok := transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// headerTooLarge returns api.ErrTooLarge for the errors of net/http about a large header,
// which have no names. One is for HTTP/1.1, the other for HTTP/2.
func (t *timeoutTransport) headerTooLarge(err error) error {
	text := err.Error()
	if !strings.Contains(text, "response headers exceeded") && !strings.Contains(text, "response header list larger") {
		return err
	}
	limit := int64(10 << 20) // default of net/http
	if next, ok := t.next.(*http.Transport); ok && next.MaxResponseHeaderBytes > 0 {
		limit = next.MaxResponseHeaderBytes
	}
	return fmt.Errorf("%w: header of more than %d bytes", api.ErrTooLarge, limit)
}

// attempt is an attempt, and then the body of its response. Its timer cancels its context
// if the header, or a Read, takes too long.
type attempt struct {
	transport *timeoutTransport
	caller    context.Context // context of the caller
	ctx       context.Context
	cancel    context.CancelCauseFunc
	timer     *time.Timer
	idle      time.Duration // time-out of a Read
	body      io.ReadCloser // nil until the header has arrived

	hooks httptrace.ClientTrace
	mu    sync.Mutex // for progress, because net/http calls hooks on its goroutines
	progress
}

func (a *attempt) expire() { a.cancel(a.timeout()) }

func (a *attempt) timeout() error {
	if a.body == nil {
		return fmt.Errorf("no response within %v: %w", a.transport.header, context.DeadlineExceeded)
	}
	return fmt.Errorf("no more of the response within %v: %w", a.idle, context.DeadlineExceeded)
}

// cause returns why an attempt ended that failed with err: because the context of the
// caller ended, because the attempt canceled itself, or because of err.
func (a *attempt) cause(err error) error {
	if a.caller.Err() != nil {
		return &endedError{a.caller.Err(), context.Cause(a.caller), err}
	}
	if reason := context.Cause(a.ctx); reason != nil && reason != context.Canceled {
		return reason
	}
	return err
}

func (a *attempt) Read(p []byte) (int, error) {
	a.timer.Reset(a.idle)
	n, err := a.body.Read(p)
	a.timer.Stop()
	if err != nil && err != io.EOF {
		err = a.cause(err)
	}
	return n, err
}

// Close closes the body and cancels the context.
func (a *attempt) Close() error {
	err := a.body.Close()
	a.cancel(nil)
	return err
}
