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
// A shorter page is the last one. So is a longer one, because then the server ignores the
// page size and has sent the whole list. A page that equals the page before it ends the
// iteration with [api.ErrUnexpected]. Otherwise, Pages behaves as [Items] does.
//
// Once the first page is full, [api.Settings].ReadAhead pages are in flight while the
// caller uses one, and fetch runs on several goroutines at once. Leaving the loop cancels
// the requests in flight and waits until they end.
func Pages[T any](
	ctx context.Context, op *api.Operation, s api.Settings, scan Scan[T], start, size *int,
	fetch func(ctx context.Context, skip, top int) (*http.Response, error),
) iter.Seq2[T, error] {
	first, top := 0, pageSize(s)
	if start != nil {
		first = *start
	}
	if size != nil {
		top = *size
	}
	return func(yield func(T, error) bool) {
		if top < 1 || first < 0 {
			yield(*new(T), newError(op, fmt.Errorf("invalid pages: %d items each, from item %d", top, first)))
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		seed := maphash.MakeSeed()
		queue := pageQueue[T]{skip: first, top: top, read: func(skip int) page[T] {
			rsp, err := fetch(ctx, skip, top)
			p := readPage(op, s, scan, seed, rsp, err)
			p.skip = skip
			return p
		}}
		defer queue.wait()
		defer cancel()

		var before uint64 // sum of the page before this one
		for {
			current := queue.pop()
			if current.rsp == nil && current.err == nil { // fetch called runtime.Goexit, as t.Fatal does
				current.err = newError(op, errors.New("the goroutine that reads a page has ended"))
			}
			if len(current.items) > 0 && current.sum == before {
				err := fmt.Errorf("%w: the page from item %d repeats the one before it", api.ErrUnexpected, current.skip)
				yield(*new(T), responseError(op, current.rsp, err))
				return
			}
			full := current.err == nil && len(current.items) == top
			if full {
				queue.fill(s.ReadAhead)
			}
			for _, item := range current.items {
				if ctx.Err() != nil {
					yield(*new(T), responseError(op, current.rsp, ctx.Err()))
					return
				}
				if !yield(item, nil) {
					return
				}
			}
			if current.err != nil {
				yield(*new(T), current.err)
			}
			if !full || current.skip > math.MaxInt-top {
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
	rsp   *http.Response
	err   error

	panicked any // value that a request editor or RoundTripper panicked with
}

func readPage[T any](op *api.Operation, s api.Settings, scan Scan[T], seed maphash.Seed, rsp *http.Response, err error) page[T] {
	body, err := readValue(op, s, rsp, err)
	if err != nil {
		return page[T]{err: err}
	}
	defer body.release()
	p := page[T]{rsp: body.rsp, sum: maphash.Bytes(seed, body.Bytes())}
	p.items, err = unmarshalList(body.Bytes(), scan)
	if err != nil {
		p.err = responseError(op, p.rsp, err)
	}
	return p
}

// pageQueue reads pages in order, some of them before the caller needs them.
type pageQueue[T any] struct {
	skip, top int // of the next page to request
	read      func(skip int) page[T]
	pending   []chan page[T]
	last      atomic.Bool // a page that is not full has been read
}

// pop returns the next page.
func (q *pageQueue[T]) pop() page[T] {
	if len(q.pending) == 0 {
		return q.read(q.advance())
	}
	q.fill(len(q.pending) + 1) // the first of them is returned below
	next := <-q.pending[0]
	q.pending = q.pending[1:]
	if next.panicked != nil {
		panic(next.panicked) // on the goroutine of the caller
	}
	return next
}

// fill requests pages until n are in flight.
func (q *pageQueue[T]) fill(n int) {
	for len(q.pending) < n && !q.last.Load() && q.skip >= 0 { // negative after an overflow
		skip, result := q.advance(), make(chan page[T], 1)
		q.pending = append(q.pending, result)
		go func() {
			var p page[T]
			defer func() {
				p.panicked = recover()
				if len(p.items) != q.top {
					q.last.Store(true)
				}
				result <- p
			}()
			p = q.read(skip)
		}()
	}
}

func (q *pageQueue[T]) advance() (skip int) {
	skip = q.skip
	q.skip += q.top
	return skip
}

// wait waits for the pages in flight. Their context has ended.
func (q *pageQueue[T]) wait() {
	for _, result := range q.pending {
		<-result
	}
}
