package client_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// equal reports an error if got is not want.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// recorder is a handler that records requests.
type recorder struct {
	http.Handler
	mu       sync.Mutex
	requests []recorded
}

type recorded struct {
	*http.Request
	body string
}

func record(h http.HandlerFunc) *recorder { return &recorder{Handler: h} }

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(strings.NewReader(string(body)))
	r.mu.Lock()
	r.requests = append(r.requests, recorded{req, string(body)})
	r.mu.Unlock()
	r.Handler.ServeHTTP(w, req)
}

func (r *recorder) all() []recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]recorded(nil), r.requests...)
}

// service is a token endpoint and an API on two servers, like those of Tapkey.
type service struct {
	login, api *recorder
	loginURL   string
	apiURL     string
}

// newService starts a service. A nil handler returns a token or a list of one owner.
func newService(t *testing.T, login, api http.HandlerFunc) *service {
	t.Helper()
	if login == nil {
		login = respondJSON(http.StatusOK, map[string]any{"access_token": "the-token", "token_type": "Bearer", "expires_in": 3600})
	}
	if api == nil {
		api = respondJSON(http.StatusOK, []any{map[string]any{"id": "1", "name": "Home", "active": true}})
	}
	s := &service{login: record(login), api: record(api)}
	loginServer, apiServer := httptest.NewServer(s.login), httptest.NewServer(s.api)
	t.Cleanup(loginServer.Close)
	t.Cleanup(apiServer.Close)
	s.loginURL, s.apiURL = loginServer.URL+"/connect/token", apiServer.URL+"/base/api/v1"
	return s
}

func (s *service) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(append([]client.Option{
		client.WithCredentials("the-id", "the-s3cret"), client.WithBaseURL(s.apiURL), client.WithTokenURL(s.loginURL), anyOperation(),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// anyOperation requests the default scopes as if the program had chosen them, so that the client
// sends calls of all operations to servers that do not check scopes.
func anyOperation() client.Option { return client.WithScopes(client.DefaultScopes()...) }

// respondJSON returns a handler that responds with body as JSON.
func respondJSON(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
}

// roundTrip is an in-memory transport. It is suitable for tests in a synctest bubble.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// response returns a response with a JSON body.
func response(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

const tokenBody = `{"access_token":"the-token","token_type":"Bearer","expires_in":3600}`

// inMemory returns a client with an in-memory API that calls respond.
func inMemory(t *testing.T, respond roundTrip, opts ...client.Option) *client.Client {
	t.Helper()
	transport := roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/connect/token") {
			return response(req, http.StatusOK, tokenBody), nil
		}
		return respond(req)
	})
	c, err := client.New(append([]client.Option{
		client.WithCredentials("the-id", "the-s3cret"), client.WithHTTPClient(&http.Client{Transport: transport}), anyOperation(),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trusting returns an http.Client that trusts the certificate of a sandbox.
func trusting(server *sandbox.Server) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: server.CertPool()}}}
}
