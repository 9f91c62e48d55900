package api

import "context"

// Attempt describes one HTTP request of a call. A call makes another attempt after a
// transient failure, and after a token was refused and replaced.
type Attempt struct {
	Number       int  // number of the attempt of its call, from 1
	TokenRequest bool // whether the request is sent to the token endpoint
}

// AttemptFromContext returns the attempt that a request's context belongs to. An
// http.RoundTripper, and a middleware around an attempt, call it with the context of the
// request. It reports false for requests that were not made by a client with retries.
//
// The key in the context is a nil *Attempt.
func AttemptFromContext(ctx context.Context) (Attempt, bool) {
	attempt, ok := ctx.Value((*Attempt)(nil)).(*Attempt)
	if !ok || attempt == nil {
		return Attempt{}, false
	}
	return *attempt, true
}

// readAheadKey is the key of a page that is read in advance.
type readAheadKey struct{}

// ReadAheadFromContext reports whether a request's context belongs to a page that an iterator
// requests before its loop needs the page.
func ReadAheadFromContext(ctx context.Context) bool {
	ahead, _ := ctx.Value(readAheadKey{}).(bool)
	return ahead
}

// ContextWithReadAhead returns a copy of ctx that belongs to a page that is read in advance.
func ContextWithReadAhead(ctx context.Context) context.Context {
	return context.WithValue(ctx, readAheadKey{}, true)
}
