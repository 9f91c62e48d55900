package api

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Items iterates over a list that is one answer, straight from the wire: it holds
// a handful of items at a time, however many there are.
//
// Nothing is sent before the first item is asked for, every range sends its own
// request, and leaving the loop closes the answer. An error is yielded once, last,
// with a zero item.
func Items[T any](
	ctx context.Context, op *Operation, s Settings, fetch func(context.Context) (*http.Response, error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		rsp, err := fetch(ctx)
		rsp, err = success(op, rsp, err)
		if err != nil {
			yield(*new(T), err)
			return
		}
		// Closing without reading the rest: what is not consumed may be long.
		defer rsp.Body.Close()
		if err := streamItems(ctx, s, rsp, yield); err != nil {
			yield(*new(T), answerError(op, rsp, err))
		}
	}
}

func streamItems[T any](ctx context.Context, s Settings, rsp *http.Response, yield func(T, error) bool) error {
	reader, err := jsonBody(rsp)
	if err != nil {
		return err
	}
	limited := s.limit(reader)
	// What has been read from a stream cannot be read again, so lenient at once.
	items := newItemReader[T](limited, lenient)
	_, err = items.each(ctx, func(item T, err error) bool {
		limited.reset()
		return yield(item, err)
	})
	return err
}

// itemReader reads a list item by item.
type itemReader[T any] struct {
	dec     *jsontext.Decoder
	started bool
	single  bool // a bare object in place of a list
	read    int
}

func newItemReader[T any](r io.Reader, options json.Options) *itemReader[T] {
	return &itemReader[T]{dec: jsontext.NewDecoder(r, options)}
}

// each yields the items until the list or the context ends. It reports whether
// the loop wants more.
func (r *itemReader[T]) each(ctx context.Context, yield func(T, error) bool) (more bool, err error) {
	for {
		item, err := r.next()
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, jsonError(err)
		case !yield(item, nil):
			return false, nil
		}
	}
}

// next returns the next item, or io.EOF behind the last one.
func (r *itemReader[T]) next() (T, error) {
	var item T
	if !r.started {
		if err := r.start(); err != nil {
			return item, err
		}
	}
	if r.single && r.read == 1 || !r.single && r.dec.PeekKind() == ']' {
		return item, r.end()
	}
	if r.dec.PeekKind() == 'n' {
		return item, errNull(fmt.Sprintf("/%d", r.read))
	}
	if err := json.UnmarshalDecode(r.dec, &item); err != nil {
		return *new(T), err
	}
	r.read++
	return item, nil
}

func (r *itemReader[T]) start() error {
	r.started = true
	switch kind := r.dec.PeekKind(); kind {
	case '[':
		_, err := r.dec.ReadToken()
		return err
	case '{':
		r.single = true
		return nil
	case 'n':
		return errNull("")
	case 0:
		_, err := r.dec.ReadToken() // says what is wrong
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		return err
	default:
		return fmt.Errorf("%w: JSON %s in place of a list", ErrUnexpected, kind)
	}
}

// end makes sure that nothing follows the list.
func (r *itemReader[T]) end() error {
	if !r.single {
		if _, err := r.dec.ReadToken(); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	if err == nil {
		return fmt.Errorf("%w: more JSON behind the value", ErrUnexpected)
	}
	return err
}
