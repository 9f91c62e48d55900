package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
)

// TestMain records all requests and responses of the tests in the file that the variable
// SANDBOX_EXCHANGES names, if it is set. Module contract validates them against the contract.
func TestMain(m *testing.M) {
	if path := os.Getenv("SANDBOX_EXCHANGES"); path != "" {
		file, err := os.Create(path)
		if err != nil {
			panic(err)
		}
		defer file.Close()
		http.DefaultClient.Transport = &exchangeWriter{http.DefaultTransport, &exchangeFile{out: json.NewEncoder(file)}}
	}
	m.Run()
}

// exchange is a request and its response. Module contract reads them.
type exchange struct {
	Method, URL    string
	RequestHeader  http.Header
	RequestBody    []byte
	Status         int
	ResponseHeader http.Header
	ResponseBody   []byte
}

type exchangeWriter struct {
	next http.RoundTripper
	file *exchangeFile
}

type exchangeFile struct {
	mu  sync.Mutex
	out *json.Encoder
}

// recorded returns a transport whose exchanges are recorded like those of the default one.
func recorded(next http.RoundTripper) http.RoundTripper {
	if w, ok := http.DefaultClient.Transport.(*exchangeWriter); ok {
		return &exchangeWriter{next, w.file}
	}
	return next
}

func (e *exchangeWriter) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchange{Method: req.Method, URL: req.URL.String(), RequestHeader: req.Header}
	if req.Body != nil {
		x.RequestBody, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(x.RequestBody))
	}
	rsp, err := e.next.RoundTrip(req)
	if err != nil || rsp.Header.Get("Sandbox-Fault") != "" {
		return rsp, err
	}
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxRecorded+1))
	rsp.Body = &restoredBody{io.MultiReader(bytes.NewReader(body), errorReader{err}, rsp.Body), rsp.Body}
	if err == nil && len(body) <= maxRecorded {
		x.Status, x.ResponseHeader, x.ResponseBody = rsp.StatusCode, rsp.Header, body
		e.file.mu.Lock()
		defer e.file.mu.Unlock()
		_ = e.file.out.Encode(x)
	}
	return rsp, nil
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (e *exchangeWriter) CloseIdleConnections() {
	e.next.(*http.Transport).CloseIdleConnections()
}

// maxRecorded is the size of the largest body that is recorded. It excludes logs of a
// million entries.
const maxRecorded = 4 << 20

// restoredBody returns the part of a body that has been read, followed by the rest.
type restoredBody struct {
	io.Reader
	io.Closer
}

// errorReader returns the error that reading the body returned, if any.
type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	return 0, io.EOF
}
