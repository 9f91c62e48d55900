package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// phase is a state of a call in which its context may end.
type phase struct {
	serve  func(p *pending, w http.ResponseWriter, r *http.Request)
	source func(p *pending) (*oauth2.Token, error)
	sleep  func(p *pending, ctx context.Context)
	dial   func(p *pending)
	call   func(ctx context.Context, p *pending, c *client.Client) error
	opts   []client.Option
}

// pending is a call whose context ends in a phase.
type pending struct {
	end      func() // ends the context, or does nothing if a deadline does
	released chan struct{}
	requests atomic.Int32
	sources  atomic.Int32
}

// block ends the context and waits until the test is over.
func (p *pending) block() {
	p.end()
	<-p.released
}

func getOwner(ctx context.Context, _ *pending, c *client.Client) error {
	_, err := c.GetOwner(ctx, "1")
	return err
}

// edited returns a call with a request editor that waits for the context, as a rate limiter
// does, and returns the error of the context.
func edited(call func(context.Context, *client.Client, tapkey.RequestEditorFn) error) func(context.Context, *pending, *client.Client) error {
	return func(ctx context.Context, p *pending, c *client.Client) error {
		return call(ctx, c, func(ctx context.Context, _ *http.Request) error {
			p.end()
			<-ctx.Done()
			return ctx.Err()
		})
	}
}

var phases = map[string]phase{
	"before the call": {call: func(ctx context.Context, p *pending, c *client.Client) error {
		p.end()
		<-ctx.Done()
		return getOwner(ctx, p, c)
	}},
	"request editor": {call: edited(func(ctx context.Context, c *client.Client, e tapkey.RequestEditorFn) error {
		_, err := c.GetOwner(ctx, "1", e)
		return err
	})},
	"request editor of a list": {call: edited(func(ctx context.Context, c *client.Client, e tapkey.RequestEditorFn) error {
		_, err := c.ListOwners(ctx, e)
		return err
	})},
	"request editor of a delete": {call: edited(func(ctx context.Context, c *client.Client, e tapkey.RequestEditorFn) error {
		return c.DeletePermission(ctx, "1", "2", e)
	})},
	"request editor of Do": {call: edited(func(ctx context.Context, c *client.Client, e tapkey.RequestEditorFn) error {
		rsp, err := c.Do(ctx, http.MethodGet, "/Owners", nil, nil, e)
		if err == nil {
			err = rsp.Body.Close()
		}
		return err
	})},
	"request editor of an iterator": {call: edited(func(ctx context.Context, c *client.Client, e tapkey.RequestEditorFn) error {
		for _, err := range c.AllOwners(ctx, e) {
			return err
		}
		return nil
	})},
	"request editor of pages": {call: edited(func(ctx context.Context, c *client.Client, e tapkey.RequestEditorFn) error {
		for _, err := range c.AllLogEntries(ctx, "1", nil, e) {
			return err
		}
		return nil
	})},
	"token": {source: func(p *pending) (*oauth2.Token, error) {
		p.block()
		return nil, errors.New("late")
	}},
	"Token": {
		source: func(p *pending) (*oauth2.Token, error) {
			p.block()
			return nil, errors.New("late")
		},
		call: func(ctx context.Context, _ *pending, c *client.Client) error {
			_, err := c.Token(ctx)
			return err
		},
	},
	"token after a 401": {
		source: func(p *pending) (*oauth2.Token, error) {
			if p.sources.Add(1) > 1 {
				p.block()
			}
			return &oauth2.Token{AccessToken: "t"}, nil
		},
		serve: func(_ *pending, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
	},
	"dial":   {dial: (*pending).block},
	"header": {serve: func(p *pending, _ http.ResponseWriter, _ *http.Request) { p.block() }},
	"header of a write": {
		serve: func(p *pending, _ http.ResponseWriter, _ *http.Request) { p.block() },
		call: func(ctx context.Context, _ *pending, c *client.Client) error {
			_, err := c.CreateContact(ctx, "1", tapkey.ContactCreate{})
			return err
		},
	},
	"body": {serve: func(p *pending, w http.ResponseWriter, _ *http.Request) { part(w, http.StatusOK, `{"id":`); p.block() }},
	"body with a length": {serve: func(p *pending, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		part(w, http.StatusOK, `{"id":`)
		p.block()
	}},
	"body of Do": {
		serve: func(p *pending, w http.ResponseWriter, _ *http.Request) { part(w, http.StatusOK, `{"id":`); p.block() },
		call: func(ctx context.Context, _ *pending, c *client.Client) error {
			rsp, err := c.Do(ctx, http.MethodGet, "/Owners", nil, nil)
			if err != nil {
				return err
			}
			defer rsp.Body.Close()
			_, err = io.ReadAll(rsp.Body)
			return err
		},
	},
	"body of an error": {serve: func(p *pending, w http.ResponseWriter, _ *http.Request) {
		part(w, http.StatusNotFound, `{"ErrorCode":`)
		p.block()
	}},
	"between attempts": {
		serve: func(_ *pending, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		sleep: func(p *pending, ctx context.Context) { p.end(); <-ctx.Done() },
	},
	"between items": {
		serve: func(_ *pending, w http.ResponseWriter, _ *http.Request) {
			part(w, http.StatusOK, `[{"id":"1","name":"a","active":true},{"id":"2","name":"b","active":true}]`)
		},
		call: func(ctx context.Context, p *pending, c *client.Client) error {
			for _, err := range c.AllOwners(ctx) {
				if err != nil {
					return err
				}
				p.end()
				<-ctx.Done()
			}
			return nil
		},
	},
	"between pages": {serve: page, call: pages, opts: []client.Option{client.WithPageSize(1)}},
	"between pages with read-ahead": {
		serve: page, call: pages, opts: []client.Option{client.WithPageSize(1), client.WithReadAhead(2)},
	},
}

// part sends the first part of a body.
func part(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}

// page responds with one item, another one for each request.
func page(p *pending, w http.ResponseWriter, _ *http.Request) {
	n := strconv.Itoa(int(p.requests.Add(1)))
	part(w, http.StatusOK, `[{"id":"`+n+`","boundLockId":"1","contactId":"2","entryNo":`+n+`}]`)
}

func pages(ctx context.Context, p *pending, c *client.Client) error {
	for _, err := range c.AllLogEntries(ctx, "1", nil) {
		if err != nil {
			return err
		}
		p.end()
		<-ctx.Done()
	}
	return nil
}

// TestCauseOfTheContext checks that the error of a call whose context ends with a cause
// matches the error of the context and its cause, and no other, in every phase of a call.
func TestCauseOfTheContext(t *testing.T) {
	t.Parallel()
	cause := errors.New("the service shuts down")
	for ending, begin := range map[string]func(context.Context) (ctx context.Context, end, release func()){
		"canceled": func(ctx context.Context) (context.Context, func(), func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(cause) }, func() { cancel(nil) }
		},
		"canceled by its parent": func(ctx context.Context) (context.Context, func(), func()) {
			parent, cancel := context.WithCancelCause(ctx)
			ctx, release := context.WithTimeout(parent, time.Hour)
			return ctx, func() { cancel(cause) }, release
		},
		"time-out": func(ctx context.Context) (context.Context, func(), func()) {
			ctx, release := context.WithTimeoutCause(ctx, 20*time.Millisecond, cause)
			return ctx, func() {}, release
		},
		"deadline": func(ctx context.Context) (context.Context, func(), func()) {
			ctx, release := context.WithDeadlineCause(ctx, time.Now().Add(20*time.Millisecond), cause)
			return ctx, func() {}, release
		},
	} {
		want := context.Canceled
		if ending == "time-out" || ending == "deadline" {
			want = context.DeadlineExceeded
		}
		for name, phase := range phases {
			if phase.sleep != nil && errors.Is(want, context.DeadlineExceeded) {
				continue // no delay is longer than the time to the deadline
			}
			for _, h2 := range []bool{false, true} {
				t.Run(name+", "+ending+", HTTP/2 "+strconv.FormatBool(h2), func(t *testing.T) {
					t.Parallel()
					p := &pending{released: make(chan struct{})}
					server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if h2 != (r.ProtoMajor == 2) {
							t.Errorf("got %s, want HTTP/2: %t", r.Proto, h2)
						}
						phase.serve(p, w, r)
					}))
					server.EnableHTTP2 = h2
					server.StartTLS()
					defer server.Close()
					defer close(p.released)
					transport := server.Client().Transport.(*http.Transport)
					defer transport.CloseIdleConnections()
					if phase.dial != nil {
						transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
							phase.dial(p)
							return nil, errors.New("late")
						}
					}
					opts := phase.opts
					if phase.source != nil {
						opts = append(opts, client.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) { return phase.source(p) })))
					}
					if phase.sleep != nil {
						opts = append(opts, client.WithSleep(func(ctx context.Context, _ time.Duration) error {
							phase.sleep(p, ctx)
							return ctx.Err()
						}))
					}
					c := over(t, transport, server.URL, opts...)
					ctx, end, release := begin(t.Context())
					defer release()
					p.end = end
					call := phase.call
					if call == nil {
						call = getOwner
					}
					err := call(ctx, p, c)
					if !errors.Is(err, want) || !errors.Is(err, cause) || errors.Is(err, api.ErrUnexpected) {
						t.Errorf("got error %v, want one that matches %q and %q, and not ErrUnexpected", err, want, cause)
					}
					if _, ok := errors.AsType[*api.Error](err); !ok && name != "Token" {
						t.Errorf("got error %T, want an *api.Error", err)
					}
					if err != nil && !strings.HasSuffix(err.Error(), want.Error()+": "+cause.Error()) {
						t.Errorf("got error %q, want it to end in the error of the context and its cause", err)
					}
				})
			}
		}
	}
}
