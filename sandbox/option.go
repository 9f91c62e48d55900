package sandbox

import "time"

// Option is an option of [Start].
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
	people        []Person
	providers     []Provider
	redirectURIs  []string // of the default clients
	autoConsent   bool
	rotateRefresh bool
	generated     *generated // nil without WithGenerated
	timeouts      timeouts
}

// timeouts are the time limits for a connection. There is none for a response, because
// faults may send it slowly.
type timeouts struct {
	header time.Duration // for the header of a request
	body   time.Duration // for the body of a request
	idle   time.Duration // between two requests
}

func defaultTimeouts() timeouts {
	return timeouts{header: 10 * time.Second, body: 10 * time.Second, idle: 2 * time.Minute}
}

// WithAddr sets the address to listen on. The default is 127.0.0.1:0, a free port on
// loopback. Other addresses than loopback require [WithNonLoopback].
func WithAddr(addr string) Option { return func(c *config) { c.addr = addr } }

// WithNonLoopback allows an address that is not on loopback. Any host that can reach the
// address can use the sandbox, because its credentials are public.
func WithNonLoopback() Option { return func(c *config) { c.nonLoopback = true } }

// WithTokenLifetime sets the lifetime of access tokens. The default is one hour.
func WithTokenLifetime(d time.Duration) Option {
	return func(c *config) { c.tokenLifetime = d }
}

// WithClient registers a client in addition to the default one.
func WithClient(client Client) Option {
	return func(c *config) { c.clients = append(c.clients, client) }
}

// WithOwner adds an owner account. If WithOwner or [WithGenerated] is used, the default
// owner accounts do not exist.
func WithOwner(owner Owner) Option {
	return func(c *config) { c.owners = append(c.owners, owner) }
}

// WithTLS serves over TLS with a new certificate. [Server.CertPool] and [Server.CertPEM]
// return the certificate authority to trust.
func WithTLS() Option { return func(c *config) { c.tls = true } }

// WithControl enables control over HTTP under /_sandbox/, for programs in other
// languages: faults, clock, tokens and recorded requests. It requires no credentials.
// See https://github.com/tapkey-go/tapkey-go/blob/main/docs/sandbox.md
func WithControl() Option { return func(c *config) { c.control = true } }

// WithFaults injects faults before the first request, see [Server.Inject].
func WithFaults(faults ...Fault) Option {
	return func(c *config) { c.faults = append(c.faults, faults...) }
}
