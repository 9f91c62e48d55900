package engine

import (
	"fmt"
	"net"
	"net/http"
	"strings"
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

// Bounded returns a copy of c with the default time-outs. If c.Timeout is set, it replaces
// each of them.
func Bounded(c *http.Client) *http.Client {
	header, idle := DefaultHeaderTimeout, DefaultIdleTimeout
	if c.Timeout > 0 {
		header, idle = c.Timeout, c.Timeout
	}
	return WithTimeout(c, header, idle)
}

type timeoutTransport struct {
	next         http.RoundTripper
	header, idle time.Duration
	http1        atomic.Bool // a connection with TLS uses HTTP/1
}

func (t *timeoutTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	return (&Attempt{Request: req, sender: &Sender{transport: t}}).roundTrip()
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
