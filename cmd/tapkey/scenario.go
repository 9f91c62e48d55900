package main

import (
	"context"
	"net/http"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// scenario is one thing that goes wrong, and nothing else. It is named after the
// finding that it leads to.
type scenario struct {
	id      doctor.ID
	sandbox []sandbox.Option
	faults  []sandbox.Fault
	breaks  func(*sandbox.Server)
	client  []client.Option
	owner   string // name of the owner account to look at
}

// stranger is a client application whose service account administers one account.
var stranger = sandbox.Client{ID: "stranger", Secret: "stranger-secret", Administers: []string{"Home"}}

// mobile is registered for another grant type.
var mobile = sandbox.Client{ID: "mobile-app", Secret: "mobile-secret", NoClientCredentials: true}

// newcomer's service account administers none yet.
var newcomer = sandbox.Client{ID: "newcomer", Secret: "newcomer-secret"}

func scenarios() []scenario {
	onOwners := func(kind sandbox.FaultKind) []sandbox.Fault {
		return []sandbox.Fault{{Kind: kind, Operation: "listOwners"}}
	}
	as := func(c sandbox.Client) []client.Option {
		return []client.Option{client.WithCredentials(c.ID, c.Secret)}
	}
	return []scenario{
		{id: doctor.OK},
		{id: doctor.ConfigMissing, client: []client.Option{client.WithCredentials("", "")}},
		{id: doctor.NotHTTPS, client: []client.Option{client.WithBaseURL("http://my.tapkey.com/api/v1")}},
		{id: doctor.Redirected, faults: []sandbox.Fault{{Kind: sandbox.FaultRedirect, Operation: "listOwners", Location: "https://login.example/"}}},
		{id: doctor.Unreachable, breaks: func(s *sandbox.Server) { _ = s.Close() }},
		{id: doctor.TLS, sandbox: []sandbox.Option{sandbox.WithTLS()}},
		{id: doctor.InvalidClient, sandbox: []sandbox.Option{sandbox.WithClient(stranger)}, client: []client.Option{client.WithCredentials(stranger.ID, "not-its-secret")}},
		{id: doctor.UnauthorizedClient, sandbox: []sandbox.Option{sandbox.WithClient(mobile)}, client: as(mobile)},
		{id: doctor.InvalidScope, client: []client.Option{client.WithScopes("read:owneraccounts", "read:everything")}},
		{id: doctor.MalformedToken, faults: []sandbox.Fault{{Kind: sandbox.FaultMalformedToken, Operation: "token"}}},
		{id: doctor.TokenExpired, sandbox: []sandbox.Option{sandbox.WithTokenLifetime(-time.Minute)}},
		{id: doctor.ClockSkew, breaks: func(s *sandbox.Server) { s.AdvanceTime(time.Hour) }},
		{id: doctor.ScopeMissing, client: []client.Option{client.WithScopes("read:grants")}},
		{id: doctor.MissingBearerPrefix, client: []client.Option{client.WithRequestEditor(withoutBearer)}},
		{id: doctor.TokenRejected, faults: onOwners(sandbox.Fault401InvalidToken)},
		{id: doctor.RateLimited, faults: []sandbox.Fault{{Kind: sandbox.Fault429, Operation: "listOwners", RetryAfter: "120"}}},
		{id: doctor.ServerError, faults: onOwners(sandbox.Fault500)},
		{id: doctor.RequestRefused, faults: onOwners(sandbox.Fault403)},
		{id: doctor.UnexpectedResponse, faults: onOwners(sandbox.FaultWrongContentType)},
		{id: doctor.NoOwnerAccounts, sandbox: []sandbox.Option{sandbox.WithClient(newcomer)}, client: as(newcomer)},
		{id: doctor.NotAdministrator, sandbox: []sandbox.Option{sandbox.WithClient(stranger)}, client: as(stranger), owner: "Coworking Space"},
	}
}

// withoutBearer is the mistake that started it all.
func withoutBearer(_ context.Context, req *http.Request) error {
	req.Header.Set("Authorization", "access_token eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
	return nil
}

// start returns a client that the scenario happens to.
func (s scenario) start(ctx context.Context, opts *doctor.Options) (*client.Client, func(), error) {
	server, err := sandbox.Start(s.sandbox...)
	if err != nil {
		return nil, nil, &failure{err}
	}
	done := func() { _ = server.Close() }
	if s.owner != "" {
		if opts.Owner, err = ownerNamed(ctx, server, s.owner); err != nil {
			done()
			return nil, nil, &failure{err}
		}
	}
	for _, fault := range s.faults {
		if err := server.Inject(fault); err != nil {
			done()
			return nil, nil, &failure{err}
		}
	}
	if s.breaks != nil {
		s.breaks(server)
	}
	c, err := newSandboxClient(server, append([]client.Option{client.WithRetries(0)}, s.client...)...)
	return c, done, err
}

func ownerNamed(ctx context.Context, server *sandbox.Server, name string) (id string, err error) {
	c, err := newSandboxClient(server)
	if err != nil {
		return "", err
	}
	for owner, err := range c.AllOwners(ctx) {
		if err != nil {
			return "", err
		}
		if owner.Name == name {
			id = owner.ID
		}
	}
	return id, nil
}
