package contract

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

// maxBody is how much of a body is kept to be validated. A larger one goes through
// unvalidated.
const maxBody = 32 << 20

// requestBody returns a request that has not been read from, and its body. A body that
// can be had again is left where it is.
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

// answerBody keeps what a caller reads of an answer and hands it over once, at its end.
// So the caller gets each byte when it would have got it anyway.
type answerBody struct {
	io.ReadCloser
	kept bytes.Buffer
	once sync.Once
	done func(body []byte, complete bool)
}

func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if room := maxBody + 1 - b.kept.Len(); room > 0 {
		b.kept.Write(p[:min(n, room)])
	}
	if err == io.EOF {
		b.finish(true)
	}
	return n, err
}

// Close ends a body that was not read to its end. A decoder of JSON stops at the end of
// the value, so what was read may well be all there is.
func (b *answerBody) Close() error {
	b.finish(json.Valid(b.kept.Bytes()))
	return b.ReadCloser.Close()
}

func (b *answerBody) finish(complete bool) {
	b.once.Do(func() { b.done(b.kept.Bytes(), complete && b.kept.Len() <= maxBody) })
}

// uncompressed returns a body without its compression, which is there if the caller has asked
// for it: net/http removes its own.
func uncompressed(encoding string, body []byte) ([]byte, bool) {
	switch encoding {
	case "", "identity":
		return body, true
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, false
		}
		body, err := io.ReadAll(io.LimitReader(z, maxBody+1))
		return body, err == nil && len(body) <= maxBody
	}
	return nil, false
}
