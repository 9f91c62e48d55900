package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A scenario is a sandbox and a client of it, set up so that exactly one thing fails.
type scenario struct {
	id          doctor.ID // ID of the finding it leads to
	sandboxOpts []sandbox.Option
	faults      []sandbox.Fault
	change      func(*sandbox.Server) // changes the started sandbox; may be nil
	clientOpts  []client.Option
	owner       string // name of the owner account to check, or ""
}

// stranger's service account administers a single owner account.
var stranger = sandbox.Client{ID: "stranger", Secret: "stranger-secret", Administers: []string{"Home"}}

// mobile is not registered for client credentials.
var mobile = sandbox.Client{ID: "mobile-app", Secret: "mobile-secret", NoClientCredentials: true}

// newcomer's service account administers no owner account yet.
var newcomer = sandbox.Client{ID: "newcomer", Secret: "newcomer-secret"}

// scenarios returns one scenario for each finding of doctor.Diagnose with a client of client
// credentials or a token source. Other findings are about single calls and other grant types.
func scenarios() []scenario {
	onOwners := func(kind sandbox.FaultKind) []sandbox.Fault {
		return []sandbox.Fault{{Kind: kind, Operation: "listOwners"}}
	}
	credentials := func(c sandbox.Client) []client.Option {
		return []client.Option{client.WithCredentials(c.ID, c.Secret)}
	}
	return []scenario{
		{id: doctor.OK},
		{id: doctor.ConfigMissing, clientOpts: []client.Option{client.WithCredentials("", "")}},
		{id: doctor.NotHTTPS, clientOpts: []client.Option{client.WithBaseURL("http://my.tapkey.com/api/v1")}},
		{id: doctor.Redirected, faults: []sandbox.Fault{{Kind: sandbox.FaultRedirect, Operation: "listOwners", Location: "https://login.example/"}}},
		{id: doctor.Unreachable, change: func(s *sandbox.Server) { _ = s.Close() }},
		{id: doctor.TLS, sandboxOpts: []sandbox.Option{sandbox.WithTLS()}},
		{id: doctor.ProxyAuthentication, clientOpts: middlebox{
			path: tokenPath, status: http.StatusProxyAuthRequired, header: http.Header{"Proxy-Authenticate": {"Negotiate"}}}.option()},
		{id: doctor.BlockedByProxy, clientOpts: blockPage.option()},
		{id: doctor.CaptivePortal, clientOpts: middlebox{status: http.StatusNetworkAuthenticationRequired}.option()},
		{id: doctor.WrongAddress, clientOpts: middlebox{path: tokenPath, status: http.StatusNotFound}.option()},
		{id: doctor.UnknownResponder, clientOpts: middlebox{path: tokenPath, status: http.StatusForbidden}.option()},
		{id: doctor.InvalidClient, sandboxOpts: []sandbox.Option{sandbox.WithClient(stranger)}, clientOpts: []client.Option{client.WithCredentials(stranger.ID, "not-its-secret")}},
		{id: doctor.AuthStyle, clientOpts: append(middlebox{path: tokenPath, change: withoutAuthorization}.option(), client.WithAuthStyle(oauth2.AuthStyleInHeader))},
		{id: doctor.UnauthorizedClient, sandboxOpts: []sandbox.Option{sandbox.WithClient(mobile)}, clientOpts: credentials(mobile)},
		{id: doctor.InvalidScope, clientOpts: []client.Option{client.WithScopes("read:owneraccounts", "read:everything")}},
		{id: doctor.NoRefreshToken, clientOpts: []client.Option{client.WithTokenSource(expiredLogin())}},
		{id: doctor.MalformedToken, faults: []sandbox.Fault{{Kind: sandbox.FaultMalformedToken, Operation: "token"}}},
		{id: doctor.TokenExpired, sandboxOpts: []sandbox.Option{sandbox.WithTokenLifetime(-time.Minute)}},
		{id: doctor.ClockSkew, change: func(s *sandbox.Server) { s.AdvanceTime(time.Hour) }},
		{id: doctor.ScopeMissing, clientOpts: []client.Option{client.WithScopes("read:grants")}},
		{id: doctor.MissingBearerPrefix, clientOpts: []client.Option{client.WithRequestEditor(withoutBearer)}},
		{id: doctor.HeaderStripped, clientOpts: middlebox{path: apiPath, change: withoutAuthorization}.option()},
		{id: doctor.HeaderReplaced, clientOpts: []client.Option{client.WithHTTPClient(withOAuth())}},
		{id: doctor.TokenRejected, faults: onOwners(sandbox.Fault401InvalidToken)},
		{id: doctor.RateLimited, faults: []sandbox.Fault{{Kind: sandbox.Fault429, Operation: "listOwners", RetryAfter: "120"}}},
		{id: doctor.ServerError, faults: onOwners(sandbox.Fault500)},
		{id: doctor.RequestRefused, faults: onOwners(sandbox.Fault403)},
		{id: doctor.UnexpectedResponse, faults: onOwners(sandbox.FaultWrongContentType)},
		{id: doctor.NoOwnerAccounts, sandboxOpts: []sandbox.Option{sandbox.WithClient(newcomer)}, clientOpts: credentials(newcomer)},
		{id: doctor.NotAdministrator, sandboxOpts: []sandbox.Option{sandbox.WithClient(stranger)}, clientOpts: credentials(stranger), owner: "Coworking Space"},
		{id: doctor.UserNotRegistered, clientOpts: append(middlebox{path: apiPath, status: http.StatusForbidden}.option(), client.WithTokenSource(exchangedToken()))},
		{id: doctor.ProgramError, clientOpts: []client.Option{client.WithTokenSource(failingSource{errors.New("the secret store is sealed")})}},
	}
}

// withoutBearer sends a token without the prefix "Bearer ".
func withoutBearer(_ context.Context, req *http.Request) error {
	req.Header.Set("Authorization", "access_token eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
	return nil
}

// start starts a sandbox with the failure and returns its client. It sets the owner
// account in opts if the scenario has one. The function stop, which is never nil, ends
// the sandbox.
func (s scenario) start(opts *doctor.Options) (c *client.Client, stop func(), err error) {
	server, err := sandbox.Start(s.sandboxOpts...)
	if err != nil {
		return nil, func() {}, &failure{err}
	}
	stop = func() { _ = server.Close() }
	if s.owner != "" {
		opts.Owner = s.owner
	}
	for _, fault := range s.faults {
		if err := server.Inject(fault); err != nil {
			return nil, stop, &failure{err}
		}
	}
	if s.change != nil {
		s.change(server)
	}
	c, err = newSandboxClient(server, append([]client.Option{client.WithRetries(0)}, s.clientOpts...)...)
	return c, stop, err
}
