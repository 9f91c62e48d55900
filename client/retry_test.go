package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// failing responds with the given statuses, then with 200. Status 0 is a connection error. It
// appends the body of each request to bodies.
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
					t.Errorf("got error %v, want %v", err, test.want)
				}
				equal(t, "attempts", len(bodies), test.attempts)
				for _, body := range bodies {
					equal(t, "body", body, bodies[0])
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
		"fraction": {"6.1", 2, 7 * time.Second, 7 * time.Second},
		"zero":     {"0", 2, 1, time.Second}, // at least 1 ns: the delay is that without the header
		"too long": {"31", 1, 0, 0},
		"2^31":     {"2147483648", 1, 0, 0},
		"huge":     {"99999999999999999999", 1, 0, 0},
		"nonsense": {"soon", 2, 1, time.Second},
		"negative": {"-5", 2, 1, time.Second},
		"past":     {"Fri, 01 Jan 1999 00:00:00 GMT", 2, 1, time.Second},
		"date":     {"Sat, 01 Jan 2000 00:00:09 GMT", 2, 9 * time.Second, 9 * time.Second}, // the bubble starts in 2000
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bodies []string
				c := inMemory(t, failing(&bodies, http.Header{"Retry-After": {test.header}}, 429))
				start := time.Now()
				_, err := c.GetOwner(t.Context(), "1")
				if waited := time.Since(start); waited < test.least || waited > test.most {
					t.Errorf("got a delay of %v, want %v to %v", waited, test.least, test.most)
				}
				if len(bodies) != test.attempts || (err == nil) != (test.attempts == 2) {
					t.Errorf("got %d attempts and error %v, want %d attempts, with an error if there is only one", len(bodies), err, test.attempts)
				}
				// The error explains why the request was not retried.
				if failed, ok := errors.AsType[*api.Error](err); err != nil && (!ok || failed.RetryAfter < 31*time.Second ||
					!strings.HasSuffix(err.Error(), "429 Too Many Requests (Busy): the server asks to wait "+failed.RetryAfter.String())) {
					t.Errorf("got error %q, want one with the Retry-After %s", err, test.header)
				}
			})
		})
	}
}

// A request that the server may have received is retried only if the operation is idempotent.
// A request that was never sent is always retried.
func TestConnectionErrors(t *testing.T) {
	reason := errors.New("broken")
	for name, test := range map[string]struct {
		err                error
		get, patch, create int // attempts
	}{
		"dial":            {&net.OpError{Op: "dial", Err: reason}, 4, 4, 4},
		"no such host":    {&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, 4, 4, 4},
		"dial to a proxy": {&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Err: reason}}, 4, 4, 4},
		"read":            {&net.OpError{Op: "read", Err: reason}, 4, 4, 1},
		"write":           {&net.OpError{Op: "write", Err: reason}, 4, 4, 1},
		"end of file":     {io.EOF, 4, 4, 1},
		"header time-out": {fmt.Errorf("no response: %w", context.DeadlineExceeded), 4, 4, 1},
		"certificate":     {&tls.CertificateVerificationError{Err: reason}, 1, 1, 1},
		"too large":       {api.ErrTooLarge, 1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				c := inMemory(t, func(*http.Request) (*http.Response, error) {
					attempts++
					return nil, test.err
				})
				check := func(operation string, err error, want int) {
					t.Helper()
					if !errors.Is(err, test.err) || attempts != want {
						t.Errorf("%s: got error %v after %d attempts, want %v after %d", operation, err, attempts, test.err, want)
					}
					attempts = 0
				}
				_, err := c.GetOwner(t.Context(), "1")
				check("get", err, test.get)
				_, err = c.UpdateOwner(t.Context(), "1", tapkey.OwnerAccountUpdate{Name: new("New")})
				check("patch", err, test.patch)
				_, err = c.CreateOwner(t.Context(), tapkey.OwnerAccountCreate{Name: "New"})
				check("create", err, test.create)
				err = c.DeletePermission(t.Context(), "1", "2")
				check("delete", err, test.create)
			})
		})
	}
}

// The Timeout of the caller's http.Client limits the time until the header and between two
// reads of the body. It does not limit the whole response.
func TestTimeoutOfTheHTTPClient(t *testing.T) {
	for name, test := range map[string]struct {
		header, piece time.Duration
		took          time.Duration
		ok            bool
	}{
		"in time":   {4 * time.Second, 4 * time.Second, 16 * time.Second, true},
		"no header": {6 * time.Second, 0, 5 * time.Second, false},
		"no body":   {time.Second, 6 * time.Second, 6 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := roundTrip(func(req *http.Request) (*http.Response, error) {
					if strings.HasSuffix(req.URL.Path, "/connect/token") {
						return response(req, http.StatusOK, tokenBody), nil
					}
					if err := pause(req.Context(), test.header); err != nil {
						return nil, err
					}
					rsp := response(req, http.StatusOK, "")
					rsp.Body, rsp.ContentLength = &slowBody{req.Context(), test.piece, []string{`{"id":`, `"1"`, `}`}}, -1
					return rsp, nil
				})
				own := &http.Client{Transport: transport, Timeout: 5 * time.Second}
				c, err := client.New(client.WithCredentials("id", "secret"), client.WithHTTPClient(own), client.WithRetries(0))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = c.GetOwner(t.Context(), "1")
				if took := time.Since(start); took != test.took || (err == nil) != test.ok || !test.ok && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got error %v after %v, want none if ok (%t), after %v", err, took, test.ok, test.took)
				}
				equal(t, "Timeout of the caller's http.Client", own.Timeout, 5*time.Second)
			})
		})
	}
}

// slowBody is a body that delays each piece.
type slowBody struct {
	ctx    context.Context
	each   time.Duration
	pieces []string
}

func (b *slowBody) Read(p []byte) (int, error) {
	if len(b.pieces) == 0 {
		return 0, io.EOF
	}
	if err := pause(b.ctx, b.each); err != nil {
		return 0, err
	}
	n := copy(p, b.pieces[0])
	b.pieces = b.pieces[1:]
	return n, nil
}

func (b *slowBody) Close() error { return nil }

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestDelayEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		c := inMemory(t, failing(&bodies, http.Header{"Retry-After": {"20"}}, 503, 503))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := c.GetOwner(ctx, "1")
		if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second || len(bodies) != 1 {
			t.Errorf("got error %v after %v and %d attempts, want context.Canceled after 1s and 1 attempt", err, time.Since(start), len(bodies))
		}
	})
}

// If the delay before a retry exceeds the deadline of the context, the call returns the error
// of the attempt at once.
func TestNoDelayBeyondTheDeadline(t *testing.T) {
	for name, test := range map[string]struct {
		header   http.Header
		deadline time.Duration
		attempts int
	}{
		"Retry-After beyond it":    {http.Header{"Retry-After": {"20"}}, 20 * time.Second, 1},
		"Retry-After before it":    {http.Header{"Retry-After": {"20"}}, 21 * time.Second, 2},
		"no time left for backoff": {nil, time.Nanosecond, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bodies []string
				c := inMemory(t, failing(&bodies, test.header, 503, 503, 503, 503))
				if _, err := c.Token(t.Context()); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				start := time.Now()
				_, err := c.GetOwner(ctx, "1")
				if failed, ok := errors.AsType[*api.Error](err); !ok || failed.StatusCode != 503 || len(bodies) != test.attempts {
					t.Errorf("got error %v after %d attempts, want status 503 after %d", err, len(bodies), test.attempts)
				}
				if took, want := time.Since(start), 20*time.Second*time.Duration(test.attempts-1); took != want {
					t.Errorf("got a call of %v, want %v", took, want)
				}
			})
		})
	}
}

// Changes that an editor or a RoundTripper makes to a request affect neither the next attempt
// nor the next call.
func TestAttemptsAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			req.URL.RawQuery += "signed=1&"
			req.Header.Add("X-Signed", "1")
			sent = append(sent, fmt.Sprint(req.URL.RawQuery, req.Header["X-Signed"], req.Header["User-Agent"]))
			return response(req, http.StatusServiceUnavailable, ""), nil
		}, client.WithUserAgent("mine"), client.WithRequestEditor(func(_ context.Context, req *http.Request) error {
			req.Header["User-Agent"][0] += "+editor"
			return nil
		}))
		for range 2 {
			if _, err := c.GetOwner(t.Context(), "1"); !errors.Is(err, api.ErrServer) {
				t.Errorf("got error %v, want ErrServer", err)
			}
		}
		equal(t, "attempts", len(sent), 2*(1+client.DefaultRetries))
		for _, got := range sent {
			equal(t, "query and headers", got, "signed=1&[1] [mine+editor]")
		}
	})
}
