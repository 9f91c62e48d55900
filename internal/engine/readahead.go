package engine

import "github.com/tapkey-go/tapkey-go/api"

// readAhead determines how many pages are in flight while the caller uses one. Nothing says
// where a list ends: only the page after a full page is certain to be needed. Each other page
// in flight is a request that is wasted if the list ends before it.
type readAhead struct {
	limit     int
	slowStart bool

	window   int // pages to have in flight with slow start
	received int // pages that the caller has received
}

func newReadAhead(s api.Settings) readAhead {
	return readAhead{limit: s.ReadAhead, slowStart: s.ReadAheadSlowStart}
}

// receive counts a page. With slow start, each page that the caller has waited for doubles the
// window. The window never exceeds the number of pages received, so that a list whose pages
// are equally long takes at most twice as many requests as it has pages.
func (r *readAhead) receive(waited bool) {
	r.received++
	if waited {
		r.window = max(1, min(2*r.window, r.received))
	}
}

// restart begins a slow start again, because pages in flight began at the wrong item.
func (r *readAhead) restart() { r.window = 1 }

// pages returns the number of pages to have in flight while the caller uses one.
func (r *readAhead) pages() int {
	if r.slowStart {
		return min(r.window, r.limit)
	}
	return r.limit
}

// replaces reports whether the page that the caller waits for is replaced by another one in
// flight. With slow start it is not, because it may be the last page.
func (r *readAhead) replaces() bool { return !r.slowStart }
