// Package clients calls one API in the ways there are to call it: by hand, by what
// other generators make of its contract, and by this project's client. Each is set up
// as its users would, and each gets the same token and the same transport.
package clients

import (
	"context"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// Client is one way to call the API. What a way has no counterpart for is nil.
type Client struct {
	Name string

	GetOwner, ListOwners, ListGrants, ListLogEntries, CreateContact, UpdateContact *Call
}

// Call is one operation of a [Client], with the same arguments each time.
type Call struct {
	// Do makes the call and says how many items there were.
	Do func(context.Context) (items int, err error)

	// Value makes the call and returns what its caller would get.
	Value func(context.Context) (any, error)
}

// Server says where the API is. Transport is nil where each client shall use its own.
type Server struct {
	URL       string
	Transport http.RoundTripper
}

// What is asked for, and the page size of lists that have one.
const (
	ownerID   = "7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11"
	contactID = "90d7c4e6-2f5b-4183-9ce0-d4a61b8f3725"
	pageSize  = 1000
)

// Baseline names the client that the others are compared to.
const Baseline = "hand"

// All returns the clients for a server.
func All(s Server) ([]Client, error) {
	clients := []Client{Hand(Baseline, s, 0), Hand("hand-timeout", s, handTimeout)}
	for _, build := range []func(Server) (Client, error){Stock, Ogen, OgenOTel, Tapkey, TapkeyIterators} {
		c, err := build(s)
		if err != nil {
			return nil, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// Tokens is a source with an access token of a usual length that does not expire.
func Tokens() oauth2.TokenSource {
	token := &oauth2.Token{AccessToken: strings.Repeat("eyJhbGciOi.", 55), TokenType: "Bearer"}
	return oauth2.ReuseTokenSource(nil, oauth2.StaticTokenSource(token))
}

// httpClient is what someone careful gives a client: net/http's own transport keeps
// but two connections per host.
func (s Server) httpClient() *http.Client {
	if s.Transport != nil {
		return &http.Client{Transport: s.Transport}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return &http.Client{Transport: transport}
}

// one is a call that gives one item, many a call that gives a list.
func one[T any](do func(context.Context) (T, error)) *Call {
	return newCall(do, func(T) int { return 1 })
}

func many[T any](do func(context.Context) ([]T, error)) *Call {
	return newCall(do, func(list []T) int { return len(list) })
}

func newCall[T any](do func(context.Context) (T, error), count func(T) int) *Call {
	return &Call{
		Do: func(ctx context.Context) (int, error) {
			value, err := do(ctx)
			return count(value), err
		},
		Value: func(ctx context.Context) (any, error) { return do(ctx) },
	}
}
