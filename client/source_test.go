package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
)

// sourceFunc is a token source.
type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

// sourceClient returns a client with a token source and an in-memory API. If respond is nil, the
// API returns an empty list.
func sourceClient(t *testing.T, source oauth2.TokenSource, respond roundTrip, opts ...client.Option) *client.Client {
	t.Helper()
	if respond == nil {
		respond = func(req *http.Request) (*http.Response, error) { return response(req, http.StatusOK, `[]`), nil }
	}
	c, err := client.New(append([]client.Option{
		client.WithTokenSource(source), client.WithRetries(0), client.WithHTTPClient(&http.Client{Transport: respond}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExpiryOfASource(t *testing.T) {
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 1, 0, time.UTC) }
	for name, test := range map[string]struct {
		expiry      func() time.Time
		ok          bool
		least, most int // calls of the source in ten minutes with one call per second
	}{
		"none":           {func() time.Time { return time.Time{} }, true, 12, 15},
		"in an hour":     {func() time.Time { return time.Now().Add(time.Hour) }, true, 1, 1},
		"in five":        {func() time.Time { return time.Now().Add(5 * time.Minute) }, true, 3, 3},
		"in 41 years":    {func() time.Time { return time.Now().Add(1<<63/7*time.Nanosecond + time.Second) }, true, 1, 1},
		"in 290 years":   {func() time.Time { return time.Now().Add(290 * 365 * 24 * time.Hour) }, true, 1, 1},
		"year 9999":      {func() time.Time { return year(9999) }, true, 1, 1},
		"year 200,000":   {func() time.Time { return year(200_000) }, true, 1, 1},
		"a nanosecond":   {func() time.Time { return time.Now().Add(1) }, true, 600, 601},
		"now":            {time.Now, false, 100, 200}, // one renewal of two calls per 8 s
		"a minute ago":   {func() time.Time { return time.Now().Add(-time.Minute) }, false, 100, 200},
		"1970":           {func() time.Time { return time.Unix(0, 0) }, false, 100, 200},
		"year 1":         {func() time.Time { return year(1) }, false, 100, 200},
		"year -200,000":  {func() time.Time { return year(-200_000) }, false, 100, 200},
		"the first time": {func() time.Time { return time.Unix(-1<<62, 0) }, false, 100, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32 // also those of a renewal in the background
				c := sourceClient(t, sourceFunc(func() (*oauth2.Token, error) {
					return &oauth2.Token{AccessToken: "t" + strconv.Itoa(int(calls.Add(1))), Expiry: test.expiry()}, nil
				}), func(req *http.Request) (*http.Response, error) {
					if !test.ok {
						t.Error("got a request with a token that has expired, want none")
					}
					return response(req, http.StatusOK, `[]`), nil
				})
				for range 600 {
					_, err := c.ListOwners(t.Context())
					if (err == nil) != test.ok || !test.ok && !strings.Contains(err.Error(), "token that has expired") {
						t.Fatalf("got error %v, want none: %t", err, test.ok)
					}
					time.Sleep(time.Second)
				}
				if n := int(calls.Load()); n < test.least || n > test.most {
					t.Errorf("got %d calls of the source, want %d to %d", n, test.least, test.most)
				}
			})
		})
	}
}

// invalidated is a cache of tokens that other programs share. It returns the same token until
// that is invalidated.
type invalidated struct {
	mu      sync.Mutex
	expired bool // the first token has expired
	number  int
	told    []string
}

func (s *invalidated) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	expiry := time.Now().Add(time.Hour)
	if s.expired && s.number == 0 {
		expiry = time.Now().Add(-time.Second)
	}
	return &oauth2.Token{AccessToken: fmt.Sprintf("t%d", s.number), Expiry: expiry}, nil
}

func (s *invalidated) InvalidateToken(t *oauth2.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, t.AccessToken)
	s.number++
}

var _ client.TokenInvalidator = (*invalidated)(nil)

func TestSourceIsToldOfARefusedToken(t *testing.T) {
	for name, lasting := range map[string]bool{"revoked": false, "no permission": true} {
		t.Run(name, func(t *testing.T) {
			source := &invalidated{}
			var sent []string
			c := sourceClient(t, source, func(req *http.Request) (*http.Response, error) {
				token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
				sent = append(sent, token)
				if token == "t0" || lasting {
					return response(req, http.StatusUnauthorized, `{}`), nil
				}
				return response(req, http.StatusOK, `[]`), nil
			})
			for range 3 {
				if _, err := c.ListOwners(t.Context()); errors.Is(err, api.ErrUnauthorized) != lasting {
					t.Fatalf("got error %v, want ErrUnauthorized: %t", err, lasting)
				}
			}
			equal(t, "refused tokens", fmt.Sprint(source.told), "[t0]")
			equal(t, "tokens sent", fmt.Sprint(sent), "[t0 t1 t1 t1]")
		})
	}
}

func TestExpiredTokenOfASourceIsReplaced(t *testing.T) {
	source := &invalidated{expired: true}
	var sent []string
	c := sourceClient(t, source, func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.Header.Get("Authorization"))
		return response(req, http.StatusOK, `[]`), nil
	})
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "expired tokens", fmt.Sprint(source.told), "[t0]")
	equal(t, "headers sent", fmt.Sprint(sent), "[Bearer t1]")
}

// ends are the ways in which code of the caller does not return.
var ends = map[string]struct {
	end  func()
	text string
}{
	"panic":       {func() { panic("broken source") }, "panic: broken source"},
	"error":       {func() { panic(errBroken) }, "panic: broken"},
	"nil pointer": {func() { var none *oauth2.Token; _ = none.AccessToken }, "nil pointer"},
	"nil":         {func() { panic(nil) }, "panic"},
	"Goexit":      {runtime.Goexit, "goroutine that requests a token has ended"},
}

var errBroken = errors.New("broken")

// Code of the caller that panics or ends its goroutine while calls wait for a token is an error
// of those calls. The next renewal is not affected.
func TestRenewalDoesNotReturn(t *testing.T) {
	for name, test := range ends {
		for kind, build := range map[string]func(t *testing.T, step func()) *client.Client{
			"source": func(t *testing.T, step func()) *client.Client {
				return sourceClient(t, sourceFunc(func() (*oauth2.Token, error) {
					step()
					return &oauth2.Token{AccessToken: "t"}, nil
				}), nil)
			},
			"RoundTripper": func(t *testing.T, step func()) *client.Client {
				return tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
					step()
					return response(req, http.StatusOK, tokenBody), nil
				})
			},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					calls := 0
					c := build(t, func() {
						time.Sleep(time.Second) // until all callers wait
						if calls++; calls == 1 {
							test.end()
						}
					})
					var wait sync.WaitGroup
					for range 8 {
						wait.Go(func() {
							_, err := c.ListOwners(t.Context())
							failed, ok := errors.AsType[*client.TokenError](err)
							if !ok || !strings.Contains(err.Error(), test.text) || failed.StatusCode != 0 {
								t.Errorf("got error %v, want a TokenError with %q", err, test.text)
							}
							if name == "error" && !errors.Is(err, errBroken) {
								t.Errorf("got error %v, want the error of the panic in it", err)
							}
						})
					}
					wait.Wait()
					equal(t, "calls", calls, 1)
					time.Sleep(10 * time.Second) // longer than the pause after a failed renewal
					if _, err := c.ListOwners(t.Context()); err != nil {
						t.Errorf("next renewal: got error %v, want none", err)
					}
				})
			})
		}
	}
}

// In the background, calls use the old token until it expires.
func TestBackgroundRenewalDoesNotReturn(t *testing.T) {
	for name, test := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				c := sourceClient(t, sourceFunc(func() (*oauth2.Token, error) {
					if n := calls.Add(1); n > 1 && n < 4 {
						test.end()
					}
					return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(100 * time.Second)}, nil
				}), nil)
				for range 300 {
					if _, err := c.ListOwners(t.Context()); err != nil {
						t.Fatalf("got error %v, want none", err)
					}
					time.Sleep(time.Second)
				}
				if n := calls.Load(); n < 5 || n > 7 {
					t.Errorf("got %d calls of the source, want 5 to 7", n)
				}
			})
		})
	}
}

// panickingInvalidator panics when it is told of a refused token.
type panickingInvalidator struct{ static oauth2.TokenSource }

func (p panickingInvalidator) Token() (*oauth2.Token, error) { return p.static.Token() }
func (p panickingInvalidator) InvalidateToken(*oauth2.Token) { panic("broken cache") }

func TestPanicOfAnInvalidator(t *testing.T) {
	c := sourceClient(t, panickingInvalidator{static("t")}, func(req *http.Request) (*http.Response, error) {
		return response(req, http.StatusUnauthorized, `{}`), nil
	})
	if _, err := c.ListOwners(t.Context()); !errors.Is(err, api.ErrUnauthorized) || !strings.Contains(err.Error(), "panic: broken cache") {
		t.Errorf("got error %v, want ErrUnauthorized and the panic", err)
	}
}

func TestNewTokenDoesNotReturn(t *testing.T) {
	for name, test := range ends {
		c := sourceClient(t, sourceFunc(func() (*oauth2.Token, error) { test.end(); return nil, nil }), nil)
		if _, err := c.NewToken(t.Context()); err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: got error %v, want %q", name, err, test.text)
		}
	}
}

// stuckSource does not return until it is released.
type stuckSource struct {
	release chan struct{}
	calls   atomic.Int32
}

func (s *stuckSource) Token() (*oauth2.Token, error) {
	s.calls.Add(1)
	<-s.release
	return &oauth2.Token{AccessToken: "t"}, nil
}

func TestSourceThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &stuckSource{release: make(chan struct{})}
		c := sourceClient(t, source, nil)
		start := time.Now()
		took := func() time.Duration { return time.Since(start) }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.ListOwners(ctx); !errors.Is(err, context.DeadlineExceeded) || took() != time.Second {
			t.Errorf("got error %v after %v, want context.DeadlineExceeded after 1s", err, took())
		}
		_, err := c.ListOwners(t.Context())
		if _, ok := errors.AsType[*client.TokenError](err); !ok || !errors.Is(err, context.DeadlineExceeded) || took() != 30*time.Second {
			t.Errorf("got error %v after %v, want a TokenError and context.DeadlineExceeded after 30s", err, took())
		}
		equal(t, "calls of the source", source.calls.Load(), 1)

		// Later calls start a new renewal, up to a number.
		for range 200 {
			time.Sleep(10 * time.Second)
			if _, err := c.ListOwners(t.Context()); err == nil {
				t.Error("got no error, want one")
			}
			if _, err := c.NewToken(ctx); err == nil {
				t.Error("NewToken: got no error, want one")
			}
		}
		equal(t, "calls of the source", source.calls.Load(), 16)

		close(source.release)
		time.Sleep(10 * time.Second)
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Errorf("after the source has returned: got error %v, want none", err)
		}
	})
}

// While a source does not return, calls use the old token.
func TestBackgroundRenewalThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int32
		c := sourceClient(t, sourceFunc(func() (*oauth2.Token, error) {
			n := calls.Add(1)
			if n == 2 {
				<-release
			}
			return &oauth2.Token{AccessToken: fmt.Sprintf("t%d", n), Expiry: time.Now().Add(400 * time.Second)}, nil
		}), nil)
		for range 800 {
			if _, err := c.ListOwners(t.Context()); err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			time.Sleep(time.Second)
		}
		close(release)
		synctest.Wait()
		if token, err := c.Token(t.Context()); err != nil || token.AccessToken == "t2" {
			t.Errorf("got token %v and error %v, want a token other than t2, which came late", token, err)
		}
	})
}

func TestNewTokenEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &stuckSource{release: make(chan struct{})}
		defer close(source.release)
		c := sourceClient(t, source, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := c.NewToken(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got error %v after %v, want context.DeadlineExceeded after 1s", err, time.Since(start))
		}
	})
}

// panickingHandler is a slog.Handler that panics at the second attempt.
type panickingHandler struct {
	slog.Handler
	end      func()
	attempts *atomic.Int32
}

func (h panickingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h panickingHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "tapkey: attempt" && h.attempts.Add(1) == 2 {
		h.end()
	}
	return nil
}

// A panic of an editor, a RoundTripper or a logger while a page is read ahead reaches the
// goroutine of the loop. If the code ends its goroutine, the iteration ends with an error.
func TestReadAheadDoesNotReturn(t *testing.T) {
	for name, test := range ends {
		for kind, option := range map[string]func(end func()) client.Option{
			"editor": func(end func()) client.Option {
				return client.WithRequestEditor(func(_ context.Context, req *http.Request) error {
					if req.URL.Query().Get("$skip") == "2" {
						end()
					}
					return nil
				})
			},
			"logger": func(end func()) client.Option {
				return client.WithLogger(slog.New(panickingHandler{slog.DiscardHandler, end, new(atomic.Int32)}))
			},
			"RoundTripper": func(end func()) client.Option {
				list := &listServer{items: 20}
				return client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
					if req.URL.Query().Get("$skip") == "2" {
						end()
					}
					return list.respond(req)
				})})
			},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				c := sourceClient(t, static("t"), (&listServer{items: 20}).respond, client.WithReadAhead(2), client.WithPageSize(2), option(test.end))
				var items int
				var failed error
				panicked := func() (v any) {
					defer func() { v = recover() }()
					for _, err := range c.AllLogEntries(t.Context(), "1", nil) {
						if failed = err; err == nil {
							items++
						}
					}
					return nil
				}()
				if (panicked == nil) != (name == "Goexit") || (failed != nil) != (name == "Goexit") {
					t.Errorf("got the panic %v and error %v, want an error for Goexit and else a panic", panicked, failed)
				}
				if items < 2 || items > 6 {
					t.Errorf("got %d items, want those before the page", items)
				}
			})
		}
	}
}

// Calls in flight that have not been given up are not limited.
func TestConcurrentNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := sourceClient(t, sourceFunc(func() (*oauth2.Token, error) {
			time.Sleep(time.Second)
			return &oauth2.Token{AccessToken: "t"}, nil
		}), nil)
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				if _, err := c.NewToken(t.Context()); err != nil {
					t.Errorf("got error %v, want none", err)
				}
			})
		}
		group.Wait()
	})
}

// A malformed token is a failed renewal: it is not cached, and does not replace a valid token.
func TestMalformedTokenIsNotCached(t *testing.T) {
	for name, malformed := range map[string]*oauth2.Token{
		"empty": {}, "space": {AccessToken: "a b"}, "type": {AccessToken: "a", TokenType: "mac"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32 // also those of a renewal in the background
			c := sourceClient(t, sourceFunc(func() (*oauth2.Token, error) {
				if calls.Add(1) != 2 {
					malformed := *malformed
					malformed.Expiry = time.Now().Add(time.Hour)
					return &malformed, nil
				}
				return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(100 * time.Second)}, nil
			}), nil)
			if _, err := c.ListOwners(t.Context()); !errors.Is(err, client.ErrMalformedToken) {
				t.Errorf("%s: got error %v, want ErrMalformedToken", name, err)
			}
			time.Sleep(2 * time.Second)
			for range 88 { // the source is called again between 70 and 85 s
				if _, err := c.ListOwners(t.Context()); err != nil {
					t.Fatalf("%s: got error %v, want none", name, err)
				}
				time.Sleep(time.Second)
			}
			if n := calls.Load(); n < 3 {
				t.Errorf("%s: got %d calls of the source, want at least 3", name, n)
			}
		})
	}
}

// closeRecorder is a response body that records whether it has been closed.
type closeRecorder struct {
	io.Reader
	closed *atomic.Bool
}

func (c closeRecorder) Close() error {
	c.closed.Store(true)
	return nil
}

// A logger that panics or ends its goroutine leaves no response body open.
func TestBodyIsClosedIfTheLoggerDoesNotReturn(t *testing.T) {
	for name, test := range ends {
		var closed atomic.Bool
		var attempts atomic.Int32
		attempts.Store(1) // the next one is the second
		c := sourceClient(t, static("t"), func(req *http.Request) (*http.Response, error) {
			rsp := response(req, http.StatusOK, `[]`)
			rsp.Body = closeRecorder{rsp.Body, &closed}
			return rsp, nil
		}, client.WithLogger(slog.New(panickingHandler{slog.DiscardHandler, test.end, &attempts})))
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() { _ = recover() }()
			_, _ = c.ListOwners(t.Context())
		}()
		<-done
		equal(t, name+": body closed", closed.Load(), true)
	}
}
