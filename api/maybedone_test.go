package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
)

func TestMaybeDone(t *testing.T) {
	t.Parallel()
	refused, lost := &api.Error{StatusCode: 409}, &api.Error{Err: io.ErrUnexpectedEOF}
	for i, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{(*api.Error)(nil), false},
		{fmt.Errorf("grant: %w", (*api.Error)(nil)), false},
		{errors.Join((*api.Error)(nil), lost), true},
		{errors.Join((*api.Error)(nil), refused), false},
		{&api.Error{}, true},
		{lost, true},
		{&api.Error{Err: context.Canceled}, true},
		{&api.Error{Err: unsent{context.Canceled}}, false},
		{&api.Error{Err: fmt.Errorf("attempt: %w", unsent{io.EOF})}, false},
		{&api.Error{Err: &api.PathValueError{Name: "id"}}, false},
		{refused, false},
		{fmt.Errorf("grant: %w", refused), false},
		{fmt.Errorf("grant: %w", lost), true},
		{errors.Join(refused, refused), false},
		{errors.Join(refused, lost), true},
		{fmt.Errorf("%w: %w", io.EOF, refused), false},
		{io.EOF, true},
		{errors.Join(io.EOF, context.Canceled), true},
	} {
		if got := api.MaybeDone(test.err); got != test.want {
			t.Errorf("case %d, error %v: got %t, want %t", i, test.err, got, test.want)
		}
	}
	for status := 100; status < 600; status++ {
		want := status < 400 || status > 499 || status == 408 || status == 429
		if got := api.MaybeDone(&api.Error{StatusCode: status, Err: api.ErrUnexpected}); got != want {
			t.Errorf("status %d: got %t, want %t", status, got, want)
		}
	}
}

// unsent marks the error of a request that was not sent.
type unsent struct{ error }

func (unsent) NotSent() {}

func (e unsent) Unwrap() error { return e.error }
