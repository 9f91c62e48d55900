package logfeed_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/logfeed"
)

const owner = "7f9c1e52-0000-4000-8000-000000000000"

// An order is how a fake server lists entries.
type order int

const (
	oldestFirst order = iota
	newestFirst
	byHash // an order that has nothing to do with time
	orders
)

// A fake is a log behind an in-memory transport. It lists entries in the given order, in pages
// of at most capped entries, while entries are added and removed.
type fake struct {
	mu       sync.Mutex
	entries  []tapkey.LogEntry
	order    order
	capped   int                                                        // 0 means that pages are not capped
	before   func(request int, r *http.Request) (*http.Response, error) // called for each request, with the lock; may be nil
	requests []string                                                   // filters
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	query := r.URL.Query()
	f.requests = append(f.requests, query.Get("$filter"))
	if f.before != nil {
		if rsp, err := f.before(len(f.requests), r); rsp != nil || err != nil {
			return rsp, err
		}
	}
	from, to := bound(query.Get("$filter"), "ge"), bound(query.Get("$filter"), "lt")
	selected := []tapkey.LogEntry{}
	for _, e := range f.entries {
		if (from.IsZero() || !e.ReceivedAt.Before(from)) && (to.IsZero() || e.ReceivedAt.Before(to)) {
			selected = append(selected, e)
		}
	}
	slices.SortStableFunc(selected, func(a, b tapkey.LogEntry) int {
		switch f.order {
		case newestFirst:
			return b.ReceivedAt.Compare(*a.ReceivedAt)
		case byHash:
			return cmp.Compare(hash(a.ID), hash(b.ID))
		}
		return a.ReceivedAt.Compare(*b.ReceivedAt)
	})
	skip, _ := strconv.Atoi(query.Get("$skip"))
	top, _ := strconv.Atoi(query.Get("$top"))
	if f.capped > 0 {
		top = min(top, f.capped)
	}
	selected = selected[min(skip, len(selected)):]
	return respond(200, selected[:min(top, len(selected))]), nil
}

var comparison = regexp.MustCompile(`receivedAt (ge|lt) (\S+)`)

// bound returns the time that a filter compares receivedAt with, or zero.
func bound(filter, operator string) time.Time {
	for _, match := range comparison.FindAllStringSubmatch(filter, -1) {
		if match[1] == operator {
			t, err := time.Parse(time.RFC3339Nano, match[2])
			if err != nil {
				panic(err)
			}
			return t
		}
	}
	return time.Time{}
}

func hash(text string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text))
	return h.Sum32()
}

func respond(status int, body any) *http.Response {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(data)), ContentLength: int64(len(data)),
	}
}

// add adds an entry that the server has received at a time.
func (f *fake) add(id string, received time.Time) {
	f.entries = append(f.entries, tapkey.LogEntry{ID: id, ReceivedAt: &received})
}

// addAll adds n entries that were received one second apart.
func (f *fake) addAll(n int, first time.Time) {
	for i := range n {
		f.add(fmt.Sprintf("entry-%05d", i), first.Add(time.Duration(i)*time.Second))
	}
}

// client returns a client of the fake that makes no retries.
func (f *fake) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(
		client.WithBaseURL("https://tapkey.example/api/v1"), client.WithHTTPClient(&http.Client{Transport: f}), client.WithRetries(0),
		client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t0ken"})))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// memory is a checkpoint in memory.
type memory struct {
	data  []byte
	saves int
	fail  error
}

func (m *memory) Load(context.Context) ([]byte, error) { return m.data, nil }

func (m *memory) Save(_ context.Context, data []byte) error {
	if m.fail != nil {
		return m.fail
	}
	m.data, m.saves = bytes.Clone(data), m.saves+1
	return nil
}

var errConsumer = errors.New("the consumer fails")

// ids returns the ids of entries.
func ids(entries []tapkey.LogEntry) (all []string) {
	for _, e := range entries {
		all = append(all, e.ID)
	}
	return all
}

// once reads the feed until all entries have been delivered, acknowledges each batch, and
// returns the ids.
func once(t *testing.T, c *client.Client, opts logfeed.Options) (all []string) {
	t.Helper()
	opts.Once = true
	for batch, err := range logfeed.Follow(t.Context(), c, owner, opts) {
		if err != nil {
			t.Fatalf("got error %v, want none", err)
		}
		if n := len(batch.Entries); n == 0 || n > cmp.Or(opts.BatchSize, 1000) {
			t.Errorf("got a batch of %d entries, want 1 to %d", n, cmp.Or(opts.BatchSize, 1000))
		}
		all = append(all, ids(batch.Entries)...)
		if err := batch.Ack(t.Context()); err != nil {
			t.Fatalf("Ack: got error %v, want none", err)
		}
	}
	return all
}

// failure returns the error that a feed ends with. It acknowledges each batch.
func failure(t *testing.T, c *client.Client, opts logfeed.Options) error {
	t.Helper()
	for batch, err := range logfeed.Follow(t.Context(), c, owner, opts) {
		if err != nil {
			return err
		}
		if err := batch.Ack(t.Context()); err != nil {
			return err
		}
	}
	return nil
}

// checkIDs compares ids in their order.
func checkIDs(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %d entries %.300q, want %d: %.300q", what, len(got), got, len(want), want)
	}
}
