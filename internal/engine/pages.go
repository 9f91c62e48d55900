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

// Pages iterates over a list that is read page by page: fetch asks for top items
// from skip on. The first page starts at start, nil being 0, and each is of size
// items, nil being [api.Settings].PageSize.
//
// A page shorter than asked for is the last one, and so is a longer one, since it
// means that the server ignores the page size and has sent the whole list. A page
// that repeats the one before it ends the iteration with [api.ErrUnexpected].
// Otherwise it behaves as [Items] does. Once a first page is full, [api.Settings].ReadAhead
// pages are on their way while one is consumed, and fetch is called by several
// goroutines at once; leaving the loop ends their requests, and waits for them.
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
			yield(*new(T), newError(op, fmt.Errorf("pages of %d items from item %d on", top, first)))
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

		var before uint64 // sum of the page before
		for {
			current := queue.pop()
			if current.rsp == nil && current.err == nil { // runtime.Goexit, as t.Fatal does
				current.err = newError(op, errors.New("the goroutine that was to read a page has ended"))
			}
			if len(current.items) > 0 && current.sum == before {
				err := fmt.Errorf("%w: the page from item %d on repeats the one before it", api.ErrUnexpected, current.skip)
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

// page is one page: its items up to an error, if there is one.
type page[T any] struct {
	skip  int
	items []T
	sum   uint64 // of its bytes, to tell it from others
	rsp   *http.Response
	err   error

	panicked any // what an editor or a RoundTripper of the caller's has panicked with
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

// pageQueue reads pages in order, some of them ahead of the one that is consumed.
type pageQueue[T any] struct {
	skip, top int // of the page to be read next
	read      func(skip int) page[T]
	pending   []chan page[T]
	last      atomic.Bool // a page that is not full has been read: there is none behind it
}

// pop returns the next page.
func (q *pageQueue[T]) pop() page[T] {
	if len(q.pending) == 0 {
		return q.read(q.advance())
	}
	q.fill(len(q.pending) + 1) // the first of them will be consumed, no longer on its way
	next := <-q.pending[0]
	q.pending = q.pending[1:]
	if next.panicked != nil {
		panic(next.panicked) // where it would have been without reading ahead
	}
	return next
}

// fill sees to it that n pages are on their way.
func (q *pageQueue[T]) fill(n int) {
	for len(q.pending) < n && !q.last.Load() && q.skip >= 0 { // negative: beyond what an int holds
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

// wait waits for the pages that nobody will consume; their context has ended.
func (q *pageQueue[T]) wait() {
	for _, result := range q.pending {
		<-result
	}
}
