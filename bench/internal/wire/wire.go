// Package wire is what the clients are measured over: a transport in memory, and a
// real server on loopback. Both give one answer to every request.
package wire

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Memory is a transport that gives the same answer to every request, and no work to
// the kernel: what is measured over it is the client's own.
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
		Body:          &answer{*bytes.NewReader(m.body)},
		ContentLength: int64(len(m.body)),
		Request:       req,
	}, nil
}

// answer is a body as net/http's: a plain Reader, which copies.
type answer struct{ reader bytes.Reader }

func (a *answer) Read(p []byte) (int, error) { return a.reader.Read(p) }
func (a *answer) Close() error               { return nil }

// Loopback starts a server that gives the same answer to every request.
func Loopback(body []byte) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}))
}
