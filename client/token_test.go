package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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

// formDecode reverses the encoding of Basic credentials of RFC 6749, section 2.3.1.
func formDecode(s string) string {
	decoded, err := url.QueryUnescape(s)
	if err != nil {
		return "not form-encoded: " + s
	}
	return decoded
}

// tokenEndpoint returns a client whose in-memory token endpoint calls token.
func tokenEndpoint(t *testing.T, token roundTrip) *client.Client {
	t.Helper()
	transport := roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/connect/token") {
			return token(req)
		}
		return response(req, http.StatusOK, `[]`), nil
	})
	c, err := client.New(client.WithCredentials("the-id", "the-s3cret"), client.WithRetries(0),
		client.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOneTokenForManyCallers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		"a token":   {http.StatusOK, tokenBody},
		"a failure": {http.StatusInternalServerError, `{"error":"server_error"}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
					requests.Add(1)
					time.Sleep(50 * time.Millisecond)
					return response(req, test.status, test.body), nil
				})
				start := time.Now()
				var wait sync.WaitGroup
				for range 64 {
					wait.Go(func() {
						if _, err := c.ListOwners(t.Context()); (err == nil) != (test.status == http.StatusOK) {
							t.Errorf("status %d: got error %v, want one unless the status is 200", test.status, err)
						}
						if waited := time.Since(start); waited > 50*time.Millisecond {
							t.Errorf("got a call of %v, want at most 50ms", waited)
						}
					})
				}
				wait.Wait()
				equal(t, "token requests", requests.Load(), 1)
			})
		})
	}
}

func TestWaitForTokenEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done() // until the time-out of the token request
			return nil, req.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := c.ListOwners(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 50*time.Millisecond {
			t.Errorf("got error %v after %v, want context.DeadlineExceeded after 50ms", err, time.Since(start))
		}
		// The token request continues for other callers, until its own time-out.
		_, err = c.ListOwners(t.Context())
		if waited := time.Since(start); err == nil || waited > 30*time.Second {
			t.Errorf("got error %v after %v, want an error within 30s", err, waited)
		}
	})
}

func TestLifetimes(t *testing.T) {
	for name, test := range map[string]struct {
		expiresIn   string
		least, most int32 // token requests in ten minutes with one call per second
	}{
		"hour":      {`,"expires_in":3600`, 1, 1},
		"minutes":   {`,"expires_in":310`, 3, 3},
		"string":    {`,"expires_in":"310"`, 3, 3},
		"fraction":  {`,"expires_in":310.5`, 3, 3},
		"zeros":     {`,"expires_in":310.000`, 3, 3},
		"exponent":  {`,"expires_in":3.1e2`, 3, 3},
		"text":      {`,"expires_in":" 310.0 "`, 3, 3},
		"2^31-1":    {`,"expires_in":2147483647`, 1, 1},
		"2^31":      {`,"expires_in":2147483648`, 1, 1},
		"41 years":  {`,"expires_in":1317624577`, 1, 1}, // 2^63 ns, divided by 7
		"2^63-1":    {`,"expires_in":9223372036854775807`, 1, 1},
		"1e18":      {`,"expires_in":1e18`, 1, 1},
		"1e999":     {`,"expires_in":1e999`, 1, 1},
		"huge text": {`,"expires_in":"99999999999999999999999"`, 1, 1},
		"missing":   {``, 12, 15},
		"null":      {`,"expires_in":null`, 12, 15},
		"zero":      {`,"expires_in":0`, 12, 15},
		"negative":  {`,"expires_in":-1`, 12, 15},
		"-2^63":     {`,"expires_in":-9223372036854775808`, 12, 15},
		"-1e999":    {`,"expires_in":-1e999`, 12, 15},
		"text of 0": {`,"expires_in":"0"`, 12, 15},
		"5 seconds": {`,"expires_in":5`, 100, 151},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
					n := requests.Add(1)
					return response(req, http.StatusOK, fmt.Sprintf(`{"access_token":"t%d","token_type":"Bearer"%s}`, n, test.expiresIn)), nil
				})
				for range 600 {
					if _, err := c.ListOwners(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				}
				if n := requests.Load(); n < test.least || n > test.most {
					t.Errorf("got %d token requests, want %d to %d", n, test.least, test.most)
				}
			})
		})
	}
}

func TestTokenResponses(t *testing.T) {
	type want struct {
		code, text string
		is         error
	}
	unusable := func(problem string) *want {
		return &want{"", "200 OK: unexpected response: " + problem, api.ErrUnexpected}
	}
	for name, test := range map[string]struct {
		status      int
		contentType string
		body        string
		want        *want
	}{
		"JSON as text":    {200, "text/plain", tokenBody, nil},
		"JSON, charset":   {200, "application/json; charset=utf-8", tokenBody, nil},
		"no content type": {200, "", tokenBody, nil},
		"rejected":        {400, "application/json", `{"error":"invalid_scope"}`, &want{"invalid_scope", "400 Bad Request: invalid_scope", nil}},
		"rejected, 401":   {401, "application/json", `{"error":"invalid_client"}`, &want{"invalid_client", "401 Unauthorized: invalid_client", nil}},
		"described":       {400, "application/json", `{"error":"invalid_client","error_description":"no\u0007 such\nclient"}`, &want{"invalid_client", "invalid_client: no such client", nil}},
		"echo":            {400, "application/json", `{"error":"the-s3cret","error_description":"is the-s3cret right?"}`, &want{"***", "is *** right?", nil}},
		"error, object":   {400, "application/json", `{"error":{"code":1},"error_description":"why"}`, &want{"", "400 Bad Request: why", nil}},
		"huge rejection":  {400, "application/json", `{"error":"invalid_client","x":"` + strings.Repeat("x", 70_000) + `"}`, &want{"invalid_client", "400 Bad Request", nil}},
		"429":             {429, "application/json", `{}`, &want{"", "429 Too Many Requests", api.ErrTooManyRequests}},
		"HTML with 502":   {502, "text/html", `<html>the-s3cret</html>`, &want{"", "502 Bad Gateway", api.ErrServer}},

		// Successful responses that can be understood.
		"byte order mark":   {200, "application/json", "\ufeff" + tokenBody, nil},
		"lifetime, text":    {200, "application/json", `{"access_token":"the-token","expires_in":"3600"}`, nil},
		"error, empty":      {200, "application/json", `{"access_token":"the-token","error":""}`, nil},
		"error, null":       {200, "application/json", `{"access_token":"the-token","error":null}`, nil},
		"error, false":      {200, "application/json", `{"access_token":"the-token","error":false}`, nil},
		"token type, null":  {200, "application/json", `{"access_token":"the-token","token_type":null}`, nil},
		"refresh token, 1":  {200, "application/json", `{"access_token":"the-token","refresh_token":1}`, nil},
		"names, other case": {200, "application/json", `{"Access_Token":"the-token"}`, nil},
		"201":               {201, "application/json", tokenBody, nil},

		// Successful responses without a usable token.
		"HTML with 200":        {200, "text/html", `<html>the-s3cret</html>`, unusable("not a JSON object")},
		"form with 200":        {200, "text/plain", `access_token=the-token`, unusable("not a JSON object")},
		"list":                 {200, "application/json", `[` + tokenBody + `]`, unusable("not a JSON object")},
		"null":                 {200, "application/json", `null`, unusable("no access_token")},
		"empty":                {200, "application/json", ``, unusable("not a JSON object")},
		"204":                  {204, "application/json", ``, &want{"", "204 No Content: unexpected response: not a JSON object", api.ErrUnexpected}},
		"invalid JSON":         {200, "application/json", `{"access_token"`, unusable("not a JSON object")},
		"cut off after fields": {200, "application/json", `{"access_token":"the-token","expires_in":3600`, unusable("not a JSON object")},
		"more JSON":            {200, "application/json", tokenBody + tokenBody, unusable("not a JSON object")},
		"no token":             {200, "application/json", `{}`, unusable("no access_token")},
		"empty token":          {200, "application/json", `{"access_token":""}`, unusable("no access_token")},
		"token, null":          {200, "application/json", `{"access_token":null}`, unusable("no access_token")},
		"token, number":        {200, "application/json", `{"access_token":5}`, unusable("access_token is not a string")},
		"token type, number":   {200, "application/json", `{"access_token":"the-token","token_type":1}`, unusable("token_type is not a string")},
		"lifetime, empty":      {200, "application/json", `{"access_token":"the-token","expires_in":""}`, unusable("expires_in is not a number of seconds")},
		"lifetime, words":      {200, "application/json", `{"access_token":"the-token","expires_in":"one hour"}`, unusable("expires_in is not a number of seconds")},
		"lifetime, NaN":        {200, "application/json", `{"access_token":"the-token","expires_in":"NaN"}`, unusable("expires_in is not a number of seconds")},
		"lifetime, infinite":   {200, "application/json", `{"access_token":"the-token","expires_in":"Infinity"}`, unusable("expires_in is not a number of seconds")},
		"lifetime, true":       {200, "application/json", `{"access_token":"the-token","expires_in":true}`, unusable("expires_in is not a number of seconds")},
		"lifetime, object":     {200, "application/json", `{"access_token":"the-token","expires_in":{}}`, unusable("expires_in is not a number of seconds")},
		"rejected with 200":    {200, "application/json", `{"error":"invalid_scope"}`, &want{"invalid_scope", "200 OK: invalid_scope: unexpected response", api.ErrUnexpected}},
		"error, number":        {200, "application/json", `{"access_token":"the-token","error":7}`, unusable("an error with a successful status")},
		"error, other object":  {200, "application/json", `{"error":{"code":"the-s3cret"}}`, unusable("an error with a successful status")},
		"huge":                 {200, "application/json", `{"x":"` + strings.Repeat("x", 70_000) + `"}`, &want{"", "more than 65536 bytes", api.ErrTooLarge}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{test.contentType}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}, nil)
			noSleep := client.WithSleep(func(context.Context, time.Duration) error { return nil })
			_, err := s.client(t, noSleep).ListOwners(t.Context())
			requests := 1
			if test.status == 429 || test.status >= 500 {
				requests += client.DefaultRetries
			}
			equal(t, "token requests", len(s.login.all()), requests)
			if test.want == nil {
				if err != nil {
					t.Errorf("got error %v, want none", err)
				}
				return
			}
			tokenErr, ok := errors.AsType[*client.TokenError](err)
			if !ok || tokenErr.StatusCode != test.status || tokenErr.Code != test.want.code || !strings.Contains(err.Error(), test.want.text) {
				t.Fatalf("got error %v, want a TokenError with status %d, code %q and text %q", err, test.status, test.want.code, test.want.text)
			}
			if test.want.is != nil && !errors.Is(err, test.want.is) {
				t.Errorf("got error %v, want %v", err, test.want.is)
			}
			encoded, _ := json.Marshal(tokenErr)
			for _, text := range []string{err.Error(), fmt.Sprintf("%v %+v %#v", tokenErr, tokenErr, tokenErr), string(encoded)} {
				if strings.Contains(text, "s3cret") || strings.Contains(tokenErr.Error(), "\n") {
					t.Errorf("got %q, want one line without the secret", text)
				}
			}
		})
	}
}

// countingSource issues the tokens own-1, own-2 and so on. It detects concurrent calls.
type countingSource struct {
	calls, busy atomic.Int32
	overlap     atomic.Bool
}

func (s *countingSource) Token() (*oauth2.Token, error) {
	if s.busy.Add(1) > 1 {
		s.overlap.Store(true)
	}
	defer s.busy.Add(-1)
	time.Sleep(time.Second)
	return &oauth2.Token{AccessToken: fmt.Sprintf("own-%d", s.calls.Add(1)), Expiry: time.Now().Add(time.Hour)}, nil
}

func TestWithTokenSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &countingSource{}
		c, err := client.New(client.WithTokenSource(source), client.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				equal(t, "Authorization", req.Header.Get("Authorization"), "Bearer own-1")
				return response(req, http.StatusOK, `[]`), nil
			}),
		}))
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 16 {
			wait.Go(func() {
				if _, err := c.ListOwners(t.Context()); err != nil {
					t.Errorf("got error %v, want none", err)
				}
			})
		}
		wait.Wait()
		equal(t, "calls of the source", source.calls.Load(), 1)
		equal(t, "concurrent calls of the source", source.overlap.Load(), false)
	})
}

func TestTokenRequestHasNoOperation(t *testing.T) {
	c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
		if op, ok := api.OperationFromContext(req.Context()); ok {
			t.Errorf("got the operation %s in the context of the token request, want none", op.ID)
		}
		return response(req, http.StatusOK, tokenBody), nil
	})
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// endless is a body that does not end until it is closed.
type endless struct {
	once   sync.Once
	closed chan struct{}
}

func (b *endless) Read([]byte) (int, error) {
	<-b.closed
	return 0, errors.New("read after close")
}

func (b *endless) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// The status of an error response is kept, if its body does not end.
func TestTokenErrorBodyDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
			rsp := response(req, http.StatusServiceUnavailable, "")
			rsp.Body, rsp.ContentLength = &endless{closed: make(chan struct{})}, -1
			return rsp, nil
		})
		start := time.Now()
		_, err := c.ListOwners(t.Context())
		if !errors.Is(err, api.ErrServer) || time.Since(start) > time.Second {
			t.Errorf("got error %v after %v, want ErrServer within 1s", err, time.Since(start))
		}
	})
}

// A context that ends while a call waits for a token matches its error and its cause.
func TestWaitForTokenEndsWithTheCause(t *testing.T) {
	cause := errors.New("shutting down")
	for name, call := range map[string]func(context.Context, *client.Client) error{
		"Token":      func(ctx context.Context, c *client.Client) error { _, err := c.Token(ctx); return err },
		"NewToken":   func(ctx context.Context, c *client.Client) error { _, err := c.NewToken(ctx); return err },
		"ListOwners": func(ctx context.Context, c *client.Client) error { _, err := c.ListOwners(ctx); return err },
	} {
		for _, before := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				source := &stuckSource{release: make(chan struct{})}
				defer close(source.release)
				c := sourceClient(t, source, nil)
				ctx, cancel := context.WithCancelCause(t.Context())
				if before {
					cancel(cause)
				} else {
					time.AfterFunc(time.Second, func() { cancel(cause) })
				}
				if err := call(ctx, c); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
					t.Errorf("%s, canceled before: %t: got error %v, want context.Canceled and its cause", name, before, err)
				}
			})
		}
	}
}
