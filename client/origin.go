package client

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
)

// origin is a scheme, host and port (RFC 6454): what credentials are meant for.
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

// originDoer refuses requests that an editor has pointed elsewhere.
type originDoer struct {
	next   api.Doer
	origin origin
}

var errOrigin = errors.New("not sent: an editor has moved the request to another origin than the base URL's")

func (d *originDoer) Do(req *http.Request) (*http.Response, error) {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	if originOf(req.URL.Scheme, req.URL.Host) != d.origin || originOf(req.URL.Scheme, host) != d.origin {
		return nil, errOrigin
	}
	return d.next.Do(req)
}
