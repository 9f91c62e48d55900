package api

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"
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

// NewHTTPClient returns an http.Client fit for a backend service: it has time-outs,
// keeps connections for concurrent calls and follows no redirect.
func NewHTTPClient() *http.Client {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: DefaultDialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          2 * maxIdlePerHost,
		MaxIdleConnsPerHost:   maxIdlePerHost,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   DefaultDialTimeout,
		ExpectContinueTimeout: time.Second,
	}
	return WithTimeout(&http.Client{Transport: transport}, DefaultHeaderTimeout, DefaultIdleTimeout)
}

// WithTimeout returns a copy of an http.Client that follows no redirect, and whose
// attempts fail with context.DeadlineExceeded when the header of an answer takes
// longer than header, or the next piece of its body longer than idle. So a large
// answer may take its time, as long as it keeps coming.
func WithTimeout(client *http.Client, header, idle time.Duration) *http.Client {
	c := WithoutRedirects(client)
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	c.Transport = &timeoutTransport{next, header, idle}
	c.Timeout = 0
	return c
}

type timeoutTransport struct {
	next         http.RoundTripper
	header, idle time.Duration
}

// timeoutError is the cause of a context that a time-out has ended.
type timeoutError string

func (e timeoutError) Error() string   { return string(e) }
func (e timeoutError) Timeout() bool   { return true }
func (e timeoutError) Temporary() bool { return true }
func (e timeoutError) Is(target error) bool {
	return target == context.DeadlineExceeded
}

func (t *timeoutTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(t.header, func() {
		cancel(timeoutError("no answer within " + t.header.String()))
	})
	rsp, err := t.next.RoundTrip(req.WithContext(ctx))
	stopped := timer.Stop()
	if err != nil || !stopped {
		if rsp != nil && rsp.Body != nil {
			_ = rsp.Body.Close()
		}
		err = cause(ctx, err)
		cancel(nil)
		return nil, err
	}
	rsp.Body = &timeoutBody{ReadCloser: rsp.Body, ctx: ctx, cancel: cancel, idle: t.idle}
	return rsp, nil
}

// cause names the time-out behind an error, where there is one.
func cause(ctx context.Context, err error) error {
	if timeout, ok := context.Cause(ctx).(timeoutError); ok {
		return timeout
	}
	return err
}

// timeoutBody ends the request's context when a Read takes too long, and when the
// body is closed.
type timeoutBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	idle   time.Duration
}

func (b *timeoutBody) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.idle, func() {
		b.cancel(timeoutError("no more of the answer within " + b.idle.String()))
	})
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	if err != nil && err != io.EOF {
		err = cause(b.ctx, err)
	}
	return n, err
}

func (b *timeoutBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
