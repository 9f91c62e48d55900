package engine

import (
	"crypto/tls"
	"net/http"
	"net/url"
)

// NewSender returns a Doer that sends a request with the transport and the cookies of an
// http.Client. Unlike the http.Client, it does not prepare to follow a redirect, which takes
// a copy of the header, and it ignores Timeout.
func NewSender(client *http.Client) Doer {
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &sender{transport, client.Jar}
}

type sender struct {
	transport http.RoundTripper
	jar       http.CookieJar // may be nil
}

// Do sends req. As with an http.Client, an error is a *url.Error.
func (s *sender) Do(req *http.Request) (*http.Response, error) {
	if s.jar != nil {
		for _, cookie := range s.jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	rsp, err := s.transport.RoundTrip(req)
	if err != nil {
		if record, ok := err.(tls.RecordHeaderError); ok && string(record.RecordHeader[:]) == "HTTP/" {
			err = http.ErrSchemeMismatch
		}
		return nil, &url.Error{Op: req.Method, URL: req.URL.Redacted(), Err: err}
	}
	if s.jar != nil {
		if cookies := rsp.Cookies(); len(cookies) > 0 {
			s.jar.SetCookies(req.URL, cookies)
		}
	}
	return rsp, nil
}
