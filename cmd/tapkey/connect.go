package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// connect sets the client of c and, unless owner is nil, the ID of the owner account.
// If it succeeds, the caller must call stop in the end.
func (a *app) connect(ctx context.Context, c *call, owner *ownerFlag, operations []string, opts ...client.Option) (stop func(), err error) {
	return a.connectForNames(ctx, c, owner, operations, nil, opts...)
}

// connectForNames is connect with a client that can also request the names of some kinds of
// entities, unless the token endpoint refuses the scopes that this needs.
func (a *app) connectForNames(ctx context.Context, c *call, owner *ownerFlag, operations []string, kinds []*kind, opts ...client.Option) (stop func(), err error) {
	if owner != nil {
		operations = append(operations, owner.operations()...)
	}
	all := slices.Clone(operations)
	for _, k := range kinds {
		all = append(all, k.operations...)
	}
	c.Client, stop, err = a.newClient(ctx, all, opts...)
	if err == nil && len(all) > len(operations) {
		_, tokenErr := c.Token(ctx)
		if refused, ok := errors.AsType[*client.TokenError](tokenErr); ok && refused.Code == "invalid_scope" {
			stop()
			c.Client, stop, err = a.newClient(ctx, operations, opts...)
		}
	}
	if err != nil {
		stop()
		return nil, err
	}
	if owner != nil {
		if c.ownerID, err = owner.find(ctx, c); err != nil {
			stop()
			return nil, err
		}
	}
	return stop, nil
}

// configuration returns the options of a client that is configured by the flags that the
// commands share, the environment and the profile.
func (a *app) configuration(ctx context.Context) ([]client.Option, error) {
	settings, err := a.settings()
	if err != nil {
		return nil, err
	}
	if a.profile != "" && haveCredentials() {
		fmt.Fprintf(a.stderr, "tapkey: %s and the secret in the environment take precedence over profile %s\n", client.EnvClientID, settings.name)
	}
	return settings.options(ctx)
}

// newClient returns a client configured by flags, environment and profile or, with --sandbox,
// a client of a new sandbox. The client requests the scopes of the operations, unless the
// environment or the profile sets the scopes. The function stop, which is never nil, ends the sandbox.
func (a *app) newClient(ctx context.Context, operations []string, opts ...client.Option) (c *client.Client, stop func(), err error) {
	opts = append(a.debugOptions(), opts...)
	var scopes []client.Option
	if len(operations) > 0 {
		scopes = append(scopes, client.WithOperations(operations...))
	}
	if !a.useSandbox {
		configuration, err := a.configuration(ctx)
		if err != nil {
			return nil, func() {}, err
		}
		c, err = client.New(slices.Concat(scopes, configuration, opts)...)
		return c, func() {}, err
	}
	if a.environment != "" || a.tokenDir != "" || a.profile != "" {
		return nil, func() {}, errors.New("--sandbox excludes --env and --token-dir and --profile: it starts a new server on this machine")
	}
	server, err := sandbox.Start()
	if err != nil {
		return nil, func() {}, &failure{err}
	}
	c, err = newSandboxClient(server, append(scopes, opts...)...)
	return c, func() { _ = server.Close() }, err
}

// debugOptions returns the option for --debug, if it is used.
func (a *app) debugOptions() []client.Option {
	if !a.debug {
		return nil
	}
	return []client.Option{client.WithDebugWriter(a.stderr)}
}

// newSandboxClient returns a client of a sandbox.
func newSandboxClient(server *sandbox.Server, opts ...client.Option) (*client.Client, error) {
	return client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	}, opts...)...)
}
