package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// A middlebox stands for what is between a client and a server. It responds to requests
// below a path, or changes them.
type middlebox struct {
	path   string              // of the requests
	change func(*http.Request) // of a request that is forwarded; nil to respond
	status int
	header http.Header
	body   string
}

// RoundTrip implements http.RoundTripper.
func (m middlebox) RoundTrip(req *http.Request) (*http.Response, error) {
	switch {
	case !strings.HasPrefix(req.URL.Path, m.path):
		return http.DefaultTransport.RoundTrip(req)
	case m.change != nil:
		req = req.Clone(req.Context())
		m.change(req)
		return http.DefaultTransport.RoundTrip(req)
	}
	header := m.header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	return &http.Response{
		StatusCode: m.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: header, Body: io.NopCloser(strings.NewReader(m.body)), ContentLength: int64(len(m.body)),
	}, nil
}

// option returns the option of a client behind m.
func (m middlebox) option() []client.Option {
	return []client.Option{client.WithHTTPClient(&http.Client{Transport: m})}
}

// Paths of the sandbox.
const (
	apiPath   = "/api/v1/"
	tokenPath = "/connect/token"
)

func withoutAuthorization(req *http.Request) { req.Header.Del("Authorization") }

// blockPage is the page of a firewall.
var blockPage = middlebox{
	path: apiPath, status: http.StatusForbidden,
	header: http.Header{"Content-Type": {"text/html"}, "Server": {"firewall.example"}},
	body:   "<html><head><title>Request blocked</title></head></html>",
}

// withOAuth is an http.Client that adds its own token.
func withOAuth() *http.Client {
	return &http.Client{Transport: &oauth2.Transport{
		Base:   http.DefaultTransport,
		Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "of-another-service"}),
	}}
}

// expiredLogin is a token source without a refresh token, whose access token has expired.
func expiredLogin() oauth2.TokenSource {
	config := oauth2.Config{ClientID: "app", Endpoint: oauth2.Endpoint{TokenURL: "https://login.tapkey.com" + tokenPath}}
	return config.TokenSource(context.Background(), &oauth2.Token{AccessToken: "expired", Expiry: time.Now().Add(-time.Hour)})
}

// exchangedToken is a token source with a token that was exchanged for a user who is not
// registered. It is not signed.
func exchangedToken() oauth2.TokenSource {
	// {"amr":["http://tapkey.net/oauth/token_exchange"],"scope":"read:owneraccounts"}
	const claims = "eyJhbXIiOlsiaHR0cDovL3RhcGtleS5uZXQvb2F1dGgvdG9rZW5fZXhjaGFuZ2UiXSwic2NvcGUiOiJyZWFkOm93bmVyYWNjb3VudHMifQ"
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "e30." + claims + ".c2ln"})
}

// failingSource is a token source of a program that fails.
type failingSource struct{ err error }

// Token implements oauth2.TokenSource.
func (s failingSource) Token() (*oauth2.Token, error) { return nil, s.err }
