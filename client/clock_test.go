package client_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// The clock that shows more time counts: the wall clock after the machine has slept, and the
// monotonic clock after the wall clock has been set back.
func TestTokenExpiresByEitherClock(t *testing.T) {
	for name, test := range map[string]struct {
		jump    time.Duration // by which the wall clock moves, and the monotonic clock does not
		elapsed time.Duration // by which both clocks move
		tokens  int           // of one hour each
	}{
		"neither":               {0, time.Minute, 1},
		"slept":                 {2 * time.Hour, 0, 2},
		"slept until the end":   {time.Hour - 5*time.Second, 0, 2},
		"slept and ran":         {30 * time.Minute, 30 * time.Minute, 2},
		"set back":              {-24 * time.Hour, time.Minute, 1},
		"set back, and expired": {-24 * time.Hour, 2 * time.Hour, 2},
		"set far back":          {-1 << 62, time.Minute, 1},
		"set far ahead":         {1 << 62, 0, 2},
	} {
		for _, kind := range []string{"endpoint", "source"} {
			t.Run(kind+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var jump time.Duration
					wall := func() time.Time { return time.Now().Round(0).Add(jump) }
					tokens := 0
					opts := []client.Option{client.WithClock(wall), client.WithCredentials("id", "secret")}
					if kind == "source" {
						opts = append(opts, client.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
							tokens++
							return &oauth2.Token{AccessToken: "t", Expiry: wall().Add(time.Hour)}, nil
						})))
					}
					c := inMemory(t, nil, append(opts, client.WithHTTPClient(&http.Client{
						Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
							if req.URL.Path == "/connect/token" {
								tokens++
								return response(req, http.StatusOK, tokenBody), nil
							}
							return response(req, http.StatusOK, `[]`), nil
						}),
					}))...)
					call := func() {
						t.Helper()
						if _, err := c.ListOwners(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					call()
					jump = test.jump
					time.Sleep(test.elapsed)
					call()
					call()
					equal(t, "tokens", tokens, test.tokens)
				})
			})
		}
	}
}

// The Expiry of a source may have a monotonic reading, which counts if the wall clock has been
// set back since. There is no such reading in a synctest bubble.
func TestExpiryByTheMonotonicClock(t *testing.T) {
	back := client.WithClock(func() time.Time { return time.Now().Add(-24 * time.Hour) })
	expired := sourceFunc(func() (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(-time.Second)}, nil
	})
	_, err := sourceClient(t, expired, nil, back).ListOwners(t.Context())
	if err == nil || !strings.Contains(err.Error(), "token that has expired") {
		t.Errorf("got error %v, want one about an expired token", err)
	}
}
