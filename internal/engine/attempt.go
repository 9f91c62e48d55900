package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
)

// Sender makes attempts with the transport and the cookies of an http.Client. Unlike the
// http.Client, it does not prepare to follow a redirect, which takes a copy of the header.
type Sender struct {
	transport *timeoutTransport
	jar       http.CookieJar // may be nil
	timeout   time.Duration  // in place of those of the transport; 0 for these
}

// WithTimeout returns a copy of s that limits the time until the header of the response, and
// the time between two parts of the body, to d.
func (s *Sender) WithTimeout(d time.Duration) *Sender {
	return &Sender{s.transport, s.jar, d}
}

// NewSender returns a Sender with the transport and the cookies of a client of [WithTimeout].
func NewSender(client *http.Client) *Sender {
	transport, ok := client.Transport.(*timeoutTransport)
	if !ok {
		return NewSender(WithTimeout(client, DefaultHeaderTimeout, DefaultIdleTimeout))
	}
	return &Sender{transport: transport, jar: client.Jar}
}

// Attempt is an attempt to send a request, and then the body of its response. Its timer
// cancels its context if the header, or a Read, takes too long.
type Attempt struct {
	// Request is a copy. Its URL and its header may be changed before it is sent.
	Request *http.Request

	// What the attempt allocates at once.
	copied http.Request
	url    url.URL
	traced http.Request // Request with the context and the hooks of the attempt

	sender *Sender
	info   api.Attempt // zero if it does not belong to a call with retries
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration // time-out of a Read
	body   io.ReadCloser // nil until the header has arrived

	tracing tracing
	hooks   *httptrace.ClientTrace // nil until a RoundTripper looks for them
	mu      sync.Mutex             // for hooks and progress, because net/http uses them on its goroutines
	progress
}

// Attempt returns an attempt to send a request, with its body from the start. The attempt is
// counted by [Attempt.Count].
func (s *Sender) Attempt(req *http.Request) (*Attempt, error) {
	a := &Attempt{sender: s, copied: *req, url: *req.URL}
	a.Request = &a.copied
	a.copied.URL, a.copied.Header = &a.url, maps.Clone(req.Header)
	if req.GetBody == nil {
		return a, nil
	}
	body, err := req.GetBody()
	a.copied.Body = body
	return a, err
}

// Count counts the attempt in its call and returns its number, which an http.RoundTripper gets
// from [api.AttemptFromContext].
func (a *Attempt) Count() int {
	a.info.Number = NextAttempt(a.Request)
	return a.info.Number
}

// Send sends the request. It is called once.
func (a *Attempt) Send() (*http.Response, error) {
	if a.sender.jar != nil {
		for _, cookie := range a.sender.jar.Cookies(a.Request.URL) {
			a.Request.AddCookie(cookie)
		}
	}
	rsp, err := a.roundTrip()
	if err != nil {
		if record, ok := err.(tls.RecordHeaderError); ok && string(record.RecordHeader[:]) == "HTTP/" {
			err = http.ErrSchemeMismatch // as http.Client returns
		}
		return nil, err
	}
	if a.sender.jar != nil {
		if cookies := rsp.Cookies(); len(cookies) > 0 {
			a.sender.jar.SetCookies(a.Request.URL, cookies)
		}
	}
	return rsp, nil
}

// roundTrip sends the request.
func (a *Attempt) roundTrip() (*http.Response, error) {
	t, req := a.sender.transport, a.Request
	ctx, cancel := context.WithCancelCause(req.Context())
	a.cancel = cancel
	a.timer = time.AfterFunc(cmp.Or(a.sender.timeout, t.header), a.expire)
	rsp, err := t.next.RoundTrip(a.once(ctx))
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
	if a.idle = cmp.Or(a.sender.timeout, t.idle); rsp.StatusCode < 200 || rsp.StatusCode > 299 {
		a.idle = min(a.idle, errorBodyTimeout)
	}
	a.body, rsp.Body = rsp.Body, a
	return rsp, nil
}

func (a *Attempt) expire() { a.cancel(a.timeout()) }

func (a *Attempt) timeout() error {
	if a.body == nil {
		return fmt.Errorf("no response within %v: %w", cmp.Or(a.sender.timeout, a.sender.transport.header), context.DeadlineExceeded)
	}
	return fmt.Errorf("no more of the response within %v: %w", a.idle, context.DeadlineExceeded)
}

// cause returns why an attempt ended that failed with err: because the context of the
// caller ended, because the attempt canceled itself, or because of err.
func (a *Attempt) cause(err error) error {
	if caller := a.Request.Context(); caller.Err() != nil {
		return &endedError{caller.Err(), context.Cause(caller), err}
	}
	if reason := context.Cause(a.tracing.Context); reason != nil && reason != context.Canceled {
		return reason
	}
	return err
}

func (a *Attempt) Read(p []byte) (int, error) {
	a.timer.Reset(a.idle)
	n, err := a.body.Read(p)
	a.timer.Stop()
	if err != nil && err != io.EOF {
		err = a.cause(err)
	}
	return n, err
}

// Close closes the body and cancels the context.
func (a *Attempt) Close() error {
	err := a.body.Close()
	a.cancel(nil)
	return err
}
