package tapkey_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

const basePath = "/base/api/v1"

// server sends the same response to every request and records the requests.
type server struct {
	*httptest.Server

	mu       sync.Mutex
	status   int
	header   http.Header
	body     string
	requests []request
}

type request struct {
	method, path, query, body string
	header                    http.Header
}

// serve starts a server that sends JSON, or no content if body is empty.
func serve(t *testing.T, status int, body string) *server {
	t.Helper()
	s := &server{status: status, body: body, header: http.Header{}}
	if body != "" {
		s.header.Set("Content-Type", "application/json; charset=utf-8")
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	s.requests = append(s.requests, request{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header})
	w.Header()["Content-Type"] = nil // prevents net/http from guessing one
	for name, values := range s.header {
		w.Header()[name] = values
	}
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.body)
}

// api returns an API from NewAPI for the server's base path.
func (s *server) api(t *testing.T, opts ...tapkey.ClientOption) *tapkey.API {
	t.Helper()
	a, err := tapkey.NewAPI(s.URL+basePath, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// only returns the request. It fails the test if the server has not received exactly one.
func (s *server) only(t *testing.T) request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("got %d requests, want 1: %v", len(s.requests), s.requests)
	}
	return s.requests[0]
}

// failure checks that err is an *api.Error, and that it matches is unless is is nil.
func failure(t *testing.T, err, is error) *api.Error {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatalf("error: got %v (%T), want an *api.Error", err, err)
	}
	if is != nil && !errors.Is(err, is) {
		t.Fatalf("error: got %v, want one that matches %q", err, is)
	}
	if strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("error text: got %q, want one line", err)
	}
	return e
}

// sameJSON checks that two JSON documents have the same value.
func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("got %q, want JSON: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("want is %q, not JSON: %v", want, err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("JSON: got %s, want %s", got, want)
	}
}
