package engine

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
)

// Items iterates over a list that is one response. It reads item by item, so that memory
// does not grow with the list.
//
// Each range over the iterator sends a request, when it starts. Leaving the loop closes the
// response. An error is yielded last, once, with a zero item.
func Items[T any](
	ctx context.Context, op *api.Operation, s api.Settings, schema Schema[T], fetch func(context.Context) (*http.Response, error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		rsp, err := fetch(ctx)
		rsp, err = success(op, rsp, WithCause(ctx, err))
		if err != nil {
			yield(*new(T), err)
			return
		}
		// The rest is not read first: it may be long.
		defer rsp.Body.Close()
		reader, err := jsonBody(rsp)
		if err != nil {
			yield(*new(T), responseError(op, rsp, err))
			return
		}
		var in struct {
			limitedReader
			markSkipper
		}
		limited := &in.limitedReader
		*limited = limitedReader{reader: reader, limit: maxResponseBytes(s)}
		in.markSkipper.reader = limited
		items := newItemReader(&in.markSkipper, schema)
		items.schema.Required = selected(schema.Required, rsp)
		var item T
		for {
			item = *new(T)
			err := items.next(&item)
			switch {
			case ctx.Err() != nil:
				err = ended(ctx, ctx.Err())
			case err == io.EOF:
				return
			case err != nil && limited.failed != nil:
				err = readError(limited.failed)
			}
			if err != nil {
				yield(*new(T), responseError(op, rsp, err))
				return
			}
			limited.reset()
			if !yield(item, nil) {
				return
			}
		}
	}
}

// itemReader reads a list item by item.
type itemReader[T any] struct {
	dec     *jsontext.Decoder
	schema  Schema[T]
	scanner Scanner
	started bool
	single  bool // an object instead of a list
	read    int
}

func newItemReader[T any](r io.Reader, schema Schema[T]) *itemReader[T] {
	return &itemReader[T]{dec: jsontext.NewDecoder(r, tolerant), schema: schema}
}

// next reads the next item into a zero value. It returns io.EOF after the last item. A null
// is an item only if items are pointers, which they are if the contract allows null.
func (r *itemReader[T]) next(item *T) error {
	if !r.started {
		if err := r.start(); err != nil {
			return jsonError("", err)
		}
	}
	if r.single && r.read == 1 || !r.single && r.dec.PeekKind() == ']' {
		return r.end()
	}
	text, err := r.dec.ReadValue()
	if err != nil {
		return jsonError("", err)
	}
	if text.Kind() == 'n' && reflect.TypeFor[T]().Kind() != reflect.Pointer {
		return errNull(r.place())
	}
	schema := r.schema
	if !utf8.Valid(text) { // which the decoder accepts
		schema.Scan = nil
	}
	if err := decode(&r.scanner, text, item, schema); err != nil {
		return jsonError(r.place(), err)
	}
	r.read++
	return nil
}

// place returns the JSON pointer of the next item.
func (r *itemReader[T]) place() string {
	if r.single {
		return ""
	}
	return "/" + strconv.Itoa(r.read)
}

func (r *itemReader[T]) start() error {
	r.started = true
	switch kind := r.dec.PeekKind(); {
	case kind == '[':
		_, err := r.dec.ReadToken()
		return err
	case kind == '{' && r.schema.Single:
		r.single = true
		return nil
	case kind == 'n':
		return errNull("")
	case kind == 0:
		_, err := r.dec.ReadToken() // returns the error
		if err == io.EOF {
			return errNoContent
		}
		return err
	default:
		return fmt.Errorf("%w: JSON %s instead of a list", api.ErrUnexpected, kind)
	}
}

// end returns io.EOF if nothing follows the list.
func (r *itemReader[T]) end() error {
	if !r.single {
		if _, err := r.dec.ReadToken(); err != nil {
			return jsonError("", err)
		}
	}
	_, err := r.dec.ReadToken()
	if err == nil {
		return fmt.Errorf("%w: more JSON after the value", api.ErrUnexpected)
	}
	if err == io.EOF {
		return err
	}
	return jsonError("", err)
}
