package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

// sandboxClient starts a sandbox and returns a client without retries. The sandbox has a second
// client, "partial", which administers only one owner account.
func sandboxClient(t *testing.T, opts ...client.Option) (*sandbox.Server, *client.Client) {
	t.Helper()
	server, err := sandbox.Start(sandbox.WithClient(sandbox.Client{ID: "partial", Secret: "partial-secret", Administers: []string{"Home"}}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return sandboxClientOf(t, server, opts...)
}

// sandboxClientOf returns a client of a sandbox without retries.
func sandboxClientOf(t *testing.T, server *sandbox.Server, opts ...client.Option) (*sandbox.Server, *client.Client) {
	t.Helper()
	c, err := client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()), client.WithRetries(0),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return server, c
}

func TestRevokedTokenIsRenewedOnce(t *testing.T) {
	server, c := sandboxClient(t, client.WithScopes("read:owneraccounts", "write:core:entities"))
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= 3; round++ {
		server.RevokeTokens()
		calls := server.Count("createContact")
		// A create is not retried after a transient failure, but it is after a 401, because
		// the server has not executed it.
		if _, err := c.CreateContact(t.Context(), owners[0].ID, tapkey.ContactCreate{
			IPID: new("tapkey"), Identifier: new(fmt.Sprintf("user%d@example.com", round)),
		}); err != nil {
			t.Fatal(err)
		}
		equal(t, "token requests", server.TokenRequests(), 1+round)
		equal(t, "API requests", server.Count("createContact")-calls, 2)
	}
}

func TestLasting401IsRetriedOnce(t *testing.T) {
	server, c := sandboxClient(t)
	if err := server.Inject(sandbox.Fault{Kind: sandbox.Fault401InvalidToken}); err != nil {
		t.Fatal(err)
	}
	for call := 1; call <= 3; call++ {
		if _, err := c.ListOwners(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
			t.Fatalf("got error %v, want ErrUnauthorized", err)
		}
		// The first call is retried with another token. The token did not help, so no
		// call requests another one for a minute.
		equal(t, fmt.Sprintf("token requests after %d calls", call), server.TokenRequests(), 2)
		equal(t, fmt.Sprintf("API requests after %d calls", call), server.Count("listOwners"), 1+call)
	}
}

func TestRejectedAndAcceptedCallsTogether(t *testing.T) {
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
					t.Errorf("%s: got error %v, want none if allowed (%t) and else ErrUnauthorized", owner.Name, err, allowed)
					return
				}
			}
		})
	}
	wait.Wait()
	if n := server.TokenRequests(); n > 2 {
		t.Errorf("got %d token requests, want at most 2", n)
	}
}

// A token that was obtained because of a 401, is accepted for other calls and is revoked before
// the retry that it was obtained for, is replaced at once: it has worked for a request that
// it is now refused for.
func TestRevokedBeforeItsOwnRetry(t *testing.T) {
	valid, tokens := "t0", 0
	retrying, revoked := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var mu sync.Mutex
	s := newService(t, func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		tokens++
		valid = fmt.Sprintf("t%d", tokens)
		respondJSON(http.StatusOK, map[string]any{"access_token": valid, "expires_in": 3600})(w, req)
	}, func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		token, good := req.Header.Get("Authorization"), "Bearer "+valid
		mu.Unlock()
		if token == "Bearer t2" && strings.HasSuffix(req.URL.Path, "/slow") {
			once.Do(func() { close(retrying); <-revoked })
			mu.Lock()
			good = "Bearer " + valid
			mu.Unlock()
		}
		if token != good {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		respondJSON(http.StatusOK, map[string]any{"id": "1", "name": "Home", "active": true})(w, req)
	})
	c := s.client(t, client.WithRetries(0))
	get := func(owner string) error { _, err := c.GetOwner(t.Context(), owner); return err }
	revoke := func() { mu.Lock(); valid = ""; mu.Unlock() }
	if err := get("first"); err != nil {
		t.Fatal(err)
	}
	revoke()
	slow := make(chan error)
	go func() { slow <- get("slow") }()
	<-retrying
	for _, owner := range []string{"1", "2"} {
		if err := get(owner); err != nil { // with the new token
			t.Fatal(err)
		}
	}
	revoke()
	close(revoked)
	if err := <-slow; !errors.Is(err, api.ErrUnauthorized) {
		t.Fatalf("got error %v, want ErrUnauthorized", err)
	}
	for _, owner := range []string{"1", "slow", "2"} {
		if err := get(owner); err != nil {
			t.Errorf("%s: got error %v, want none", owner, err)
		}
	}
	equal(t, "token requests", tokens, 3)
}

func TestLasting401RenewsOncePerMinute(t *testing.T) {
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
				t.Fatalf("got error %v, want ErrUnauthorized", err)
			}
			time.Sleep(time.Second)
		}
		equal(t, "token requests", tokens, 11)
		equal(t, "API requests", calls, 600+10)
	})
}

func TestSameTokenIsNotSentAgain(t *testing.T) {
	s := newService(t, nil, respondJSON(http.StatusUnauthorized, map[string]any{}))
	if _, err := s.client(t).ListOwners(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("got error %v, want ErrUnauthorized", err)
	}
	equal(t, "token requests", len(s.login.all()), 2)
	equal(t, "API requests", len(s.api.all()), 1)
}

func TestCallersHeaderIsKeptAfter401(t *testing.T) {
	s := newService(t, nil, respondJSON(http.StatusUnauthorized, map[string]any{}))
	_, err := s.client(t).ListOwners(t.Context(), func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer mine")
		return nil
	})
	if !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("got error %v, want ErrUnauthorized", err)
	}
	equal(t, "token requests", len(s.login.all()), 0)
	equal(t, "API requests", len(s.api.all()), 1)
}

// numbered is a token endpoint that issues the tokens t1, t2 and so on. It responds with 503
// while failing is true.
type numbered struct {
	life     time.Duration // lifetime of a token
	took     time.Duration // time until the response
	requests atomic.Int32
	failing  atomic.Bool
}

func (n *numbered) respond(req *http.Request) (*http.Response, error) {
	time.Sleep(n.took)
	number := n.requests.Add(1)
	if n.failing.Load() {
		return response(req, http.StatusServiceUnavailable, `{}`), nil
	}
	return response(req, http.StatusOK, fmt.Sprintf(`{"access_token":"t%d","expires_in":%d}`, number, int(n.life.Seconds()))), nil
}

func TestRenewalDoesNotDelayCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: 100 * time.Second, took: time.Second}
		c := tokenEndpoint(t, source.respond)
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 4000 {
					start := time.Now()
					if _, err := c.ListOwners(t.Context()); err != nil || time.Since(start) != 0 {
						t.Errorf("got error %v after %v, want none after 0s", err, time.Since(start))
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		wait.Wait()
		time.Sleep(source.took) // the last renewal may still be in flight
		// The test takes 400 s. A token is renewed after 70 to 85 s.
		if n := source.requests.Load(); n < 5 || n > 6 {
			t.Errorf("got %d token requests, want 5 or 6", n)
		}
	})
}

func TestShortLivedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: 12 * time.Second, took: 10 * time.Millisecond}
		var expiry sync.Map // by header
		c, err := client.New(client.WithCredentials("id", "secret"), client.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path == "/connect/token" {
					rsp, err := source.respond(req)
					expiry.Store(fmt.Sprintf("Bearer t%d", source.requests.Load()), time.Now().Add(source.life))
					return rsp, err
				}
				if at, ok := expiry.Load(req.Header.Get("Authorization")); !ok || !time.Now().Before(at.(time.Time)) {
					t.Errorf("got Authorization %q, want a token that has not expired", req.Header.Get("Authorization"))
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
		if n := source.requests.Load(); n < 2 || n > 4 {
			t.Errorf("got %d token requests, want 2 to 4", n)
		}
	})
}

func TestOldTokenIsUsedWhileRenewalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: 100 * time.Second}
		c := tokenEndpoint(t, source.respond)
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		source.failing.Store(true)
		var succeeded, failed int
		for range 120 {
			time.Sleep(time.Second)
			if _, err := c.ListOwners(t.Context()); err == nil {
				succeeded++
			} else if _, ok := errors.AsType[*client.TokenError](err); ok {
				failed++
			}
		}
		if succeeded < 88 || succeeded > 92 || succeeded+failed != 120 {
			t.Errorf("got %d successes and %d TokenErrors, want 88 to 92 successes of 120 calls", succeeded, failed)
		}
		// The pause after a failed renewal grows to 8 s.
		if n := source.requests.Load(); n > 12 {
			t.Errorf("got %d token requests, want at most 12", n)
		}
		source.failing.Store(false)
		time.Sleep(10 * time.Second)
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Errorf("after the outage: got error %v, want none", err)
		}
	})
}

func TestTokenRequestsAreRetried(t *testing.T) {
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
				if _, err := c.ListOwners(t.Context()); err == nil {
					t.Error("got no error, want one")
				}
				equal(t, "token requests", requests, test.requests)
			})
		})
	}
}

func TestPauseFollowsRetryAfter(t *testing.T) {
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
				t.Fatal("got no error, want one")
			}
			time.Sleep(time.Second)
		}
		equal(t, "token requests in 39 s", requests, 2)
	})
}

// If the retry with a new token receives no response, the token may be valid. The next 401 may
// then cause a renewal at once.
func TestRenewalAfterRetryWithoutResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &numbered{life: time.Hour}
		statuses := []int{401, 0, 401, 200} // 0 is no response
		c, err := client.New(client.WithCredentials("id", "secret"), client.WithRetries(0), client.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path == "/connect/token" {
					return source.respond(req)
				}
				status := statuses[0]
				if statuses = statuses[1:]; status == 0 {
					return nil, errors.New("connection reset by peer")
				}
				return response(req, status, `[]`), nil
			}),
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.ListOwners(t.Context()); err == nil || errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("first call: got error %v, want a connection error", err)
		}
		if _, err := c.ListOwners(t.Context()); err != nil {
			t.Errorf("second call: got error %v, want none", err)
		}
		equal(t, "responses left", len(statuses), 0)
		equal(t, "token requests", source.requests.Load(), 3)
	})
}

// respondStatus returns a handler that responds with a status, a Retry-After and an error code.
func respondStatus(status int, retryAfter, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		respondJSON(status, map[string]string{"error": code})(w, req)
	}
}

// A token endpoint that limits requests or is down fails a call as the API does: with a
// sentinel, and with how long to wait.
func TestTokenEndpointAsksToWait(t *testing.T) {
	for status, sentinel := range map[int]error{429: api.ErrTooManyRequests, 503: api.ErrServer, 500: api.ErrServer, 401: nil, 400: nil} {
		s := newService(t, respondStatus(status, "90", "x"), nil)
		c := s.client(t)
		check := func(call string, err error) {
			t.Helper()
			for _, other := range []error{api.ErrBadRequest, api.ErrUnauthorized, api.ErrTooManyRequests, api.ErrServer} {
				if got, want := errors.Is(err, other), errors.Is(sentinel, other); got != want {
					t.Errorf("%d, %s: got error %v, which is %q: %t, want only %v", status, call, err, other, got, sentinel)
				}
			}
			if token, ok := errors.AsType[*client.TokenError](err); !ok || token.StatusCode != status || token.RetryAfter != 90*time.Second {
				t.Errorf("%d, %s: got error %v, want a TokenError with the status and RetryAfter of 1m30s", status, call, err)
			}
			if failed, ok := errors.AsType[*api.Error](err); ok && failed.RetryAfter != 90*time.Second {
				t.Errorf("%d, %s: got error %#v, want RetryAfter of 1m30s", status, call, err)
			}
		}
		_, err := c.ListOwners(t.Context())
		check("ListOwners", err)
		equal(t, "token requests", len(s.login.all()), 1) // 90 s are too long to wait
		for _, err = range c.AllOwners(t.Context()) {
			check("AllOwners", err)
		}
		_, err = c.Do(t.Context(), http.MethodGet, "/Unknown", nil, nil)
		check("Do", err)
		_, err = c.Token(t.Context())
		check("Token", err)
		_, err = c.Raw().ListOwners(t.Context())
		check("raw", err)
		equal(t, "token requests during the pause", len(s.login.all()), 1)
		_, err = c.NewToken(t.Context(), "a")
		check("NewToken", err)
		equal(t, "API requests", len(s.api.all()), 0)
	}
}

func TestTokenRetryAfterIsObeyed(t *testing.T) {
	for value, want := range map[string]struct {
		requests    int
		least, most time.Duration // until the call returns
	}{
		"20":                            {2, 20 * time.Second, 20 * time.Second},
		"6.5":                           {2, 7 * time.Second, 7 * time.Second},
		"0":                             {2, 1, time.Second},
		"-1":                            {2, 1, time.Second},
		"Fri, 01 Jan 1999 00:00:00 GMT": {2, 1, time.Second},
		"31":                            {1, 0, 0},
		"4294967296":                    {1, 0, 0},
	} {
		t.Run(value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				c, err := client.New(client.WithCredentials("id", "secret"), client.WithHTTPClient(&http.Client{
					Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
						if req.URL.Path != "/connect/token" {
							return response(req, http.StatusOK, `[]`), nil
						}
						if requests++; requests > 1 {
							return response(req, http.StatusOK, tokenBody), nil
						}
						rsp := response(req, http.StatusServiceUnavailable, `{}`)
						rsp.Header.Set("Retry-After", value)
						return rsp, nil
					}),
				}))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = c.ListOwners(t.Context())
				if took := time.Since(start); took < want.least || took > want.most || (err == nil) != (want.requests == 2) {
					t.Errorf("got error %v after %v, want %d token requests within %v to %v", err, took, want.requests, want.least, want.most)
				}
				equal(t, "token requests", requests, want.requests)
			})
		})
	}
}

// If the renewal after a 401 fails, the error of the call contains both.
func TestRenewalAfter401Fails(t *testing.T) {
	for name, test := range map[string]struct {
		login http.HandlerFunc // for the second token
		code  string
		text  string
		is    error
	}{
		"client removed": {respondStatus(400, "", "invalid_client"), "invalid_client", "400 Bad Request: invalid_client (check the client id and the client secret)", nil},
		"rate limit":     {respondStatus(429, "50", "slow_down"), "slow_down", "429 Too Many Requests: slow_down: the server asks to wait 50s", api.ErrTooManyRequests},
		"outage":         {respondStatus(503, "50", ""), "", "503 Service Unavailable: the server asks to wait 50s", api.ErrServer},
		"unusable":       {respondStatus(200, "", ""), "", "200 OK: unexpected response: no access_token", api.ErrUnexpected},
	} {
		t.Run(name, func(t *testing.T) {
			logins := 0
			s := newService(t, func(w http.ResponseWriter, req *http.Request) {
				if logins++; logins == 1 {
					respondJSON(http.StatusOK, map[string]any{"access_token": "revoked", "expires_in": 3600})(w, req)
					return
				}
				test.login(w, req)
			}, respondJSON(http.StatusUnauthorized, map[string]any{"ErrorCode": "InvalidToken"}))
			c := s.client(t)
			for call, do := range map[string]func() error{
				"ListOwners": func() error { _, err := c.ListOwners(t.Context()); return err },
				"Do":         func() error { _, err := c.Do(t.Context(), http.MethodGet, "/Unknown", nil, nil); return err },
				"raw":        func() error { _, err := c.Raw().ListOwners(t.Context()); return err },
			} {
				err := do()
				failed, ok := errors.AsType[*api.Error](err)
				token, found := errors.AsType[*client.TokenError](err)
				if !ok || !found || !errors.Is(err, api.ErrUnauthorized) || failed.Code != "InvalidToken" || token.Code != test.code {
					t.Fatalf("%s: got error %v, want ErrUnauthorized with code InvalidToken, and a TokenError with code %q", call, err, test.code)
				}
				if want := "401 Unauthorized (InvalidToken): token not renewed: token request: " + test.text; !strings.Contains(err.Error(), want) {
					t.Errorf("%s: got error %v, want %q in it", call, err, want)
				}
				if test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("%s: got error %v, want also %v", call, err, test.is)
				}
			}
			equal(t, "token requests", logins, 2)
		})
	}
}

// A token request whose response is cut off is not retried.
func TestTokenResponseIsCutOff(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"length":  func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "500") },
		"chunked": func(http.ResponseWriter, *http.Request) {},
	} {
		s := newService(t, func(w http.ResponseWriter, req *http.Request) {
			handler(w, req)
			_, _ = w.Write([]byte(`{"access_token":"the-token",`))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, nil)
		_, err := s.client(t).ListOwners(t.Context())
		token, ok := errors.AsType[*client.TokenError](err)
		if !ok || token.StatusCode != http.StatusOK || !errors.Is(err, api.ErrUnexpected) || !strings.Contains(err.Error(), "200 OK: unexpected response: body cut off") {
			t.Errorf("%s: got error %v, want a TokenError with status 200 and ErrUnexpected", name, err)
		}
		equal(t, "token requests", len(s.login.all()), 1)
	}
}
