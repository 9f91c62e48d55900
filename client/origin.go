package client

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// origin is a scheme, host and port (RFC 6454). Credentials are bound to one origin.
type origin struct {
	scheme, host, port string
}

func originOf(scheme, hostport string) origin {
	u := url.URL{Host: hostport}
	o := origin{scheme, strings.ToLower(u.Hostname()), u.Port()}
	switch {
	case o.port == "" && scheme == "https":
		o.port = "443"
	case o.port == "" && scheme == "http":
		o.port = "80"
	}
	return o
}

// originDoer rejects requests whose origin differs from that of the base URL.
type originDoer struct {
	next engine.Doer
	base *url.URL
}

func (d *originDoer) Do(req *http.Request) (*http.Response, error) {
	if !d.same(req.URL.Scheme, req.URL.Host) || req.Host != "" && !d.same(req.URL.Scheme, req.Host) {
		return nil, engine.NotSent(errOrigin)
	}
	return d.next.Do(req)
}

func (d *originDoer) same(scheme, host string) bool {
	return sameOrigin(d.base, scheme, host)
}

// sameOrigin reports whether scheme and host are the origin of a URL.
func sameOrigin(u *url.URL, scheme, host string) bool {
	return scheme == u.Scheme && host == u.Host || originOf(scheme, host) == originOf(u.Scheme, u.Host)
}
