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

// iterators are all there are. A paged one asks for $skip and $top by itself.
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

// ids makes iterators over whatever comparable.
func ids[T any](all iter.Seq2[T, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range all {
			if !yield(reflect.ValueOf(item).FieldByName("ID").String(), err) {
				return
			}
		}
	}
}

func TestEveryIteratorIsInTheTable(t *testing.T) {
	for m := range reflect.TypeFor[*tapkey.API]().Methods() {
		if _, ok := iterators[m.Name]; strings.HasPrefix(m.Name, "All") && !ok {
			t.Errorf("%s is not in the table", m.Name)
		}
	}
}

// listServer has a number of items, and notes what is asked and which bodies are open.
type listServer struct {
	items int
	cutAt int // no more comes after so many items of the list; 0: all do
	fail  int // a request from this item on is refused; 0: none

	requests, open atomic.Int32
}

func (s *listServer) answer(req *http.Request) (*http.Response, error) {
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

// trackedBody counts down once when it is closed.
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
	return inMemory(t, s.answer, append([]client.Option{client.WithRetries(0)}, opts...)...)
}

// collect ranges to the end and asserts the rules of every iterator: an error comes
// once, last and with no item.
func collect(t *testing.T, all iter.Seq2[string, error]) (items []string, err error) {
	t.Helper()
	for id, e := range all {
		switch {
		case err != nil:
			t.Errorf("%q, %v behind the error %v", id, e, err)
		case e != nil && id != "":
			t.Errorf("item %q beside the error %v", id, e)
		case e == nil:
			items = append(items, id)
		}
		err = e
	}
	return items, err
}

// numbers are the ids of the first n items.
func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, strconv.Itoa(i))
	}
	return list
}

// Every iterator behaves the same: this is the suite that each has to pass.
func TestIterators(t *testing.T) {
	for name, it := range iterators {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{0, 1, 7} { // empty, one item, one page
				testComplete(t, &listServer{items: n}, it.all, 1)
			}
			testBreak(t, it.all, 500, 0)
			testCancel(t, it.all)
			testConcurrent(t, it.all)
			testErrorInTheMiddle(t, it.all)
			testRefused(t, it.all)
			if it.paged {
				for _, ahead := range []int{0, 2} {
					testPaged(t, it.all, 3, ahead)
				}
				// Many pages, the last one not full; and one that is exactly full, behind
				// which there has to be a look.
				testComplete(t, &listServer{items: 10}, it.all, 4, client.WithPageSize(3))
				testComplete(t, &listServer{items: 9}, it.all, 4, client.WithPageSize(3))
			} else {
				testComplete(t, &listServer{items: 10}, it.all, 1, client.WithPageSize(3))
			}
		})
	}
}

type allFunc func(context.Context, *client.Client) iter.Seq2[string, error]

// testComplete ranges twice over all items: nothing is sent before, and each range
// sends its own requests.
func testComplete(t *testing.T, s *listServer, all allFunc, requests int32, opts ...client.Option) {
	t.Helper()
	seq := all(t.Context(), s.client(t, opts...))
	if n := s.requests.Load(); n != 0 {
		t.Errorf("%d requests before the first range", n)
	}
	for range 2 {
		s.requests.Store(0)
		if got, err := collect(t, seq); err != nil || !slices.Equal(got, numbers(s.items)) {
			t.Errorf("%d items: %v, %v", s.items, got, err)
		}
		if n := s.requests.Load(); n != requests {
			t.Errorf("%d items: %d requests, want %d", s.items, n, requests)
		}
		if n := s.open.Load(); n != 0 {
			t.Errorf("%d bodies are open", n)
		}
	}
}

// testBreak leaves after item k: the body is closed, and no more pages are asked for
// than were needed and may be read ahead.
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
			t.Errorf("break on item %d: %v, %d bodies open", k, got, s.open.Load())
		}
		needed := (k-1)/size + 1
		if n := int(s.requests.Load()); n < needed || n > needed+ahead {
			t.Errorf("break on item %d: %d requests, want %d to %d", k, n, needed, needed+ahead)
		}
	}
}

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
		if failed, ok := errors.AsType[*api.Error](last); !ok || !errors.Is(last, context.Canceled) || errors.Is(last, api.ErrUnexpected) {
			t.Errorf("cancelled after %d items: %v, %v", k, last, failed)
		}
		if !slices.Equal(got, numbers(k)) || s.open.Load() != 0 {
			t.Errorf("cancelled after %d items: %v, %d bodies open", k, got, s.open.Load())
		}
	}
}

// testConcurrent has two ranges over the same iterator in step.
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
			t.Errorf("in step: %q and %q, want %q (%v, %v)", a, b, want, errA, errB)
		}
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if got, err := collect(t, seq); err != nil || !slices.Equal(got, numbers(10)) {
				t.Errorf("at the same time: %v, %v", got, err)
			}
		})
	}
	wait.Wait()
}

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
				t.Errorf("cut off after %d items: %v, %v", k, got, err)
			}
			// What has been yielded cannot be taken back, so there is no second try.
			if n := s.requests.Load(); len(opts) == 0 && n != 1 {
				t.Errorf("cut off after %d items: %d requests", k, n)
			}
			if n := s.open.Load(); n != 0 {
				t.Errorf("%d bodies are open", n)
			}
		}
	}
}

// testRefused is an error in place of the first item.
func testRefused(t *testing.T, all allFunc) {
	t.Helper()
	s := &listServer{}
	refuse := func(req *http.Request) (*http.Response, error) {
		return s.track(response(req, http.StatusForbidden, `{}`)), nil
	}
	got, err := collect(t, all(t.Context(), inMemory(t, refuse)))
	if got != nil || !errors.Is(err, api.ErrForbidden) || s.open.Load() != 0 {
		t.Errorf("refused: %v, %v, %d bodies open", got, err, s.open.Load())
	}
}

// testPaged is the suite again with pages of three items, and an error on page k.
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
			t.Errorf("error on page %d: %v, %v, %d bodies open", page, got, err, s.open.Load())
		}
	}
}
