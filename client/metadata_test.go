package client_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/closedport"
)

// withRequestIDs returns a handler that gives each response an id, and lets respond write it.
func withRequestIDs(respond func(w http.ResponseWriter, r *http.Request, n int)) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		number := int(n.Add(1))
		w.Header().Set("X-Request-Id", fmt.Sprint("req-", number))
		w.Header().Set("Content-Type", "application/json")
		respond(w, r, number)
	}
}

func TestResponseOfACall(t *testing.T) {
	s := newService(t, nil, withRequestIDs(func(w http.ResponseWriter, _ *http.Request, n int) {
		if n < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("X-Echo", "the-token")
		_, _ = w.Write([]byte(`{"id":"1","name":"Home","region":"eu-1"}`))
	}))
	c := s.client(t, noSleep)
	rsp := api.Response{MaxBodyBytes: 4096, StatusCode: 999, Body: []byte("of an earlier call")}
	owner, err := c.GetOwner(api.ContextWithResponse(t.Context(), &rsp), "1")
	if err != nil || owner.Name != "Home" {
		t.Fatalf("got owner %+v, error %v, want the owner", owner, err)
	}
	equal(t, "status", rsp.StatusCode, 200)
	equal(t, "request ID", rsp.RequestID, "req-3")
	equal(t, "attempts", rsp.Attempts, 3)
	equal(t, "content type", rsp.Header.Get("Content-Type"), "application/json")
	equal(t, "a header that repeats the token", rsp.Header.Get("X-Echo"), "***")
	equal(t, "duration is positive", rsp.Duration > 0, true)
	var extra struct{ Region string }
	if err := json.Unmarshal(rsp.Body, &extra); err != nil || extra.Region != "eu-1" {
		t.Errorf("got body %s, error %v, want an unknown field in it", rsp.Body, err)
	}
	for _, verb := range []string{"%v", "%+v", "%s"} {
		if text := fmt.Sprintf(verb, rsp) + fmt.Sprintf(verb, &rsp); strings.Contains(text, "eu-1") || !strings.Contains(text, "status 200") {
			t.Errorf("%s: got %q, want the status and not the body", verb, text)
		}
	}
	encoded, err := json.Marshal(rsp)
	if err != nil || bytes.Contains(encoded, []byte("eu-1")) {
		t.Errorf("got JSON %s, error %v, want no body in it", encoded, err)
	}
}

// Every way a call ends sets all fields.
func TestResponseOfEachKindOfCall(t *testing.T) {
	body := `{"id":"1","surprise":"here"}`
	s := newService(t, nil, withRequestIDs(func(w http.ResponseWriter, r *http.Request, n int) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/missing"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"errorCode":"NotFound"}`))
		case strings.HasSuffix(r.URL.Path, "/refused"):
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errorCode":"Refused"}`))
		case strings.HasSuffix(r.URL.Path, "/broken"):
			_, _ = w.Write([]byte(`{"id":`))
		case strings.HasSuffix(r.URL.Path, "/BoundLocks") || strings.HasSuffix(r.URL.Path, "/Owners"):
			_, _ = w.Write([]byte("[" + body + "]"))
		default:
			_, _ = w.Write([]byte(body))
		}
	}))
	c := s.client(t, noSleep)
	var rsp api.Response
	ctx := api.ContextWithResponse(t.Context(), &rsp)
	for _, test := range []struct {
		name     string
		call     func() error
		status   int
		attempts int
		body     string
	}{
		{"a value", func() error { _, err := c.GetOwner(ctx, "1"); return err }, 200, 1, body},
		{"a list", func() error { _, err := c.ListBoundLocks(ctx, "1", nil); return err }, 200, 1, "[" + body + "]"},
		{"no value", func() error { return c.DeletePermission(ctx, "1", "1") }, 200, 1, body},
		{"a streamed list", func() error {
			for _, err := range c.AllOwners(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		}, 200, 1, "[" + body + "]"},
		{"a request with Do", func() error {
			r, err := c.Do(ctx, http.MethodGet, "/Owners/1", nil, nil)
			if err == nil {
				defer r.Body.Close()
				_, err = new(bytes.Buffer).ReadFrom(r.Body)
			}
			return err
		}, 200, 1, body},
		{"a request with Raw", func() error {
			r, err := c.Raw().GetOwner(ctx, "1")
			if err == nil {
				defer r.Body.Close()
				_, err = new(bytes.Buffer).ReadFrom(r.Body)
			}
			return err
		}, 200, 1, body},
		{"404", func() error { _, err := c.GetOwner(ctx, "missing"); return err }, 404, 1, `{"errorCode":"NotFound"}`},
		{"401", func() error { _, err := c.GetOwner(ctx, "refused"); return err }, 401, 1, `{"errorCode":"Refused"}`},
		{"a value that is cut off", func() error { _, err := c.GetOwner(ctx, "broken"); return err }, 200, 1, `{"id":`},
		{"an invalid path value", func() error { _, err := c.GetOwner(ctx, ".."); return err }, 0, 0, ""},
		{"an invalid path of Do", func() error { _, err := c.Do(ctx, http.MethodGet, "/../", nil, nil); return err }, 0, 0, ""},
		{"an editor that fails", func() error {
			_, err := c.GetOwner(ctx, "1", func(context.Context, *http.Request) error { return errors.New("no") })
			return err
		}, 0, 0, ""},
	} {
		rsp = api.Response{MaxBodyBytes: 100, StatusCode: 299, Attempts: 99, RequestID: "old", Body: []byte("old")}
		err := test.call()
		if rsp.StatusCode != test.status || rsp.Attempts != test.attempts || string(rsp.Body) != test.body || rsp.RequestID == "old" {
			t.Errorf("%s: got %+v, request ID %q, body %q, error %v, want status %d, %d attempts, body %q",
				test.name, rsp, rsp.RequestID, rsp.Body, err, test.status, test.attempts, test.body)
		}
		if failed, ok := errors.AsType[*api.Error](err); ok {
			equal(t, test.name+": attempts of the error", failed.Attempts, test.attempts)
			equal(t, test.name+": request ID of the error", failed.RequestID, rsp.RequestID)
		} else if err != nil {
			t.Errorf("%s: got error %v, want an *api.Error", test.name, err)
		}
	}
}

// The default keeps no body, and a limit cuts it off.
func TestResponseBodyIsBounded(t *testing.T) {
	c := newService(t, nil, respondJSON(200, map[string]any{"id": "1"})).client(t)
	for limit, want := range map[int]string{-1: "", 0: "", 3: `{"i`, 1 << 20: `{"id":"1"}` + "\n"} {
		rsp := api.Response{MaxBodyBytes: limit}
		if _, err := c.GetOwner(api.ContextWithResponse(t.Context(), &rsp), "1"); err != nil {
			t.Fatal(err)
		}
		equal(t, fmt.Sprint("body, limit ", limit), string(rsp.Body), want)
		_, err := c.GetOwner(api.ContextWithResponse(t.Context(), &rsp), "..")
		equal(t, "limit after another call", rsp.MaxBodyBytes, limit)
		equal(t, "the other call fails", err != nil, true)
	}
}

// With read-ahead, the response is that of the page with the item, and the race detector sees
// no write while the loop reads it.
func TestResponseOfAnIterator(t *testing.T) {
	const items, size = 20, 4
	s := newService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", fmt.Sprint("page-", skip/size))
		var page []map[string]string
		for i := skip; i < min(skip+size, items); i++ {
			page = append(page, map[string]string{"id": strconv.Itoa(i)})
		}
		_ = json.NewEncoder(w).Encode(append([]map[string]string{}, page...))
	})
	c := s.client(t, client.WithPageSize(size), client.WithReadAhead(3))
	rsp := api.Response{MaxBodyBytes: 1 << 10}
	n := 0
	for entry, err := range c.AllLogEntries(api.ContextWithResponse(t.Context(), &rsp), "1", nil) {
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "request ID of item "+entry.ID, rsp.RequestID, fmt.Sprint("page-", n/size))
		equal(t, "the body has the item", bytes.Contains(rsp.Body, []byte(`"`+entry.ID+`"`)), true)
		n++
	}
	equal(t, "items", n, items)
}

func TestAttemptsAndRequestIDOfAnError(t *testing.T) {
	s := newService(t, nil, withRequestIDs(func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusBadGateway) }))
	c := s.client(t, noSleep, client.WithRetries(2))
	_, err := c.GetOwner(t.Context(), "1")
	failed, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatalf("got error %v, want an *api.Error", err)
	}
	equal(t, "attempts", failed.Attempts, 3)
	equal(t, "request ID", failed.RequestID, "req-3")
	encoded, err := json.Marshal(failed)
	if err != nil || !bytes.Contains(encoded, []byte(`"Attempts":3,"RequestID":"req-3"`)) {
		t.Errorf("got JSON %s, error %v, want the attempts and the request ID in it", encoded, err)
	}
	var buffer bytes.Buffer
	var decoded api.Error
	if err := errors.Join(gob.NewEncoder(&buffer).Encode(failed), gob.NewDecoder(&buffer).Decode(&decoded)); err != nil {
		t.Fatal(err)
	}
	equal(t, "attempts after gob", decoded.Attempts, 3)

	// No connection is established.
	c = s.client(t, noSleep, client.WithRetries(2), client.WithBaseURL("http://"+closedport.Address(t)))
	var rsp api.Response
	_, err = c.CreateOwner(api.ContextWithResponse(t.Context(), &rsp), tapkey.OwnerAccountCreate{Name: "Home"})
	if failed, ok = errors.AsType[*api.Error](err); !ok || failed.Attempts != 3 || rsp.Attempts != 3 || rsp.Duration <= 0 {
		t.Errorf("got error %+v, response %v, want 3 attempts in both", err, rsp)
	}
	equal(t, "the call may have been executed", api.MaybeDone(err), false)

	// No token is obtained: the request is not sent.
	denied := newService(t, respondJSON(400, map[string]string{"error": "invalid_client"}), nil)
	_, err = denied.client(t).GetOwner(api.ContextWithResponse(t.Context(), &rsp), "1")
	if failed, ok = errors.AsType[*api.Error](err); !ok || failed.Attempts != 0 || rsp.Attempts != 0 {
		t.Errorf("got error %+v, response %v, want no attempt in both", err, rsp)
	}
}

// An http.RoundTripper sees the number of each attempt of a call, also after the token has been
// replaced, and that of each token request.
func TestAttemptsInTheContext(t *testing.T) {
	var mu sync.Mutex
	var got []string
	transport := roundTrip(func(req *http.Request) (*http.Response, error) {
		attempt, ok := api.AttemptFromContext(req.Context())
		mu.Lock()
		got = append(got, fmt.Sprintln(attempt.Number, attempt.TokenRequest, ok))
		mu.Unlock()
		return http.DefaultTransport.RoundTrip(req)
	})
	var login, calls atomic.Int32
	s := newService(t, func(w http.ResponseWriter, r *http.Request) {
		if login.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		respondJSON(200, map[string]any{"access_token": fmt.Sprint("token-", login.Load()), "expires_in": 3600})(w, r)
	}, func(w http.ResponseWriter, r *http.Request) {
		switch calls.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			respondJSON(200, map[string]string{"id": "1"})(w, r)
		}
	})
	c := s.client(t, noSleep, client.WithHTTPClient(&http.Client{Transport: transport}))
	rsp := api.Response{}
	if _, err := c.GetOwner(api.ContextWithResponse(t.Context(), &rsp), "1"); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 true true\n", "2 true true\n", "1 false true\n", "2 false true\n", "1 true true\n", "3 false true\n"}
	if !slices.Equal(got, want) {
		t.Errorf("got attempts %q, want %q", got, want)
	}
	equal(t, "attempts", rsp.Attempts, 3)
	if _, ok := api.AttemptFromContext(t.Context()); ok {
		t.Error("got an attempt in the context of the test, want none")
	}
}

// A token source of the program that sends calls with the context of the call does not replace
// the response of the call.
func TestResponseIsNotThatOfATokenSource(t *testing.T) {
	s := newService(t, nil, withRequestIDs(func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte(`{"id":"1"}`)) }))
	inner := s.client(t)
	var rsp api.Response
	c := s.client(t, client.WithTokenSource(contextSource(func(ctx context.Context) (*oauth2.Token, error) {
		if _, err := inner.GetOwner(ctx, "1"); err != nil {
			return nil, err
		}
		return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(time.Hour)}, nil
	})))
	if _, err := c.GetOwner(api.ContextWithResponse(t.Context(), &rsp), "1"); err != nil {
		t.Fatal(err)
	}
	equal(t, "request ID", rsp.RequestID, "req-2")
	equal(t, "attempts", rsp.Attempts, 1)
}

// contextSource is a token source that takes the context of the call.
type contextSource func(context.Context) (*oauth2.Token, error)

func (f contextSource) Token() (*oauth2.Token, error) { return f(context.Background()) }

func (f contextSource) TokenContext(ctx context.Context) (*oauth2.Token, error) { return f(ctx) }
