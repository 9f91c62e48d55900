package engine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// collect ranges over a list to its end and asserts the rules of every iterator:
// an error comes once, last and with a zero item.
func collect[T any](list iter.Seq2[T, error]) (items []T, err error) {
	for item, e := range list {
		if err != nil {
			return items, fmt.Errorf("more behind the error %w", err)
		}
		if e != nil {
			if !reflect.ValueOf(item).IsZero() {
				return items, fmt.Errorf("item %v beside the error %w", item, e)
			}
			err = e
			continue
		}
		items = append(items, item)
	}
	return items, err
}

// TestItemsMemory runs alone, since it looks at the heap of the process.
func TestItemsMemory(t *testing.T) {
	const count = 200_000
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		out := bufio.NewWriter(w)
		defer out.Flush()
		_, _ = out.WriteString("[")
		for i := range count {
			if i > 0 {
				_, _ = out.WriteString(",")
			}
			_, _ = fmt.Fprintf(out, `{"id":"%d","name":"the thing with the number %[1]d","count":%[1]d}`, i)
		}
		_, _ = out.WriteString("]")
	})
	fetch := fetcher(t, handler)
	liveHeap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, n := liveHeap(), int64(0)
	for item, err := range engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetch) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Count != n {
			t.Fatalf("item %d has the number %d", n, item.Count)
		}
		n++
		// The list has 12 MB on the wire, and more in memory.
		if n%(count/4) == 0 {
			if now := liveHeap(); now > before+2<<20 {
				t.Fatalf("%d KiB more on the heap after %d items", (now-before)>>10, n)
			}
		}
	}
	if n != count {
		t.Errorf("%d items, want %d", n, count)
	}
}

// endless sends items until the client is gone, which it reports.
func endless(gone chan<- struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { gone <- struct{}{} }()
		w.Header().Set("Content-Type", "application/json")
		_, err := io.WriteString(w, "[")
		for i := 0; err == nil && r.Context().Err() == nil; i++ {
			_, err = fmt.Fprintf(w, `{"id":"%d"},`, i)
		}
	})
}

func TestItemsBreak(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 1)
	n := 0
	for item, err := range engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetcher(t, endless(gone))) {
		if err != nil || item.ID != fmt.Sprint(n) {
			t.Fatalf("item %d: %+v, %v", n, item, err)
		}
		if n++; n == 3 {
			break
		}
	}
	<-gone // leaving the loop has closed the connection
}

func TestItemsCancel(t *testing.T) {
	t.Parallel()
	for _, buffered := range []bool{false, true} {
		gone := make(chan struct{}, 1)
		var handler http.Handler = endless(gone)
		if buffered { // all items are here already when the context ends
			handler = answer{body: `[{"id":"0"},{"id":"1"},{"id":"2"},{"id":"3"}]`}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var ids []string
		var last error
		for item, err := range engine.Items[thing](ctx, listThings, api.Settings{}, nil, fetcher(t, handler)) {
			if err != nil {
				last = err
				continue
			}
			if ids = append(ids, item.ID); len(ids) == 2 {
				cancel()
			}
		}
		e := failure(t, last, context.Canceled)
		if e.StatusCode != 200 || errors.Is(last, api.ErrUnexpected) {
			t.Errorf("%v", last)
		}
		if !slices.Equal(ids, []string{"0", "1"}) {
			t.Errorf("items %v, want none after the cancellation", ids)
		}
		if !buffered {
			<-gone
		}
	}
}

func TestItemsRangeTwice(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	fetch := fetcher(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		answer{body: `[{"id":"1"},{"id":"2"}]`}.ServeHTTP(w, r)
	}))
	list := engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetch)
	if requests.Load() != 0 {
		t.Error("a request was sent before anything was asked for")
	}
	for range 2 {
		items, err := collect(list)
		if err != nil || !reflect.DeepEqual(items, []thing{{ID: "1"}, {ID: "2"}}) {
			t.Errorf("%+v, %v", items, err)
		}
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests for two ranges", n)
	}
}

func TestItemsFail(t *testing.T) {
	t.Parallel()
	items, err := collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetcher(t, answer{status: 403})))
	failure(t, err, api.ErrForbidden)
	if items != nil {
		t.Errorf("items %+v", items)
	}
	refused := errors.New("refused by an editor")
	_, err = collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, func(context.Context) (*http.Response, error) { return nil, refused }))
	failure(t, err, refused)
}

// TestItemsLimit: a streamed list may be as long as it likes, an item may not.
func TestItemsLimit(t *testing.T) {
	t.Parallel()
	small := `{"id":"1","name":"` + strings.Repeat("x", 400) + `"}`
	many := "[" + strings.Repeat(small+",", 999) + small + "]"
	settings := api.Settings{MaxResponseBytes: 500}
	items, err := collect(engine.Items[thing](t.Context(), listThings, settings, nil, fetcher(t, answer{body: many})))
	if err != nil || len(items) != 1000 {
		t.Errorf("%d items, %v", len(items), err)
	}
	for name, long := range map[string]answer{
		"plain": {body: "[" + small + `,{"id":"` + strings.Repeat("x", 2000) + `"}]`},
		"gzip":  {encoding: "gzip", body: zip("[" + small + "," + strings.Repeat(" ", 8<<20) + small + "]")},
	} {
		items, err = collect(engine.Items[thing](t.Context(), listThings, settings, nil, fetcher(t, long)))
		e := failure(t, err, api.ErrTooLarge)
		if len(items) != 1 || e.StatusCode != 200 || errors.Is(err, api.ErrUnexpected) {
			t.Errorf("%s: %d items, %v", name, len(items), err)
		}
	}
}
