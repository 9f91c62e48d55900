package contract

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

// maxBody is the size up to which a response body is validated.
const maxBody = 32 << 20

// requestBody reads the body of a request and returns a request that can still be sent.
// A body that can be read again is left in place.
func requestBody(req *http.Request) (*http.Request, []byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil, nil
	}
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, nil, err
		}
		defer body.Close()
		data, err := io.ReadAll(body)
		return req, data, err
	}
	data, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	clone := req.Clone(req.Context())
	clone.Body = io.NopCloser(bytes.NewReader(data))
	return clone, data, nil
}

// responseBody keeps a copy of what the caller reads and passes it to done, once, at the
// end of the body. Reads are not delayed.
type responseBody struct {
	io.ReadCloser
	kept bytes.Buffer
	once sync.Once
	done func(body []byte, complete bool)
}

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if room := maxBody + 1 - b.kept.Len(); room > 0 {
		b.kept.Write(p[:min(n, room)])
	}
	if err == io.EOF {
		b.finish(true)
	}
	return n, err
}

// Close closes the body. What was read counts as complete if it is valid JSON: a decoder
// stops at the end of the value and may never see io.EOF.
func (b *responseBody) Close() error {
	b.finish(json.Valid(b.kept.Bytes()))
	return b.ReadCloser.Close()
}

func (b *responseBody) finish(complete bool) {
	b.once.Do(func() { b.done(b.kept.Bytes(), complete && b.kept.Len() <= maxBody) })
}

// decompress decompresses the body of a response, and reports whether it can. Only a
// caller that has set Accept-Encoding gets compressed bodies: net/http handles its own.
func decompress(rsp *http.Response, body []byte) ([]byte, bool) {
	switch rsp.Header.Get("Content-Encoding") {
	case "", "identity":
		return body, true
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, false
		}
		rsp.ContentLength = -1 // as net/http does
		body, err := io.ReadAll(io.LimitReader(z, maxBody+1))
		return body, err == nil && len(body) <= maxBody
	}
	return nil, false
}
