package api

import (
	"errors"
	"net/http"
)

// MaybeDone reports whether the server may have executed the operation of a call that
// failed with err. It is true unless the opposite is certain: that the request was not sent,
// or that the server refused it. Use it before you repeat a create, a delete or an action,
// which must not be executed twice: if MaybeDone is true, look for the effect first.
//
// It is true if the connection failed or the context ended after the request may have been
// sent, for a successful response that is incomplete or unexpected, for a redirect, and for
// the statuses 408, 429 and 5xx, which also proxies send. It is false for nil, for any other
// status that is 4xx, and if no connection was established, no token was obtained, or a
// request editor or a check refused the request.
//
// If err contains no *[Error], MaybeDone is true. If it contains several, as an error of
// [errors.Join] does, MaybeDone is true if it is true for one of them. A nil *Error is like nil.
func MaybeDone(err error) bool {
	if err == nil {
		return false
	}
	maybe, known := maybeDone(err)
	return maybe || !known
}

// maybeDone reports whether a failed call in err may be done. It reports known if err
// contains a failed call.
func maybeDone(err error) (maybe, known bool) {
	if failed, ok := err.(*Error); ok {
		return failed != nil && failed.maybeDone(), true
	}
	if one, ok := err.(interface{ Unwrap() error }); ok {
		return maybeDone(one.Unwrap())
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			m, k := maybeDone(one)
			maybe, known = maybe || m, known || k
		}
	}
	return maybe, known
}

// unsent is the error of a request that was not sent.
type unsent interface {
	error
	NotSent()
}

func (e *Error) maybeDone() bool {
	if _, notSent := errors.AsType[unsent](e.Err); notSent {
		return false
	}
	if _, notSent := errors.AsType[*PathValueError](e.Err); notSent {
		return false
	}
	switch e.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return e.StatusCode < 400 || e.StatusCode > 499
}
