package client

import (
	"context"
	"strconv"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// If the lease that the caller saw has been replaced, renew returns the token of the new one
// without a request. The copy that helped stores has the generation of the original.
func TestRenewReplacesTheLeaseTheCallerSaw(t *testing.T) {
	fetched := 0
	c := &tokenCache{fetch: func(context.Context) (*oauth2.Token, error) {
		fetched++
		return &oauth2.Token{AccessToken: strconv.Itoa(fetched), Expiry: time.Now().Add(time.Hour)}, nil
	}}
	renew := func(seen *lease, forced bool, want string) {
		t.Helper()
		token, err := wait(t.Context(), c.renew(t.Context(), seen, forced))
		if err != nil || token.AccessToken != want {
			t.Fatalf("got token %v and error %v, want token %s", token, err, want)
		}
	}
	renew(nil, false, "1")
	first := c.current.Load()
	renew(nil, false, "1")
	renew(first, true, "2")
	renew(first, false, "2")
	second := c.current.Load()
	c.helped()
	if c.current.Load() == second {
		t.Fatal("after helped: got the same lease, want a copy")
	}
	renew(second, false, "3")
}
