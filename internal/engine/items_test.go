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

// collect ranges over a list to its end. It checks that an error is yielded last, once,
// with a zero item.
func collect[T any](list iter.Seq2[T, error]) (items []T, err error) {
	for item, e := range list {
		if err != nil {
			return items, fmt.Errorf("got more after the error %w, want nothing", err)
		}
		if e != nil {
			if !reflect.ValueOf(item).IsZero() {
				return items, fmt.Errorf("got item %v with the error %w, want a zero item", item, e)
			}
			err = e
			continue
		}
		items = append(items, item)
	}
	return items, err
}

// TestItemsMemory does not run in parallel, because it measures the heap of the process.
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
	for item, err := range engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetch) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Count != n {
			t.Fatalf("got item %d, want %d", item.Count, n)
		}
		n++
		// The list has 12 MB as JSON, and more as values.
		if n%(count/4) == 0 {
			if now := liveHeap(); now > before+2<<20 {
				t.Fatalf("got %d KiB more on the heap after %d items, want at most 2048", (now-before)>>10, n)
			}
		}
	}
	if n != count {
		t.Errorf("got %d items, want %d", n, count)
	}
}

// endless sends items until the client closes the connection, and reports that.
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
	for item, err := range engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetcher(t, endless(gone))) {
		if err != nil || item.ID != fmt.Sprint(n) {
			t.Fatalf("got item %+v, %v, want number %d", item, err, n)
		}
		if n++; n == 3 {
			break
		}
	}
	<-gone // leaving the loop closes the connection
}

func TestItemsCancel(t *testing.T) {
	t.Parallel()
	for _, buffered := range []bool{false, true} {
		gone := make(chan struct{}, 1)
		var handler http.Handler = endless(gone)
		if buffered { // all items have arrived when the context ends
			handler = response{body: `[{"id":"0"},{"id":"1"},{"id":"2"},{"id":"3"}]`}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var ids []string
		var last error
		for item, err := range engine.Items[thing](ctx, listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetcher(t, handler)) {
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
			t.Errorf("got %v with status %d, want status 200 and only context.Canceled", last, e.StatusCode)
		}
		if !slices.Equal(ids, []string{"0", "1"}) {
			t.Errorf("got items %v, want none after the cancellation", ids)
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
		response{body: `[{"id":"1"},{"id":"2"}]`}.ServeHTTP(w, r)
	}))
	list := engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetch)
	if requests.Load() != 0 {
		t.Error("got a request before the range, want none")
	}
	for range 2 {
		items, err := collect(list)
		if err != nil || !reflect.DeepEqual(items, []thing{{ID: "1"}, {ID: "2"}}) {
			t.Errorf("got %+v, %v, want two items", items, err)
		}
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("got %d requests for two ranges, want 2", n)
	}
}

func TestItemsFail(t *testing.T) {
	t.Parallel()
	items, err := collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetcher(t, response{status: 403})))
	failure(t, err, api.ErrForbidden)
	if items != nil {
		t.Errorf("got items %+v, want none", items)
	}
	refused := errors.New("refused by an editor")
	_, err = collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, func(context.Context) (*http.Response, error) { return nil, refused }))
	failure(t, err, refused)
}

// TestItemsLimit checks that the limit applies to each item, not to the list.
func TestItemsLimit(t *testing.T) {
	t.Parallel()
	small := `{"id":"1","name":"` + strings.Repeat("x", 400) + `"}`
	many := "[" + strings.Repeat(small+",", 999) + small + "]"
	settings := api.Settings{MaxResponseBytes: 500}
	items, err := collect(engine.Items[thing](t.Context(), listThings, settings, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetcher(t, response{body: many})))
	if err != nil || len(items) != 1000 {
		t.Errorf("got %d items, %v, want 1000", len(items), err)
	}
	for name, long := range map[string]response{
		"plain": {body: "[" + small + `,{"id":"` + strings.Repeat("x", 2000) + `"}]`},
		"gzip":  {encoding: "gzip", body: zip("[" + small + "," + strings.Repeat(" ", 8<<20) + small + "]")},
	} {
		items, err = collect(engine.Items[thing](t.Context(), listThings, settings, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetcher(t, long)))
		e := failure(t, err, api.ErrTooLarge)
		if len(items) != 1 || e.StatusCode != 200 || errors.Is(err, api.ErrUnexpected) {
			t.Errorf("%s: got %d items, %v with status %d, want 1 item and only ErrTooLarge", name, len(items), err, e.StatusCode)
		}
	}
}
