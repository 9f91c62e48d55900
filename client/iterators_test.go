package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// iterators lists every iterator. A paged iterator sets $skip and $top.
var iterators = map[string]struct {
	paged bool
	all   func(context.Context, *client.Client) iter.Seq2[string, error]
}{
	"AllOwners": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] { return ids(c.AllOwners(ctx)) }},
	"AllBoundCards": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllBoundCards(ctx, "1", nil))
	}},
	"AllBoundCardGrants": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllBoundCardGrants(ctx, "1", "2", nil))
	}},
	"AllBoundLocks": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllBoundLocks(ctx, "1", nil))
	}},
	"AllBoundLockLogEntries": {true, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllBoundLockLogEntries(ctx, "1", "2", nil))
	}},
	"AllContacts": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllContacts(ctx, "1", nil))
	}},
	"AllGrants": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllGrants(ctx, "1", nil))
	}},
	"AllIdentityProviderUsers": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllIdentityProviderUsers(ctx, "1", "2", nil))
	}},
	"AllLockGroups": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllLockGroups(ctx, "1", nil))
	}},
	"AllLogEntries": {true, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllLogEntries(ctx, "1", nil))
	}},
	"AllPermissions": {false, func(ctx context.Context, c *client.Client) iter.Seq2[string, error] {
		return ids(c.AllPermissions(ctx, "1"))
	}},
}

// ids returns an iterator over the IDs of the items, so that all iterators have one type.
func ids[T any](all iter.Seq2[T, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range all {
			if !yield(reflect.ValueOf(item).FieldByName("ID").String(), err) {
				return
			}
		}
	}
}

func TestAllIteratorsAreListed(t *testing.T) {
	for m := range reflect.TypeFor[*tapkey.API]().Methods() {
		if _, ok := iterators[m.Name]; strings.HasPrefix(m.Name, "All") && !ok {
			t.Errorf("%s: got no entry in iterators, want one", m.Name)
		}
	}
}

// listServer serves a list of items. It counts requests and open response bodies.
type listServer struct {
	items int
	cutAt int // number of items after which the body ends; 0 sends the whole list
	fail  int // first item for which a request fails with 503; 0 for none

	requests, open atomic.Int32
}

func (s *listServer) respond(req *http.Request) (*http.Response, error) {
	s.requests.Add(1)
	from, to := 0, s.items
	if query := req.URL.Query(); query.Has("$top") {
		skip, _ := strconv.Atoi(query.Get("$skip"))
		top, _ := strconv.Atoi(query.Get("$top"))
		from, to = min(skip, s.items), min(skip+top, s.items)
	}
	if s.fail > 0 && from >= s.fail {
		return s.track(response(req, http.StatusServiceUnavailable, `{}`)), nil
	}
	var list []string
	cut := false
	for i := from; i < to && !cut; i++ {
		list = append(list, fmt.Sprintf(`{"id":"%d"}`, i))
		cut = s.cutAt == i+1
	}
	body := "[" + strings.Join(list, ",")
	if !cut {
		body += "]"
	}
	rsp := response(req, http.StatusOK, body)
	rsp.ContentLength = -1
	return s.track(rsp), nil
}

func (s *listServer) track(rsp *http.Response) *http.Response {
	s.open.Add(1)
	rsp.Body = &trackedBody{ReadCloser: rsp.Body, open: &s.open}
	return rsp
}

// trackedBody decrements open when it is closed for the first time.
type trackedBody struct {
	io.ReadCloser
	open *atomic.Int32
	once sync.Once
}

func (b *trackedBody) Close() error {
	b.once.Do(func() { b.open.Add(-1) })
	return b.ReadCloser.Close()
}

func (s *listServer) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	return inMemory(t, s.respond, append([]client.Option{client.WithRetries(0)}, opts...)...)
}

// collect ranges over all items. It checks that an error is yielded at most once, last and
// without an item.
func collect(t *testing.T, all iter.Seq2[string, error]) (items []string, err error) {
	t.Helper()
	for id, e := range all {
		switch {
		case err != nil:
			t.Errorf("got item %q and error %v after the error %v, want the end of the iteration", id, e, err)
		case e != nil && id != "":
			t.Errorf("got item %q with the error %v, want the error alone", id, e)
		case e == nil:
			items = append(items, id)
		}
		err = e
	}
	return items, err
}

// numbers returns the IDs of the first n items.
func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, strconv.Itoa(i))
	}
	return list
}

// TestIterators runs the same tests with every iterator.
func TestIterators(t *testing.T) {
	for name, it := range iterators {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{0, 1, 7} { // empty, one item, one page
				requests := int32(1)
				if it.paged && n > 0 { // the page is short, but the server may limit its length
					requests = 2
				}
				testComplete(t, &listServer{items: n}, it.all, requests)
			}
			testBreak(t, it.all, 500, 0)
			testCancel(t, it.all)
			testConcurrent(t, it.all)
			testErrorInTheMiddle(t, it.all)
			testForbidden(t, it.all)
			if it.paged {
				for _, ahead := range []int{0, 2} {
					testPaged(t, it.all, 3, ahead)
				}
				// The last page is not full, or it is full and followed by an empty page.
				testComplete(t, &listServer{items: 10}, it.all, 4, client.WithPageSize(3))
				testComplete(t, &listServer{items: 9}, it.all, 4, client.WithPageSize(3))
			} else {
				testComplete(t, &listServer{items: 10}, it.all, 1, client.WithPageSize(3))
			}
		})
	}
}

type allFunc func(context.Context, *client.Client) iter.Seq2[string, error]

// testComplete ranges twice over all items. It checks that no request is sent before the
// first range, and that each range sends its own requests.
func testComplete(t *testing.T, s *listServer, all allFunc, requests int32, opts ...client.Option) {
	t.Helper()
	seq := all(t.Context(), s.client(t, opts...))
	equal(t, "requests before the first range", s.requests.Load(), 0)
	for range 2 {
		s.requests.Store(0)
		if got, err := collect(t, seq); err != nil || !slices.Equal(got, numbers(s.items)) {
			t.Errorf("got items %v and error %v, want %d items", got, err, s.items)
		}
		equal(t, fmt.Sprintf("requests for %d items", s.items), s.requests.Load(), requests)
		equal(t, "open bodies", s.open.Load(), 0)
	}
}

// testBreak breaks after item k. It checks that the body is closed, and that only the
// necessary pages and those read ahead are requested.
func testBreak(t *testing.T, all allFunc, size, ahead int) {
	t.Helper()
	for k := 1; k <= 10; k++ {
		s := &listServer{items: 10}
		var got []string
		for id, err := range all(t.Context(), s.client(t, client.WithPageSize(size), client.WithReadAhead(ahead))) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, id); len(got) == k {
				break
			}
		}
		if !slices.Equal(got, numbers(k)) || s.open.Load() != 0 {
			t.Errorf("break after %d items: got items %v and %d open bodies, want %d items and none", k, got, s.open.Load(), k)
		}
		needed := (k-1)/size + 1
		if n := int(s.requests.Load()); n < needed || n > needed+ahead {
			t.Errorf("break after %d items: got %d requests, want %d to %d", k, n, needed, needed+ahead)
		}
	}
}

// testCancel cancels the context after item k. It checks the error and that the body is closed.
func testCancel(t *testing.T, all allFunc, opts ...client.Option) {
	t.Helper()
	for k := range 10 {
		s := &listServer{items: 10}
		ctx, cancel := context.WithCancel(t.Context())
		if k == 0 {
			cancel()
		}
		var got []string
		var last error
		for id, err := range all(ctx, s.client(t, opts...)) {
			if last = err; err != nil {
				continue
			}
			if got = append(got, id); len(got) == k {
				cancel()
			}
		}
		cancel()
		if _, ok := errors.AsType[*api.Error](last); !ok || !errors.Is(last, context.Canceled) || errors.Is(last, api.ErrUnexpected) {
			t.Errorf("cancelled after %d items: got error %v, want an *api.Error that is context.Canceled", k, last)
		}
		if !slices.Equal(got, numbers(k)) || s.open.Load() != 0 {
			t.Errorf("cancelled after %d items: got items %v and %d open bodies, want %d items and none", k, got, s.open.Load(), k)
		}
	}
}

// testConcurrent ranges over one iterator twice in lockstep, and from four goroutines.
func testConcurrent(t *testing.T, all allFunc, opts ...client.Option) {
	t.Helper()
	s := &listServer{items: 10}
	seq := all(t.Context(), s.client(t, opts...))
	nextA, stopA := iter.Pull2(seq)
	defer stopA()
	nextB, stopB := iter.Pull2(seq)
	defer stopB()
	for _, want := range numbers(10) {
		a, errA, _ := nextA()
		b, errB, _ := nextB()
		if a != want || b != want || errA != nil || errB != nil {
			t.Errorf("in lockstep: got %q and %q, errors %v and %v, want %q twice", a, b, errA, errB, want)
		}
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if got, err := collect(t, seq); err != nil || !slices.Equal(got, numbers(10)) {
				t.Errorf("concurrently: got items %v and error %v, want 10 items", got, err)
			}
		})
	}
	wait.Wait()
}

// testErrorInTheMiddle ends the body after item k. It checks that the items before the error
// are yielded.
func testErrorInTheMiddle(t *testing.T, all allFunc, opts ...client.Option) {
	t.Helper()
	for k := 1; k < 10; k++ {
		s := &listServer{items: 10, cutAt: k}
		seq := all(t.Context(), s.client(t, append([]client.Option{client.WithRetries(3)}, opts...)...))
		for range 2 {
			s.requests.Store(0)
			got, err := collect(t, seq)
			failed, ok := errors.AsType[*api.Error](err)
			if !ok || failed.StatusCode != http.StatusOK || !errors.Is(err, api.ErrUnexpected) || !slices.Equal(got, numbers(k)) {
				t.Errorf("cut off after %d items: got items %v and error %v, want %d items and ErrUnexpected with status 200", k, got, err, k)
			}
			// Items have been yielded, so the request is not retried.
			if len(opts) == 0 {
				equal(t, fmt.Sprintf("requests, cut off after %d items", k), s.requests.Load(), 1)
			}
			equal(t, "open bodies", s.open.Load(), 0)
		}
	}
}

// testForbidden responds with 403. It checks that no item is yielded.
func testForbidden(t *testing.T, all allFunc) {
	t.Helper()
	s := &listServer{}
	forbid := func(req *http.Request) (*http.Response, error) {
		return s.track(response(req, http.StatusForbidden, `{}`)), nil
	}
	got, err := collect(t, all(t.Context(), inMemory(t, forbid)))
	if got != nil || !errors.Is(err, api.ErrForbidden) || s.open.Load() != 0 {
		t.Errorf("got items %v, error %v and %d open bodies, want no item, ErrForbidden and no open body", got, err, s.open.Load())
	}
}

// testPaged runs the tests with several pages, and with an error after each page.
func testPaged(t *testing.T, all allFunc, size, ahead int) {
	t.Helper()
	opts := []client.Option{client.WithPageSize(size), client.WithReadAhead(ahead)}
	testBreak(t, all, size, ahead)
	testCancel(t, all, opts...)
	testConcurrent(t, all, opts...)
	testErrorInTheMiddle(t, all, opts...)
	for page := 1; page <= 3; page++ {
		s := &listServer{items: 10, fail: size * page}
		got, err := collect(t, all(t.Context(), s.client(t, opts...)))
		if !errors.Is(err, api.ErrServer) || !slices.Equal(got, numbers(size*page)) || s.open.Load() != 0 {
			t.Errorf("error after %d pages: got items %v, error %v and %d open bodies, want %d items, ErrServer and no open body", page, got, err, s.open.Load(), size*page)
		}
	}
}
