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
		"missing":   {``, 12, 15},
		"null":      {`,"expires_in":null`, 12, 15},
		"zero":      {`,"expires_in":0`, 12, 15},
		"negative":  {`,"expires_in":-1`, 12, 15},
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
		"HTML with 200":   {200, "text/html", `<html>the-s3cret</html>`, &want{"", "200 OK", api.ErrUnexpected}},
		"HTML with 502":   {502, "text/html", `<html>the-s3cret</html>`, &want{"", "502 Bad Gateway", nil}},
		"empty token":     {200, "application/json", `{"access_token":""}`, &want{"", "token request", nil}},
		"huge":            {200, "application/json", `{"x":"` + strings.Repeat("x", 70_000) + `"}`, &want{"", "more than 65536 bytes", api.ErrTooLarge}},
		"invalid JSON":    {200, "application/json", `{"access_token"`, &want{"", "token request", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{test.contentType}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}, nil)
			_, err := s.client(t, client.WithRetries(0)).ListOwners(t.Context())
			if test.want == nil {
				if err != nil {
					t.Errorf("got error %v, want none", err)
				}
				return
			}
			tokenErr, ok := errors.AsType[*client.TokenError](err)
			if !ok || tokenErr.Code != test.want.code || !strings.Contains(err.Error(), test.want.text) {
				t.Fatalf("got error %v, want a TokenError with code %q and text %q", err, test.want.code, test.want.text)
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
