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
	attempts int       // number of attempts that have begun
	ended    bool      // the Doer has returned
	observer *observer // usually nil
}

// observer is what observes a call.
type observer struct {
	start    time.Time
	response *api.Response              // of [api.ContextWithResponse]; may be nil
	failed   func(error, time.Duration) // of [OnFailure]; may be nil
}

// startState returns the state of a call that starts now.
func startState(ctx context.Context) (s state) {
	if rsp, _ := ctx.Value((*api.Response)(nil)).(*api.Response); rsp != nil {
		*rsp = api.Response{MaxBodyBytes: rsp.MaxBodyBytes}
		s.observer = &observer{start: time.Now(), response: rsp}
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
	return c, req.WithContext(c) //nolint:contextcheck // c is ctx with the call
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

// Attempts returns the number of attempts of the call that a request belongs to.
func Attempts(req *http.Request) int {
	if s := stateOf(req); s != nil {
		return s.attempts
	}
	return 0
}

// ContextWithAttempt returns a copy of ctx that belongs to an attempt. See
// [api.AttemptFromContext] for the key.
func ContextWithAttempt(ctx context.Context, attempt api.Attempt) context.Context {
	return context.WithValue(ctx, (*api.Attempt)(nil), &attempt)
}

// OnFailure sets a function that is called once if the call that a request belongs to fails,
// with the error and the time since the call was sent: an *[api.Error] if a response was
// received, and the error of the Doer otherwise.
func OnFailure(req *http.Request, failed func(error, time.Duration)) {
	if s := stateOf(req); s != nil {
		if s.observer == nil {
			s.observer = &observer{start: time.Now()}
		}
		s.observer.failed = failed
	}
}

func (s *state) report(err error) {
	if o := s.observer; o != nil && o.failed != nil {
		o.failed(err, time.Since(o.start))
		o.failed = nil
	}
}

// failedResponse returns [responseError] as the error of a call, and reports it.
func failedResponse(op *api.Operation, rsp *http.Response, err error) *api.Error {
	return reported(rsp, responseError(op, rsp, err))
}

// reported reports the error of a call whose Doer has returned rsp.
func reported(rsp *http.Response, e *api.Error) *api.Error {
	if s := stateOf(rsp.Request); s != nil && s.ended {
		s.report(e)
	}
	return e
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
	s.ended = true
	if o := s.observer; o != nil && o.response != nil {
		o.store(rsp, failed, s.attempts)
	}
	if err != nil {
		s.report(err)
	}
	if err == nil || described || s.attempts == 0 {
		return err
	}
	return &attemptsError{err, s.attempts}
}

// store stores the response of a call, and prepares to store its body. Failed is the error of
// a call whose response was read by the Doer; nil for any other.
func (o *observer) store(rsp *http.Response, failed *api.Error, attempts int) {
	o.response.Attempts, o.response.Duration = attempts, time.Since(o.start)
	switch {
	case rsp != nil:
		o.response.StatusCode, o.response.Header = rsp.StatusCode, sentWith(rsp).Header(rsp.Header)
		o.response.RequestID = RequestID(rsp)
		if rsp.Body != nil && rsp.Body != http.NoBody {
			rsp.Body = &storedBody{rsp.Body, o}
		}
	case failed != nil:
		o.response.StatusCode, o.response.Header, o.response.RequestID = failed.StatusCode, failed.Header, failed.RequestID
		o.response.Body = failed.Body[:min(len(failed.Body), max(o.response.MaxBodyBytes, 0))]
	}
}

// storedBody is a body whose start is stored in the [api.Response] of its call.
type storedBody struct {
	io.ReadCloser
	observer *observer
}

func (b *storedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	rsp := b.observer.response
	rsp.Duration = time.Since(b.observer.start)
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
