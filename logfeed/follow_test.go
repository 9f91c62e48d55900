package logfeed_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/logfeed"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

var start = time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)

// Whatever the order of the server's list, the feed is in the order of receivedAt.
func TestOrders(t *testing.T) {
	t.Parallel()
	for o := range orders {
		for _, limit := range []int{0, 100, 7, 2} {
			f := fake{order: o, capped: 50}
			f.addAll(400, start)
			checkpoint := memory{}
			got := once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint, BatchSize: 30}.WithMaxEntries(limit))
			checkIDs(t, fmt.Sprintf("order %d, %d entries in memory", o, limit), got, ids(f.entries))
			checkIDs(t, "the second time", once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint}), nil)
		}
	}
}

// A lock that was offline sends many entries at once. They cannot be divided by time.
func TestEqualTimes(t *testing.T) {
	t.Parallel()
	for o := range orders {
		f := fake{order: o, capped: 20}
		for i := range 90 {
			f.add(fmt.Sprintf("entry-%02d", i), start.Add(time.Duration(i/60)*time.Hour)) // 60 and 30 at once
		}
		got := once(t, f.client(t), logfeed.Options{}.WithMaxEntries(5))
		checkIDs(t, fmt.Sprintf("order %d", o), got, ids(f.entries))
	}
}

// A long log is read in a number of requests that grows with its length, not with its square.
func TestRequestsOfALongLog(t *testing.T) {
	t.Parallel()
	for o := range orders {
		f := fake{order: o}
		f.addAll(3000, start)
		f.capped = 50
		checkIDs(t, "long log", once(t, f.client(t), logfeed.Options{}.WithMaxEntries(300)), ids(f.entries))
		t.Logf("order %d: %d requests", o, len(f.requests))
		if got := len(f.requests); got > 600 { // 60 pages of 50 would be the least
			t.Errorf("order %d: got %d requests, want at most 600", o, got)
		}
	}
}

// One poll without news sends two requests: a page, and the one after it that is empty.
func TestRequestsOfAPoll(t *testing.T) {
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	f.addAll(10, start)
	once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint})
	f.requests = nil
	once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint})
	want := "receivedAt ge 2026-11-30T09:50:09Z" // 10 minutes before the newest
	if !slices.Equal(f.requests, []string{want, want}) {
		t.Errorf("got requests %q, want 2 with %q", f.requests, want)
	}
	if checkpoint.saves != 1 {
		t.Errorf("got %d saves of the checkpoint, want 1", checkpoint.saves)
	}
}

// Entries that paging skips are found when the window is read again.
func TestSkippedByPaging(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fake){
		"another order":      func(f *fake) { f.order = newestFirst },
		"removed":            func(f *fake) { f.entries = f.entries[7:] },
		"added at the front": func(f *fake) { f.add("new", start.Add(-time.Minute)) },
	} {
		f := fake{order: oldestFirst, capped: 10}
		f.addAll(40, start)
		want := ids(f.entries)
		f.before = func(request int, _ *http.Request) (*http.Response, error) {
			if request == 2 {
				change(&f)
			}
			return nil, nil
		}
		got := once(t, f.client(t), logfeed.Options{})
		got = slices.DeleteFunc(got, func(id string) bool { return id == "new" })
		checkIDs(t, name, got, want)
	}
}

// The feed reads neither before Since nor, after a restart with a longer overlap, before the
// time whose ids it knows.
func TestBounds(t *testing.T) {
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	f.addAll(100, start)
	all := ids(f.entries)
	opts := logfeed.Options{Checkpoint: &checkpoint, Since: start.Add(20 * time.Second).In(time.FixedZone("", 3600)), Overlap: time.Second}
	checkIDs(t, "since", once(t, f.client(t), opts), all[20:])
	opts.Overlap = time.Hour
	checkIDs(t, "longer overlap", once(t, f.client(t), opts), nil)
	opts.Since = time.Time{}
	checkIDs(t, "without Since", once(t, f.client(t), opts), nil)
	f.add("late", start.Add(99*time.Second))
	f.add("too late", start.Add(90*time.Second))
	checkIDs(t, "late", once(t, f.client(t), opts), []string{"late"})
}

// A server may compare times with more digits than it sends.
func TestRoundedTimes(t *testing.T) {
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	f.add("1", start)
	once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint, Overlap: time.Minute})
	f.before = func(request int, _ *http.Request) (*http.Response, error) {
		if request%2 == 0 { // the page after the only one
			return respond(200, []any{}), nil
		}
		return respond(200, []tapkey.LogEntry{{ID: "1", ReceivedAt: &start}, {ID: "2", ReceivedAt: new(start.Add(-time.Minute - time.Millisecond))}}), nil
	}
	f.requests = nil
	checkIDs(t, "rounded", once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint, Overlap: time.Minute}), []string{"2"})
}

// A batch that is not acknowledged is delivered again after the interval.
func TestWithoutAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began, deliveries := fake{}, time.Now(), 0
		f.addAll(5, start)
		for batch, err := range logfeed.Follow(t.Context(), f.client(t), owner, logfeed.Options{Once: true, BatchSize: 2}) {
			if err != nil {
				t.Fatal(err)
			}
			if deliveries++; deliveries <= 3 {
				checkIDs(t, "delivery", ids(batch.Entries), ids(f.entries[:2]))
			}
			if deliveries == 3 {
				if passed := time.Since(began); passed != 2*time.Minute {
					t.Errorf("got the third delivery after %v, want 2 minutes", passed)
				}
			}
			if deliveries >= 3 {
				_ = batch.Ack(t.Context())
			}
		}
		if deliveries != 5 {
			t.Errorf("got %d deliveries, want 5", deliveries)
		}
	})
}

func TestAck(t *testing.T) {
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	f.addAll(3, start)
	var kept *logfeed.Batch
	for batch, err := range logfeed.Follow(t.Context(), f.client(t), owner, logfeed.Options{Checkpoint: &checkpoint}) {
		if err != nil {
			t.Fatal(err)
		}
		kept = batch
		break
	}
	if err := kept.Ack(t.Context()); err == nil || checkpoint.saves != 0 {
		t.Errorf("Ack after the loop: got error %v and %d saves, want an error and none", err, checkpoint.saves)
	}
	for batch := range logfeed.Follow(t.Context(), f.client(t), owner, logfeed.Options{Checkpoint: &checkpoint, Once: true}) {
		checkpoint.fail = errConsumer
		if err := batch.Ack(t.Context()); !errors.Is(err, errConsumer) {
			t.Errorf("Ack with a broken checkpoint: got error %v, want %v", err, errConsumer)
		}
		checkpoint.fail = nil
		for range 2 {
			if err := batch.Ack(t.Context()); err != nil {
				t.Errorf("Ack: got error %v, want none", err)
			}
		}
	}
	if checkpoint.saves != 1 {
		t.Errorf("got %d saves, want 1", checkpoint.saves)
	}
}

// After a transient failure the feed continues, with longer and longer pauses.
func TestTransientFailures(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() (*http.Response, error){
		"500":                 func() (*http.Response, error) { return respond(500, nil), nil },
		"503":                 func() (*http.Response, error) { return respond(503, nil), nil },
		"408":                 func() (*http.Response, error) { return respond(408, nil), nil },
		"429":                 func() (*http.Response, error) { return respond(429, nil), nil },
		"connection lost":     func() (*http.Response, error) { return nil, errors.New("connection lost") },
		"another response":    func() (*http.Response, error) { return respond(200, map[string]int{}), nil },
		"an entry without id": func() (*http.Response, error) { return respond(200, []map[string]int{{}}), nil },
		"token endpoint":      func() (*http.Response, error) { return nil, &client.TokenError{StatusCode: 503} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, checkpoint := fake{}, memory{}
				f.addAll(3, start)
				failing := true
				f.before = func(int, *http.Request) (*http.Response, error) {
					if failing {
						return fail()
					}
					return nil, nil
				}
				var pauses []time.Duration
				opts := logfeed.Options{Checkpoint: &checkpoint, OnRetry: func(err error, pause time.Duration) {
					if err == nil {
						t.Error("got no error, want one")
					}
					pauses = append(pauses, pause/time.Minute)
					failing = len(pauses) < 6
				}}
				began := time.Now()
				for batch, err := range logfeed.Follow(t.Context(), f.client(t), owner, opts) {
					if err != nil {
						t.Fatalf("got error %v, want none", err)
					}
					checkIDs(t, "entries", ids(batch.Entries), ids(f.entries))
					break
				}
				if want := []time.Duration{1, 2, 4, 8, 10, 10}; !slices.Equal(pauses, want) || time.Since(began) != 35*time.Minute {
					t.Errorf("got pauses of %d minutes and %v in all, want %d and 35 minutes", pauses, time.Since(began), want)
				}
				if got := failure(t, f.client(t), logfeed.Options{Once: true}); got != nil {
					t.Errorf("got error %v, want none", got)
				}
				failing = true
				if got := failure(t, f.client(t), logfeed.Options{Once: true, OnRetry: opts.OnRetry}); got == nil || len(pauses) != 6 {
					t.Errorf("Once: got error %v after %d retries, want one at once", got, len(pauses)-6)
				}
			})
		})
	}
}

// The pause is at least what the server asks for, but not more than an hour.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"90": 90 * time.Second, "5": time.Minute, "86400": time.Hour} {
		f, got := fake{}, time.Duration(0)
		f.before = func(int, *http.Request) (*http.Response, error) {
			rsp := respond(503, nil)
			rsp.Header.Set("Retry-After", header)
			return rsp, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		for _, err := range logfeed.Follow(ctx, f.client(t), owner, logfeed.Options{OnRetry: func(_ error, pause time.Duration) {
			got = pause
			cancel()
		}}) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want that of the context", err)
			}
		}
		if got != want {
			t.Errorf("Retry-After %s: got a pause of %v, want %v", header, got, want)
		}
	}
}

// A permanent failure ends the feed at the first request.
func TestPermanentFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fail func() (*http.Response, error)
		opts logfeed.Options
		is   error
		text string
	}{
		"400":         {fail: func() (*http.Response, error) { return respond(400, nil), nil }, is: api.ErrBadRequest},
		"401":         {fail: func() (*http.Response, error) { return respond(401, nil), nil }, is: api.ErrUnauthorized},
		"402":         {fail: func() (*http.Response, error) { return respond(402, nil), nil }, is: api.ErrPaymentRequired},
		"403":         {fail: func() (*http.Response, error) { return respond(403, nil), nil }, is: api.ErrForbidden},
		"404":         {fail: func() (*http.Response, error) { return respond(404, nil), nil }, is: api.ErrNotFound},
		"credentials": {fail: func() (*http.Response, error) { return nil, &client.TokenError{StatusCode: 400} }, text: "400"},
		"token source": {fail: func() (*http.Response, error) {
			return nil, &oauth2.RetrieveError{Response: &http.Response{StatusCode: 401}}
		}},
		"empty id":      {fail: func() (*http.Response, error) { return respond(200, []map[string]any{{"id": ""}}), nil }, is: api.ErrUnexpected, text: "no id"},
		"no receivedAt": {fail: func() (*http.Response, error) { return respond(200, []map[string]any{{"id": "a"}}), nil }, is: api.ErrUnexpected, text: `"a" has no receivedAt`},
		"ignored filter": {fail: func() (*http.Response, error) {
			return respond(200, []map[string]any{{"id": "a", "receivedAt": start.Add(-time.Hour)}}), nil
		}, opts: logfeed.Options{Since: start}, is: api.ErrUnexpected, text: "$filter"},
		"lock":       {opts: logfeed.Options{Lock: ".."}, text: "not an identifier"},
		"overlap":    {opts: logfeed.Options{Overlap: -1}, text: "negative"},
		"interval":   {opts: logfeed.Options{Interval: -1}, text: "negative"},
		"batch size": {opts: logfeed.Options{BatchSize: -1}, text: "negative"},
	} {
		f := fake{}
		f.before = func(int, *http.Request) (*http.Response, error) {
			if test.fail == nil {
				return nil, nil
			}
			return test.fail()
		}
		test.opts.OnRetry = func(err error, _ time.Duration) { t.Errorf("%s: got a retry after %v, want none", name, err) }
		err := failure(t, f.client(t), test.opts)
		if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got error %v, want a line with %q that is %v", name, err, test.text, test.is)
		}
		if len(f.requests) > 1 {
			t.Errorf("%s: got %d requests, want at most 1", name, len(f.requests))
		}
	}
}

// Entries arrive on a real server late, out of order, in bursts and between pages.
func TestSandbox(t *testing.T) {
	t.Parallel()
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	add := func(late time.Duration) (id string) {
		server.AdvanceTime(-late)
		defer server.AdvanceTime(late)
		id, err := server.AddLogEntry("Coworking Space", sandbox.LogEntry{Lock: "Main Entrance", Contact: "member1@example.com"})
		if err != nil {
			t.Error(err)
		}
		return id
	}
	between := func() {}
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()), client.WithOperations("listOwners", "listLogEntries", "listBoundLockLogEntries"), client.WithPageSize(100),
		client.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			between()
			return http.DefaultTransport.RoundTrip(r)
		})}))
	if err != nil {
		t.Fatal(err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	coworking := owners[slices.IndexFunc(owners, func(o tapkey.OwnerAccount) bool { return o.Name == "Coworking Space" })].ID
	checkpoint, seen := memory{}, map[string]int{}
	read := func(what string, opts logfeed.Options, want int) {
		t.Helper()
		got := 0
		opts.Once, opts.Checkpoint = true, &checkpoint
		for batch, err := range logfeed.Follow(t.Context(), c, coworking, opts) {
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for _, id := range ids(batch.Entries) {
				if seen[id]++; seen[id] > 1 {
					t.Errorf("%s: entry %s was delivered again", what, id)
				}
				got++
			}
			if err := batch.Ack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got != want && want >= 0 {
			t.Errorf("%s: got %d entries, want %d", what, got, want)
		}
	}
	added := 0
	between = func() { added++; add(time.Duration(added%9) * time.Minute) }
	read("between pages", logfeed.Options{}, -1)
	between = func() {}
	read("the rest", logfeed.Options{}, -1)
	add(0)
	add(9 * time.Minute)
	read("late", logfeed.Options{}, 2)
	for range 250 {
		add(0)
	}
	read("burst", logfeed.Options{BatchSize: 7}, 250)
	if total := 1200 + added + 252; len(seen) != total {
		t.Errorf("got %d entries in all, want %d", len(seen), total)
	}
	checkpoint, seen = memory{}, map[string]int{}
	locks := "c2a85d13-0000-4001-8000-000000000001"
	read("filter", logfeed.Options{Filter: "command eq 'none' or boundLockId eq '" + locks + "'"}, 240)
	checkpoint, seen = memory{}, map[string]int{}
	read("lock", logfeed.Options{Lock: locks}, 240)
	if err := failure(t, c, logfeed.Options{Lock: "unknown"}); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("unknown lock: got error %v, want 404", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A checkpoint has only the ids of the overlap, and of a second before it for rounded times.
func TestDelivered(t *testing.T) {
	t.Parallel()
	f, checkpoint := fake{}, memory{}
	f.addAll(100, start)
	once(t, f.client(t), logfeed.Options{Checkpoint: &checkpoint, Overlap: 5 * time.Second})
	for i, id := range ids(f.entries) {
		if got, want := strings.Contains(string(checkpoint.data), id), i >= 93; got != want {
			t.Errorf("entry %d in the checkpoint: %t, want %t", i, got, want)
		}
	}
}

// A server that ignores an operator of $filter is reported.
func TestIgnoredBound(t *testing.T) {
	t.Parallel()
	f := fake{}
	f.addAll(10, start)
	f.before = func(_ int, r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Query().Get("$filter"), "lt") {
			return respond(200, f.entries), nil
		}
		return nil, nil
	}
	if err := failure(t, f.client(t), logfeed.Options{Once: true}.WithMaxEntries(5)); !errors.Is(err, api.ErrUnexpected) || !strings.Contains(err.Error(), "$filter") {
		t.Errorf("got error %v, want one about $filter", err)
	}
}
