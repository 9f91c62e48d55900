package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// call is the context of a call, which has the operation, with the state of the call, and with
// the request and its URL if [Base.NewRequest] has built them, in one allocation.
type call struct {
	context.Context
	op    *api.Operation // nil if the contract has none
	req   http.Request
	url   url.URL
	state state
}

// Value implements context.Context. See [api.ContextWithOperation] for the key of the
// operation.
func (c *call) Value(key any) any {
	switch key {
	case any((*api.Operation)(nil)):
		return c.op
	case any((*call)(nil)):
		return c
	}
	return c.Context.Value(key)
}

// Format implements fmt.Formatter. Every verb prints the operation, and nothing of the
// request.
func (c *call) Format(s fmt.State, verb rune) {
	text := "context of a call"
	if c.op != nil {
		text = "context of " + c.op.ID
	}
	redact.Format(s, verb, text, text)
}

// state is what a call records about itself.
type state struct {
	attempts int           // number of attempts that have begun
	response *api.Response // of [api.ContextWithResponse]; may be nil
	start    time.Time     // zero without response
}

// startState returns the state of a call that starts now.
func startState(ctx context.Context) (s state) {
	if rsp, _ := ctx.Value((*api.Response)(nil)).(*api.Response); rsp != nil {
		*rsp = api.Response{MaxBodyBytes: rsp.MaxBodyBytes}
		s.response, s.start = rsp, time.Now()
	}
	return s
}

// StartCall resets the [api.Response] of a context, for a call that may fail before its
// request is built.
func StartCall(ctx context.Context) { startState(ctx) }

// callOf returns the call of a request, and the request with the context of the call. The
// request of [Base.NewRequest] has a call; any other gets a new one.
func callOf(req *http.Request) (*call, *http.Request) {
	ctx := req.Context()
	if c, ok := ctx.Value((*call)(nil)).(*call); ok && &c.req == req {
		return c, req
	}
	op, _ := ctx.Value((*api.Operation)(nil)).(*api.Operation)
	c := &call{Context: ctx, op: op, state: startState(ctx)}
	return c, req.WithContext(c)
}

// stateOf returns the state of the call that a request belongs to, or nil.
func stateOf(req *http.Request) *state {
	if req == nil {
		return nil
	}
	if c, ok := req.Context().Value((*call)(nil)).(*call); ok {
		return &c.state
	}
	return nil
}

// NextAttempt counts an attempt of the call that a request belongs to, and returns its number.
func NextAttempt(req *http.Request) int {
	s := stateOf(req)
	if s == nil {
		return 1
	}
	s.attempts++
	return s.attempts
}

// ContextWithTokenRequest returns a context for the attempt with the given number to request a
// token. See [api.AttemptFromContext] for the key.
func ContextWithTokenRequest(ctx context.Context, number int) context.Context {
	return context.WithValue(ctx, (*api.Attempt)(nil), &api.Attempt{Number: number, TokenRequest: true})
}

// end records the result of a Doer, and returns its error with the number of attempts.
func (s *state) end(rsp *http.Response, err error) error {
	if rsp != nil {
		s.attempts = max(s.attempts, 1) // a Doer that does not count
	}
	failed, described := err.(*api.Error)
	if described {
		failed.Attempts = max(failed.Attempts, s.attempts)
	}
	if s.response != nil {
		s.store(rsp, failed)
	}
	if err == nil || described || s.attempts == 0 {
		return err
	}
	return &attemptsError{err, s.attempts}
}

// store stores the response of a call, and prepares to store its body. Failed is the error of
// a call whose response was read by the Doer; nil for any other.
func (s *state) store(rsp *http.Response, failed *api.Error) {
	s.response.Attempts, s.response.Duration = s.attempts, time.Since(s.start)
	switch {
	case rsp != nil:
		s.response.StatusCode, s.response.Header = rsp.StatusCode, sentWith(rsp).Header(rsp.Header)
		s.response.RequestID = RequestID(rsp)
		if rsp.Body != nil && rsp.Body != http.NoBody {
			rsp.Body = &storedBody{rsp.Body, s}
		}
	case failed != nil:
		s.response.StatusCode, s.response.Header, s.response.RequestID = failed.StatusCode, failed.Header, failed.RequestID
		s.response.Body = failed.Body[:min(len(failed.Body), max(s.response.MaxBodyBytes, 0))]
	}
}

// storedBody is a body whose start is stored in the [api.Response] of its call.
type storedBody struct {
	io.ReadCloser
	state *state
}

func (b *storedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	rsp := b.state.response
	rsp.Duration = time.Since(b.state.start)
	if room := rsp.MaxBodyBytes - len(rsp.Body); room > 0 {
		rsp.Body = append(rsp.Body, p[:min(n, room)]...)
	}
	return n, err
}

// attemptsError is the error of a Doer that has made attempts.
type attemptsError struct {
	error
	attempts int
}

func (e *attemptsError) Unwrap() error { return e.error }

// RequestID returns the request ID that a server assigned. It is "" if there is none, if its
// format is invalid, or if it repeats the credentials of the request.
func RequestID(rsp *http.Response) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "Traceparent"} {
		if id := redact.RequestID(rsp.Header.Get(name)); id != "" && !sentWith(rsp).In(id) {
			return id
		}
	}
	return ""
}
