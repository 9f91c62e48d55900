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

// formDecode undoes what RFC 6749, section 2.3.1, does to Basic credentials.
func formDecode(s string) string {
	decoded, err := url.QueryUnescape(s)
	if err != nil {
		return "not form-encoded: " + s
	}
	return decoded
}

// tokenEndpoint is a client whose token endpoint answers by a function.
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
							t.Errorf("got %v", err)
						}
						if waited := time.Since(start); waited > 50*time.Millisecond {
							t.Errorf("waited %v", waited)
						}
					})
				}
				wait.Wait()
				if n := requests.Load(); n != 1 {
					t.Errorf("%d token requests", n)
				}
			})
		})
	}
}

func TestACallerWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done() // hangs until the token request's own time-out
			return nil, req.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := c.ListOwners(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 50*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		// The request itself goes on, for others; it ends by its own time-out.
		_, err = c.ListOwners(t.Context())
		if waited := time.Since(start); err == nil || waited > 30*time.Second {
			t.Errorf("%v after %v", err, waited)
		}
	})
}

func TestLifetimes(t *testing.T) {
	for name, test := range map[string]struct {
		expiresIn   string
		least, most int32 // requests in ten minutes, with a call each second
	}{
		"an hour":   {`,"expires_in":3600`, 1, 1},
		"minutes":   {`,"expires_in":310`, 3, 3},
		"a text":    {`,"expires_in":"310"`, 3, 3},
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
					t.Errorf("%d token requests, want %d to %d", n, test.least, test.most)
				}
			})
		})
	}
}

func TestTokenAnswers(t *testing.T) {
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
		"JSON as text":     {200, "text/plain", tokenBody, nil},
		"JSON, charset":    {200, "application/json; charset=utf-8", tokenBody, nil},
		"no content type":  {200, "", tokenBody, nil},
		"refused":          {400, "application/json", `{"error":"invalid_scope"}`, &want{"invalid_scope", "400 Bad Request: invalid_scope", nil}},
		"refused with 401": {401, "application/json", `{"error":"invalid_client"}`, &want{"invalid_client", "401 Unauthorized: invalid_client", nil}},
		"described":        {400, "application/json", `{"error":"invalid_client","error_description":"no\u0007 such\nclient"}`, &want{"invalid_client", "invalid_client: no such client", nil}},
		"echo":             {400, "application/json", `{"error":"the-s3cret","error_description":"is the-s3cret right?"}`, &want{"***", "is *** right?", nil}},
		"HTML with 200":    {200, "text/html", `<html>the-s3cret</html>`, &want{"", "200 OK", api.ErrUnexpected}},
		"HTML with 502":    {502, "text/html", `<html>the-s3cret</html>`, &want{"", "502 Bad Gateway", nil}},
		"empty token":      {200, "application/json", `{"access_token":""}`, &want{"", "token request", nil}},
		"huge":             {200, "application/json", `{"x":"` + strings.Repeat("x", 70_000) + `"}`, &want{"", "more than 65536 bytes", api.ErrTooLarge}},
		"no JSON":          {200, "application/json", `{"access_token"`, &want{"", "token request", nil}},
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
					t.Error(err)
				}
				return
			}
			refused, ok := errors.AsType[*client.TokenError](err)
			if !ok || refused.Code != test.want.code || !strings.Contains(err.Error(), test.want.text) {
				t.Fatalf("got %v, %+v", err, refused)
			}
			if test.want.is != nil && !errors.Is(err, test.want.is) {
				t.Errorf("%v is no %v", err, test.want.is)
			}
			encoded, _ := json.Marshal(refused)
			for _, text := range []string{err.Error(), fmt.Sprintf("%v %+v %#v", refused, refused, refused), string(encoded)} {
				if strings.Contains(text, "s3cret") || strings.Contains(refused.Error(), "\n") {
					t.Errorf("it says %q", text)
				}
			}
		})
	}
}

// countingSource hands out tokens one after the other, and notes being called twice
// at once.
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

func TestOwnTokenSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &countingSource{}
		c, err := client.New(client.WithTokenSource(source), client.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if got := req.Header.Get("Authorization"); got != "Bearer own-1" {
					t.Errorf("Authorization is %q", got)
				}
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
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if source.calls.Load() != 1 || source.overlap.Load() {
			t.Errorf("%d calls of the source, twice at once: %v", source.calls.Load(), source.overlap.Load())
		}
	})
}

func TestATokenIsNoPartOfTheOperation(t *testing.T) {
	c := tokenEndpoint(t, func(req *http.Request) (*http.Response, error) {
		if op, ok := api.OperationFromContext(req.Context()); ok {
			t.Errorf("the request for a token says it is %s", op.ID)
		}
		return response(req, http.StatusOK, tokenBody), nil
	})
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
}
