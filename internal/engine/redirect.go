package engine

import (
	"net/http"
	"net/url"
)

// WithoutRedirects returns a copy of an http.Client that returns redirects instead of
// following them.
func WithoutRedirects(client *http.Client) *http.Client {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	switch next := c.Transport.(type) {
	case *timeoutTransport: // removes an invalid Location
	case nil:
		c.Transport = locationTransport{http.DefaultTransport}
	default:
		c.Transport = locationTransport{next}
	}
	return &c
}

// locationTransport removes an invalid Location.
type locationTransport struct {
	next http.RoundTripper
}

func (t locationTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := t.next.RoundTrip(req)
	if err == nil && rsp != nil {
		removeInvalidLocation(req, rsp)
	}
	return rsp, err
}

// removeInvalidLocation removes an invalid Location from a redirect. An http.Client returns
// an error instead of the response for it, even if it does not follow the redirect.
func removeInvalidLocation(req *http.Request, rsp *http.Response) {
	if !isRedirect(rsp) {
		return
	}
	if _, err := req.URL.Parse(rsp.Header.Get("Location")); err != nil {
		rsp.Header = rsp.Header.Clone()
		rsp.Header.Del("Location")
	}
}

// CloseIdleConnections implements the method that http.Client.CloseIdleConnections calls.
func (t locationTransport) CloseIdleConnections() { closeIdle(t.next) }

func isRedirect(rsp *http.Response) bool {
	switch rsp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// Redirect reports whether a response is a redirect, and returns the origin of its target.
// It leaves out the path and the query, which may repeat what was sent.
func Redirect(rsp *http.Response) (origin string, ok bool) {
	if !isRedirect(rsp) {
		return "", false
	}
	location := rsp.Header.Get("Location")
	target, err := url.Parse(location)
	if location == "" || err != nil {
		return "an invalid URL", true
	}
	if rsp.Request != nil && rsp.Request.URL != nil {
		target = rsp.Request.URL.ResolveReference(target)
	}
	return (&url.URL{Scheme: target.Scheme, Host: target.Host}).String(), true
}
