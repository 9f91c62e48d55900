package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// rude is an http.RoundTripper that writes into all that it gets. It responds to two of three
// requests with 503 or 401.
type rude struct {
	status int

	mu    sync.Mutex
	seen  []string
	count int
}

func (r *rude) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		text, _ := io.ReadAll(req.Body)
		_ = req.Body.Close()
		body = string(text)
	}
	r.mu.Lock()
	var names []string
	for name, values := range req.Header {
		names = append(names, name+": "+strings.Join(values, ","))
	}
	slices.Sort(names)
	r.seen = append(r.seen, fmt.Sprintf("%s %s %s %q %d %q", req.Method, req.URL, req.Host, names, req.ContentLength, body))
	r.count++
	status := http.StatusOK
	if r.count%3 != 0 {
		status = r.status
	}
	r.mu.Unlock()

	for name := range req.Header {
		if name != "Authorization" || status != http.StatusUnauthorized { // of which the client reads the refused token
			req.Header[name] = []string{"overwritten"}
		}
	}
	req.Header.Add("X-Added", "x")
	req.Method, req.Host, req.ContentLength = "PURGE", "elsewhere", 99
	req.URL.Host, req.URL.Path, req.URL.RawPath, req.URL.RawQuery = "elsewhere", "/elsewhere", "", "q=1"
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"id":"1"}`)), ContentLength: -1,
	}, nil
}

// changing is a token source that has a new token after each refusal.
type changing struct {
	mu sync.Mutex
	n  int
}

func (s *changing) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return &oauth2.Token{AccessToken: fmt.Sprint("token", s.n), Expiry: time.Now().Add(time.Hour)}, nil
}

// TestAttemptsShareNothing checks that what an http.RoundTripper writes into a request reaches
// no other attempt and no other call, with and without request editors, bodies and cookies.
func TestAttemptsShareNothing(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse("https://api.example.test/")
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(base, []*http.Cookie{{Name: "c", Value: "1"}})
	edit := func(_ context.Context, req *http.Request) error {
		req.Header.Set("X-Edited", "e")
		return nil
	}
	noSleep := client.WithSleep(func(context.Context, time.Duration) error { return nil })
	for name, opts := range map[string][]client.Option{
		"plain":      nil,
		"editor":     {client.WithRequestEditor(edit)},
		"user agent": {client.WithUserAgent("agent")},
	} {
		for _, jar := range []http.CookieJar{nil, jar} {
			transport := &rude{status: http.StatusServiceUnavailable}
			c, err := client.New(append([]client.Option{
				client.WithBaseURL("https://api.example.test/v1"), client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})),
				client.WithHTTPClient(&http.Client{Transport: transport, Jar: jar}), noSleep,
			}, opts...)...)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := c.GetOwner(t.Context(), "a/b"); err != nil {
					t.Fatal(err)
				}
				if _, err := c.UpdateContact(t.Context(), "a/b", "2", tapkey.ContactUpdate{Title: new("t")}); err != nil {
					t.Fatal(err)
				}
			}
			if len(transport.seen) != 12 {
				t.Fatalf("%s: got %d requests, want 12", name, len(transport.seen))
			}
			for i, seen := range transport.seen {
				if want := transport.seen[i/3%2*3]; seen != want {
					t.Errorf("%s, request %d:\ngot  %s\nwant %s", name, i, seen, want)
				}
				if !strings.Contains(seen, `"Authorization: Bearer token"`) || strings.Contains(seen, "Cookie") != (jar != nil) ||
					!strings.Contains(seen, " https://api.example.test/v1/Owners/a%2Fb") {
					t.Errorf("%s: got %s, want the token, the cookie and the path", name, seen)
				}
			}
		}
	}
}

// TestRenewalSharesNothing checks the same for the request that follows a 401.
func TestRenewalSharesNothing(t *testing.T) {
	t.Parallel()
	transport := &rude{status: http.StatusUnauthorized, count: 1}
	c, err := client.New(client.WithTokenSource(&changing{}), client.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateContact(t.Context(), "a/b", "2", tapkey.ContactUpdate{Title: new("t")}); err != nil {
		t.Fatal(err)
	}
	if len(transport.seen) != 2 || strings.Replace(transport.seen[0], "token1", "token2", 1) != transport.seen[1] {
		t.Errorf("got %q, want two requests that differ in the token", transport.seen)
	}
}

// TestCallsShareNothing checks, with the race detector, that concurrent calls do not write
// into what they share.
func TestCallsShareNothing(t *testing.T) {
	t.Parallel()
	transport := &rude{status: http.StatusOK}
	c, err := client.New(
		client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})), client.WithHTTPClient(&http.Client{Transport: transport}),
	)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 50 {
				var err error
				switch i % 4 {
				case 0:
					_, err = c.GetOwner(t.Context(), "1")
				case 1:
					_, err = c.UpdateOwner(t.Context(), "1", tapkey.OwnerAccountUpdate{Name: new("n")})
				case 2:
					_, err = c.GetOwner(t.Context(), "1", func(_ context.Context, req *http.Request) error {
						req.Header.Add("X-Edited", "e")
						return nil
					})
				case 3:
					rsp, doErr := c.Do(t.Context(), http.MethodGet, "/Owners/1", nil, nil)
					if err = doErr; err == nil {
						_ = rsp.Body.Close()
					}
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for _, seen := range transport.seen {
		if strings.Contains(seen, "X-Added") || strings.Contains(seen, "overwritten") {
			t.Fatalf("got %s, want nothing of another request", seen)
		}
	}
}
