package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// failing answers with the statuses given, then with 200.
func failing(bodies *[]string, header http.Header, statuses ...int) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		body := ""
		if req.Body != nil {
			b, _ := io.ReadAll(req.Body)
			body = string(b)
		}
		*bodies = append(*bodies, body)
		if len(*bodies) > len(statuses) {
			return response(req, http.StatusOK, `{"id":"1"}`), nil
		}
		status := statuses[len(*bodies)-1]
		if status == 0 {
			return nil, errors.New("connection reset by peer")
		}
		rsp := response(req, status, `{"ErrorCode":"Busy"}`)
		for k, v := range header {
			rsp.Header[k] = v
		}
		return rsp, nil
	}
}

func TestRetries(t *testing.T) {
	get := func(c *client.Client) error { _, err := c.GetOwner(context.Background(), "1"); return err }
	patch := func(c *client.Client) error {
		_, err := c.UpdateOwner(context.Background(), "1", tapkey.OwnerAccountUpdate{Name: new("New")})
		return err
	}
	create := func(c *client.Client) error {
		_, err := c.CreateOwner(context.Background(), tapkey.OwnerAccountCreate{Name: "New"})
		return err
	}
	remove := func(c *client.Client) error { return c.DeletePermission(context.Background(), "1", "2") }
	revoke := func(c *client.Client) error {
		_, err := c.RevokeGrant(context.Background(), "1", "2", nil)
		return err
	}
	raw := func(method func(*tapkey.Client) (*http.Response, error)) func(*client.Client) error {
		return func(c *client.Client) error {
			rsp, err := method(c.Raw())
			if err == nil {
				rsp.Body.Close()
				if rsp.StatusCode != http.StatusOK {
					err = api.ErrServer
				}
			}
			return err
		}
	}
	rawGet := raw(func(c *tapkey.Client) (*http.Response, error) { return c.GetOwner(context.Background(), "1") })
	rawPatch := raw(func(c *tapkey.Client) (*http.Response, error) {
		return c.UpdateOwner(context.Background(), "1", tapkey.OwnerAccountUpdate{})
	})

	for name, test := range map[string]struct {
		call     func(*client.Client) error
		statuses []int
		retries  int
		attempts int
		want     error
	}{
		"GET, three failures":  {get, []int{503, 0, 429}, 3, 4, nil},
		"GET, one too many":    {get, []int{500, 502, 503, 504}, 3, 4, api.ErrServer},
		"GET, request timeout": {get, []int{408}, 1, 2, nil},
		"GET, no retries":      {get, []int{503}, 0, 1, api.ErrServer},
		"GET, 404":             {get, []int{404}, 3, 1, api.ErrNotFound},
		"GET, 401":             {get, []int{401}, 3, 1, api.ErrUnauthorized},
		"GET, 501":             {get, []int{501}, 3, 1, api.ErrServer},
		"PATCH":                {patch, []int{503, 503}, 3, 3, nil},
		"PUT":                  {create, []int{503}, 3, 1, api.ErrServer},
		"DELETE":               {remove, []int{503}, 3, 1, api.ErrServer},
		"POST":                 {revoke, []int{503}, 3, 1, api.ErrServer},
		"raw GET":              {rawGet, []int{503}, 3, 2, nil},
		"raw PATCH":            {rawPatch, []int{503}, 3, 1, api.ErrServer},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bodies []string
				err := test.call(inMemory(t, failing(&bodies, nil, test.statuses...), client.WithRetries(test.retries)))
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if len(bodies) != test.attempts {
					t.Errorf("%d attempts, want %d", len(bodies), test.attempts)
				}
				for _, body := range bodies {
					if body != bodies[0] {
						t.Errorf("the bodies were %q", bodies)
					}
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for name, test := range map[string]struct {
		header   string
		attempts int
		least    time.Duration
		most     time.Duration
	}{
		"seconds":  {"7", 2, 7 * time.Second, 7 * time.Second},
		"zero":     {"0", 2, 0, 0},
		"too long": {"31", 1, 0, 0},
		"huge":     {"99999999999999999999", 2, 0, time.Second},
		"nonsense": {"soon", 2, 0, time.Second},
		"negative": {"-5", 2, 0, time.Second},
		"past":     {"Fri, 01 Jan 1999 00:00:00 GMT", 2, 0, 0},
		"date":     {"Sat, 01 Jan 2000 00:00:09 GMT", 2, 9 * time.Second, 9 * time.Second}, // the bubble starts in 2000
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bodies []string
				c := inMemory(t, failing(&bodies, http.Header{"Retry-After": {test.header}}, 429))
				start := time.Now()
				_, err := c.GetOwner(t.Context(), "1")
				if waited := time.Since(start); waited < test.least || waited > test.most {
					t.Errorf("waited %v", waited)
				}
				if len(bodies) != test.attempts || (err == nil) != (test.attempts == 2) {
					t.Errorf("%d attempts, %v", len(bodies), err)
				}
			})
		})
	}
}

func TestTheWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		c := inMemory(t, failing(&bodies, http.Header{"Retry-After": {"20"}}, 503, 503))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.GetOwner(ctx, "1")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if len(bodies) != 1 {
			t.Errorf("%d attempts", len(bodies))
		}
	})
}
