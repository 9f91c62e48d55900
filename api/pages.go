package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"net/http"
)

// Pages iterates over a list that is read page by page: fetch asks for top items
// from skip on. The first page starts at start, nil being 0, and each is of size
// items, nil being [Settings].PageSize.
//
// A page shorter than asked for is the last one, and so is a longer one, since it
// means that the server ignores the page size and has sent the whole list. A page
// that repeats the one before it ends the iteration with [ErrUnexpected].
// Otherwise it behaves as [Items] does, and [Settings].ReadAhead pages are on
// their way while one is consumed.
func Pages[T any](
	ctx context.Context, op *Operation, s Settings, start, size *int,
	fetch func(ctx context.Context, skip, top int) (*http.Response, error),
) iter.Seq2[T, error] {
	first, top := 0, s.pageSize()
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
		queue := pageQueue{ahead: max(s.ReadAhead, 0), next: first, step: top, read: func(skip int) ([]byte, *http.Response, error) {
			rsp, err := fetch(ctx, skip, top)
			return readValue(op, s, rsp, err)
		}}
		defer queue.wait()
		defer cancel()

		var last [sha256.Size]byte
		for {
			page := queue.pop()
			if page.err != nil {
				yield(*new(T), page.err)
				return
			}
			sum := sha256.Sum256(page.body)
			if sum == last {
				err := fmt.Errorf("%w: the page from item %d on repeats the one before it", ErrUnexpected, page.skip)
				yield(*new(T), answerError(op, page.rsp, err))
				return
			}
			last = sum
			items := newItemReader[T](bytes.NewBuffer(page.body), lenient)
			more, err := items.each(ctx, yield)
			if err != nil {
				yield(*new(T), answerError(op, page.rsp, err))
				return
			}
			if !more || items.read != top {
				return
			}
		}
	}
}

// pageQueue reads pages in order, ahead of the one that is consumed.
type pageQueue struct {
	ahead, next, step int
	read              func(skip int) ([]byte, *http.Response, error)
	pending           []chan page
}

type page struct {
	skip int
	body []byte
	rsp  *http.Response
	err  error
}

// pop returns the next page, with those behind it on their way.
func (q *pageQueue) pop() page {
	for len(q.pending) <= q.ahead {
		q.push()
	}
	first := <-q.pending[0]
	q.pending = q.pending[1:]
	return first
}

func (q *pageQueue) push() {
	result, skip := make(chan page, 1), q.next
	q.next += q.step
	q.pending = append(q.pending, result)
	run := func() {
		p := page{skip: skip}
		p.body, p.rsp, p.err = q.read(skip)
		result <- p
	}
	if q.ahead == 0 {
		run()
		return
	}
	go run()
}

// wait waits for the pages that nobody will consume; their context has ended.
func (q *pageQueue) wait() {
	for _, result := range q.pending {
		<-result
	}
}
