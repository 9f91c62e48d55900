package engine

import (
	"context"
	"io"
	"iter"
	"net/http"

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
			yield(*new(T), failedResponse(op, rsp, err))
			return
		}
		b := bodies.Get().(*body)
		defer b.release()
		b.rsp, b.limited = rsp, limitedReader{reader: reader, limit: maxBytes(rsp, s)} //nolint:contextcheck // that of the request
		schema := schema
		schema.Required = selected(schema.Required, rsp)
		items := newItemReader(b, schema)
		var item T
		for {
			item = *new(T)
			err := items.next(&item)
			switch {
			case ctx.Err() != nil:
				err = ended(ctx, ctx.Err())
			case err == io.EOF:
				return
			case err != nil && b.limited.failed != nil:
				err = readError(b.limited.failed)
			}
			if err != nil {
				yield(*new(T), failedResponse(op, rsp, err))
				return
			}
			b.limited.reset()
			if !yield(item, nil) {
				return
			}
		}
	}
}
