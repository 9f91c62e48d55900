package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// slow is a server without a network. A request ends when its context ends, as with
// net/http.
type slow struct {
	header time.Duration // before the header
	pieces []piece
	deaf   bool // ignores the context
}

type piece struct {
	after time.Duration
	text  string
}

func (s slow) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if s.deaf {
		ctx = context.Background()
	}
	if err := pause(ctx, s.header); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1,
		Body: io.NopCloser(&slowBody{ctx, s.pieces}), Request: req,
	}, nil
}

type slowBody struct {
	ctx    context.Context
	pieces []piece
}

func (b *slowBody) Read(p []byte) (int, error) {
	if len(b.pieces) == 0 {
		return 0, io.EOF
	}
	next := b.pieces[0]
	if err := pause(b.ctx, next.after); err != nil {
		return 0, err
	}
	b.pieces = b.pieces[1:]
	return copy(p, next.text), nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestTimeout measures time-outs.
func TestTimeout(t *testing.T) {
	t.Parallel()
	const header, idle = 10 * time.Second, 5 * time.Second
	list := []piece{{0, "["}, {4 * time.Second, `{"id":"1"}`}, {4 * time.Second, `,{"id":"2"}`}, {4 * time.Second, `,{"id":"3"}`}, {4 * time.Second, "]"}}
	for name, test := range map[string]struct {
		server slow
		text   string // of the error; empty for none
		after  time.Duration
		status int
	}{
		"in time":            {slow{9 * time.Second, list, false}, "", 25 * time.Second, 0},
		"no header":          {slow{time.Hour, list, false}, "no response within 10s", header, 0},
		"header at the end":  {slow{header, list, true}, "no response within 10s", header, 0},
		"no body":            {slow{0, []piece{{time.Hour, "["}}, false}, "no more of the response within 5s", idle, 200},
		"a body that stalls": {slow{time.Second, append(list[:2:2], piece{6 * time.Second, "]"}), false}, "no more of the response within 5s", 10 * time.Second, 200},
	} {
		for _, stream := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					doer := engine.NewDoer(engine.WithTimeout(&http.Client{Transport: test.server}, header, idle), "test")
					fetch := func(ctx context.Context) (*http.Response, error) {
						req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://server.test/Things", http.NoBody)
						return doer.Do(req)
					}
					start := time.Now()
					var err error
					var items []thing
					if stream {
						items, err = collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetch))
					} else {
						rsp, doErr := fetch(t.Context())
						items, err = engine.DecodeList[thing](listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, doErr)
					}
					if took := time.Since(start); took != test.after {
						t.Errorf("got an end after %v, want %v", took, test.after)
					}
					if test.text == "" {
						if err != nil || len(items) != 3 {
							t.Errorf("got %d items, %v, want 3", len(items), err)
						}
						return
					}
					e := failure(t, err, context.DeadlineExceeded)
					if e.StatusCode != test.status || !strings.Contains(err.Error(), test.text) || errors.Is(err, api.ErrUnexpected) {
						t.Errorf("got status %d, error %q, want status %d and %q", e.StatusCode, err, test.status, test.text)
					}
					var netErr net.Error
					if !errors.As(err, &netErr) || !netErr.Timeout() {
						t.Errorf("got %v, want a time-out", err)
					}
				})
			})
		}
	}
}

// TestTimeoutSlowConsumer checks that the time that the caller takes does not count.
func TestTimeoutSlowConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := slow{0, []piece{{0, `[{"id":"1"},`}, {time.Second, `{"id":"2"},`}, {time.Second, `{"id":"3"}]`}}, false}
		client := engine.WithTimeout(&http.Client{Transport: server}, 10*time.Second, 5*time.Second)
		n := 0
		for _, err := range engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, func(ctx context.Context) (*http.Response, error) {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://server.test/Things", http.NoBody)
			return client.Do(req)
		}) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			n++
		}
		if n != 3 {
			t.Errorf("got %d items, want 3", n)
		}
	})
}

// TestTimeoutKeepsOtherErrors checks that other failures do not become time-outs.
func TestTimeoutKeepsOtherErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reason := errors.New("broken")
		do := func(ctx context.Context, next http.RoundTripper) error {
			client := engine.WithTimeout(&http.Client{Transport: next, Timeout: time.Millisecond}, 10*time.Second, 5*time.Second)
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://server.test", http.NoBody)
			rsp, err := client.Do(req)
			_, err = engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err)
			return err
		}
		failure(t, do(t.Context(), roundTripper(func(*http.Request) (*http.Response, error) { return nil, reason })), reason)

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		failure(t, do(ctx, slow{header: time.Hour}), context.Canceled)

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := do(ctx, slow{pieces: []piece{{time.Hour, "x"}}})
		failure(t, err, context.Canceled)
		if errors.Is(err, api.ErrUnexpected) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want only context.Canceled", err)
		}
	})
}

// TestTimeoutReleases checks that closing the body ends the context of the request.
func TestTimeoutReleases(t *testing.T) {
	t.Parallel()
	var requestContext context.Context
	client := engine.WithTimeout(&http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		requestContext = req.Context()
		return page(0, 1), nil
	})}, time.Hour, time.Hour)
	rsp, err := client.Get("http://server.test")
	if err != nil || requestContext.Err() != nil {
		t.Fatalf("got error %v, context error %v, want none", err, requestContext.Err())
	}
	rsp.Body.Close()
	if requestContext.Err() == nil {
		t.Error("got a context that has not ended, want it ended")
	}
}

// TestNewHTTPClient checks that each client is new, follows no redirects and does not limit
// the time of a whole response.
func TestNewHTTPClient(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusMovedPermanently)
		}
	}))
	defer server.Close()
	client := engine.NewHTTPClient()
	if client == engine.NewHTTPClient() || client.Transport == http.DefaultTransport || client.Transport == nil {
		t.Error("got a shared client, want a new one")
	}
	if client.Timeout != 0 {
		t.Errorf("got the time-out %v for a whole response, want none", client.Timeout)
	}
	rsp, err := client.Get(server.URL + "/from")
	if err != nil || rsp.StatusCode != http.StatusMovedPermanently {
		t.Fatalf("got %v, %v, want the redirect", rsp, err)
	}
	rsp.Body.Close()
}

// TestHeaderLimit checks the limits of our transport and of a caller's, with HTTP/1.1 and
// HTTP/2.
func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*http.Transport) // nil for our transport
		bytes  int
		text   string // of the error; empty for none
	}{
		"ours":             {nil, 1<<20 + 1, "response too large: header of more than 1048576 bytes"},
		"ours, fits":       {nil, 1<<20 - 10_000, ""},
		"a caller's":       {func(tr *http.Transport) { tr.MaxResponseHeaderBytes = 5000 }, 6000, "response too large: header of more than 5000 bytes"},
		"a caller's, fits": {func(*http.Transport) {}, 1<<20 + 1, ""},
	} {
		for _, h2 := range []bool{false, true} {
			if test.change == nil && h2 {
				continue // it does not trust the server's certificate
			}
			t.Run(fmt.Sprintf("%s, HTTP/2 %t", name, h2), func(t *testing.T) {
				t.Parallel()
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if h2 != (r.ProtoMajor == 2) {
						t.Errorf("got %s, want HTTP/2: %t", r.Proto, h2)
					}
					for i := range test.bytes / 1000 {
						w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
					}
					response{body: `{"id":"1"}`}.ServeHTTP(w, r)
				}))
				if server.EnableHTTP2 = h2; h2 {
					server.StartTLS()
				} else {
					server.Start()
				}
				defer server.Close()
				client := engine.NewHTTPClient()
				if test.change != nil {
					own := server.Client().Transport.(*http.Transport)
					test.change(own)
					client = engine.WithTimeout(&http.Client{Transport: own}, time.Minute, time.Minute)
				}
				defer client.CloseIdleConnections()
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
				rsp, err := client.Do(req)
				got, err := engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err)
				if test.text == "" {
					if err != nil || got.ID != "1" {
						t.Errorf("got %+v, %v, want the thing 1", got, err)
					}
					return
				}
				failure(t, err, api.ErrTooLarge)
				if !strings.HasSuffix(err.Error(), test.text) {
					t.Errorf("got error %q, want it to end in %q", err, test.text)
				}
			})
		}
	}
}

// TestConnectionsAreKept checks that concurrent calls reuse the connections of the calls
// before them.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	const calls = 64
	var connections atomic.Int32
	var together sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		together.Done()
		together.Wait() // no request gets a response before all have arrived
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := engine.NewHTTPClient()
	defer client.CloseIdleConnections()
	for range 3 {
		together.Add(calls)
		var wait sync.WaitGroup
		for range calls {
			wait.Go(func() {
				rsp, err := client.Get(server.URL)
				if err := engine.Discard(getThing, rsp, err); err != nil {
					t.Errorf("got error %v, want none", err)
				}
			})
		}
		wait.Wait()
	}
	if n := connections.Load(); n < calls || n > calls+calls/8 { // a connection may be returned a moment too late
		t.Errorf("got %d connections for %d concurrent calls, want about as many", n, calls)
	}
}

// TestIncompleteRoundTrippers checks RoundTrippers that return a response without a body,
// or nothing.
func TestIncompleteRoundTrippers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response *http.Response
		ok       bool
	}{
		"no body":     {&http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}}, true},
		"no response": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			transport := roundTripper(func(*http.Request) (*http.Response, error) { return test.response, nil })
			c := engine.WithTimeout(&http.Client{Transport: transport}, time.Second, time.Second)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://things.test/", nil)
			if err != nil {
				t.Fatal(err)
			}
			rsp, err := engine.NewDoer(c, "x").Do(req)
			if err := engine.Discard(getThing, rsp, err); (err == nil) != test.ok {
				t.Errorf("got error %v, want success: %t", err, test.ok)
			}
		})
	}
}
