package contract_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The owner account of the sandbox that has at least one item in every list, and its
// identity provider.
const (
	coworking = "Coworking Space"
	provider  = "b75c2e91-0000-4001-8000-000000000000"
)

// start starts a sandbox that is closed at the end of the test.
func start(t testing.TB, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the sandbox: got error %v, want none", err)
		}
	})
	return s
}

// connect returns a client of a sandbox that uses a transport and has every scope.
func connect(t testing.TB, s *sandbox.Server, through http.RoundTripper, opts ...client.Option) *client.Client {
	t.Helper()
	seen := make(map[string]bool)
	var scopes []string
	for _, op := range tapkey.Operations() {
		for _, scope := range op.Scopes {
			if !seen[scope] {
				seen[scope] = true
				scopes = append(scopes, scope)
			}
		}
	}
	c, err := client.New(append([]client.Option{
		client.WithCredentials(s.ClientID(), s.ClientSecret()),
		client.WithScopes(scopes...),
		client.WithBaseURL(s.BaseURL()),
		client.WithTokenURL(s.TokenURL()),
		client.WithHTTPClient(&http.Client{Transport: through}),
		client.WithRetries(0),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// person signs in at a sandbox with automatic consent, and returns the source of the tokens.
func person(t testing.TB, s *sandbox.Server, scopes ...string) client.Option {
	t.Helper()
	app, err := auth.New(auth.Config{ClientID: s.PublicClient().ID, Scopes: scopes, AuthorizeURL: s.AuthorizeURL(), TokenURL: s.TokenURL()})
	if err != nil {
		t.Fatal(err)
	}
	address, session, err := app.Start()
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	rsp, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	token, err := app.Finish(httptest.NewRequestWithContext(t.Context(), http.MethodGet, rsp.Header.Get("Location"), nil), session)
	if err != nil {
		t.Fatal(err)
	}
	return client.WithTokenSource(app.RefreshSource(token, nil))
}
