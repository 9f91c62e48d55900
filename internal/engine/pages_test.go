package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// paged is a server of numbered things with $skip and $top, and a client for it.
type paged struct {
	things   int
	settings api.Settings
	start    *int
	size     *int
	response func(skip, top int) *response // replaces the usual response; may return nil
	limit    func(skip int) int            // maximum length of a page; may be nil

	mu       sync.Mutex
	requests []string
}

func (p *paged) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.requests = append(p.requests, r.URL.RawQuery)
	p.mu.Unlock()
	skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
	top, _ := strconv.Atoi(r.URL.Query().Get("$top"))
	if p.response != nil {
		if special := p.response(skip, top); special != nil {
			special.ServeHTTP(w, r)
			return
		}
	}
	if p.limit != nil {
		top = min(top, p.limit(skip))
	}
	response{body: numbered(skip, min(skip+top, p.things))}.ServeHTTP(w, r)
}

// numbered returns a JSON array of things.
func numbered(from, to int) string {
	list := []thing{}
	for i := from; i < to; i++ {
		list = append(list, thing{ID: strconv.Itoa(i)})
	}
	body, _ := json.Marshal(list)
	return string(body)
}

func (p *paged) list(t *testing.T, ctx context.Context) iter.Seq2[thing, error] {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+basePath+"/Things", p)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return engine.Pages[thing](ctx, listThings, p.settings, thingSchema, p.start, p.size, func(ctx context.Context, skip, top int) (*http.Response, error) {
		url := fmt.Sprintf("%s%s/Things?$skip=%d&$top=%d", server.URL, basePath, skip, top)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return nil, err
		}
		return server.Client().Do(req)
	})
}

// check checks that items are the things from..to, in order.
func check(t *testing.T, items []thing, from, to int) {
	t.Helper()
	if len(items) != to-from {
		t.Errorf("got %d items, want %d", len(items), to-from)
		return
	}
	for i, item := range items {
		if item.ID != strconv.Itoa(from+i) {
			t.Errorf("got item %s, want %d", item.ID, from+i)
			return
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server   *paged
		from, to int
		requests []string
	}{
		"nothing":             {server: &paged{}, requests: []string{"$skip=0&$top=500"}},
		"one short page":      {server: &paged{things: 499}, to: 499, requests: []string{"$skip=0&$top=500", "$skip=499&$top=500"}},
		"500 by default":      {server: &paged{things: 1200}, to: 1200, requests: []string{"$skip=0&$top=500", "$skip=500&$top=500", "$skip=1000&$top=500"}},
		"a full last page":    {server: &paged{things: 1000}, to: 1000, requests: []string{"$skip=0&$top=500", "$skip=500&$top=500", "$skip=1000&$top=500"}},
		"size by settings":    {server: &paged{things: 5, settings: api.Settings{PageSize: 3}}, to: 5, requests: []string{"$skip=0&$top=3", "$skip=3&$top=3"}},
		"size by Top":         {server: &paged{things: 5, settings: api.Settings{PageSize: 3}, size: new(4)}, to: 5, requests: []string{"$skip=0&$top=4", "$skip=4&$top=4"}},
		"start by Skip":       {server: &paged{things: 5, size: new(3), start: new(2)}, from: 2, to: 5, requests: []string{"$skip=2&$top=3", "$skip=5&$top=3"}},
		"start after the end": {server: &paged{things: 5, size: new(3), start: new(9)}, from: 9, to: 9, requests: []string{"$skip=9&$top=3"}},
		"start at 0":          {server: &paged{things: 2, size: new(3), start: new(0)}, to: 2, requests: []string{"$skip=0&$top=3", "$skip=2&$top=3"}},
		"pages of one":        {server: &paged{things: 2, size: new(1)}, to: 2, requests: []string{"$skip=0&$top=1", "$skip=1&$top=1", "$skip=2&$top=1"}},
		"a negative PageSize": {server: &paged{things: 1, settings: api.Settings{PageSize: -1}}, to: 1, requests: []string{"$skip=0&$top=500", "$skip=1&$top=500"}},
		"negative read-ahead": {server: &paged{things: 1, settings: api.Settings{ReadAhead: -1}}, to: 1, requests: []string{"$skip=0&$top=500", "$skip=1&$top=500"}},
		"$top is ignored": {
			server: &paged{size: new(2), response: func(skip, _ int) *response { return &response{body: numbered(skip, 5)} }},
			to:     5, requests: []string{"$skip=0&$top=2"},
		},
		"$top and $skip are ignored": {
			server: &paged{size: new(9), response: func(int, int) *response { return &response{body: numbered(0, 5)} }},
			to:     5, requests: []string{"$skip=0&$top=9", "$skip=5&$top=9"},
		},
		"capped": {
			server: &paged{things: 250, limit: func(int) int { return 100 }},
			to:     250, requests: []string{"$skip=0&$top=500", "$skip=100&$top=500", "$skip=200&$top=500"},
		},
		"capped, full last page": {
			server: &paged{things: 6, size: new(5), limit: func(int) int { return 3 }},
			to:     6, requests: []string{"$skip=0&$top=5", "$skip=3&$top=5", "$skip=6&$top=5"},
		},
		"capped, from the middle": {
			server: &paged{things: 8, start: new(2), size: new(5), limit: func(int) int { return 4 }},
			from:   2, to: 8, requests: []string{"$skip=2&$top=5", "$skip=6&$top=5"},
		},
		"capped at one": {
			server: &paged{things: 2, limit: func(int) int { return 1 }},
			to:     2, requests: []string{"$skip=0&$top=500", "$skip=1&$top=500", "$skip=2&$top=500"},
		},
		"capped at first": {
			server: &paged{things: 20, size: new(9), limit: func(skip int) int { return 3 + skip }},
			to:     20, requests: []string{"$skip=0&$top=9", "$skip=3&$top=9", "$skip=9&$top=9", "$skip=18&$top=9"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := test.server
			list := server.list(t, t.Context())
			if len(server.requests) != 0 {
				t.Error("got a request before the range, want none")
			}
			for range 2 { // each range sends requests
				server.requests = nil
				items, err := collect(list)
				if err != nil {
					t.Fatal(err)
				}
				check(t, items, test.from, test.to)
				if !slices.Equal(server.requests, test.requests) {
					t.Errorf("got requests %q, want %q", server.requests, test.requests)
				}
			}
		})
	}
}

// TestPagesFail checks that the items before a failure are yielded, then one error, with
// and without reading ahead.
func TestPagesFail(t *testing.T) {
	t.Parallel()
	second := func(a response) func(skip, top int) *response {
		return func(skip, _ int) *response {
			if skip == 2 {
				return &a
			}
			return nil
		}
	}
	for name, test := range map[string]struct {
		server *paged
		items  int
		is     error
		text   string
	}{
		"an equal page": {
			// A server that ignores $skip would send pages without end.
			&paged{size: new(2), response: func(int, int) *response { return &response{body: numbered(0, 2)} }},
			2, api.ErrUnexpected, "the page from item 2 repeats the one before it",
		},
		"a repeated page of a server that caps": {
			&paged{size: new(9), response: func(skip, _ int) *response { return &response{body: numbered(min(skip, 2), min(skip, 2)+2)} }},
			4, api.ErrUnexpected, "the page from item 4 repeats the one before it",
		},
		"an object":               {&paged{things: 9, size: new(2), response: second(response{body: `{"id":"2"}`})}, 2, api.ErrUnexpected, "JSON { instead of a list"},
		"an item without its id":  {&paged{things: 9, size: new(2), response: second(response{body: `[{"id":"2"},{"name":"x"}]`})}, 3, api.ErrUnexpected, "/1/id is missing"},
		"a page that is refused":  {&paged{things: 9, size: new(2), response: second(response{status: 429})}, 2, api.ErrTooManyRequests, "429"},
		"a page that is null":     {&paged{things: 9, size: new(2), response: second(response{body: "null"})}, 2, api.ErrUnexpected, "null"},
		"a page that is HTML":     {&paged{things: 9, size: new(2), response: second(response{contentType: "text/html"})}, 2, api.ErrUnexpected, ""},
		"a page that is cut off":  {&paged{things: 9, size: new(2), response: second(response{body: `[{"id":"2"},`})}, 3, api.ErrUnexpected, "body cut off"},
		"a page of another type":  {&paged{things: 9, size: new(2), response: second(response{body: `[{"id":"2"},{"id":7}]`})}, 3, api.ErrUnexpected, "/1/id"},
		"a page that is too long": {&paged{things: 9, size: new(2), settings: api.Settings{MaxResponseBytes: 500}, response: second(response{body: strings.Repeat(" ", 501)})}, 2, api.ErrTooLarge, ""},
		"Top of 0":                {&paged{things: 9, size: new(0)}, 0, nil, "invalid pages: 0 items each, from item 0"},
		"negative Top":            {&paged{things: 9, size: new(-1)}, 0, nil, "invalid pages: -1 items each, from item 0"},
		"negative Skip":           {&paged{things: 9, size: new(2), start: new(-3)}, 0, nil, "invalid pages: 2 items each, from item -3"},
	} {
		for _, s := range []api.Settings{{}, {ReadAhead: 3}, {ReadAhead: 3, ReadAheadSlowStart: true}} {
			ahead := s.ReadAhead
			t.Run(fmt.Sprintf("%s, %d ahead, slow start %t", name, ahead, s.ReadAheadSlowStart), func(t *testing.T) {
				server := &paged{things: test.server.things, settings: test.server.settings, start: test.server.start, size: test.server.size, response: test.server.response}
				server.settings.ReadAhead, server.settings.ReadAheadSlowStart = ahead, s.ReadAheadSlowStart
				items, err := collect(server.list(t, t.Context()))
				failure(t, err, test.is)
				if !strings.Contains(err.Error(), test.text) {
					t.Errorf("got error %q, want %q in it", err, test.text)
				}
				check(t, items, 0, test.items)
				server.mu.Lock()
				defer server.mu.Unlock()
				if test.is == nil && len(server.requests) != 0 {
					t.Errorf("got requests %q, want none", server.requests)
				}
				if want := test.items/2 + 1; test.is != nil && ahead == 0 && len(server.requests) != want {
					t.Errorf("got requests %q, want %d", server.requests, want)
				}
			})
		}
	}
}

// TestPagesReadAheadOrder checks that pages are yielded in order, whichever arrives first.
func TestPagesReadAheadOrder(t *testing.T) {
	t.Parallel()
	for ahead := range 5 {
		server := &paged{things: 101, size: new(10), settings: api.Settings{ReadAhead: ahead}}
		third := make(chan struct{})
		if ahead >= 2 { // the second page waits for the request of the third
			server.response = func(skip, _ int) *response {
				switch skip {
				case 10:
					<-third
				case 20:
					close(third)
				}
				return nil
			}
		}
		items, err := collect(server.list(t, t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		check(t, items, 0, 101)
	}
}

// TestPagesReadAhead counts the requests in flight.
func TestPagesReadAhead(t *testing.T) {
	t.Parallel()
	for ahead := range 4 {
		synctest.Test(t, func(t *testing.T) {
			var started, ended atomic.Int32
			fetch := func(ctx context.Context, skip, top int) (*http.Response, error) {
				started.Add(1)
				defer ended.Add(1)
				if skip > 0 { // all pages but the first wait for the end of their context
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return page(skip, top), nil
			}
			size := 3
			for item, err := range engine.Pages[thing](t.Context(), listThings, api.Settings{ReadAhead: ahead}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, &size, fetch) {
				if err != nil || item.ID == "" {
					t.Fatalf("got %v, %v, want an item", item, err)
				}
				synctest.Wait()
				if n := int(started.Load()); n != ahead+1 {
					t.Errorf("got %d requests with the first page in use, want %d", n, ahead+1)
				}
				break
			}
			// Leaving the loop cancels the requests and waits for them.
			if started.Load() != ended.Load() {
				t.Errorf("got %d requests that have ended, want all %d", ended.Load(), started.Load())
			}
		})
	}
}

// TestPagesCapped checks that no item is lost or repeated if the server limits the length of a
// page, whichever pages it limits.
func TestPagesCapped(t *testing.T) {
	t.Parallel()
	for _, things := range []int{1, 99, 100, 101, 250, 300} {
		for i := range 7 {
			ahead, slow := i, false
			if i > 3 {
				ahead, slow = i-3, true
			}
			for name, limit := range map[string]func(skip int) int{
				"100 each":        func(int) int { return 100 },
				"7 each":          func(int) int { return 7 },
				"more and more":   func(skip int) int { return 10 + skip/3 },
				"now and then":    func(skip int) int { return 40 + skip%3*10 },
				"the first alone": func(skip int) int { return max(20, min(skip, 1)*500) },
			} {
				server := &paged{things: things, settings: api.Settings{ReadAhead: ahead, ReadAheadSlowStart: slow}, limit: limit}
				items, err := collect(server.list(t, t.Context()))
				if err != nil {
					t.Fatalf("%d things, %s, %d ahead: got error %v, want none", things, name, ahead, err)
				}
				check(t, items, 0, things)
				if most := things/limit(0) + 2; ahead == 0 && len(server.requests) > most {
					t.Errorf("%d things, %s: got %d requests, want at most %d", things, name, len(server.requests), most)
				}
			}
		}
	}
}

// TestPagesSelected checks that a page without ids that equals the page before it is an
// error even if that page was short: the items may be different ones.
func TestPagesSelected(t *testing.T) {
	t.Parallel()
	fetch := func(context.Context, int, int) (*http.Response, error) {
		return inMemory(200, http.Header{}, `[{"name":"x"},{"name":"x"}]`), nil
	}
	items, err := collect(engine.Pages(t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, nil, fetch))
	if failure(t, err, api.ErrUnexpected); len(items) != 2 || !strings.Contains(err.Error(), "repeats") {
		t.Errorf("got %d items, %v, want 2 and a repeated page", len(items), err)
	}
}

// TestPagesNeeded checks that no page is read ahead if the list fits in one page.
func TestPagesNeeded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ things, ahead, requests int }{{0, 4, 1}, {9, 4, 2}, {10, 0, 2}, {25, 0, 3}} {
		server := &paged{things: test.things, size: new(10), settings: api.Settings{ReadAhead: test.ahead}}
		items, err := collect(server.list(t, t.Context()))
		if err != nil || len(items) != test.things {
			t.Fatalf("got %d items, %v, want %d", len(items), err, test.things)
		}
		if n := len(server.requests); n != test.requests {
			t.Errorf("%d things, %d ahead: got %d requests, want %d", test.things, test.ahead, n, test.requests)
		}
	}
}

// TestPagesOverflow checks that the iteration ends where skip would overflow.
func TestPagesOverflow(t *testing.T) {
	t.Parallel()
	for ahead := range 3 {
		start, size := math.MaxInt-1, 2
		var skips []int
		var mu sync.Mutex
		items, err := collect(engine.Pages[thing](t.Context(), listThings, api.Settings{ReadAhead: ahead}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, &start, &size, func(_ context.Context, skip, top int) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			skips = append(skips, skip)
			return page(len(skips), top), nil
		}))
		if err != nil || len(items) != 2 || !slices.Equal(skips, []int{start}) {
			t.Errorf("got %d items, %v, of pages that begin at %d, want 2 of one page", len(items), err, skips)
		}
	}
}

// TestPagesEndedGoroutine checks that a request editor or RoundTripper that ends its
// goroutine ends the iteration. A panic reaches the caller, as without reading ahead.
func TestPagesEndedGoroutine(t *testing.T) {
	t.Parallel()
	size := 1
	pages := func(end func()) iter.Seq2[thing, error] {
		return engine.Pages[thing](t.Context(), listThings, api.Settings{ReadAhead: 1}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, &size, func(_ context.Context, skip, top int) (*http.Response, error) {
			if skip > 0 {
				end()
			}
			return page(skip, top), nil
		})
	}
	items, err := collect(pages(runtime.Goexit))
	if failure(t, err, nil); len(items) != 1 {
		t.Errorf("got %d items, want 1", len(items))
	}
	defer func() {
		if r := recover(); r != "an editor's" {
			t.Errorf("got the panic %v, want that of the editor", r)
		}
	}()
	_, _ = collect(pages(func() { panic("an editor's") }))
	t.Error("got no panic, want one")
}

// page returns a response without a server.
func page(skip, top int) *http.Response {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(numbered(skip, skip+top))),
	}
}

// TestPagesCloseTheBody checks that a page is read and closed before its items are yielded,
// so that a slow loop keeps no connection.
func TestPagesCloseTheBody(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	fetch := func(_ context.Context, skip, top int) (*http.Response, error) {
		open.Add(1)
		rsp := page(skip, min(top, 5-skip))
		rsp.Body = closer{rsp.Body, func() { open.Add(-1) }}
		return rsp, nil
	}
	size, n := 2, 0
	for _, err := range engine.Pages[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, nil, &size, fetch) {
		if err != nil {
			t.Fatal(err)
		}
		if open.Load() != 0 {
			t.Fatal("got an open response in the loop, want it closed")
		}
		n++
	}
	if n != 5 {
		t.Errorf("got %d items, want 5", n)
	}
}

type closer struct {
	io.Reader
	close func()
}

func (c closer) Close() error {
	c.close()
	return nil
}

func TestPagesCancel(t *testing.T) {
	t.Parallel()
	for _, ahead := range []int{0, 2} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		server := &paged{things: 100, size: new(2), settings: api.Settings{ReadAhead: ahead}}
		n := 0
		var last error
		for _, err := range server.list(t, ctx) {
			if err != nil {
				last = err
				continue
			}
			if n++; n == 3 {
				cancel()
			}
		}
		failure(t, last, context.Canceled)
		if n != 3 || errors.Is(last, api.ErrUnexpected) {
			t.Errorf("got %d items, %v, want 3 and only context.Canceled", n, last)
		}
	}
}
