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
)

// newError returns the error of a call that received no usable response.
func newError(op *api.Operation, err error) *api.Error {
	return &api.Error{Operation: op.ID, Method: op.Method, Path: op.Path, Err: err}
}

// responseError returns the error of a call whose response is not usable because of err.
func responseError(op *api.Operation, rsp *http.Response, err error) *api.Error {
	e := newError(op, err)
	e.StatusCode, e.Header = rsp.StatusCode, rsp.Header
	return e
}

// transportError returns the error of a call whose Doer or request editor returned err.
// It unwraps a *url.Error, whose text is the whole URL with $filter and all. It returns
// an *api.Error unchanged.
func transportError(op *api.Operation, err error) *api.Error {
	if e, ok := err.(*api.Error); ok {
		return e
	}
	if u, ok := err.(*url.Error); ok {
		err = u.Err
	}
	if strings.HasPrefix(err.Error(), "failed to parse Location header") { // from net/http, and it quotes the header
		err = fmt.Errorf("%w: to an invalid URL", api.ErrRedirect)
	}
	return newError(op, err)
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
	return fmt.Errorf("%w: body cut off: %w", api.ErrUnexpected, err)
}
