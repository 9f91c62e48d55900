package engine

import (
	"crypto/tls"
	"errors"
	"net/http"

	"github.com/tapkey-go/tapkey-go/api"
)

// NotSent returns err as the error of a request that was not sent. [api.MaybeDone] is false
// for it.
func NotSent(err error) error { return &notSentError{err} }

type notSentError struct{ error }

func (e *notSentError) NotSent()      {}
func (e *notSentError) Unwrap() error { return e.error }

// doerError is an error that a Doer returned: the request may have been sent. Any other error
// comes from a request editor or from building the request.
type doerError struct{ error }

func (e *doerError) Unwrap() error { return e.error }

// FromDoer returns err as the error of a Doer: the request may have been sent, unless err is
// an error of [NotSent].
func FromDoer(err error) error {
	switch err.(type) {
	case nil, *api.Error, *notSentError, *doerError:
		return err
	}
	return &doerError{err}
}

// NeverSent reports whether an error of an http.Client means that the server has not
// processed the request: no connection was established, or the server refused the request
// over HTTP/2.
func NeverSent(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return NotConnected(err) || errors.Is(err, ErrNotProcessed) || certificate || errors.Is(err, http.ErrSchemeMismatch)
}
