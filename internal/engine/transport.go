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

// How long the parts of an attempt may take.
const (
	DefaultDialTimeout   = 10 * time.Second // connecting, and the TLS handshake
	DefaultHeaderTimeout = 30 * time.Second // from the start of an attempt until the answer's header is here
	DefaultIdleTimeout   = 30 * time.Second // between two pieces of the answer's body
)

// maxIdlePerHost keeps enough connections open for concurrent calls to one host;
// net/http keeps two, which halves the throughput of 64 goroutines.
const maxIdlePerHost = 64

// maxHeaderBytes bounds the header of an answer; net/http takes ten times as much.
const maxHeaderBytes = 1 << 20

// NewHTTPClient returns an http.Client fit for a backend service: it has time-outs,
// keeps connections for concurrent calls and follows no redirect.
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

// WithTimeout returns a copy of an http.Client that follows no redirect, and whose
// attempts fail with context.DeadlineExceeded when the header of an answer takes
// longer than header, or the next piece of its body longer than idle. So a large
// answer may take its time, as long as it keeps coming.
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
		err = a.timeout() // the answer came in the same moment
	}
	if err != nil || rsp == nil {
		if rsp != nil && rsp.Body != nil {
			_ = rsp.Body.Close()
		}
		if err == nil {
			err = errors.New("the RoundTripper returned neither an answer nor an error")
		}
		err = t.headerTooLarge(a.cause(err))
		a.cancel(nil)
		return nil, err
	}
	if rsp.Body == nil {
		rsp.Body = http.NoBody // as http.Client has it
	}
	a.body, rsp.Body = rsp.Body, a
	return rsp, nil
}

// CloseIdleConnections is what http.Client.CloseIdleConnections looks for.
func (t *timeoutTransport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// headerTooLarge recognises the errors that net/http has no name for, of HTTP/1.1 and
// of HTTP/2.
func (t *timeoutTransport) headerTooLarge(err error) error {
	text := err.Error()
	if !strings.Contains(text, "response headers exceeded") && !strings.Contains(text, "response header list larger") {
		return err
	}
	limit := int64(10 << 20) // net/http's own
	if next, ok := t.next.(*http.Transport); ok && next.MaxResponseHeaderBytes > 0 {
		limit = next.MaxResponseHeaderBytes
	}
	return fmt.Errorf("%w: header of more than %d bytes", api.ErrTooLarge, limit)
}

// attempt is one attempt under way, and the body of its answer once that is here. Its
// timer ends its context when the header, or a Read, takes too long.
type attempt struct {
	transport *timeoutTransport
	ctx       context.Context
	cancel    context.CancelCauseFunc
	timer     *time.Timer
	body      io.ReadCloser // nil until the header is here
}

func (a *attempt) expire() { a.cancel(a.timeout()) }

func (a *attempt) timeout() error {
	if a.body == nil {
		return fmt.Errorf("no answer within %v: %w", a.transport.header, context.DeadlineExceeded)
	}
	return fmt.Errorf("no more of the answer within %v: %w", a.transport.idle, context.DeadlineExceeded)
}

// cause names the time-out behind an error, where there is one.
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

// Close ends the context as well.
func (a *attempt) Close() error {
	err := a.body.Close()
	a.cancel(nil)
	return err
}
