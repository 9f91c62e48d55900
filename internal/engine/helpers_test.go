package engine_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

const basePath = "/base/api/v1"

// thing is the value of the responses in these tests.
type thing struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Count  int64  `json:"count"`
	Active bool   `json:"active"`
	Kind   kind   `json:"kind"`
	Tags   []string
}

type kind string

// thingSchema is the schema of a thing, whose id is required.
var thingSchema = engine.Schema[thing]{Reflect: engine.Reflect[thing], Required: []engine.Required{{Name: "id"}}}

var (
	getThing   = &api.Operation{ID: "getThing", Method: "GET", Path: "/Things/{thingId}", Idempotent: true}
	listThings = &api.Operation{ID: "listThings", Method: "GET", Path: "/Things", Idempotent: true}
)

// response is a response of a server, by default 200 with JSON. The content type "none"
// stands for no header.
type response struct {
	status      int
	contentType string
	encoding    string
	location    string
	body        string
}

func (a response) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	switch a.contentType {
	case "":
		w.Header().Set("Content-Type", "application/json")
	case "none":
		w.Header()["Content-Type"] = nil // otherwise net/http sets one
	default:
		w.Header().Set("Content-Type", a.contentType)
	}
	if a.encoding != "" {
		w.Header().Set("Content-Encoding", a.encoding)
	}
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	w.WriteHeader(max(a.status, http.StatusOK))
	_, _ = w.Write([]byte(a.body))
}

// send sends a request to a server with the given handler.
func send(t *testing.T, handler http.Handler) (*http.Response, error) {
	t.Helper()
	return fetcher(t, handler)(t.Context())
}

// fetcher returns a function that sends GET /Things with the Doer of a generated client.
func fetcher(t *testing.T, handler http.Handler) func(context.Context) (*http.Response, error) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+basePath+"/Things", handler)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	doer := engine.NewDoer(server.Client(), "test")
	return func(ctx context.Context) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+basePath+"/Things", http.NoBody)
		if err != nil {
			return nil, err
		}
		return doer.Do(req)
	}
}

func decode(t *testing.T, a response) (thing, error) {
	t.Helper()
	rsp, err := send(t, a)
	return engine.Decode(getThing, api.Settings{}, thingSchema, rsp, err)
}

func decodeList(t *testing.T, a response) ([]thing, error) {
	t.Helper()
	rsp, err := send(t, a)
	return engine.DecodeList(listThings, api.Settings{}, thingSchema, rsp, err)
}

// failure checks that err is an *api.Error with a text of one line, and matches is unless
// that is nil.
func failure(t *testing.T, err, is error) *api.Error {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatalf("got error %v (%T), want an *api.Error", err, err)
	}
	if is != nil && !errors.Is(err, is) {
		t.Fatalf("got error %v, want one that is %q", err, is)
	}
	if text := err.Error(); strings.ContainsAny(text, "\r\n\x1b") {
		t.Errorf("got error %q, want one line", text)
	}
	return e
}

func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
