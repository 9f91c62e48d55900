package client

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Middleware is code around a call or around an attempt, such as tracing. It calls next at
// most once, with the request or a changed copy, and returns the response and the error of
// next, or others. It must not change the scheme, the host and the port of the URL.
type Middleware func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error)

// WithCallMiddleware adds a middleware around each call, with all its attempts, the delays
// between them and the token requests that it waits for. The middleware of the first option is
// the outermost. A page of an iterator is a call.
//
// The request has no token. A 401 that is not resolved is an *[api.Error], and any other
// response is a response, whatever its status. Its body has not been read.
func WithCallMiddleware(middleware Middleware) Option {
	return ownOption(func(c *config) { c.addMiddleware(&c.callMiddleware, middleware) })
}

// WithAttemptMiddleware adds a middleware around each attempt of a call. The middleware of the
// first option is the outermost. Given to [New], it is also around the attempts to request a
// token; [api.AttemptFromContext] tells them apart.
//
// The request has the token, or the credentials. A retry may follow if the middleware
// returns an error itself.
func WithAttemptMiddleware(middleware Middleware) Option {
	return ownOption(func(c *config) { c.addMiddleware(&c.attemptMiddleware, middleware) })
}

func (c *config) addMiddleware(list *[]Middleware, middleware Middleware) {
	if middleware == nil {
		c.fail(errors.New("a middleware is nil"))
		return
	}
	*list = append(slices.Clip(*list), middleware)
}

// errCalledTwice is the error of a middleware that calls next again. The first request may have
// been executed, so that the error is not one of [engine.NotSent].
var errCalledTwice = errors.New("a middleware has called next twice")

// callMiddleware calls middleware around next. It refuses a request of another origin, and a
// response with an invalid status.
func callMiddleware(middleware []Middleware, req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	origin, called := url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host}, false
	send := func(req *http.Request) (*http.Response, error) {
		switch {
		case called:
			return nil, errCalledTwice
		case req == nil || req.URL == nil || !sameOrigin(&origin, req.URL.Scheme, req.URL.Host):
			return nil, engine.NotSent(errOrigin)
		case req.Header == nil:
			own := *req
			own.Header = http.Header{}
			req = &own
		}
		called = true
		return next(req)
	}
	for _, m := range slices.Backward(middleware) {
		inner := send
		send = func(req *http.Request) (*http.Response, error) { return m(req, inner) }
	}
	rsp, err := send(req)
	switch {
	case rsp == nil && err == nil:
		return nil, errors.New("a middleware returned neither a response nor an error")
	case err != nil:
		engine.CloseBody(rsp)
		return nil, err
	case rsp.StatusCode < 100:
		engine.CloseBody(rsp)
		return nil, fmt.Errorf("%w: a middleware returned the invalid status %d", api.ErrUnexpected, rsp.StatusCode)
	case rsp.Body == nil:
		rsp.Body = http.NoBody
	}
	return rsp, err
}

// middlewareDoer calls the middleware around a call.
type middlewareDoer struct {
	next       engine.Doer
	middleware []Middleware
}

func (d *middlewareDoer) Do(req *http.Request) (*http.Response, error) {
	rsp, err := callMiddleware(d.middleware, req, d.next.Do)
	if rsp != nil && rsp.Request == nil {
		rsp.Request = req
	}
	return rsp, err
}

// sendWithin sends an attempt within the middleware. Its Request is then the one that was sent.
func (d *retryDoer) sendWithin(try *engine.Attempt, number int) (*http.Response, error) {
	req := try.Request
	ctx := engine.ContextWithAttempt(req.Context(), api.Attempt{Number: number})
	return callMiddleware(d.middleware, req.WithContext(ctx), func(req *http.Request) (*http.Response, error) {
		try.Request = req
		return try.Send()
	})
}

// aroundTransport returns a transport that calls middleware around each request.
func aroundTransport(middleware []Middleware, transport http.RoundTripper) http.RoundTripper {
	if len(middleware) == 0 {
		return transport
	}
	return transportFunc(func(req *http.Request) (*http.Response, error) {
		own := *req
		own.Header = maps.Clone(req.Header)
		return callMiddleware(middleware, &own, transport.RoundTrip)
	})
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// isNotSent reports whether err is an error of [engine.NotSent].
func isNotSent(err error) bool {
	_, ok := errors.AsType[interface {
		error
		NotSent()
	}](err)
	return ok
}
