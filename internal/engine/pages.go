package engine

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"net/http"
	"sync/atomic"

	"github.com/tapkey-go/tapkey-go/api"
)

// Pages iterates over a list that is read page by page. Fetch requests top items, without
// the first skip items of the list. The first page begins at start, or at 0 if that is nil.
// A page has size items, or [api.Settings].PageSize if that is nil.
//
// A server may send fewer items than requested. Therefore the length of the first page,
// which may be short without being the last, is the page size of the server. A page that is
// shorter than this size is the last one. So is a page that is longer than requested, because
// then the server ignores top and has sent the whole list.
//
// A page that equals the page before it ends the iteration with [api.ErrUnexpected]. There
// is one exception: if the first page was shorter than requested, its items have their
// required fields and the second page equals it, the server does not page, and the first
// page was the whole list. Otherwise, Pages behaves as [Items] does.
//
// Once a page has followed a short first page, or if the first page is not short,
// [api.Settings].ReadAhead pages are in flight while the caller uses one, or fewer with
// [api.Settings].ReadAheadSlowStart, and fetch runs on several goroutines at once. Leaving the
// loop cancels the requests in flight and waits until they end.
func Pages[T any](
	ctx context.Context, op *api.Operation, s api.Settings, schema Schema[T], start, size *int,
	fetch func(ctx context.Context, skip, top int) (*http.Response, error),
) iter.Seq2[T, error] {
	s = settingsOf(ctx, s)
	first, top := 0, pageSize(s)
	if start != nil {
		first = *start
	}
	if size != nil {
		top = *size
	}
	return func(yield func(T, error) bool) {
		if top < 1 || first < 0 {
			yield(*new(T), newError(op, NotSent(fmt.Errorf("invalid pages: %d items each, from item %d", top, first))))
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		seed, own := maphash.MakeSeed(), pageResponses(ctx)
		queue := pageQueue[T]{skip: first, size: top, ahead: newReadAhead(s), last: new(atomic.Bool), read: func(skip int, ahead bool) page[T] {
			ctx, stored := own(ctx)
			if ahead {
				ctx = api.ContextWithReadAhead(ctx)
			}
			rsp, err := fetch(ctx, skip, top)
			p := readPage(op, s, schema, seed, rsp, WithCause(ctx, err))
			p.skip, p.response = skip, stored
			return p
		}}
		defer queue.wait()
		defer cancel()

		var before uint64 // sum of the page before this one
		probing := false  // the first page was short
		for {
			current := queue.pop()
			current.storeResponse(ctx)
			if current.rsp == nil && current.err == nil { // fetch called runtime.Goexit, as t.Fatal does
				current.err = newError(op, errors.New("the goroutine that reads a page has ended"))
			}
			if len(current.items) > 0 && current.sum == before {
				if probing && current.identified {
					return
				}
				err := fmt.Errorf("%w: the page from item %d repeats the one before it", api.ErrUnexpected, current.skip)
				yield(*new(T), failedResponse(op, current.rsp, err))
				return
			}
			n := len(current.items)
			probing = current.skip == first && n > 0 && n < top
			if probing {
				queue.size = n
			}
			more := current.err == nil && n > 0 && n >= queue.size && n <= top && current.skip <= math.MaxInt-n
			if more {
				queue.seek(current.skip + n)
			}
			if more && !probing {
				queue.fill(queue.ahead.pages())
			}
			for _, item := range current.items {
				if ctx.Err() != nil {
					yield(*new(T), failedResponse(op, current.rsp, ended(ctx, ctx.Err())))
					return
				}
				if !yield(item, nil) {
					return
				}
			}
			if current.err != nil {
				yield(*new(T), current.err)
			}
			if !more {
				return
			}
			before = current.sum
		}
	}
}

// page is one page, with its items up to an error.
type page[T any] struct {
	skip  int
	items []T
	sum   uint64 // hash of its bytes

	identified bool // the items have required fields, so that equal pages have equal items

	rsp *http.Response
	err error

	response *api.Response // of [api.ContextWithResponse]; may be nil

	panicked any // value that a request editor or RoundTripper panicked with
}

func readPage[T any](op *api.Operation, s api.Settings, schema Schema[T], seed maphash.Seed, rsp *http.Response, err error) page[T] {
	body, err := readValue(op, s, rsp, err)
	if err != nil {
		return page[T]{err: err}
	}
	defer body.release()
	schema.Required = selected(schema.Required, body.rsp)
	p := page[T]{rsp: body.rsp, sum: maphash.Bytes(seed, body.Bytes()), identified: len(schema.Required) > 0}
	p.items, err = unmarshalList(&body.scanner, body.text(), schema)
	if err != nil {
		p.err = failedResponse(op, p.rsp, err)
	}
	return p
}

// pageResponses returns a function that returns a context for one page, which may be read in
// advance, with a separate response if ctx has one.
func pageResponses(ctx context.Context) func(context.Context) (context.Context, *api.Response) {
	of, _ := ctx.Value((*api.Response)(nil)).(*api.Response)
	if of == nil {
		return func(ctx context.Context) (context.Context, *api.Response) { return ctx, nil }
	}
	most := of.MaxBodyBytes // not read on other goroutines
	return func(ctx context.Context) (context.Context, *api.Response) {
		own := &api.Response{MaxBodyBytes: most}
		return api.ContextWithResponse(ctx, own), own
	}
}

// storeResponse stores the response of the page in that of ctx.
func (p *page[T]) storeResponse(ctx context.Context) {
	if p.response != nil {
		*ctx.Value((*api.Response)(nil)).(*api.Response) = *p.response
	}
}

// pageQueue reads pages in order, some of them before the caller needs them.
type pageQueue[T any] struct {
	skip    int // of the next page to request
	size    int // number of items that a page is assumed to have
	read    func(skip int, ahead bool) page[T]
	ahead   readAhead
	pending []chan page[T] // pages that have been requested
	next    []int          // skip of each of them
	stale   []chan page[T] // those that are not needed any more
	last    *atomic.Bool   // one of the pending pages is the last one
}

// pop returns the next page.
func (q *pageQueue[T]) pop() page[T] {
	if len(q.pending) == 0 {
		q.ahead.receive(true)
		return q.read(q.advance(), false)
	}
	if q.ahead.replaces() {
		q.fill(len(q.pending) + 1) // the first of them is returned below
	}
	var result page[T]
	select {
	case result = <-q.pending[0]:
		q.ahead.receive(false)
	default:
		result = <-q.pending[0]
		q.ahead.receive(true)
	}
	q.pending, q.next = q.pending[1:], q.next[1:]
	if result.panicked != nil {
		panic(result.panicked) // on the goroutine of the caller
	}
	return result
}

// seek sets the first item of the next page. It drops the pending pages if they begin at
// another one, because the page before them had another size than assumed.
func (q *pageQueue[T]) seek(skip int) {
	if len(q.pending) > 0 && q.next[0] == skip || len(q.pending) == 0 && q.skip == skip {
		return
	}
	if len(q.pending) > 0 {
		q.ahead.restart()
	}
	q.stale = append(q.stale, q.pending...)
	q.skip, q.pending, q.next, q.last = skip, nil, nil, new(atomic.Bool)
}

// fill requests pages until n are in flight.
func (q *pageQueue[T]) fill(n int) {
	for len(q.pending) < n && !q.last.Load() && q.skip >= 0 { // negative after an overflow
		size, last := q.size, q.last
		skip, result := q.advance(), make(chan page[T], 1)
		q.pending, q.next = append(q.pending, result), append(q.next, skip)
		go func() {
			var p page[T]
			defer func() {
				p.panicked = recover()
				if len(p.items) < size {
					last.Store(true)
				}
				result <- p
			}()
			p = q.read(skip, true)
		}()
	}
}

func (q *pageQueue[T]) advance() (skip int) {
	skip = q.skip
	q.skip += q.size
	return skip
}

// wait waits for the pages in flight. Their context has ended.
func (q *pageQueue[T]) wait() {
	for _, result := range append(q.stale, q.pending...) {
		<-result
	}
}
