package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
)

// Net/http retries requests automatically: over HTTP/1 idempotent methods, over HTTP/2 any
// method, without a limit. An attempt sends a request once. Its hooks record that the request
// has been written, and cancel the attempt before the request is written again. The caller
// may then make another attempt.

// ErrNotProcessed means that the server refused a request before processing it: with
// REFUSED_STREAM, or with a GOAWAY whose last stream is an earlier one (RFC 9113, section
// 8.7). The request may be sent again, whatever it does.
var ErrNotProcessed = errors.New("request not processed: refused by the server")

// ErrNoResponse means that the connection or the stream failed after the request had been
// written.
var ErrNoResponse = errors.New("request sent, but no response received")

// maxInformational is the maximum number of responses with status 1xx before the final one.
const maxInformational = 100

// progress is what the hooks of an attempt have noticed.
type progress struct {
	conn          *tls.Conn // connection of the request, nil without TLS
	http2         bool      // it uses HTTP/2
	sent          bool      // the request has been written
	responded     bool      // the response has arrived, which the hooks may notice first
	informational uint8     // number of responses with status 1xx
}

func (p *progress) noResponse() bool { return p.sent && !p.responded }

// once returns a copy of the request with the context and the hooks of the attempt.
func (a *Attempt) once(ctx context.Context) *http.Request {
	a.tracing = tracing{ctx, a}
	a.traced = *a.Request.WithContext(&a.tracing) //nolint:contextcheck // it contains ctx
	req := &a.traced
	// If net/http cannot replay the body, its error says why the server refused the request.
	// Over HTTP/1 it needs the body for a request of which nothing was written.
	if a.sender.transport.isNetHTTP() && req.URL.Scheme == "https" && !a.sender.transport.http1.Load() {
		req.GetBody = nil
	}
	return req
}

// isNetHTTP reports whether requests are sent by net/http alone.
func (t *timeoutTransport) isNetHTTP() bool {
	_, ok := t.next.(*http.Transport)
	return ok
}

// tracing is the context of an attempt. Unlike that of httptrace.WithClientTrace, it creates
// the hooks when a RoundTripper looks for them, and calls those of the caller without
// reflection.
type tracing struct {
	context.Context
	attempt *Attempt
}

func (c *tracing) Value(key any) any {
	switch key {
	case traceKey:
		return c.attempt.trace()
	case any((*api.Attempt)(nil)):
		if c.attempt.info.Number > 0 {
			return &c.attempt.info
		}
	}
	return c.Context.Value(key)
}

// traceKey is the key of the hooks in a context, which net/http/httptrace does not export.
var traceKey = func() any {
	var ctx keyContext
	httptrace.ContextClientTrace(&ctx)
	return ctx.key
}()

// keyContext records the key of the value that is looked for.
type keyContext struct {
	context.Context
	key any
}

func (c *keyContext) Value(key any) any {
	c.key = key
	return nil
}

// trace returns the hooks of the attempt, which also call those of the caller.
func (a *Attempt) trace() *httptrace.ClientTrace {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hooks != nil {
		return a.hooks
	}
	var caller httptrace.ClientTrace
	if trace := httptrace.ContextClientTrace(a.tracing.Context); trace != nil {
		caller = *trace
	}
	a.hooks = new(caller)
	a.hooks.GotConn = both(a.gotConn, caller.GotConn)
	a.hooks.WroteRequest = both(a.wroteRequest, caller.WroteRequest)
	a.hooks.GotFirstResponseByte = a.gotResponse
	if next := caller.GotFirstResponseByte; next != nil {
		a.hooks.GotFirstResponseByte = func() {
			a.gotResponse()
			next()
		}
	}
	a.hooks.Got1xxResponse = a.gotInformational
	if next := caller.Got1xxResponse; next != nil {
		a.hooks.Got1xxResponse = func(status int, header textproto.MIMEHeader) error {
			_ = a.gotInformational(status, header) // it cancels the attempt
			return next(status, header)
		}
	}
	return a.hooks
}

// both returns a hook that calls both hooks. The second may be nil.
func both[T any](hook, next func(T)) func(T) {
	if next == nil {
		return hook
	}
	return func(info T) {
		hook(info)
		next(info)
	}
}

// gotConn runs before a request is written on a connection.
func (a *Attempt) gotConn(info httptrace.GotConnInfo) {
	conn, _ := info.Conn.(*tls.Conn)
	http2 := usesHTTP2(info.Conn)
	if conn != nil && !http2 && !a.sender.transport.http1.Load() {
		a.sender.transport.http1.Store(true)
	}
	a.mu.Lock()
	before := a.progress
	// Net/http sends nothing after a response. If the response followed a reset of its stream,
	// net/http retries all the same.
	again := before.sent && (!before.responded || a.sender.transport.isNetHTTP())
	a.conn, a.http2 = conn, http2
	if !again {
		a.sent, a.responded = false, false
	}
	a.mu.Unlock()
	if !again {
		return
	}
	reason := ErrNoResponse
	if http2 && conn == before.conn && a.sender.transport.isNetHTTP() {
		reason = ErrNotProcessed // net/http keeps the connection only after REFUSED_STREAM
	}
	a.cancel(reason)
	if !http2 {
		_ = info.Conn.Close() // HTTP/1 writes the request in spite of its context
	}
}

func usesHTTP2(conn net.Conn) bool {
	c, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
	return ok && c.ConnectionState().NegotiatedProtocol == "h2"
}

// wroteRequest runs when a request has been written, or could not be. After an error of
// HTTP/1, net/http sends a write again only if nothing of it was written. Over HTTP/2 the
// header has been written in any case.
func (a *Attempt) wroteRequest(info httptrace.WroteRequestInfo) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = a.sent || info.Err == nil || a.http2
}

// gotResponse runs at the first byte of a response. A RoundTripper may send further
// requests after it, as for authentication.
func (a *Attempt) gotResponse() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.responded = true
}

// gotInformational runs after gotResponse for each response with status 1xx.
func (a *Attempt) gotInformational(int, textproto.MIMEHeader) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.responded = false
	if a.informational++; a.informational > maxInformational {
		// Not only returned, because the error of a hook of the caller replaces it.
		a.cancel(fmt.Errorf("%w: more than %d informational responses", api.ErrTooLarge, maxInformational))
	}
	return nil
}

// failure returns the error of an attempt that failed with err. An error about a new
// connection is not returned as such if the request had been written on another before.
func (a *Attempt) failure(err error) error {
	if a.sender.transport.isNetHTTP() {
		err = notReplayed(err)
		if err.Error() == "net/http: TLS handshake timeout" { // its type has no name
			err = &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.noResponse() && NotConnected(err) {
		err = fmt.Errorf("%w: %s", ErrNoResponse, err.Error())
	}
	return err
}

// notReplayed returns the reason for which net/http would have replayed a request over
// HTTP/2. Its errors have no names.
func notReplayed(err error) error {
	const prefix, suffix = "http2: Transport: cannot retry err [", "] after Request.Body was written"
	reason, found := strings.CutPrefix(err.Error(), prefix)
	if !found {
		if strings.HasPrefix(reason, "http2: Transport received GOAWAY from server ErrCode:") {
			return ErrNotProcessed
		}
		return err
	}
	reason, _, _ = strings.Cut(reason, suffix)
	switch {
	case reason == "http2: Transport received Server's graceful shutdown GOAWAY",
		strings.HasPrefix(reason, "stream error: ") && strings.HasSuffix(reason, "; REFUSED_STREAM; received from peer"):
		return ErrNotProcessed
	}
	return fmt.Errorf("%w: %s", ErrNoResponse, reason)
}

// NotConnected reports whether an attempt failed before a connection was established.
func NotConnected(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && (failed.Op == "dial" || failed.Op == "proxyconnect" || failed.Op == "socks connect")
}
