package sandbox

import "time"

// Option changes how a sandbox is started.
type Option func(*config)

type config struct {
	addr          string
	nonLoopback   bool
	tokenLifetime time.Duration
	tls           bool
	control       bool
	faults        []Fault
	clients       []Client
	owners        []Owner
	generated     *generated // nil without WithGenerated
}

// WithAddr sets the address to listen on. The default is 127.0.0.1:0, which takes a
// free port. Addresses that are not on loopback are refused, see [WithNonLoopback].
func WithAddr(addr string) Option { return func(c *config) { c.addr = addr } }

// WithNonLoopback allows an address that is not on loopback. Everyone who reaches it
// can use the sandbox: its credentials are no secret.
func WithNonLoopback() Option { return func(c *config) { c.nonLoopback = true } }

// WithTokenLifetime sets how long access tokens are valid. The default is an hour.
func WithTokenLifetime(d time.Duration) Option {
	return func(c *config) { c.tokenLifetime = d }
}

// WithClient registers one more client. The one of [Server.ClientID] stays.
func WithClient(client Client) Option {
	return func(c *config) { c.clients = append(c.clients, client) }
}

// WithOwner adds an owner account. With it, or with [WithGenerated], the accounts that
// are there by default are not.
func WithOwner(owner Owner) Option {
	return func(c *config) { c.owners = append(c.owners, owner) }
}

// WithTLS serves over TLS with a certificate made on the spot. [Server.CertPool] and
// [Server.CertPEM] say whom to trust.
func WithTLS() Option { return func(c *config) { c.tls = true } }

// WithControl lets the sandbox be controlled over HTTP under /_sandbox/: faults, clock,
// tokens, and what it was asked. It is for programs in other languages; docs/sandbox.md
// describes it. It asks for no credentials.
func WithControl() Option { return func(c *config) { c.control = true } }

// WithFaults injects faults before the first request, see [Server.Inject].
func WithFaults(faults ...Fault) Option {
	return func(c *config) { c.faults = append(c.faults, faults...) }
}
