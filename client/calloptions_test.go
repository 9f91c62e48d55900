package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestOptionsOfACall(t *testing.T) {
	var status atomic.Int32
	s := newService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if n := status.Load(); n != 0 {
			w.WriteHeader(int(n))
			return
		}
		respondJSON(200, []any{map[string]any{"id": "1", "name": strings.Repeat("n", 500)}})(w, r)
	})
	c := s.client(t, noSleep, client.WithHeader("X-Tenant", "client"), client.WithApplication("bookings/1.2"))
	calls := func(t *testing.T, opts ...client.Option) ([]recorded, error) {
		before := len(s.api.all())
		_, err := c.ListOwners(client.ContextWithOptions(t.Context(), opts...))
		return s.api.all()[before:], err
	}

	t.Run("retries", func(t *testing.T) {
		status.Store(503)
		defer status.Store(0)
		for n, opts := range map[int][]client.Option{1: {client.WithRetries(0)}, 3: {client.WithRetries(2)}, 4: nil} {
			sent, err := calls(t, opts...)
			if !errors.Is(err, api.ErrServer) || len(sent) != n {
				t.Errorf("got %d requests, error %v, want %d, %v", len(sent), err, n, api.ErrServer)
			}
		}
	})
	t.Run("headers", func(t *testing.T) {
		const module = "tapkey-go"
		for _, test := range []struct {
			opts          []client.Option
			tenant, agent string
		}{
			{nil, "client", module + " bookings/1.2"},
			{[]client.Option{client.WithHeader("x-tenant", "call")}, "call", module + " bookings/1.2"},
			{[]client.Option{client.WithApplication("job")}, "client", module + " bookings/1.2 job"},
			{[]client.Option{client.WithUserAgent("own"), client.WithApplication("job")}, "client", "own job"},
			{[]client.Option{client.WithOptions(client.WithHeader("X-Tenant", "a"), client.WithOptions(client.WithHeader("X-Tenant", "b")))}, "b", module + " bookings/1.2"},
		} {
			sent, err := calls(t, test.opts...)
			if err != nil || len(sent) != 1 {
				t.Fatalf("got %d requests, error %v, want 1", len(sent), err)
			}
			equal(t, "X-Tenant", sent[0].Header.Get("X-Tenant"), test.tenant)
			equal(t, "User-Agent", sent[0].UserAgent(), test.agent)
			equal(t, "Accept", sent[0].Header.Get("Accept"), "application/json")
			equal(t, "Authorization", sent[0].Header.Get("Authorization"), "Bearer the-token")
		}
	})
	t.Run("size", func(t *testing.T) {
		if _, err := calls(t, client.WithMaxResponseBytes(100)); !errors.Is(err, api.ErrTooLarge) {
			t.Errorf("got error %v, want %v", err, api.ErrTooLarge)
		}
		for _, err := range c.AllOwners(client.ContextWithOptions(t.Context(), client.WithMaxResponseBytes(100))) {
			if !errors.Is(err, api.ErrTooLarge) {
				t.Errorf("iterator: got error %v, want %v", err, api.ErrTooLarge)
			}
		}
	})
	t.Run("inner options take precedence", func(t *testing.T) {
		ctx := client.ContextWithOptions(t.Context(), client.WithHeader("X-Tenant", "outer"), client.WithHeader("X-Outer", "o"))
		before := len(s.api.all())
		if _, err := c.ListOwners(client.ContextWithOptions(ctx, client.WithHeader("X-Tenant", "inner"))); err != nil {
			t.Fatal(err)
		}
		h := s.api.all()[before].Header
		equal(t, "header", h.Get("X-Tenant")+" "+h.Get("X-Outer"), "inner o")
	})
	t.Run("the raw client and Do", func(t *testing.T) {
		ctx := client.ContextWithOptions(t.Context(), client.WithHeader("X-Tenant", "call"))
		before := len(s.api.all())
		rsp, err := c.Do(ctx, http.MethodGet, "/Owners", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = rsp.Body.Close()
		if rsp, err = c.Raw().ListOwners(ctx); err != nil {
			t.Fatal(err)
		}
		_ = rsp.Body.Close()
		for i, sent := range s.api.all()[before:] {
			equal(t, fmt.Sprint("header of request ", i), sent.Header.Get("X-Tenant"), "call")
		}
	})
	equal(t, "token requests", len(s.login.all()), 1)
}

// An iterator takes the page size and the read-ahead of its context.
func TestPagesWithOptionsOfACall(t *testing.T) {
	s := newService(t, nil, respondJSON(200, []any{}))
	for range s.client(t).AllLogEntries(client.ContextWithOptions(t.Context(), client.WithPageSize(7)), "1", nil) {
		t.Error("got an item, want none")
	}
	equal(t, "page size", s.api.all()[0].URL.Query().Get("$top"), "7")
}

// Options that make no sense for a call, and invalid ones, are an error, and nothing is sent.
func TestInvalidOptionsOfACall(t *testing.T) {
	s := newService(t, nil, nil)
	c := s.client(t)
	for want, opt := range map[string]client.Option{
		"WithCredentials cannot be changed for a call: use New": client.WithCredentials("a", "b"),
		"WithBaseURL cannot be changed for a call: use New":     client.WithBaseURL("https://example.com"),
		"WithHTTPClient cannot be changed for a call: use New":  client.WithHTTPClient(&http.Client{}),
		"FromEnv cannot be changed for a call: use New":         client.WithOptions(client.FromEnv()),
		"an option is nil":                                               nil,
		"retries: -1 is less than 0":                                     client.WithRetries(-1),
		"page size: 0 is less than 1":                                    client.WithPageSize(0),
		"maximum response size: 0 bytes is less than 1":                  client.WithMaxResponseBytes(0),
		"time-out of a call: -1ns is less than 0":                        client.WithTimeout(-1),
		"time-out of an attempt: -1s is less than 0":                     client.WithAttemptTimeout(-time.Second),
		"invalid name of a header":                                       client.WithHeader("X Y", "v"),
		"header X-Y: value contains a control character":                 client.WithHeader("X-Y", "a\r\nX-Z: b"),
		"application is neither a name nor name/version, without spaces": client.WithApplication("my app"),
		"user agent is only spaces or contains a control character":      client.WithUserAgent(" "),
		"a middleware is nil":                                            client.WithCallMiddleware(nil),
		"a request editor is nil":                                        client.WithRequestEditor(nil),
		"maximum of concurrent requests is less than 0":                  client.WithMaxConcurrent(-1),
		"debug writer is nil":                                            client.WithDebugWriter(nil),
	} {
		var rsp api.Response
		ctx := client.ContextWithOptions(api.ContextWithResponse(t.Context(), &rsp), opt)
		_, err := c.GetOwner(ctx, "1")
		failed, ok := errors.AsType[*api.Error](err)
		if !ok || !errors.Is(err, client.ErrConfig) || !strings.HasSuffix(err.Error(), ": "+want) || failed.Attempts != 0 || api.MaybeDone(err) {
			t.Errorf("got error %v, want an *api.Error with ErrConfig: %s", err, want)
		}
		for _, err := range c.AllLogEntries(ctx, "1", nil) {
			if !errors.Is(err, client.ErrConfig) {
				t.Errorf("iterator: got error %v, want ErrConfig", err)
			}
		}
		byWith := strings.Replace(want, "for a call", "by With", 1)
		if _, err := c.With(opt); !errors.Is(err, client.ErrConfig) || !strings.HasSuffix(err.Error(), byWith) {
			t.Errorf("With: got error %v, want ErrConfig: %s", err, byWith)
		}
	}
	equal(t, "requests", len(s.api.all()), 0)
}

func TestTimeoutOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			if req.URL.Query().Get("$select") != "" { // the body stays open
				return &http.Response{StatusCode: 200, Request: req, ContentLength: -1, Body: io.NopCloser(waits{req.Context()})}, nil
			}
			return response(req, 503, ""), nil
		}, client.WithRetries(1000))
		start := time.Now()
		_, err := c.GetOwner(client.ContextWithOptions(t.Context(), client.WithTimeout(5*time.Second)), "1")
		if !errors.Is(err, api.ErrServer) || time.Since(start) > 5*time.Second { // no delay fits before the end
			t.Errorf("got error %v after %v, want the last one within 5 s", err, time.Since(start))
		}
		start = time.Now()
		sel := tapkey.Select("id")
		_, err = c.ListBoundLocks(client.ContextWithOptions(t.Context(), client.WithTimeout(5*time.Second)), "1", &tapkey.ListBoundLocksParams{Select: &sel})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the call took longer than 5s") || time.Since(start) != 5*time.Second {
			t.Errorf("got error %v after %v, want a time-out of 5 s", err, time.Since(start))
		}
	})
}

// waits is a body that ends with its context.
type waits struct{ ctx context.Context }

func (w waits) Read([]byte) (int, error) {
	<-w.ctx.Done()
	return 0, w.ctx.Err()
}

// An attempt that takes too long is retried.
func TestTimeoutOfAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return response(req, 200, `{"id":"1"}`), nil
		}, noSleep)
		start := time.Now()
		var rsp api.Response
		ctx := client.ContextWithOptions(api.ContextWithResponse(t.Context(), &rsp), client.WithAttemptTimeout(2*time.Second))
		if _, err := c.GetOwner(ctx, "1"); err != nil || time.Since(start) != 2*time.Second || rsp.Attempts != 2 {
			t.Errorf("got error %v after %v, %v, want two attempts in 2 s", err, time.Since(start), rsp)
		}
	})
}

// The middleware around a call sees one call, and that around an attempt sees each attempt and
// the token requests.
func TestMiddleware(t *testing.T) {
	server, err := sandbox.Start(sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listOwners", Count: 2}))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var mu sync.Mutex
	var got []string
	trace := func(name string) client.Middleware {
		return func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			attempt, _ := api.AttemptFromContext(req.Context())
			op, _ := api.OperationFromContext(req.Context())
			rsp, err := next(req)
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprint(name, " ", op.ID, " ", attempt.Number, attempt.TokenRequest, " ", rsp.StatusCode, " ", req.Header.Get("Authorization") != ""))
			return rsp, err
		}
	}
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		noSleep, client.WithCallMiddleware(trace("call")), client.WithAttemptMiddleware(trace("outer")), client.WithAttemptMiddleware(trace("inner")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListOwners(client.ContextWithOptions(t.Context(), client.WithCallMiddleware(trace("one call")))); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"inner  1 true 200 false", "outer  1 true 200 false",
		"inner listOwners 1 false 503 true", "outer listOwners 1 false 503 true",
		"inner listOwners 2 false 503 true", "outer listOwners 2 false 503 true",
		"inner listOwners 3 false 200 true", "outer listOwners 3 false 200 true",
		"one call listOwners 0 false 200 false", "call listOwners 0 false 200 false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A middleware that changes the origin, calls next twice, writes into the header or returns
// nothing sends no token elsewhere and spoils no other call.
func TestHostileMiddleware(t *testing.T) {
	other := newService(t, nil, nil)
	for _, option := range []func(client.Middleware) client.Option{client.WithCallMiddleware, client.WithAttemptMiddleware} {
		s := newService(t, nil, respondJSON(200, map[string]string{"id": "1"}))
		c := s.client(t, noSleep)
		for name, middleware := range map[string]client.Middleware{
			"origin": func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				req.URL.Host = strings.TrimPrefix(strings.Split(other.apiURL, "/base")[0], "http://")
				return next(req)
			},
			"twice": func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				if rsp, err := next(req); err == nil {
					_ = rsp.Body.Close()
				}
				return next(req)
			},
			"nothing": func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				return nil, nil
			},
			"nil": func(_ *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				return next(nil)
			},
			"own error": func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				return nil, errors.New("mine")
			},
			"empty body": func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				return &http.Response{StatusCode: 200}, nil
			},
			"no status": func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				return &http.Response{}, nil
			},
		} {
			if _, err := c.GetOwner(client.ContextWithOptions(t.Context(), option(middleware)), "1"); err == nil {
				t.Errorf("%s: got no error, want one", name)
			} else if failed, ok := errors.AsType[*api.Error](err); !ok || failed.Operation != "getOwner" {
				t.Errorf("%s: got error %v (%T), want an *api.Error of getOwner", name, err, err)
			} else if (name == "no status" || name == "empty body") && !errors.Is(err, api.ErrUnexpected) {
				t.Errorf("%s: got error %v, want %v", name, err, api.ErrUnexpected)
			}
		}
		spoil := func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			req.Header.Set("Accept", "text/html")
			req.Header.Set("X-Spoiled", "x")
			return next(req)
		}
		spoiled := s.client(t, option(spoil))
		if _, err := spoiled.GetOwner(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.GetOwner(client.ContextWithOptions(t.Context(), option(spoil)), "1"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.GetOwner(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		all := s.api.all()
		last := all[len(all)-1].Header
		equal(t, "headers of another call", last.Get("Accept")+last.Get("X-Spoiled"), "application/json")
	}
	equal(t, "requests to another origin", len(other.api.all()), 0)
}

// The body of a response that a middleware returns together with an error is closed.
func TestMiddlewareReturnsResponseAndError(t *testing.T) {
	s := newService(t, nil, respondJSON(200, map[string]string{"id": "1"}))
	mine := errors.New("mine")
	for _, option := range []func(client.Middleware) client.Option{client.WithCallMiddleware, client.WithAttemptMiddleware} {
		var open atomic.Int32
		c := s.client(t, noSleep, client.WithRetries(0), option(func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			rsp, err := next(req)
			if err == nil {
				open.Add(1)
				rsp.Body, err = &trackedBody{ReadCloser: rsp.Body, open: &open}, mine
			}
			return rsp, err
		}))
		if _, err := c.GetOwner(t.Context(), "1"); !errors.Is(err, mine) {
			t.Errorf("got error %v, want %v", err, mine)
		}
		equal(t, "open bodies", open.Load(), 0)
	}
}

// A middleware that calls next twice sends one request, is not retried, and does not hide that
// the request may have been executed.
func TestMiddlewareCallsNextTwice(t *testing.T) {
	for _, option := range []func(client.Middleware) client.Option{client.WithCallMiddleware, client.WithAttemptMiddleware} {
		s := newService(t, nil, respondJSON(200, map[string]string{"id": "1"}))
		c := s.client(t, noSleep)
		ctx := client.ContextWithOptions(t.Context(), option(func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			if rsp, err := next(req); err == nil {
				_ = rsp.Body.Close()
			}
			return next(req)
		}))
		_, err := c.CreateOwner(ctx, tapkey.OwnerAccountCreate{Name: "n"})
		if err == nil || !api.MaybeDone(err) {
			t.Errorf("create: got error %v, maybe done %v, want an error, true", err, api.MaybeDone(err))
		}
		if _, err = c.GetOwner(ctx, "1"); err == nil {
			t.Error("get: got no error, want one")
		}
		equal(t, "requests", len(s.api.all()), 2)
	}
}

// A middleware may pass a request without a header.
func TestMiddlewareWithoutHeader(t *testing.T) {
	s := newService(t, nil, nil)
	c := s.client(t, noSleep)
	for _, option := range []func(client.Middleware) client.Option{client.WithCallMiddleware, client.WithAttemptMiddleware} {
		_, err := c.ListOwners(client.ContextWithOptions(t.Context(), option(func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			own := *req
			own.Header = nil
			return next(&own)
		})))
		if err != nil {
			t.Errorf("got error %v, want none", err)
		}
	}
}

// counted is a limiter that counts, and that fails after a number of calls.
type counted struct{ n, most int }

func (l *counted) Wait(context.Context) error {
	if l.n++; l.n > l.most {
		return errors.New("no more")
	}
	return nil
}

type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

// The limiter counts retries and calls of variants, and no token request.
func TestLimiter(t *testing.T) {
	s := newService(t, nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	limiter := &counted{most: 6}
	c := s.client(t, noSleep, client.WithRetries(2), client.WithLimiter(limiter))
	variant, err := c.With(client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.GetOwner(t.Context(), "1")       // 3 attempts
	_, _ = variant.GetOwner(t.Context(), "1") // 1
	_, err = c.GetOwner(t.Context(), "1")     // 2, and then the limiter fails
	failed, ok := errors.AsType[*api.Error](err)
	if !ok || !strings.Contains(err.Error(), "limiter: no more") || failed.Attempts != 2 || !api.MaybeDone(err) {
		t.Errorf("got error %+v, want that of the limiter after 2 attempts", err)
	}
	equal(t, "requests", len(s.api.all()), 6)
	_, err = variant.CreateOwner(t.Context(), tapkey.OwnerAccountCreate{Name: "n"})
	equal(t, "a call that was not sent may be done", api.MaybeDone(err), false)
	// With a limit of concurrent requests, each attempt leaves both. The error of the limiter
	// is in that of the call.
	ended := errors.New("limiter ended")
	both := client.ContextWithOptions(t.Context(), client.WithMaxConcurrent(1), client.WithRetries(0), client.WithTimeout(10*time.Second),
		client.WithLimiter(limiterFunc(func(context.Context) error { return ended })))
	for range 2 {
		if _, err = c.GetOwner(both, "1"); !errors.Is(err, ended) {
			t.Errorf("got error %v, want %v", err, ended)
		}
	}
	ended = nil
	for range 2 {
		if _, err = c.GetOwner(both, "1"); !errors.Is(err, api.ErrServer) {
			t.Errorf("got error %v, want %v", err, api.ErrServer)
		}
	}
	equal(t, "requests with both limits", len(s.api.all()), 8)
	_, _ = c.GetOwner(client.ContextWithOptions(t.Context(), client.WithLimiter(nil), client.WithRetries(0)), "1")
	equal(t, "requests without a limiter", len(s.api.all()), 9)
}

// At most n requests wait for a response, also those of a variant, and a loop over a streamed
// list can send other calls.
func TestMaxConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			if strings.HasSuffix(req.URL.Path, "/Owners") {
				return response(req, 200, `[{"id":"1"},{"id":"2"}]`), nil
			}
			return response(req, 200, `{"id":"1"}`), nil
		}, client.WithMaxConcurrent(3))
		variant, err := c.With(client.WithRetries(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() {
				if _, err := []*client.Client{c, variant}[i%2].GetOwner(t.Context(), "1"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		equal(t, "most requests at once", most.Load(), 3)
		equal(t, "time", time.Since(start), 4*time.Second)

		one := client.ContextWithOptions(t.Context(), client.WithMaxConcurrent(1))
		n := 0
		for owner, err := range c.AllOwners(one) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.GetOwner(one, owner.ID); err != nil {
				t.Fatal(err)
			}
			n++
		}
		equal(t, "items", n, 2)

		// A caller that waits ends with its context, and its place is not lost.
		ctx, cancel := context.WithTimeout(client.ContextWithOptions(t.Context(), client.WithMaxConcurrent(1)), 1500*time.Millisecond)
		defer cancel()
		errs := make(chan error, 3)
		for range cap(errs) {
			go func() { _, err := c.GetOwner(ctx, "1"); errs <- err }()
		}
		failures := 0
		for range cap(errs) {
			if err := <-errs; errors.Is(err, context.DeadlineExceeded) {
				failures++
			} else if err != nil {
				t.Error(err)
			}
		}
		equal(t, "calls that waited too long", failures, 2)
	})
}

// The levels of WithLogger, for each way a call ends.
func TestLogLevels(t *testing.T) {
	var status atomic.Int32
	body := atomic.Value{}
	body.Store(`{"id":"1"}`)
	s := newService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "req-1")
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, body.Load().(string))
	})
	var log bytes.Buffer
	c := s.client(t, noSleep, client.WithRetries(1), client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
		Level: slog.LevelInfo,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "duration" {
				return slog.Attr{}
			}
			return a
		},
	}))))
	call := func(ctx context.Context) { _, _ = c.GetOwner(ctx, "0wner") }
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	const of = ` msg="tapkey: call failed" method=GET operation=getOwner path=/Owners/{ownerAccountId} `
	for _, test := range []struct {
		name   string
		status int32
		body   string
		ctx    context.Context
		want   string
	}{
		{"success", 200, `{"id":"1"}`, t.Context(), ""},
		{"not found", 404, `{"errorCode":"None"}`, t.Context(), "level=INFO" + of + "attempts=1 status=404 request_id=req-1\n"},
		{"refused", 401, ``, t.Context(), "level=INFO" + of + "attempts=2 status=401 request_id=req-1\n"},
		{"server", 500, `{"errorMessage":"alex@example.com"}`, t.Context(), "level=WARN" + of + "attempts=2 status=500 request_id=req-1\n"},
		{"unusable", 200, `{"id":`, t.Context(), "level=WARN" + of + `attempts=1 status=200 request_id=req-1 error="unexpected response: body cut off: unexpected EOF"` + "\n"},
		{"canceled", 200, `{}`, canceled, ""},
	} {
		log.Reset()
		status.Store(test.status)
		body.Store(test.body)
		call(test.ctx)
		if test.name == "refused" { // whether the renewal obtains another token is not the point here
			test.want = strings.Replace(test.want, "attempts=2", "attempts=1", 1)
		}
		if got := log.String(); got != test.want {
			t.Errorf("%s: got the log %q, want %q", test.name, got, test.want)
		}
	}
	denied := newService(t, respondJSON(400, map[string]string{"error": "invalid_client"}), nil)
	log.Reset()
	c = denied.client(t, client.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	call(t.Context())
	for _, want := range []string{`level=WARN msg="tapkey: token request" attempt=1`, "status=400 code=invalid_client", `level=WARN msg="tapkey: call failed"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got the log %q, want %s in it", log.String(), want)
		}
	}
	checkShown(t, "log", log.String())
}
