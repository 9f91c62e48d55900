package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
)

// Time-outs of an attempt.
const (
	DefaultDialTimeout   = 10 * time.Second // to connect, and for the TLS handshake
	DefaultHeaderTimeout = 30 * time.Second // from the start of the attempt to the header of the response
	DefaultIdleTimeout   = 30 * time.Second // between two parts of the body
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
	return WithTimeout(&http.Client{Transport: newTransport()}, DefaultHeaderTimeout, DefaultIdleTimeout)
}

func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: DefaultDialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          2 * maxIdlePerHost,
		MaxIdleConnsPerHost:   maxIdlePerHost,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   DefaultDialTimeout,
		ExpectContinueTimeout: time.Second,

		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// WithTimeout returns a copy of an http.Client that follows no redirects. A request fails
// with context.DeadlineExceeded if the header of the response takes longer than header, or
// the next part of the body longer than idle. The total time is not limited, so that a
// large response can be read for as long as it keeps arriving.
func WithTimeout(client *http.Client, header, idle time.Duration) *http.Client {
	c := WithoutRedirects(client)
	next := c.Transport
	if next == nil {
		next = newTransport()
	}
	c.Transport = &timeoutTransport{next, header, idle}
	c.Timeout = 0
	return c
}

type timeoutTransport struct {
	next         http.RoundTripper
	header, idle time.Duration
}

func (t *timeoutTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	a := &attempt{transport: t, ctx: ctx, cancel: cancel}
	a.timer = time.AfterFunc(t.header, a.expire)
	rsp, err := t.next.RoundTrip(req.WithContext(ctx))
	if !a.timer.Stop() && err == nil {
		err = a.timeout() // it expired as the response arrived
	}
	if err != nil || rsp == nil {
		if rsp != nil && rsp.Body != nil {
			_ = rsp.Body.Close()
		}
		if err == nil {
			err = errors.New("the RoundTripper returned neither a response nor an error")
		}
		err = withoutProxyText(t.next, req, t.headerTooLarge(a.cause(err)))
		a.cancel(nil)
		return nil, err
	}
	if rsp.Body == nil {
		rsp.Body = http.NoBody // as http.Client does
	}
	a.body, rsp.Body = rsp.Body, a
	return rsp, nil
}

// CloseIdleConnections implements the method that http.Client.CloseIdleConnections calls.
func (t *timeoutTransport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
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
	ctx       context.Context
	cancel    context.CancelCauseFunc
	timer     *time.Timer
	body      io.ReadCloser // nil until the header has arrived
}

func (a *attempt) expire() { a.cancel(a.timeout()) }

func (a *attempt) timeout() error {
	if a.body == nil {
		return fmt.Errorf("no response within %v: %w", a.transport.header, context.DeadlineExceeded)
	}
	return fmt.Errorf("no more of the response within %v: %w", a.transport.idle, context.DeadlineExceeded)
}

// cause returns the time-out that caused an error, or the error itself.
func (a *attempt) cause(err error) error {
	timeout := context.Cause(a.ctx)
	if a.ctx.Err() == context.Canceled && errors.Is(timeout, context.DeadlineExceeded) {
		return timeout
	}
	return err
}

func (a *attempt) Read(p []byte) (int, error) {
	a.timer.Reset(a.transport.idle)
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
