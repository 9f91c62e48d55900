// Package wire provides an in-memory transport and a loopback server for measurements. Both
// send the same response to every request.
package wire

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Memory returns a transport whose response to every request has this body. It uses
// neither the kernel nor net/http's transport.
func Memory(body []byte) http.RoundTripper {
	return &memory{body, http.Header{
		"Content-Type":   {"application/json; charset=utf-8"},
		"Content-Length": {strconv.Itoa(len(body))},
	}}
}

type memory struct {
	body   []byte
	header http.Header
}

func (m *memory) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		Status:        "200 OK",
		StatusCode:    http.StatusOK,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        m.header,
		Body:          &body{*bytes.NewReader(m.body)},
		ContentLength: int64(len(m.body)),
		Request:       req,
	}, nil
}

// body has only the methods of a response body of net/http, so that clients have to copy it.
type body struct{ reader bytes.Reader }

func (b *body) Read(p []byte) (int, error) { return b.reader.Read(p) }
func (b *body) Close() error               { return nil }

// Loopback starts a server whose response to every request has this body.
func Loopback(body []byte) *httptest.Server {
	return httptest.NewServer(handler(body))
}

// TLS starts a [Loopback] server with TLS and this major version of HTTP, 1 or 2. It also
// returns a transport that trusts the server.
func TLS(body []byte, protocol int) (*httptest.Server, *http.Transport) {
	server := httptest.NewUnstartedServer(handler(body))
	server.EnableHTTP2 = protocol == 2
	server.StartTLS()
	return server, server.Client().Transport.(*http.Transport).Clone()
}

func handler(body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
}
