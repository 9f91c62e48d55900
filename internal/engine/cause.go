package engine

import (
	"context"
	"errors"

	"github.com/tapkey-go/tapkey-go/api"
)

// endedError is the error of a call whose context has ended. It matches the error of the
// context, its cause, and how the call failed.
type endedError struct {
	err, cause, failure error
}

func (e *endedError) Error() string {
	if e.cause == e.err {
		return e.err.Error()
	}
	return e.err.Error() + ": " + e.cause.Error()
}

func (e *endedError) Unwrap() []error { return []error{e.err, e.cause, e.failure} }

// ended returns the error of a call that failed with err and whose context has ended.
func ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, ctx.Err()) && errors.Is(err, cause) {
		return err
	}
	return &endedError{ctx.Err(), cause, err}
}

// WithCause returns err, with the error and the cause of a context that has ended if err is
// one of both. HTTP/1.1 of net/http returns the cause, HTTP/2 the error.
func WithCause(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if failed, ok := err.(*api.Error); ok {
		failed.Err = WithCause(ctx, failed.Err)
		return failed
	}
	if !errors.Is(err, ctx.Err()) && !errors.Is(err, context.Cause(ctx)) {
		return err
	}
	return ended(ctx, err)
}
