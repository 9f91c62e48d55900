package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// newError returns the error of a call that received no usable response.
func newError(op *api.Operation, err error) *api.Error {
	return &api.Error{Operation: op.ID, Method: op.Method, Path: op.Path, Err: redact.Error(err)}
}

// responseError returns the error of a call whose response is not usable because of err.
// If the response repeats the credentials of its request, they are replaced.
func responseError(op *api.Operation, rsp *http.Response, err error) *api.Error {
	sent := sentWith(rsp)
	e := newError(op, sent.Error(err))
	e.StatusCode, e.Header = rsp.StatusCode, sent.Header(rsp.Header)
	e.SentBearer, e.RequestID = sentBearer(rsp.Request), RequestID(rsp)
	if s := stateOf(rsp.Request); s != nil {
		e.Attempts = s.attempts
	}
	return e
}

// sentBearer reports whether a request has a bearer token.
func sentBearer(req *http.Request) bool {
	if req == nil {
		return false
	}
	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && token != ""
}

// sentWith returns the credentials in the header of the request of a response.
func sentWith(rsp *http.Response) redact.Secrets {
	if rsp.Request == nil {
		return nil
	}
	return redact.Sent(rsp.Request.Header)
}

// transportError returns the error of a call whose Doer or request editor returned err.
// It unwraps a *url.Error, whose text is the whole URL with $filter and all: http.Client
// returns one for the errors of its transport. It returns an *api.Error unchanged.
func transportError(op *api.Operation, err error) *api.Error {
	if e, ok := err.(*api.Error); ok {
		return e
	}
	attempts := 0
	if a, ok := err.(*attemptsError); ok {
		err, attempts = a.error, a.attempts
	}
	d, sent := err.(*doerError)
	if sent {
		err = d.error
	}
	if n, ok := err.(*notSentError); ok {
		err = n.error
	}
	if u, ok := err.(*url.Error); ok && u.Err != nil {
		err = redact.Transport(u.Err)
	}
	if strings.HasPrefix(err.Error(), "failed to parse Location header") { // from net/http, and it quotes the header
		err = fmt.Errorf("%w: to an invalid URL", api.ErrRedirect)
	}
	if !sent {
		err = NotSent(err)
	}
	e := newError(op, err)
	e.Attempts = attempts
	return e
}

// readError returns the error of a response body that ended early. A body that was cut
// off is ErrUnexpected; a canceled or expired context keeps its own error.
func readError(err error) error {
	if errors.Is(err, api.ErrTooLarge) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: body cut off: %w", api.ErrUnexpected, redact.Transport(err))
}
