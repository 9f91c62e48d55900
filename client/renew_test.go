package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

func sandboxClient(t *testing.T, opts ...client.Option) (*sandbox.Server, *client.Client) {
	t.Helper()
	server, err := sandbox.Start(sandbox.WithClient(sandbox.Client{ID: "partial", Secret: "partial-secret", Administers: []string{"Home"}}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c, err := client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()), client.WithRetries(0),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return server, c
}

func TestARevokedTokenIsReplacedOnce(t *testing.T) {
	server, c := sandboxClient(t, client.WithScopes("read:owneraccounts", "write:core:entities"))
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= 3; round++ {
		server.RevokeTokens()
		calls := server.Count("createContact")
		// A create, which is never retried: a 401 has done nothing.
		if _, err := c.CreateContact(t.Context(), owners[0].ID, tapkey.ContactCreate{
			IPID: new("tapkey"), Identifier: new(fmt.Sprintf("user%d@example.com", round)),
		}); err != nil {
			t.Fatal(err)
		}
		if got, want := server.TokenRequests(), 1+round; got != want {
			t.Errorf("%d token requests, want %d", got, want)
		}
		if got := server.Count("createContact") - calls; got != 2 {
			t.Errorf("%d calls", got)
		}
	}
}

func TestALasting401IsRepeatedOnce(t *testing.T) {
	server, c := sandboxClient(t)
	if err := server.Inject(sandbox.Fault{Kind: sandbox.Fault401InvalidToken}); err != nil {
		t.Fatal(err)
	}
	for call := 1; call <= 3; call++ {
		if _, err := c.ListOwners(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
			t.Fatalf("got %v", err)
		}
		// The first call gets another token and is repeated; it did not help, so no
		// other call does the same for a minute.
		if tokens, calls := server.TokenRequests(), server.Count("listOwners"); tokens != 2 || calls != 1+call {
			t.Errorf("call %d: %d token requests, %d calls", call, tokens, calls)
		}
	}
}

func TestForbiddenAndAllowedCallsTogether(t *testing.T) {
	server, all := sandboxClient(t, client.WithScopes("read:owneraccounts", "read:core:entities"))
	owners, err := all.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.WithCredentials("partial", "partial-secret"), client.WithScopes("read:owneraccounts", "read:core:entities"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()), client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	server.ForgetRequests()
	var wait sync.WaitGroup
	for worker := range 20 {
		owner, allowed := owners[worker%2], worker%2 == 0
		wait.Go(func() {
			for range 100 {
				_, err := c.GetOwner(t.Context(), owner.ID)
				if allowed && err != nil || !allowed && !errors.Is(err, api.ErrUnauthorized) {
					t.Errorf("%s: %v", owner.Name, err)
					return
				}
			}
		})
	}
	wait.Wait()
	if n := server.TokenRequests(); n > 2 {
		t.Errorf("%d token requests", n)
	}
}

func TestASecondTokenAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tokens, calls int
		c, err := client.New(client.WithCredentials("id", "secret"), client.WithRetries(0), client.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path == "/connect/token" {
					tokens++
					return response(req, http.StatusOK, fmt.Sprintf(`{"access_token":"t%d","expires_in":36000}`, tokens)), nil
				}
				calls++
				return response(req, http.StatusUnauthorized, ``), nil
			}),
		}))
		if err != nil {
			t.Fatal(err)
		}
		for range 10 * 60 {
			_, err := c.ListOwners(t.Context())
			if !errors.Is(err, api.ErrUnauthorized) {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if tokens != 11 || calls != 600+10 {
			t.Errorf("%d tokens, %d calls", tokens, calls)
		}
	})
}

func TestTheSameTokenIsNotTriedTwice(t *testing.T) {
	s := newService(t, nil, answerJSON(http.StatusUnauthorized, map[string]any{}))
	if _, err := s.client(t).ListOwners(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if tokens, calls := len(s.login.all()), len(s.api.all()); tokens != 2 || calls != 1 {
		t.Errorf("%d token requests, %d calls", tokens, calls)
	}
}

func TestTheCallersHeaderIsNotReplacedAfterA401(t *testing.T) {
	s := newService(t, nil, answerJSON(http.StatusUnauthorized, map[string]any{}))
	_, err := s.client(t).ListOwners(t.Context(), func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer mine")
		return nil
	})
	if !errors.Is(err, api.ErrUnauthorized) || len(s.login.all()) != 0 || len(s.api.all()) != 1 {
		t.Errorf("%v, %d token requests, %d calls", err, len(s.login.all()), len(s.api.all()))
	}
}

// numbered hands out tokens of a lifetime, and fails when told to.
type numbered struct {
	life    time.Duration
	took    time.Duration
	issued  atomic.Int32
	failing atomic.Bool
}

func (n *numbered) answer(req *http.Request) (*http.Response, error) {
	time.Sleep(n.took)
	number := n.issued.Add(1)
	if n.failing.Load() {
		return response(req, http.StatusServiceUnavailable, `{}`), nil
	}
	return response(req, http.StatusOK, fmt.Sprintf(`{"access_token":"t%d","expires_in":%d}`, number, int(n.life.Seconds()))), nil
}

func TestNobodyWaitsForARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: 100 * time.Second, took: time.Second}
		c := tokenEndpoint(t, source.answer)
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 4000 {
					start := time.Now()
					if _, err := c.ListOwners(t.Context()); err != nil || time.Since(start) != 0 {
						t.Errorf("%v after %v", err, time.Since(start))
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		wait.Wait()
		time.Sleep(source.took) // the last renewal may still be under way
		// 400 s of tokens that are renewed after 70 to 85 s of their 100.
		if n := source.issued.Load(); n < 5 || n > 6 {
			t.Errorf("%d token requests", n)
		}
	})
}

func TestAShortLivedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: 12 * time.Second, took: 10 * time.Millisecond}
		var expiry sync.Map // of tokens
		c, err := client.New(client.WithCredentials("id", "secret"), client.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path == "/connect/token" {
					rsp, err := source.answer(req)
					expiry.Store(fmt.Sprintf("Bearer t%d", source.issued.Load()), time.Now().Add(source.life))
					return rsp, err
				}
				if at, ok := expiry.Load(req.Header.Get("Authorization")); !ok || !time.Now().Before(at.(time.Time)) {
					t.Errorf("%s has expired", req.Header.Get("Authorization"))
				}
				return response(req, http.StatusOK, `[]`), nil
			}),
		}))
		if err != nil {
			t.Fatal(err)
		}
		for start := time.Now(); time.Since(start) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
			if _, err := c.ListOwners(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := source.issued.Load(); n < 2 || n > 4 {
			t.Errorf("%d token requests", n)
		}
	})
}

func TestTheOldTokenServesOnWhileRenewalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: 100 * time.Second}
		c := tokenEndpoint(t, source.answer)
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		source.failing.Store(true)
		var served, refused int
		for range 120 {
			time.Sleep(time.Second)
			if _, err := c.ListOwners(t.Context()); err == nil {
				served++
			} else if _, ok := errors.AsType[*client.TokenError](err); ok {
				refused++
			}
		}
		if served < 88 || served > 92 || served+refused != 120 {
			t.Errorf("%d calls served, %d refused", served, refused)
		}
		// With 120 callers, but a pause after each failure that grows to 8 s.
		if n := source.issued.Load(); n > 12 {
			t.Errorf("%d token requests", n)
		}
		source.failing.Store(false)
		time.Sleep(10 * time.Second)
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Errorf("after the outage: %v", err)
		}
	})
}

func TestTokenRequestsFollowTheRetryRule(t *testing.T) {
	for name, test := range map[string]struct {
		status, requests int
	}{
		"500": {500, 4}, "503": {503, 4}, "429": {429, 4}, "400": {400, 1}, "401": {401, 1}, "reset": {0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				c, err := client.New(client.WithCredentials("id", "secret"), client.WithRetries(3), client.WithHTTPClient(&http.Client{
					Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
						requests++
						if test.status == 0 {
							return nil, errors.New("connection reset by peer")
						}
						return response(req, test.status, `{"error":"x"}`), nil
					}),
				}))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.ListOwners(t.Context()); err == nil || requests != test.requests {
					t.Errorf("%v after %d requests", err, requests)
				}
			})
		})
	}
}

func TestThePauseHonoursRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
			requests++
			rsp := response(req, http.StatusTooManyRequests, `{}`)
			rsp.Header.Set("Retry-After", "20")
			return rsp, nil
		})
		for range 39 {
			if _, err := c.ListOwners(t.Context()); err == nil {
				t.Fatal("no error")
			}
			time.Sleep(time.Second)
		}
		if requests != 2 {
			t.Errorf("%d token requests in 39 s", requests)
		}
	})
}

// TestANewTokenMayHaveHelped: where the second try has no answer, the next 401 may still
// ask for another token.
func TestANewTokenMayHaveHelped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: time.Hour}
		answers := []int{401, 0, 401, 200} // 0 is none
		c, err := client.New(client.WithCredentials("id", "secret"), client.WithRetries(0), client.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path == "/connect/token" {
					return source.answer(req)
				}
				status := answers[0]
				if answers = answers[1:]; status == 0 {
					return nil, errors.New("connection reset by peer")
				}
				return response(req, status, `[]`), nil
			}),
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.ListOwners(t.Context()); err == nil || errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("got %v", err)
		}
		if _, err := c.ListOwners(t.Context()); err != nil || len(answers) != 0 || source.issued.Load() != 3 {
			t.Errorf("%v, %d token requests", err, source.issued.Load())
		}
	})
}
