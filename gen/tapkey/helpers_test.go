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

// server answers every request alike and keeps what it was asked.
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

// serve starts a server that answers JSON, or nothing if body is empty.
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
	w.Header()["Content-Type"] = nil // or net/http guesses one
	for name, values := range s.header {
		w.Header()[name] = values
	}
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.body)
}

// api returns an API for the server's base path, as NewAPI makes it.
func (s *server) api(t *testing.T, opts ...tapkey.ClientOption) *tapkey.API {
	t.Helper()
	a, err := tapkey.NewAPI(s.URL+basePath, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// only returns the one request that was sent.
func (s *server) only(t *testing.T) request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("%d requests, want 1: %v", len(s.requests), s.requests)
	}
	return s.requests[0]
}

// failure asserts that err is an *api.Error and, where is is given, matches it.
func failure(t *testing.T, err, is error) *api.Error {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatalf("error %v (%T), want an *api.Error", err, err)
	}
	if is != nil && !errors.Is(err, is) {
		t.Fatalf("error %v, want one that is %q", err, is)
	}
	if strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("error text %q is more than one line", err)
	}
	return e
}

// sameJSON asserts that two documents say the same.
func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%q is no JSON: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%q is no JSON: %v", want, err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("JSON %s, want %s", got, want)
	}
}
